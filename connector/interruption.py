"""SIGTERM and Ctrl-C while a cycle runs: it ends after the operation in hand.

Requests that wait (for a retry, for a slow listing) are given up when the cycle only reads, and after a while in any
case: what was sent and not recorded by then is looked up by the next cycle.
"""

from __future__ import annotations

import signal
import socket
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
    """Call ``act`` on SIGTERM and SIGINT inside the block, in a thread of its own. Outside the main thread signals are
    left alone.

    A handler would run in the main thread alone, and only once that runs: where another thread is given the signal, a
    main thread that waits for an event does not wake. Python writes each signal to a socket whichever thread is given
    it (:func:`signal.set_wakeup_fd`), and the thread here reads them there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, told = socket.socketpair()
    told.settimeout(0)
    thread = threading.Thread(target=_listen, args=(heard, act), name="signals", daemon=True)
    thread.start()
    wakeup = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, _heard_elsewhere) for number in SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
        signal.set_wakeup_fd(wakeup)
        told.close()
        thread.join()
        heard.close()


def _listen(heard: socket.socket, act: Callable[[], None]) -> None:
    while number := heard.recv(1):
        if number[0] in SIGNALS:
            act()


def _heard_elsewhere(_number: int, _frame: FrameType | None) -> None:
    """Keep the signal from ending the process."""
