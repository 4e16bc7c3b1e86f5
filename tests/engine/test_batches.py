"""Lanes that wait for each other: one call for all, each its own answer, and nobody waits for ever."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from connector.apply.batches import Batches
from connector.model.errors import LeaseLost, Rejected, RunAborted
from connector.model.fields import Entity
from connector.model.grc import Found, Lookup, Outcome, Record, Write
from tests.engine.world import Interrupted

PATIENCE = 20


class Recording:
    """An adapter that notes what comes together. ``before`` is called with each call's items."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []
        self.before: Callable[[Sequence[Any]], None] = lambda items: None

    def look_up(self, lookups: Sequence[Lookup]) -> Iterator[Found]:
        self.calls.append(list(lookups))
        self.before(lookups)
        return (Found(each, Record(each.entity, each.key or "")) for each in lookups)

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        self.calls.append(list(writes))
        for each in writes:
            self.before([each])
            yield Outcome(each, record=Record(each.entity, str(each.key)))


def write(key: str) -> Write:
    return Write(Entity.MODEL, None, {}, key=key)


def lookup(key: str) -> Lookup:
    return Lookup(Entity.MODEL, key=key)


@pytest.fixture
def adapter() -> Recording:
    return Recording()


def run(batches: Batches, lanes: Sequence[Callable[[], Any]]) -> list[Future[Any]]:
    """Each lane in a thread of its own, all of them waited for."""

    def one(lane: Callable[[], Any]) -> Any:
        with batches.lane():
            return lane()

    with ThreadPoolExecutor(len(lanes)) as pool:
        futures = [pool.submit(one, lane) for lane in lanes]
        for future in futures:
            future.exception(PATIENCE)
    return futures


def made(adapter: Recording, lanes: int, **more: Any) -> Batches:
    return Batches(adapter, lanes=lanes, threads=lanes, **{"turns": 2, **more})  # type: ignore[arg-type]


def test_each_gets_its_own_answer_of_one_call(adapter: Recording) -> None:
    batches = made(adapter, 5)
    futures = run(batches, [lambda key=str(n): batches.write(write(key)) for n in range(5)])
    assert [future.result().record.id for future in futures] == [str(n) for n in range(5)]
    assert [len(call) for call in adapter.calls] == [5]


def test_questions_go_before_writes(adapter: Recording) -> None:
    batches = made(adapter, 4)
    lanes = [lambda: batches.write(write("w")), *(lambda: batches.look_up(lookup("q")) for _ in range(3))]
    run(batches, lanes)
    assert [[type(item) for item in call] for call in adapter.calls] == [[Lookup] * 3, [Write]]


def test_a_lane_that_is_done_is_not_waited_for(adapter: Recording) -> None:
    batches = made(adapter, 3)
    futures = run(batches, [lambda: None, lambda: batches.write(write("a")), lambda: batches.write(write("b"))])
    assert [future.exception() for future in futures] == [None] * 3


def test_no_more_lanes_work_at_once_than_have_a_turn(adapter: Recording) -> None:
    batches, lock, working, most = made(adapter, 6, turns=2), threading.Lock(), [0], [0]
    met = threading.Barrier(2)

    def lane() -> None:
        for key in "ab":
            with lock:
                working[0] += 1
                most[0] = max(most[0], working[0])
            met.wait(PATIENCE)
            with lock:
                working[0] -= 1
            batches.write(write(key))

    run(batches, [lane] * 6)
    assert most == [2]
    assert [len(call) for call in adapter.calls] == [6, 6]


def test_what_was_done_before_a_failure_has_its_outcome(adapter: Recording) -> None:
    def lose(items: Sequence[Any]) -> None:
        if sum(map(len, adapter.calls)) and len(done) == 2:
            raise LeaseLost("overtaken")
        done.append(items)

    done: list[Any] = []
    adapter.before = lose
    batches = made(adapter, 5)
    futures = run(batches, [lambda key=str(n): batches.write(write(key)) for n in range(5)])
    errors = [future.exception() for future in futures]
    assert sorted(type(error).__name__ for error in errors) == ["LeaseLost"] * 3 + ["NoneType"] * 2


def test_a_lane_that_fails_elsewhere_ends_those_that_wait_for_it_with_its_error(adapter: Recording) -> None:
    def failing() -> None:
        raise LeaseLost("overtaken")

    batches = made(adapter, 3)
    futures = run(batches, [failing, *(lambda: batches.write(write("a")) for _ in range(2))])
    assert {type(future.exception()) for future in futures} == {LeaseLost}
    assert adapter.calls == []


def test_an_interruption_is_one_lanes_own(adapter: Recording) -> None:
    def interrupt(items: Sequence[Any]) -> None:
        raise Interrupted("here")

    adapter.before = interrupt
    batches = made(adapter, 3)
    futures = run(batches, [lambda: batches.write(write("a")) for _ in range(3)])
    kinds = sorted(type(future.exception()).__name__ for future in futures)
    assert kinds == ["Interrupted", "RunAborted", "RunAborted"]


def test_a_halted_run_leaves_nobody_waiting(adapter: Recording) -> None:
    """Two of three lanes were never begun."""
    asked = itertools.count()
    batches = made(adapter, 3, halted=lambda: next(asked) > 0)
    (future,) = run(batches, [lambda: batches.write(write("a"))])
    assert isinstance(future.exception(), RunAborted)
    assert adapter.calls == []


def test_an_adapter_that_answers_too_little_leaves_the_rest_without_a_record(adapter: Recording) -> None:
    adapter.write = lambda writes: iter([Outcome(writes[0], error=Rejected("no"))])  # type: ignore[method-assign, assignment]
    batches = made(adapter, 2)
    futures = run(batches, [lambda: batches.write(write("a")) for _ in range(2)])
    outcomes = [future.result() for future in futures]
    assert sorted(outcome.error is None for outcome in outcomes) == [False, True]
    assert [outcome.record for outcome in outcomes] == [None, None]
