"""Between which observations a moment stands: what changed in between is known to the next one alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.model.errors import RunAborted
from connector.model.fields import Entity, Side
from connector.report.as_of.moment import Moment
from connector.report.material import LISTINGS, listing_name
from connector.state.base import StateReader
from connector.state.times import stamp
from connector.state.types import Around


@dataclass(frozen=True, slots=True)
class Standing:
    """``moment`` (ISO 8601 UTC) lies at or after the observation ``before``, and ahead of the one ``after`` (None: none
    yet). ``told`` is how the moment was meant; ``incomplete`` are the listings that did not reach their end before it,
    ``later_gaps`` those of the next observation.
    """

    moment: str
    told: str
    before: str
    after: str | None
    incomplete: frozenset[tuple[Side, Entity]] = frozenset()
    later_gaps: tuple[str, ...] = ()

    @property
    def gaps(self) -> tuple[str, ...]:
        """The listings that did not reach their end, in words."""
        return tuple(listing_name(*each) for each in LISTINGS if each in self.incomplete)

    @property
    def words(self) -> str:
        """What it rests on, in a sentence."""
        last = f"Observed {_told(self.before)} ({_whole(self.gaps)})"
        if self.after is None:
            return f"{last}; nothing was observed since."
        then = f"{last}, and next {_told(self.after)} ({_whole(self.later_gaps)})"
        return f"{then}. What changed in between is known to the later observation alone."


def standing_of(store: StateReader, connection: str, moment: Moment) -> Standing:
    """Where the moment stands. Raises RunAborted where nothing had been observed by then."""
    around = {each: store.observed_around(connection, *each, moment.at) for each in LISTINGS}
    before = {each: found.before for each, found in around.items() if found.before is not None}
    after = {each: found.after for each, found in around.items() if found.after is not None}
    if not before:
        raise _too_early(connection, moment, around)
    next_at = min((one.at for one in after.values()), default=None)
    return Standing(
        moment=stamp(moment.at),
        told=moment.told,
        before=min(one.at for one in before.values()),
        after=next_at,
        incomplete=frozenset(each for each, one in before.items() if not one.complete),
        later_gaps=tuple(listing_name(*each) for each, one in after.items() if one.at == next_at and not one.complete),
    )


def _too_early(connection: str, moment: Moment, around: Mapping[tuple[Side, Entity], Around]) -> RunAborted:
    first = min((each.after.at for each in around.values() if each.after is not None), default=None)
    if first is None:
        remedy = "run `mlflow-grc sync` first: its observations are what such a report is made of."
        what = f"No cycle of connection {connection} has run yet: nothing is known as of then."
        return RunAborted(what, remedy=remedy)
    what = f"Nothing of connection {connection} was observed by {moment.told}: its journal begins {_told(first)}."
    return RunAborted(what, remedy=f"ask for a later moment: --as-of {first} is the first.")


def _told(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S} UTC"


def _whole(gaps: tuple[str, ...]) -> str:
    return f"not read to the end: {', '.join(gaps)}" if gaps else "complete"
