"""The rate limit and the number of requests at a time."""

import threading

import pytest

from adapters.httpclient import HttpSettings
from adapters.httpclient.gate import Gate


class Clock:
    """A clock that moves only while somebody waits."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr("adapters.httpclient.gate.time", self)

    def monotonic(self):
        return self.now

    def monotonic_ns(self):
        return int(self.now * 1e9)

    def is_set(self):
        return False

    def wait(self, seconds):
        self.now += seconds


def test_requests_are_spread_over_time(monkeypatch):
    clock = Clock(monkeypatch)
    gate = Gate(HttpSettings(rate_limit={"requests": 5, "per_seconds": 1}), clock)
    times = []
    for _ in range(20):
        with gate.slot():
            times.append(clock.now)
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[5:], strict=False))
    assert times[-1] - times[0] == pytest.approx(3, abs=0.1)


def test_a_pause_holds_everyone_back(monkeypatch):
    clock = Clock(monkeypatch)
    gate = Gate(HttpSettings(), clock)
    gate.pause(30)
    gate.pause(10)
    with gate.slot():
        assert clock.now == 1030


def test_no_more_than_so_many_at_a_time():
    gate = Gate(HttpSettings(max_concurrency=2), threading.Event())
    inside, peak, lock = [], [], threading.Lock()
    both = threading.Barrier(2, timeout=10)

    def work():
        with gate.slot():
            with lock:
                inside.append(1)
                peak.append(len(inside))
            both.wait()
            with lock:
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(peak) == 6
    assert max(peak) == 2
