"""What a column makes of what it is given, and how it shows its value to a person.

What does not fit is dropped or cut without a word: the answer is 200, and only the row that comes back shows it. That
a column cuts, and what each type drops, is from memory; that invalid choices are stored or dropped is the page's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulators.servicenow.dictionary import Column, Type

_TIME_FORMAT, _DATE_FORMAT = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"
_SYS_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_INT32 = 2**31
_DIRECTIVES = {"yyyy": "%Y", "MM": "%m", "dd": "%d"}


@dataclass(frozen=True, slots=True)
class Locale:
    """How a user sees times: ``zone`` by its IANA name, ``dates`` such as ``dd/MM/yyyy``."""

    zone: str = "UTC"
    dates: str = "yyyy-MM-dd"

    @property
    def date_format(self) -> str:
        """The format as ``strftime`` knows it."""
        shown = self.dates
        for ours, theirs in _DIRECTIVES.items():
            shown = shown.replace(ours, theirs)
        return shown


def taken(column: Column, raw: Any, *, keep_bad_choices: bool = True, typed_by: Locale | None = None) -> str | None:
    """The text that the column stores; None where it takes nothing. ``typed_by``: the values are as a person types
    them (``sysparm_input_display_value=true``).
    """
    if raw is None:
        return ""
    if isinstance(raw, dict | list):
        return None
    text = str(raw).lower() if isinstance(raw, bool) else str(raw)
    if text == "":
        return ""
    if column.type is Type.CHOICE:
        return _choice(column, text, keep_bad=keep_bad_choices, typed=typed_by is not None)
    if column.type in (Type.DATE, Type.TIME):
        return _moment(column, text, typed_by)
    if column.type is Type.INTEGER:
        return _integer(text)
    if column.type is Type.BOOLEAN:
        return "true" if text.casefold() in ("true", "1", "yes") else "false"
    if column.type in (Type.REFERENCE, Type.DOCUMENT, Type.GUID):
        return text if _SYS_ID.fullmatch(text) else None
    return text[: column.max_length]


def shown(column: Column, text: str, locale: Locale) -> str:
    """The display value of anything but a reference."""
    if not text:
        return ""
    if column.type is Type.CHOICE:
        return column.choices.get(text, text)
    if column.type is Type.TIME:
        moment = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
        return moment.astimezone(ZoneInfo(locale.zone)).strftime(f"{locale.date_format} %H:%M:%S")
    if column.type is Type.DATE:
        return datetime.strptime(text, _DATE_FORMAT).replace(tzinfo=UTC).strftime(locale.date_format)
    return text


def _choice(column: Column, text: str, *, keep_bad: bool, typed: bool) -> str | None:
    if typed:
        text = next((value for value, label in column.choices.items() if label == text), text)
    return text if text in column.choices or keep_bad else None


def _integer(text: str) -> str | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return str(number) if -_INT32 <= number < _INT32 else None


def _moment(column: Column, text: str, typed_by: Locale | None) -> str | None:
    date_format = typed_by.date_format if typed_by else _DATE_FORMAT
    try:
        if column.type is Type.DATE:
            return datetime.strptime(text, date_format).replace(tzinfo=UTC).strftime(_DATE_FORMAT)
        moment = datetime.strptime(text, f"{date_format} %H:%M:%S")  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
    zone = ZoneInfo(typed_by.zone) if typed_by else UTC
    return moment.replace(tzinfo=zone).astimezone(UTC).strftime(_TIME_FORMAT)
