"""Several things at a time: order, bounds, and what one failure does to the others."""

from __future__ import annotations

import threading

import pytest
import structlog

from connector.crew import Crew
from connector.logs import bound
from connector.model.errors import RunAborted, Unreachable

PATIENCE = 20
"""Seconds that a thread waits for another: only a test that fails waits so long."""


class Killed(BaseException):
    """No part of the connector may catch it."""


def test_results_come_in_the_order_of_the_items_whoever_was_first() -> None:
    last_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert last_done.wait(PATIENCE)
        if number == 3:
            last_done.set()
        return number * 10

    assert Crew(2).each(work, range(4)) == [0, 10, 20, 30]


def test_one_worker_is_no_thread() -> None:
    names = Crew(1).each(lambda _: threading.current_thread().name, range(3))
    assert set(names) == {threading.current_thread().name}


def test_as_many_at_a_time_as_asked_for_and_no_more() -> None:
    together, lock, now, most = threading.Barrier(3), threading.Lock(), [0], [0]

    def work(number: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait(PATIENCE)
        with lock:
            now[0] -= 1

    Crew(3).each(work, range(9))
    assert most == [3]


def test_after_a_failure_nothing_is_begun_and_what_runs_can_tell() -> None:
    crew, both, begun, told = Crew(2), threading.Barrier(2), [], []

    def work(number: int) -> None:
        begun.append(number)
        both.wait(PATIENCE)
        if number == 0:
            raise Unreachable("the server is away")
        while not crew.halted():
            pass
        told.append(number)

    with pytest.raises(Unreachable):
        crew.each(work, range(50))
    assert sorted(begun) == [0, 1]
    assert told == [1]


@pytest.mark.parametrize("killed", [0, 1])
def test_an_interruption_is_raised_before_an_error_of_ours(killed: int) -> None:
    both = threading.Barrier(2)

    def work(number: int) -> None:
        both.wait(PATIENCE)
        raise Killed if number == killed else RunAborted("ours")

    with pytest.raises(Killed):
        Crew(2).each(work, range(2))


def test_of_two_errors_the_first_in_the_order_of_the_items_is_raised() -> None:
    second_failed = threading.Event()

    def work(number: int) -> None:
        if number == 0:
            assert second_failed.wait(PATIENCE)
        second_failed.set()
        raise RunAborted(str(number))

    with pytest.raises(RunAborted, match=r"^0"):
        Crew(2).each(work, range(2))


def test_two_things_at_once_and_one_after_the_other() -> None:
    met = threading.Barrier(2)
    assert Crew(2).both(lambda: met.wait(PATIENCE) >= 0, lambda: met.wait(PATIENCE) < 2) == (True, True)
    order: list[str] = []
    assert Crew(1).both(lambda: order.append("first"), lambda: order.append("second")) == (None, None)
    assert order == ["first", "second"]


def test_what_is_bound_stands_on_the_lines_of_every_thread() -> None:
    met = threading.Barrier(2)

    def marks(_: int) -> object:
        met.wait(PATIENCE)
        return structlog.contextvars.get_contextvars().get("run_id")

    with bound(run_id="r1", connection="bank"):
        assert Crew(2).each(marks, range(2)) == ["r1", "r1"]
