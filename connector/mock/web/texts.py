"""Between a field's value and the text that a form or a table shows of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from connector.mock.catalog import KINDS
from connector.mock.schema import FieldSpec, Json, Type, Unfit
from connector.mock.web.words import MILLISECONDS


def to_text(spec: FieldSpec, value: Json) -> str:
    """The value as a form's input holds it: a list has a line for each item, nothing is an empty text."""
    if value is None:
        return ""
    if spec.type is Type.LIST:
        return "\n".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def from_text(spec: FieldSpec, text: str) -> Json:
    """The value that was entered, None for nothing; raises Unfit where the text cannot be one."""
    if spec.type is Type.LIST:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if not text.strip():
        return None
    if spec.type is Type.INTEGER:
        if not (text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 10):
            raise Unfit("must be a whole number, 0 or more")
        return int(text)
    return text.strip()


def in_one_line(field: str, value: Json) -> str:
    """The value as a table of changes shows it."""
    if value is None or value in ([], {}):
        return ""
    if field in MILLISECONDS and isinstance(value, int):
        return moment(datetime.fromtimestamp(value / 1000, UTC).isoformat())
    if isinstance(value, list):
        return "; ".join(in_one_line(field, item) for item in value)
    if isinstance(value, dict):
        known = _TYPES.get(field) is Type.OBJECTS
        parts = ((name, in_one_line(name if known else "", part)) for name, part in value.items())
        return ", ".join(f"{name}: {part}" for name, part in parts if part)
    if not isinstance(value, str):
        return json.dumps(value)
    return {Type.DATE: day, Type.TIME: moment}.get(_TYPES.get(field, Type.STRING), str)(value)


def day(text: str) -> str:
    """``2026-03-31`` as 31 Mar 2026; another text as it is."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


def moment(text: str) -> str:
    """An ISO time as 31 Mar 2026, 12:00 UTC; another text as it is."""
    try:
        found = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return f"{day(found.date().isoformat())}, {found:%H:%M} UTC"


_TYPES = {name: spec.type for kind in KINDS.values() for name, spec in kind.fields.items()}
"""A field has the same type in every kind of record."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
