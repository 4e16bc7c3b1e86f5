"""Around every request: bounds on its body and its time, headers of every answer, a line in the log, no traces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.config.service import LimitSettings
from connector.logs import get_logger

log = get_logger(__name__)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not no-referrer: with it browsers send no Origin with a form, and its forgery could not be told.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer: no script, nothing from elsewhere, in no one's frame, kept by no cache. There is no
Strict-Transport-Security: it would bind every other port of the host, MLflow's too."""
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds: logged at debug level, unless something is wrong."""
HEAD = 32_768
"""The longest head of a request, in bytes."""
Count = Callable[[int], None]
"""Takes the status code of each answer."""


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, limits: LimitSettings, count: Count = lambda _: None) -> None:
        self._app, self._limits, self._count = app, limits, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = _Answer(send)
        start = time.monotonic()
        try:
            await self._bounded(scope, receive, answer)
        finally:
            self._count(answer.status)
            _logged(scope, answer.status, time.monotonic() - start)

    async def _bounded(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            body = await self._body(scope, receive)
        except _Refused as refused:
            return await answer.error(scope, refused.status, refused.text)
        except _Gone:
            return None
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                await self._app(scope, _replayed(body, receive), answer.send)
        except TimeoutError:
            log.error("no answer in time", path=scope["path"])  # noqa: TRY400 - where it stood still says nothing
            return await answer.error(scope, 503, "The answer took too long.")
        except Exception:
            log.exception("request failed unexpectedly", path=scope["path"])
            return await answer.error(scope, 500, "The request failed; the log has the reason.")

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body. Raises _Refused for one that is too long or too slow, _Gone where the client left."""
        if _head(scope) > HEAD:
            raise _Refused(431, f"The head of the request is longer than {HEAD} bytes.")
        most = self._limits.body_bytes
        told = Headers(scope=scope).get("content-length", "0")
        if told.isdecimal() and int(told) > most:
            raise _Refused(413, f"The body is longer than {most} bytes.")
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await _read(receive, most)
        except TimeoutError:
            raise _Refused(408, "The body took too long to arrive.") from None


def _head(scope: Scope) -> int:
    """The length of a request's head, near enough."""
    names_and_values = sum(len(name) + len(value) for name, value in scope["headers"])
    return names_and_values + len(scope["raw_path"]) + len(scope["query_string"])


async def _read(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > most:
            raise _Refused(413, f"The body is longer than {most} bytes.")
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hands the body out once, then whatever comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class _Gone(Exception):
    """The client left before its request was whole."""


class _Answer:
    """What goes back. ``status``: 0 while nothing has; ``whole``: all of it has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.whole = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)
        self.whole = message["type"] == "http.response.body" and not message.get("more_body", False)

    async def error(self, scope: Scope, status: int, text: str) -> None:
        """Answer with an error, where nothing was answered yet; else the connection is all that can be ended."""
        if self.whole:
            return
        if self.status:
            raise ConnectionAbortedError(text)
        # What is left of a refused body must not be taken for the next request.
        response = JSONResponse({"error": text}, status, headers={"Connection": "close"})
        await response(scope, _nothing, self.send)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _logged(scope: Scope, status: int, seconds: float) -> None:
    client = scope.get("client") or ("", 0)
    told: dict[str, Any] = {"method": scope["method"], "path": scope["path"], "status": status}
    told |= {"ms": round(seconds * 1000), "client": client[0]}
    quiet = scope["path"] in QUIET and status < 500
    (log.debug if quiet else log.info)("request", **told)
