"""Who may work at which registered model, when a full cycle and narrowed ones share a connection in one process.

All of them write under one lease and one fencing token; what has to be kept apart is what they know. A narrowed cycle
reads and plans one model anew. Whatever a full cycle saw of that model before is stale from then on: to plan with it
beside the newer base would take old values for edits and write them back. Hence:

- A model has one *turn*. Narrowed cycles hold it from their first read to their last record, and come before a full
  cycle's next operation. While any is at work, a full cycle does one operation at a time: somebody waits for them.
- While a full cycle runs, each model that a narrowed one changed is *overtaken*: nothing that the full cycle saw or
  planned of it is recorded or applied any more.
- What the full cycle records of many models at once is recorded with the *books* closed: no narrowed cycle begins
  meanwhile, and none that is under way records anything. Models under way then count as overtaken.
- What a narrowed cycle leaves to a full one is done by the next: until that ends, no event narrows the model again, so
  that a model with one event after the other is not overtaken for ever.
- A fuse counts over all objects, and a narrowed cycle sees one: what narrowed ones updated since a full cycle counted
  is counted here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from connector.fuse import trips
from connector.model.fields import Entity, Side
from connector.model.policy import FuseLimit

Sight: TypeAlias = tuple[Side, Entity, str]
"""One object as the observation journal knows it: its side, its entity, its id there."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Models by name, and what else was seen of them since than a full cycle's listings may show."""

    names: frozenset[str] = frozenset()
    seen: frozenset[Sight] = frozenset()


@dataclass(slots=True)
class Turn:
    """A narrowed cycle's turn at a model. ``seen`` and ``changed`` are what it leaves behind: everything that it
    journalled, and whether it recorded anything at all. ``left``: there is something that a full cycle has to do.
    """

    name: str
    seen: frozenset[Sight] = frozenset()
    changed: bool = False
    left: bool = False


@dataclass(slots=True)
class Turns:
    """The turns of one connection in this process. ``books`` are closed by whoever holds them."""

    books: threading.RLock = field(default_factory=threading.RLock)
    _condition: threading.Condition = field(default_factory=threading.Condition)
    _taken: set[str] = field(default_factory=set)
    _ahead: int = 0
    _in_hand: int = 0
    _wanted: Counter[str] = field(default_factory=Counter)
    _under_way: Counter[str] = field(default_factory=Counter)
    _running: set[str] = field(default_factory=set)
    _full: bool = False
    _overtaken: dict[str, frozenset[Sight]] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)
    _reserved: frozenset[str] = frozenset()
    _updated: set[str] = field(default_factory=set)
    _linked: int | None = None

    @contextmanager
    def full(self) -> Iterator[None]:
        """For the block, a full cycle runs: from before it recalls anything to the end of what it records."""
        with self.books:
            self._full = True
            self._overtaken.clear()
            self._reserved, self._left = frozenset(self._left), set()
        try:
            yield
        finally:
            with self.books:
                self._full, self._reserved = False, frozenset()

    @contextmanager
    def turn(self, name: str, *, together: bool = False) -> Iterator[bool]:
        """A full cycle's turn at a model, for one operation, after every narrowed cycle that waits for it; whether the
        full cycle's knowledge of the model still holds. ``together``: its operations wait for each other, and so must
        not wait here for one to be done.
        """
        with self._condition:
            while self._is_kept(name) or (self._ahead and self._in_hand and not together):
                self._condition.wait()
            self._taken.add(name)
            self._in_hand += 1
        try:
            with self.books:
                holds = name not in self._overtaken
            yield holds
        finally:
            with self._condition:
                self._in_hand -= 1
            self._give_back(name)

    def _is_kept(self, name: str) -> bool:
        return name in self._taken or self._wanted[name] > 0

    @contextmanager
    def ahead(self, name: str) -> Iterator[Turn]:
        """A narrowed cycle's turn at a model, from its first read to its last record."""
        turn = Turn(name)
        with self._condition:
            self._ahead += 1
            self._wanted[name] += 1
            while name in self._taken:
                self._condition.wait()
            self._wanted[name] -= 1
            self._taken.add(name)
        try:
            with self.books:
                self._under_way[name] += 1
            yield turn
        finally:
            self._leave(turn)
            with self._condition:
                self._ahead -= 1
            self._give_back(name)

    def waits(self, name: str) -> bool:
        """Whether a narrowed cycle waits for its turn at the model."""
        with self._condition:
            return self._wanted[name] > 0

    def is_reserved(self, name: str) -> bool:
        """Whether the full cycle that runs has to do something at the model that no narrowed one does."""
        with self.books:
            return name in self._reserved

    def overtaken(self) -> Overtaken:
        """What the full cycle's knowledge no longer holds of; to be asked, and acted on, with the books closed."""
        with self.books:
            under_way = {name for name, number in self._under_way.items() if number}
            seen: frozenset[Sight] = frozenset().union(*self._overtaken.values())
            return Overtaken(frozenset(self._overtaken.keys() | under_way), seen)

    def settled(self, linked: int) -> None:
        """A full cycle has counted for its fuses, of so many linked objects: narrowed ones count anew."""
        with self.books:
            self._updated.clear()
            self._linked = linked

    def may_update(self, keys: Collection[str], limit: FuseLimit, linked: Callable[[], int]) -> bool:
        """Whether narrowed cycles may update these objects: not where they would have updated, since a full cycle
        counted last, more of them than its fuse would let pass. They are counted where they may. ``linked`` counts the
        objects that are linked, where no full cycle did.
        """
        with self.books:
            self._linked = linked() if self._linked is None else self._linked
            updated = self._updated | set(keys)
            if not keys or not trips(len(updated), self._linked, limit):
                self._updated = updated
                return True
            return False

    @contextmanager
    def running(self, run_id: str) -> Iterator[None]:
        """For the block, a narrowed cycle records under this run: its intents are nobody else's to recover."""
        with self.books:
            self._running.add(run_id)
        try:
            yield
        finally:
            with self.books:
                self._running.discard(run_id)

    def is_running(self, run_id: str) -> bool:
        """Whether a narrowed cycle of this process records under this run; to be asked with the books closed."""
        return run_id in self._running

    def _leave(self, turn: Turn) -> None:
        with self.books:
            self._under_way[turn.name] -= 1
            if self._full and turn.changed:
                self._overtaken[turn.name] = self._overtaken.get(turn.name, frozenset()) | turn.seen
            if turn.left:
                self._left.add(turn.name)

    def _give_back(self, name: str) -> None:
        with self._condition:
            self._taken.discard(name)
            self._condition.notify_all()


def ids_of(seen: Collection[Sight], side: Side, entity: Entity) -> frozenset[str]:
    """The ids among these of one side's entity."""
    return frozenset(each for where, kind, each in seen if (where, kind) == (side, entity))
