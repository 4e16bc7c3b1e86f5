"""The one door every request goes through: the rate limit, the number at a time, and the pause that a 429 asks for.

All waiting ends at once when the stop event is set.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from adapters.httpclient.settings import HttpSettings
from adapters.httpclient.traffic import Traffic, Waiting
from connector.model.errors import RunAborted


class Gate:
    """Shared by all threads of one client."""

    def __init__(self, settings: HttpSettings, stop: threading.Event, traffic: Traffic | None = None) -> None:
        self._stop = stop
        self._traffic = traffic or Traffic()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(settings.max_concurrency)
        self._paused_until = 0.0
        limit = settings.rate_limit
        self._bucket = InMemoryBucket([Rate(limit.requests, round(limit.per_seconds * 1000))]) if limit else None

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one request's place; waits for its turn. Raises RunAborted when asked to stop."""
        start = time.monotonic()
        while not self._slots.acquire(timeout=0.2):
            self.check_stop()
        try:
            while (delay := self._delay()) > 0:
                self.check_stop()
                self._stop.wait(delay)
            self.check_stop()
            self._traffic.waited(Waiting.TURN, time.monotonic() - start)
            yield
        finally:
            self._slots.release()

    def pause(self, seconds: float) -> None:
        """Let no request of any thread out for so long."""
        with self._lock:
            self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def check_stop(self) -> None:
        """Raise RunAborted when the client was closed or the process asked to end."""
        if self._stop.is_set():
            raise RunAborted("Stopped before the request was sent: the connection was closed.")

    def _delay(self) -> float:
        """Seconds until the next request may go; zero counts it as gone."""
        with self._lock:
            pause = self._paused_until - time.monotonic()
            if pause > 0 or self._bucket is None:
                return pause
            now = time.monotonic_ns() // 1_000_000
            self._bucket.leak(now)
            item = RateItem("request", now)
            if self._bucket.put(item):
                return 0
            waiting = self._bucket.waiting(item)
            assert isinstance(waiting, int)
            return max(waiting, 1) / 1000
