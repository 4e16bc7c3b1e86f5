"""The daemon: cycles at once and on schedule, whatever goes wrong in one of them, until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from connector.config.settings import ScheduleSettings
from connector.daemon.jobs import Job
from connector.daemon.rota import LocalRota, trigger_of
from connector.model.errors import Unreachable
from connector.state import LeaseHeld

LIMIT = 20
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
OFTEN = ScheduleSettings(interval=1, jitter=0)
SELDOM = ScheduleSettings(interval=86_400)


class Serving:
    """The daemon in a thread of its own; the block's end stops it."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs, self.ended = jobs, threading.Event()
        self._thread = threading.Thread(target=LocalRota(jobs).run, args=(self.ended,))

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def is_over_within(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        assert self.is_over_within(LIMIT)


def counting(limit: int, act: Callable[[], None] = lambda: None) -> tuple[Callable[[], None], threading.Event]:
    """A cycle that acts, and an event that is set when it ran ``limit`` times."""
    reached, runs = threading.Event(), []

    def cycle() -> None:
        runs.append(1)
        if len(runs) >= limit:
            reached.set()
        act()

    return cycle, reached


def test_the_first_cycle_comes_at_once_for_each_connection() -> None:
    first, second = counting(1), counting(1)
    with Serving(Job("a", first[0], SELDOM), Job("b", second[0], SELDOM)):
        assert first[1].wait(LIMIT)
        assert second[1].wait(LIMIT)


def raises(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "level", "words"),
    [
        (Unreachable("nobody there", remedy="look"), "error", "tries again"),
        (LeaseHeld("held", owner="elsewhere:1", expires=NOW), "info", "skipped"),
        (ZeroDivisionError("a defect"), "error", "unexpectedly"),
    ],
)
def test_a_cycle_that_fails_does_not_end_it(error: Exception, level: str, words: str) -> None:
    cycle, reached = counting(2, raises(error))
    with capture_logs() as logs, Serving(Job("bank", cycle, OFTEN)):
        assert reached.wait(LIMIT)
    told = [entry for entry in logs if words in entry["event"]]
    assert told
    assert all((entry["log_level"], entry["connection"]) == (level, "bank") for entry in told)


def test_cycles_of_one_connection_never_overlap() -> None:
    inside, overlaps, release = [], [], threading.Event()

    def slow() -> None:
        overlaps.extend(inside)
        inside.append(1)
        release.wait(2.5)
        inside.pop()

    cycle, reached = counting(2, slow)
    with Serving(Job("bank", cycle, OFTEN), Job("another", lambda: None, OFTEN)):
        assert reached.wait(LIMIT)
        release.set()
    assert overlaps == []


def test_one_that_is_slow_delays_no_other() -> None:
    release = threading.Event()
    cycle, reached = counting(3)
    with Serving(Job("bank", lambda: release.wait(LIMIT), OFTEN), Job("another", cycle, OFTEN)):
        assert reached.wait(LIMIT / 2)
        release.set()


def test_one_that_is_broken_delays_no_other() -> None:
    cycle, reached = counting(3)
    with Serving(Job("bank", raises(Unreachable("away")), OFTEN), Job("another", cycle, OFTEN)):
        assert reached.wait(LIMIT)


def test_each_has_its_own_schedule() -> None:
    seldom, often = counting(2), counting(3)
    with Serving(Job("seldom", seldom[0], SELDOM), Job("often", often[0], OFTEN)):
        assert often[1].wait(LIMIT)
    assert not seldom[1].is_set()


def test_stopping_waits_for_the_cycle_in_hand() -> None:
    started, waited_for = threading.Event(), []

    def cycle() -> None:
        started.set()
        assert job.interruption.stop.wait(LIMIT)
        waited_for.append(not serving.is_over_within(0.5))

    job = Job("bank", cycle, SELDOM)
    with Serving(job) as serving:
        assert started.wait(LIMIT)
        serving.ended.set()
    assert waited_for == [True]


def until(true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    pause, left = threading.Event(), LIMIT * 100
    while not true():
        left -= 1
        assert left, "it did not come to that"
        pause.wait(0.01)


def test_what_a_clock_that_was_ahead_put_off_begins_once_it_is_right() -> None:
    cycle, reached = counting(2)
    by_cron = Job("by cron", lambda: None, ScheduleSettings(cron="0 6 * * *"))
    rota, ended = LocalRota([Job("bank", cycle, SELDOM), by_cron], look=0.02), threading.Event()
    thread = threading.Thread(target=rota.run, args=(ended,))
    thread.start()
    try:
        until(lambda: all(due > datetime.now(UTC) + timedelta(seconds=1) for due in rota.due().values()))
        for tick in rota._scheduler.get_jobs():
            tick.modify(next_run_time=datetime.now(UTC) + timedelta(days=365))
        assert reached.wait(LIMIT)
        until(lambda: rota.due()["by cron"] <= datetime.now(UTC) + timedelta(days=1))
    finally:
        ended.set()
        thread.join(LIMIT)


def test_an_error_of_the_stopping_itself_is_no_failure() -> None:
    job = Job("bank", raises(Unreachable("stopped")), SELDOM)
    job.interruption.stop.set()
    with capture_logs() as logs:
        job.run()
    assert logs == []


def test_an_interval_with_jitter() -> None:
    trigger = trigger_of(ScheduleSettings(interval="5m", jitter=10))
    later = trigger.get_next_fire_time(NOW, NOW)
    assert timedelta(minutes=4, seconds=50) <= later - NOW <= timedelta(minutes=5, seconds=10)


def test_cron_is_in_utc() -> None:
    trigger = trigger_of(ScheduleSettings(cron="30 9 * * *"))
    assert trigger.get_next_fire_time(None, NOW) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
