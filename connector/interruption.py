"""SIGTERM and Ctrl-C while a cycle runs: it ends after the operation in hand.

Requests that wait (for a retry, for a slow listing) are given up when the cycle only reads, and after a while in any
case: what was sent and not recorded by then is looked up by the next cycle.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE = 20.0
"""Seconds for the operation in hand."""
_READING = ("recover", "observe")


@dataclass
class Interruption:
    """``stop`` and ``abort`` belong to the connections (see :func:`connector.engine.opening.open_connection`)."""

    grace: float = GRACE
    stop: threading.Event = field(default_factory=threading.Event)
    abort: threading.Event = field(default_factory=threading.Event)
    _reading: bool = True
    _timer: threading.Timer | None = None

    def step(self, name: str) -> None:
        """Take note of a cycle's step."""
        self._reading = name in _READING
        if self._reading and self.stop.is_set():
            self.abort.set()

    def request(self) -> None:
        """End what runs."""
        self.stop.set()
        if self._reading:
            self.abort.set()
            return
        self._timer = threading.Timer(self.grace, self.abort.set)
        self._timer.daemon = True
        self._timer.start()

    def over(self) -> None:
        """Nothing runs any more: nothing is left to be given up."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()


@contextmanager
def on_signals(act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` on SIGTERM and SIGINT inside the block. Outside the main thread signals are left alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(_number: int, _frame: FrameType | None) -> None:
        act()

    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
