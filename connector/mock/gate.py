"""What every request passes before and after the API: it is counted, shown to the hooks, and spoilt by faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.mock.faults import REPLACES_ANSWER, Fault, FaultKind, Faults, When
from connector.mock.requestlog import RequestLog
from connector.mock.schema import Json
from connector.mock.spoil import Answer, replacement, shortened
from connector.mock.wire import Wire

Hook: TypeAlias = Callable[[str, str, Json], None]
"""Called with method, path and JSON body (None without one) before a request is carried out."""


@dataclass(slots=True)
class Gate:
    """ASGI middleware. Paths below ``/admin`` pass untouched and uncounted."""

    app: ASGIApp
    faults: Faults
    log: RequestLog
    hooks: Sequence[Hook]
    wire: Wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/admin"):
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        self.log.add(method, path)
        body = await whole_body(receive)
        for hook in list(self.hooks):
            await run_in_threadpool(hook, method, path, _json(body))
        fired = self.faults.take(method, path)
        scope.setdefault("state", {})["faults"] = fired
        await delayed(fired)
        await self._answer(fired, Exchange(scope, replayed(body, receive), send))

    async def _answer(self, fired: Sequence[Fault], exchange: Exchange) -> None:
        spoiler = next((fault for fault in fired if fault.kind in REPLACES_ANSWER), None)
        cutter = next((fault for fault in fired if fault.kind is FaultKind.CUT_JSON), None)
        if spoiler is None and cutter is None:
            await self.app(exchange.scope, exchange.receive, exchange.send)
            return
        answer = Answer(status=500)
        if spoiler is None or _carried_out(spoiler):
            answer = await self._run(exchange)
        if spoiler is None:
            await exchange.reply(shortened(answer, cutter.length if cutter else None))
        elif spoiler.kind is FaultKind.HANG:
            await exchange.gone()
        elif spoiler.kind is FaultKind.CUT:
            await self._cut(exchange, answer, spoiler.length or 0)
        else:
            await exchange.reply(replacement(spoiler))

    async def _run(self, exchange: Exchange) -> Answer:
        answer = Answer(status=500)

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            else:
                answer.body += message.get("body", b"")

        await self.app(exchange.scope, exchange.receive, collect)
        return answer

    async def _cut(self, exchange: Exchange, answer: Answer, length: int) -> None:
        if length:
            await exchange.start(answer)
            await exchange.send({"type": "http.response.body", "body": answer.body[:length], "more_body": True})
        self.wire.cut(exchange.scope["client"])
        await exchange.gone()


@dataclass(slots=True)
class Exchange:
    """One request and the way back to its client."""

    scope: Scope
    receive: Receive
    send: Send
    _started: bool = field(default=False)

    async def start(self, answer: Answer) -> None:
        await self.send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})

    async def reply(self, answer: Answer) -> None:
        await self.start(answer)
        await self.send({"type": "http.response.body", "body": answer.body})

    async def gone(self) -> None:
        """Wait until the client, or the server's end, closes the connection."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _carried_out(spoiler: Fault) -> bool:
    """Whether the request is done before its answer is spoilt: a part of an answer needs the answer."""
    return spoiler.when is When.AFTER or (spoiler.kind is FaultKind.CUT and bool(spoiler.length))


async def delayed(fired: Sequence[Fault]) -> None:
    """Wait as long as the faults of a request say."""
    seconds = sum(fault.seconds for fault in fired if fault.kind is FaultKind.LATENCY)
    if seconds:
        await asyncio.sleep(seconds)


async def whole_body(receive: Receive) -> bytes:
    """Read the body of a request to its end."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


def replayed(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body that was read once more."""
    waiting = [body]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


def _json(body: bytes) -> Json:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
