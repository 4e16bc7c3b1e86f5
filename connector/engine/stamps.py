"""Times as a platform writes them, compared with each other and with no clock of ours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeAlias

Moment: TypeAlias = int | datetime
"""A number of units since 1970, or a time: with a zone in UTC, or without one. Those of one kind compare."""


def moment(text: str | None) -> Moment | None:
    """What a platform's time text says; None where that cannot be told."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else found.astimezone(UTC)


def latest(texts: Iterable[str | None]) -> str | None:
    """The text of the latest of these times; None where there is none, or any of them cannot be compared."""
    best: tuple[Moment, str] | None = None
    for text in texts:
        found = moment(text)
        if text is None or found is None:
            return None
        if best is None or is_before(best[0], found):
            best = found, text
        elif not comparable(best[0], found):
            return None
    return best[1] if best else None


def is_before(one: Moment, other: Moment) -> bool:
    """Whether ``one`` is the earlier; False where they do not compare."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return comparable(one, other) and one < other
    return isinstance(one, int) and isinstance(other, int) and one < other


def comparable(one: Moment, other: Moment) -> bool:
    """Whether both are of one kind."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one.tzinfo is None) == (other.tzinfo is None)
    return isinstance(one, int) and isinstance(other, int)
