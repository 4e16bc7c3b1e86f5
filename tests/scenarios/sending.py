"""Sees each request of the connector that changes something, right before and right after it, in the thread that sends
it: whatever the adapter, the method and the format.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.scenarios.grc import is_write
from tests.simulators.base import Call, Request, Simulator


class Sending:
    """What an adapter sends to one simulator. ``seen`` is called with ``before create models``, ``after update models``
    and the like, a batch with all its calls; what it raises goes up through the adapter.

    A write is a request that the adapter announced (``AdapterSettings.before_write``). One that the simulator takes for
    a write and that was not announced goes to ``unannounced``: a process whose lease is lost would send it.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._thread = threading.local()
        self.seen: Callable[[str], None] | None = None
        self.unannounced: list[str] = []

    def announce(self) -> None:
        """The next request of this thread is a write."""
        self._thread.announced = True

    def send(self, request: requests.PreparedRequest, send: Callable[[], Any]) -> Any:
        """Pass a request on by ``send``."""
        if not (request.url or "").startswith(self._simulator.url):
            return send()
        announced, self._thread.announced = getattr(self._thread, "announced", False), False
        writes = [call for call in self._simulator.tell(_told(request)) if is_write(call)]
        if writes and not announced:
            self.unannounced.append(_named(writes))
        if self.seen is None or not (writes or announced):
            return send()
        self.seen(f"before {_named(writes)}")
        try:
            return send()
        finally:
            self.seen(f"after {_named(writes)}")


@contextmanager
def watched(sending: Sending) -> Iterator[None]:
    """For the block, let everything that is sent pass ``sending``."""
    real = requests.Session.send

    def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer: requests.Response = sending.send(request, lambda: real(session, request, **options))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", send)
        yield


def _named(calls: Sequence[Call]) -> str:
    return ", ".join(f"{call.verb} {call.kind}" for call in calls)


def _told(request: requests.PreparedRequest) -> Request:
    parts = urlsplit(request.url or "")
    body = request.body or b""
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    assert isinstance(parts.path, str)
    assert isinstance(parts.query, str)
    raw = body.encode() if isinstance(body, str) else bytes(body)  # type: ignore[arg-type]
    return Request(str(request.method), parts.path, parts.query, headers, raw)
