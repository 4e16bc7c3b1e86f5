"""The answers that faults put in the place of the real ones."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from email.utils import formatdate

from connector.mock.faults import Fault, FaultKind

_SIGN_IN = b"<!doctype html><title>Sign in</title><h1>Sign in to your account</h1>"


@dataclass(slots=True)
class Answer:
    """An HTTP answer before it is sent; ``headers`` as ASGI wants them."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


def replacement(fault: Fault) -> Answer:
    """The answer of a status, html or redirect fault."""
    if fault.kind is FaultKind.HTML:
        return _answer(200, _SIGN_IN, "text/html; charset=utf-8")
    if fault.kind is FaultKind.REDIRECT:
        return _answer(fault.status, b"", "text/plain", {"location": fault.location})
    body = json.dumps({"code": "fault", "message": f"Answered {fault.status} on request."}).encode()
    return _answer(fault.status, body, "application/json", _retry_after(fault))


def shortened(answer: Answer, length: int | None) -> Answer:
    """The answer with its body cut to ``length`` bytes (None: half) and still a complete HTTP message."""
    body = answer.body[: len(answer.body) // 2 if length is None else length]
    kept = [(name, value) for name, value in answer.headers if name.lower() != b"content-length"]
    return Answer(answer.status, [*kept, (b"content-length", str(len(body)).encode())], body)


def _retry_after(fault: Fault) -> dict[str, str]:
    if fault.retry_after is None:
        return {}
    seconds = fault.retry_after
    # A client compares the date with the Date header or its own clock: the injected clock would mislead it.
    return {"retry-after": formatdate(time.time() + seconds, usegmt=True) if fault.as_date else str(seconds)}


def _answer(status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> Answer:
    told = {"content-type": kind, "content-length": str(len(body)), **(headers or {})}
    return Answer(status, [(name.encode(), value.encode()) for name, value in told.items()], body)
