"""Hints are acted on by whoever may, once, and none is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from datetime import timedelta
from typing import Any

import pytest

from connector.engine.narrow import Narrowed
from connector.events.pace import Pace, Sparing
from connector.events.worker import POLL, Worker
from connector.model.errors import Retriable, Unreachable
from connector.model.fields import Entity
from connector.model.hints import Hint
from connector.state import LeaseHeld
from tests.engine.conftest import _quiet, make_quick  # noqa: F401 - fixtures
from tests.engine.test_machine import InProcessWorld


class AtOnce(Executor):
    """Runs what is submitted in this thread; ``held`` keeps it until it is released."""

    def __init__(self) -> None:
        self.held: list[Callable[[], None]] | None = None

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.held is None:
            fn(*args, **kwargs)
        else:
            self.held.append(lambda: fn(*args, **kwargs))
        return Future()

    def release(self) -> None:
        held, self.held = self.held or [], None
        for each in held:
            each()


class Stage:
    """A worker whose looks are told and answered as a test wants."""

    def __init__(self, world: InProcessWorld) -> None:
        self.world, self.pool = world, AtOnce()
        self.looks: list[tuple[str, list[str]]] = []
        self.answer: Narrowed | Exception = Narrowed()
        self.fulls, self.can_ask = 0, True
        self.worker = Worker(world.connection, Pace(0.15, 0.5, 5), Sparing(60), self.pool, self.ask, look=self.look)

    def ask(self) -> bool:
        self.fulls += self.can_ask
        return self.can_ask

    def look(self, name: str, issues: Sequence[str]) -> Narrowed:
        self.looks.append((name, list(issues)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def tell(self, *hints: Hint) -> None:
        for hint in hints:
            self.world.store.leave_hint("test", hint, self.world.now)

    def later(self, seconds: float = 1.0) -> float:
        self.world.now += timedelta(seconds=seconds)
        return self.worker.once()

    @property
    def waiting(self) -> int:
        return len(self.world.store.hints("test", 100))


@pytest.fixture
def stage(make_quick: Callable[..., InProcessWorld]) -> Stage:  # noqa: F811
    world = make_quick()
    world.author.create_model("credit")
    world.author.create_version("credit")
    world.author.create_model("fraud")
    world.sync()
    return Stage(world)


def test_a_burst_is_one_look_and_then_nothing(stage):
    stage.tell(*[Hint.of_model("credit")] * 5)
    assert stage.worker.once() == pytest.approx(0.15)
    assert stage.looks == []
    stage.later()
    stage.later()
    assert (stage.looks, stage.waiting) == ([("credit", [])], 0)


def test_hints_of_one_model_from_both_sides_are_one_look(stage):
    world = stage.world
    model, version = world.record("credit")["id"], world.version_record("credit")["id"]
    issue = world.officer.raise_issue("Known", model=model)["id"]
    world.sync()
    new = world.officer.raise_issue("New", version=version, model=model)["id"]
    stage.tell(
        Hint.of_model("credit"),
        Hint.of_record(Entity.MODEL, model),
        Hint.of_record(Entity.VERSION, version),
        Hint.of_record(Entity.ISSUE, issue),
        Hint.of_record(Entity.ISSUE, new),
    )
    stage.later()
    assert sorted(stage.looks) == [("credit", [issue]), ("credit", [new])]
    assert stage.waiting == 0


def test_records_that_are_nobodys_are_forgotten(stage):
    stranger = stage.world.officer.create("models", registry_name="Of a vendor")["id"]
    issue = stage.world.officer.raise_issue("Strange", model=stranger)["id"]
    stage.tell(
        Hint.of_record(Entity.MODEL, stranger),
        Hint.of_record(Entity.MODEL, "none"),
        Hint.of_record(Entity.ISSUE, issue),
        Hint.of_record(Entity.ISSUE, "none"),
    )
    stage.later()
    assert (stage.looks, stage.waiting, stage.fulls) == ([], 0, 0)


def test_an_event_that_comes_during_a_look_is_looked_at_afterwards(stage):
    stage.tell(Hint.of_model("credit"))
    stage.pool.held = []
    stage.later()
    stage.tell(Hint.of_model("credit"))
    stage.later()
    stage.pool.release()
    assert (len(stage.looks), stage.waiting) == (1, 1)
    stage.later()
    assert (len(stage.looks), stage.waiting) == (2, 0)


def test_a_slow_look_delays_no_other_model(stage):
    stage.tell(Hint.of_model("credit"))
    stage.pool.held = []
    stage.later()
    held, stage.pool.held = stage.pool.held, None
    stage.tell(Hint.of_model("fraud"))
    stage.later()
    assert stage.looks == [("fraud", [])]
    held[0]()
    assert stage.looks == [("fraud", []), ("credit", [])]


def test_what_a_look_leaves_brings_a_full_cycle_once_and_not_too_often(stage):
    stage.answer = Narrowed(left="no record", soon=True)
    stage.tell(Hint.of_model("credit"), Hint.of_model("fraud"))
    stage.later()
    stage.later()
    assert (stage.fulls, stage.waiting) == (1, 0)
    stage.tell(Hint.of_model("credit"))
    stage.later()
    stage.later()
    assert stage.fulls == 1
    stage.later(60)
    assert stage.fulls == 2


def test_a_wish_for_a_full_cycle_waits_while_one_runs(stage):
    stage.answer, stage.can_ask = Narrowed(left="no record", soon=True), False
    stage.tell(Hint.of_model("credit"))
    stage.later()
    stage.later(61)
    stage.can_ask = True
    stage.later(61)
    assert stage.fulls == 1


def test_events_of_too_many_objects_are_one_full_cycle(stage):
    stage.tell(*(Hint.of_model(f"m{number}") for number in range(6)))
    stage.later()
    stage.later()
    assert (stage.looks, stage.waiting, stage.fulls) == ([], 0, 1)


@pytest.mark.parametrize("answer", [Narrowed(postponed=True), LeaseHeld("held", owner="x", expires=None)])
def test_what_cannot_be_done_now_waits(stage, answer):
    stage.answer = answer
    stage.tell(Hint.of_model("credit"))
    stage.later()
    stage.later(0.1)
    assert (len(stage.looks), stage.waiting) == (1, 1)
    stage.answer = Narrowed()
    stage.later(POLL)
    assert (len(stage.looks), stage.waiting) == (2, 0)


@pytest.mark.parametrize("error", [Unreachable("nobody there", remedy="look"), Retriable("not now")])
def test_a_side_that_cannot_be_reached_is_left_alone_for_a_while(stage, error):
    stage.answer = error
    stage.tell(Hint.of_model("credit"))
    stage.later()
    stage.answer = Narrowed()
    stage.later(4)
    assert (len(stage.looks), stage.waiting) == (1, 1)
    stage.later(2)
    assert (len(stage.looks), stage.waiting) == (2, 0)


def test_a_clock_that_was_set_back_makes_the_rest_no_longer(stage):
    stage.answer = Unreachable("nobody there", remedy="look")
    stage.tell(Hint.of_model("credit"))
    stage.later()
    stage.answer = Narrowed()
    stage.later(-3600)
    assert (len(stage.looks), stage.waiting) == (2, 0)


def test_a_defect_is_left_to_a_full_cycle(stage):
    stage.answer = ZeroDivisionError("a defect")
    stage.tell(Hint.of_model("credit"))
    stage.later()
    stage.later()
    assert (stage.waiting, stage.fulls) == (0, 1)


def test_without_a_look_of_its_own_it_narrows_a_cycle(stage):
    stage.worker.look = None
    stage.world.officer.patch(stage.world.record("credit")["id"], allowed_changes="none")
    stage.tell(Hint.of_record(Entity.MODEL, stage.world.record("credit")["id"]))
    stage.later()
    assert stage.world.tags("credit")["grc_allowed_changes"] == "none"
