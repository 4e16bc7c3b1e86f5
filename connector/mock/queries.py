"""Which records a listing shows: any field equal to a text, changed since a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from connector.mock.catalog import KINDS
from connector.mock.errors import Invalid
from connector.mock.schema import Json
from connector.mock.store import Row

_STAMPS = frozenset({"id", "revision", "created_at", "created_by", "updated_at", "updated_by"})


def select(kind: str, rows: Iterable[Row], filters: Mapping[str, str], updated_since: str | None = None) -> list[Row]:
    """The rows, in their order, that hold every filter's value and changed at or after ``updated_since`` (ISO 8601
    with an offset, or a number since 1970). Invalid names unknown fields and a bad time.
    """
    unknown = {name: "is not a field" for name in filters if name not in KINDS[kind].fields and name not in _STAMPS}
    if unknown:
        raise Invalid(unknown)
    since = _time(updated_since) if updated_since else None
    kept = [row for row in rows if all(_holds(row[name], text) for name, text in filters.items())]
    return kept if since is None else [row for row in kept if datetime.fromisoformat(row["updated_at"]) >= since]


def _holds(value: Json, text: str) -> bool:
    if value is None:
        return text == ""
    if isinstance(value, list) and text:
        return any(_holds(item, text) for item in value)
    if isinstance(value, str):
        return value == text
    return json.dumps(value) == text or (not value and not text)


def _time(text: str) -> datetime:
    if text.isascii() and text.isdigit():
        return datetime.fromtimestamp(int(text) / 10 ** max(0, 3 * ((len(text) - 8) // 3)), UTC)
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid({"updated_since": "must be a time such as 2026-03-31T12:00:00Z"}) from None
    if since.tzinfo is None:
        raise Invalid({"updated_since": "must have an offset from UTC, such as 2026-03-31T12:00:00Z"})
    return since
