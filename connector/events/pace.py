"""How events of one object become one look at it. Pure: the time is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.model.hints import PendingHint
from connector.state.times import parse


@dataclass(frozen=True, slots=True)
class Pace:
    """An object is looked at when nothing more came of it for ``quiet`` seconds, and ``at_most`` seconds after its
    first event whatever comes. Of more than ``most`` objects at a time none is: a full cycle is.
    """

    quiet: float = 0.15
    at_most: float = 0.5
    most: int = 200

    def due_at(self, pending: PendingHint) -> datetime:
        """When the object is to be looked at."""
        settled = parse(pending.last) + timedelta(seconds=self.quiet)
        return min(settled, parse(pending.first) + timedelta(seconds=self.at_most))

    def due(self, pending: Iterable[PendingHint], now: datetime) -> Sequence[PendingHint]:
        """What is to be looked at now. A hint from the future, by a clock that was set back, is not waited for."""
        return [each for each in pending if self.due_at(each) <= now or parse(each.first) > now]

    def wait(self, pending: Iterable[PendingHint], now: datetime, longest: float) -> float:
        """Seconds until one of these is due, at most ``longest``."""
        times = [(self.due_at(each) - now).total_seconds() for each in pending]
        return max(0.0, min([longest, *times]))


@dataclass(slots=True)
class Sparing:
    """Lets something happen at most every so many seconds, and late rather than never."""

    every: float
    _last: datetime | None = None
    _asked: bool = False

    def ask(self) -> None:
        """Wish for it once more."""
        self._asked = True

    def take(self, now: datetime) -> bool:
        """Whether it is to happen now; the wish is fulfilled then. A clock that was set back delays nothing."""
        if not self._asked:
            return False
        if self._last is not None and 0 <= (now - self._last).total_seconds() < self.every:
            return False
        self._last, self._asked = now, False
        return True
