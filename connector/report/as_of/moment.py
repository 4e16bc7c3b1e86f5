"""The moment that a report is asked about, as a person writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from connector.state.times import parse

_TICK = timedelta(milliseconds=1)
"""The state's times are whole milliseconds."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment (UTC), and how it was meant."""

    at: datetime
    told: str

    @property
    def day(self) -> str:
        """The day on which it lies, as an ISO date in UTC."""
        return self.at.date().isoformat()


def moment_of(text: str) -> Moment:
    """The end of a day in UTC (``2026-03-31``), or a time (``2026-03-31T17:00+02:00``; without a zone it is UTC).
    Raises ValueError for any other text.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        at = parse(text.strip())
        at -= timedelta(microseconds=at.microsecond % 1000)
        return Moment(at, f"{at.isoformat(sep=' ', timespec='seconds').removesuffix('+00:00')} UTC")
    midnight = datetime.combine(day, time.min, UTC)
    return Moment(midnight + timedelta(days=1) - _TICK, f"the end of {day.isoformat()} (UTC)")
