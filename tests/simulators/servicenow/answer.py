"""An answer before it is sent, and what an API call knows of its caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.mock.faults import Fault
from tests.simulators.base import Request
from tests.simulators.servicenow.access import Access
from tests.simulators.servicenow.errors import Refused
from tests.simulators.servicenow.values import Locale


@dataclass
class Answer:
    """Status, headers and body."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


def told(status: int, body: Any, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """An answer in JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, text, [("Content-Type", "application/json;charset=UTF-8"), *headers])


def refusal(error: Refused) -> Answer:
    """The answer of a refusal."""
    return told(error.status, error.body)


def page(status: int, title: str) -> Answer:
    """A page for people."""
    text = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, text.encode(), [("Content-Type", "text/html;charset=UTF-8")])


@dataclass(frozen=True)
class Caller:
    """Who asks: user name, sys_id, what the access rules allow, and how times are shown."""

    user: str
    sys_id: str
    access: Access
    locale: Locale


@dataclass(frozen=True)
class Ask:
    """One API call: what came in, who asks, the faults that fire for it, and a number that no other call has."""

    request: Request
    caller: Caller
    faults: Sequence[Fault] = ()
    turn: int = 0
    hidden: Callable[[Fault, Sequence[str]], set[str]] = lambda _fault, _ids: set()
    """Which of these young rows a listing that lags behind leaves out."""
