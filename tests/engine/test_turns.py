"""Whose turn it is at a model, as threads ask for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from connector.engine.turns import Overtaken, Turns
from connector.model.fields import Entity, Side
from connector.model.policy import FuseLimit
from tests.engine.narrowing import PATIENCE

SIGHT = (Side.REGISTRY, Entity.MODEL, "key")


class Asking:
    """A full cycle's turn, asked for on a thread."""

    def __init__(self, turns: Turns, name: str, *, together: bool = False) -> None:
        self.given, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(turns, name, together), daemon=True)
        self._thread.start()

    def _run(self, turns: Turns, name: str, together: bool) -> None:
        with turns.turn(name, together=together):
            self.given.set()
            self._done.wait(PATIENCE)

    def end(self) -> None:
        self._done.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def asking() -> Iterator[Callable[..., Asking]]:
    with ExitStack() as stack:

        def ask(*args: object, **options: bool) -> Asking:
            asked = Asking(*args, **options)  # type: ignore[arg-type]
            stack.callback(asked.end)
            return asked

        yield ask


def test_a_model_is_one_turns_at_a_time(asking):
    turns = Turns()
    first = asking(turns, "a")
    assert first.given.wait(PATIENCE)
    second, other = asking(turns, "a"), asking(turns, "b")
    assert other.given.wait(PATIENCE)
    assert not second.given.is_set()
    first.end()
    assert second.given.wait(PATIENCE)


def test_while_an_event_is_handled_a_full_cycle_does_one_operation_at_a_time(asking):
    turns = Turns()
    with turns.ahead("x"):
        first = asking(turns, "a")
        assert first.given.wait(PATIENCE)
        second, kept = asking(turns, "b"), asking(turns, "x")
        together = asking(turns, "c", together=True)
        assert together.given.wait(PATIENCE)
        assert not second.given.is_set()
        together.end()
        first.end()
        assert second.given.wait(PATIENCE)
        assert not kept.given.is_set()
        second.end()
    assert kept.given.wait(PATIENCE)


def test_what_a_narrowed_cycle_changed_is_overtaken_until_the_next_full_cycle():
    turns = Turns()
    with turns.full():
        with turns.ahead("a") as turn:
            assert turns.overtaken().names == {"a"}
        assert turns.overtaken() == Overtaken()
        with turns.ahead("a") as turn:
            turn.changed, turn.seen = True, frozenset({SIGHT})
        assert turns.overtaken() == Overtaken(frozenset({"a"}), frozenset({SIGHT}))
        with turns.turn("a") as holds, turns.turn("b") as other:
            assert (holds, other) == (False, True)
    with turns.full():
        assert turns.overtaken() == Overtaken()


def test_one_under_way_when_a_full_cycle_begins_counts():
    turns = Turns()
    with ExitStack() as full:
        with turns.ahead("a") as turn:
            full.enter_context(turns.full())
            turn.changed = True
        assert turns.overtaken().names == {"a"}


def test_what_was_left_is_kept_for_one_full_cycle():
    turns = Turns()
    with turns.ahead("a") as turn:
        turn.left = True
    assert not turns.is_reserved("a")
    with turns.full():
        assert turns.is_reserved("a")
    assert not turns.is_reserved("a")
    with turns.full():
        assert not turns.is_reserved("a")


def test_updates_are_counted_by_object_until_a_full_cycle_counts():
    turns, limit = Turns(), FuseLimit(50, 1)
    told = [turns.may_update({key}, limit, lambda: 4) for key in ("a", "b", "a", "c", "d")]
    assert told == [True, True, True, False, False]
    turns.settled(100)
    assert turns.may_update({"c"}, limit, lambda: pytest.fail("the full cycle counted them"))
