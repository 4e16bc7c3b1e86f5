"""Dates and times as Archer tells and takes them, and in ISO 8601.

REST tells them without a zone, in UTC; a search adds ``xmlConvertedValue`` in UTC to a text that follows the account's
locale and zone, and only the former is read. What is written is read in the account's own zone: hence an account in
UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from connector.model.errors import Rejected
from connector.model.grc import Json

EMPTY = "0"
"""What empties a date."""


def moment(raw: Json) -> datetime | None:
    """A time that Archer tells, in UTC; None for what is none."""
    if not isinstance(raw, str):
        return None
    try:
        found = datetime.fromisoformat(raw.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def iso(found: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds where there are any."""
    text = found.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text.removesuffix('.000')}Z"


def told(raw: Json) -> str | None:
    """A time that Archer tells as ISO 8601; None for what is none."""
    found = moment(raw)
    return None if found is None else iso(found)


def written(value: Json, field: str) -> str:
    """A date or time as Archer takes it: ``12/27/2016``, ``10/21/1956 11:59AM``; seconds are lost. Raises Rejected."""
    if value in (None, ""):
        return EMPTY
    try:
        if isinstance(value, str) and len(value.strip()) == len("2016-12-27"):
            return date.fromisoformat(value.strip()).strftime("%m/%d/%Y")
        found = moment(value)
    except ValueError:
        found = None
    if found is None:
        raise Rejected(f"{value!r} is no date for {field}.", remedy="correct the value.", field=field)
    return found.strftime("%m/%d/%Y %I:%M%p")
