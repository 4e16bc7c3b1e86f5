"""Cutting a listing into pages, in each of the styles that ``?paging=`` names.

========  =====================  ============================================
style     asked with             tells the next page by
========  =====================  ============================================
offset    ``offset``, ``limit``  nothing: ``total`` says how many there are
page      ``page``, ``limit``    nothing: ``total`` and ``pages``
cursor    ``cursor``, ``limit``  ``next_cursor`` in the body, null at the end
next      ``offset``, ``limit``  ``next`` in the body, an address; null at the end
link      ``offset``, ``limit``  a ``Link`` header with ``rel="next"``
========  =====================  ============================================

Offsets and pages shift when records come and go between two requests; a cursor stands behind an id and does not.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from connector.mock.errors import BadRequest
from connector.mock.store import Row

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
STYLES = ("offset", "page", "cursor", "next", "link")
PARAMETERS = frozenset({"paging", "offset", "limit", "page", "cursor"})


@dataclass(frozen=True, slots=True)
class Bend:
    """How faults bend a page: ``repeat`` the first one for ever, ``overlap`` by so many rows with the page before,
    ``drop`` so many rows from its end, add ``lie`` to the total.
    """

    repeat: bool = False
    overlap: int = 0
    drop: int = 0
    lie: int = 0


STRAIGHT = Bend()


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``extra`` are members of the body beside the rows, ``headers`` of the answer."""

    rows: Sequence[Row]
    total: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def cut_page(
    rows: Sequence[Row], params: Mapping[str, str], address: str, bend: Bend = STRAIGHT, cap: int = MAX_LIMIT
) -> Page:
    """The page of ``rows`` (ordered by id) that the query ``params`` ask for; ``address`` is the listing's own.

    A limit above ``cap`` is silently lowered, as most servers do. BadRequest for what is no number.
    """
    style = params.get("paging", "offset")
    if style not in STYLES:
        raise BadRequest(f"paging must be one of {', '.join(STYLES)}.")
    limit = min(_number(params, "limit", DEFAULT_LIMIT, least=1), cap)
    start = _start(style, rows, params, limit)
    first = 0 if bend.repeat else max(0, start - bend.overlap)
    end = first + limit if bend.repeat else start + limit
    shown = rows[first:end]
    more = bool(rows) and (bend.repeat or end < len(rows))
    last_id = rows[min(end, len(rows)) - 1]["id"] if more else ""
    extra, headers = _next(style, params, address, last_id, start + limit)
    if style == "page":
        extra = {"page": start // limit + 1, "pages": -(-len(rows) // limit)}
    return Page(shown[: max(0, len(shown) - bend.drop)], len(rows) + bend.lie, extra, headers)


def _start(style: str, rows: Sequence[Row], params: Mapping[str, str], limit: int) -> int:
    if style == "page":
        return (_number(params, "page", 1, least=1) - 1) * limit
    if style == "cursor":
        last = _decode(params["cursor"]) if params.get("cursor") else ""
        return sum(row["id"] <= last for row in rows)
    return _number(params, "offset", 0, least=0)


def _next(
    style: str, params: Mapping[str, str], address: str, last_id: str, offset: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """The members and headers that lead on; ``last_id`` is empty on the last page."""
    if style == "cursor":
        return {"next_cursor": _encode(last_id) if last_id else None}, {}
    target = f"{address}?{urlencode({**params, 'offset': str(offset)})}" if last_id else None
    if style == "next":
        return {"next": target}, {}
    return {}, {"Link": f'<{target}>; rel="next"'} if style == "link" and target else {}


def _number(params: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise BadRequest(f"{name} must be a number from {least} up.")
    return int(text)


def _encode(record_id: str) -> str:
    return base64.urlsafe_b64encode(record_id.encode()).decode()


def _decode(cursor: str) -> str:
    try:
        return base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadRequest("cursor is not one that this server gave.") from None
