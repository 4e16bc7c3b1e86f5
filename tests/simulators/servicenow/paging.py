"""Which rows of a listing a page holds, and the ``Link`` header that tells of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from connector.mock.paging import Bend
from tests.simulators.servicenow.query import Query
from tests.simulators.servicenow.store import Row

DEFAULT_LIMIT = 10_000
_KEYSET = (">", ">=")
_PAGED = ("sys_id", "sys_updated_on")
Find = Callable[[Query], list[Row]]
"""The rows that a query finds, in its order."""


@dataclass(frozen=True, slots=True)
class Window:
    """``sysparm_limit`` and ``sysparm_offset``; what is no number counts as absent."""

    limit: int
    offset: int

    @classmethod
    def asked(cls, params: Mapping[str, str]) -> Window:
        """The window that the parameters ask for."""
        return cls(
            _number(params, "sysparm_limit", DEFAULT_LIMIT) or DEFAULT_LIMIT, _number(params, "sysparm_offset", 0)
        )


def cut(rows: Sequence[Row], window: Window, bend: Bend, query: Query, find: Find) -> list[Row]:
    """The page of ``rows`` (all that the query finds, in order) as faults bend it. Whoever pages by a key asks for a
    later page with a narrower query, so what came before is found by the query without the key.
    """
    start = window.offset
    if bend.repeat or bend.overlap:
        whole = find(_unkeyed(query))
        start = 0 if bend.repeat else _position(whole, rows, window.offset)
        rows = whole
    first = max(0, start - bend.overlap)
    page = list(rows[first : start + window.limit])
    return page[: max(0, len(page) - bend.drop)]


def links(host: str, path: str, params: Mapping[str, str], window: Window, total: int) -> str:
    """The ``Link`` header: ``next`` is absent on the last page, ``prev`` of the first has the offset -1."""
    before = max(0, window.offset - window.limit) if window.offset else -1
    last = max(0, (total - 1) // window.limit * window.limit)
    places = {"first": 0, "prev": before, "next": window.offset + window.limit, "last": last}
    if places["next"] >= total:
        del places["next"]
    told = []
    for relation, offset in places.items():
        query = urlencode({**params, "sysparm_limit": window.limit, "sysparm_offset": offset})
        told.append(f'<{host}{path}?{query}>;rel="{relation}"')
    return ",".join(told)


def _unkeyed(query: Query) -> Query:
    def is_key(either: Sequence[object]) -> bool:
        return all(c.column in _PAGED and c.operator in _KEYSET for c in either)  # type: ignore[attr-defined]

    return replace(query, sets=[[either for either in one if not is_key(either)] for one in query.sets])


def _position(whole: Sequence[Row], rows: Sequence[Row], offset: int) -> int:
    """Where the page starts in the listing without the key."""
    if offset >= len(rows):
        return len(whole)
    wanted = rows[offset]["sys_id"]
    return next((place for place, row in enumerate(whole) if row["sys_id"] == wanted), len(whole))


def _number(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default
