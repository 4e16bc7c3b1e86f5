"""Which rows of a listing a page holds, and the ``Link`` header that tells of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from connector.mock.paging import Bend
from tests.simulators.servicenow.query import Either, Query
from tests.simulators.servicenow.store import Row

DEFAULT_LIMIT = 10_000
_KEYSET = (">", ">=")
_PAGED = ("sys_id",)


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


def cut(rows: Sequence[Row], window: Window, bend: Bend, unkeyed: Callable[[], list[Row]] | None) -> list[Row]:
    """The page of ``rows`` (all that the query finds, in order) as faults bend it. Whoever pages by a key asks for each
    page by another query, and gives with ``unkeyed`` what the query finds without the key. No instance lets such pages
    overlap; one may stand in a cache and come again.
    """
    start = 0 if bend.repeat else window.offset
    found = unkeyed() if unkeyed and bend.repeat else rows
    page = list(found[max(0, start - bend.overlap) : start + window.limit])
    return page[: max(0, len(page) - bend.drop)]


def without_key(query: Query) -> Query | None:
    """The query without the condition that asks for a later page; None where it has none."""
    sets = [[either for either in one if not _is_key(either)] for one in query.sets]
    return None if sets == query.sets else replace(query, sets=sets)


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


def _is_key(either: Either) -> bool:
    return all(one.column in _PAGED and one.operator in _KEYSET for one in either)


def _number(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default
