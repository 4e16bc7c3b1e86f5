"""Kills a run at a chosen point, and knows which points differ."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tests.engine.world import Interrupted


@dataclass
class Killer:
    """Called at each point where a process may die; dies at point number ``at`` (from 0; None: never), or at the first
    whose name fits the glob ``name``. All its threads die: each at the next point that it comes to.

    ``points`` are the numbers worth dying at. Between two points where nothing durable happened it makes no
    difference when the process dies: what it knew is gone either way.
    """

    at: int | None = None
    name: str = ""
    seen: list[str] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    dead: bool = False
    died: bool = False
    _durable: Callable[[], Hashable] = lambda: None
    _last: Hashable = None
    _dying: Callable[[], None] = lambda: None

    def watch(self, durable: Callable[[], Hashable], dying: Callable[[], None]) -> None:
        """``durable`` changes with what outlives the process; ``dying`` is called at its death."""
        self._durable, self._dying = durable, dying

    def __call__(self, name: str) -> None:
        number = len(self.seen)
        self.seen.append(name)
        if self.died:
            raise Interrupted(name)
        if self.dead:
            return
        if self.at is None and not self.name:
            self._note(number)
        elif number == self.at or fnmatchcase(name, self.name):
            self.dead = self.died = True
            self._dying()
            raise Interrupted(name)

    def _note(self, number: int) -> None:
        state = self._durable()
        if state != self._last:
            self.points.append(number)
        self._last = state
