"""Field values: what LogicGate shows to plain JSON, and plain JSON to what its older API takes.

A value's text follows the locale of the token's user, so that a date or a number is never read from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from connector.model.errors import Rejected
from connector.model.grc import Json, Unreadable

DATES = frozenset({"DATE", "DATE_CALCULATION"})
NUMBERS = frozenset({"NUMBER", "CALCULATION", "LINKED_RECORDS_COUNT"})
USERS = frozenset({"USER", "EXTERNAL_USER"})
LISTS = frozenset({"MULTI_SELECT", "CHECKBOX"})
OPTIONS = LISTS | {"SELECT", "RADIO"}
CALCULATED = frozenset({"CALCULATION", "TEXT_CONCATENATION", "LINKED_RECORDS_COUNT", "DATE_CALCULATION"})
_EMAIL = re.compile(r"\(\s*([^()\s]+@[^()\s]+)\s*\)\s*\Z")
_BARE_EMAIL = re.compile(r"[^()\s]+@[^()\s]+")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_CLEARING: Mapping[str, list[Json]] = {"empty_list": [], "empty_text": [""], "null": [None]}


@dataclass(frozen=True, slots=True)
class Codec:
    """How one tenant keeps dates and empties fields."""

    zone: ZoneInfo
    date_format: Literal["date", "milliseconds", "seconds"]
    clear_with: str

    def shown(self, field_type: str, values: Sequence[Json]) -> Json:
        """The plain value of a field's ``values``: None for none, a list where there are, or may be, several."""
        plain = [self._one(field_type, value) for value in values if isinstance(value, dict)]
        if unreadable := next((one for one in plain if isinstance(one, Unreadable)), None):
            return unreadable
        held = [one for one in plain if one not in (None, "")]
        if not held:
            return None
        return held if field_type in LISTS or len(held) > 1 else held[0]

    def _one(self, field_type: str, value: Mapping[str, Json]) -> Json:
        text, number = value.get("textValue"), value.get("numericValue")
        if field_type in DATES:
            return self._date(number if number is not None else text)
        if field_type in NUMBERS:
            return _number(number, text)
        return _email(text) if field_type in USERS else text

    def _date(self, told: Json) -> Json:
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told / 1000, self.zone).date().isoformat()
        moment = iso_time(told)
        if moment is None:
            return None if told in (None, "") else Unreadable(f"{told!r} is a date in the user's own way of writing")
        has_time = isinstance(told, str) and len(told) > len("2026-03-31")
        return (moment.astimezone(self.zone) if has_time else moment).date().isoformat()

    def sent(self, name: str, field_type: str | None, value: Json) -> list[Json]:
        """The ``values`` of a write. Raises Rejected, naming the field, for what the field cannot take."""
        if field_type in CALCULATED:
            raise Rejected(
                f"{name} is calculated by LogicGate ({field_type}).", field=name, remedy="set writable: false."
            )
        if value is None or value in ("", []):
            return self._cleared(name)
        if isinstance(value, list | tuple) and (field_type is None or field_type in LISTS):
            return [_text(name, one) for one in value]
        if field_type in DATES:
            return [self._sent_date(name, value)]
        return [_text(name, value)]

    def _cleared(self, name: str) -> list[Json]:
        if self.clear_with == "refuse":
            raise Rejected(
                f"{name} is not emptied: logicgate.clear_with is refuse.",
                field=name,
                remedy="empty it in LogicGate, or set clear_with to what empties a field on your tenant.",
            )
        return list(_CLEARING[self.clear_with])

    def _sent_date(self, name: str, value: Json) -> str:
        moment = iso_time(value)
        if moment is None:
            raise Rejected(f"{value!r} of {name} is no date.", field=name, remedy="correct the value.")
        day = moment.date()
        if self.date_format == "date":
            return day.isoformat()
        seconds = round(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())
        return str(seconds * 1000 if self.date_format == "milliseconds" else seconds)


def iso_time(told: Json) -> datetime | None:
    """The moment that an ISO 8601 text tells, in UTC where it says no zone; None for anything else."""
    if not isinstance(told, str):
        return None
    try:
        if len(told) == len("2026-03-31"):
            day = date.fromisoformat(told)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(told)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds(told: Json) -> int | None:
    """A time of a record, told as epoch milliseconds or as ISO 8601; None for anything else."""
    if isinstance(told, int | float) and not isinstance(told, bool):
        return int(told)
    if isinstance(told, str) and told.isascii() and told.isdigit():
        return int(told)
    moment = iso_time(told)
    return None if moment is None else round(moment.timestamp() * 1000)


def time_text(told: Json) -> str | None:
    """The same as ISO 8601 in UTC with milliseconds, which compares as it was written."""
    number = milliseconds(told)
    if number is None:
        return None
    seconds, rest = divmod(number, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def _number(number: Json, text: Json) -> Json:
    if isinstance(number, int | float) and not isinstance(number, bool):
        return int(number) if float(number).is_integer() else number
    if text in (None, ""):
        return None
    found = isinstance(text, str) and _PLAIN_NUMBER.fullmatch(text.strip())
    return text.strip() if found else Unreadable(f"{text!r} is a number in the user's own way of writing")


def _email(text: Json) -> Json:
    if text in (None, ""):
        return None
    found = _EMAIL.search(str(text))
    if found is not None:
        return found[1].lower()
    if _BARE_EMAIL.fullmatch(str(text).strip()):
        return str(text).strip().lower()
    return Unreadable(f"{text!r} names a user without an e-mail address")


def _text(name: str, value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        raise Rejected(f"{name} takes one text, and holds no list or map.", field=name, remedy="set write_as: text.")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)
