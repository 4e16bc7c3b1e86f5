"""Points in time as the database keeps them: ISO 8601 in UTC, always with milliseconds, so that text sorts as time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def stamp(moment: datetime) -> str:
    """``2026-03-01T08:00:00.000Z``. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse(text: str) -> datetime:
    """The time of an ISO 8601 text; one without a zone is taken as UTC. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def normal(text: str) -> str:
    """Any ISO 8601 text in the database's form."""
    return stamp(parse(text))
