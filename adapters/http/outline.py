"""Looks at an answer that does not fit its description: what is there instead, and is there more than was shown?"""

from __future__ import annotations

from collections.abc import Iterator

from requests.utils import parse_header_links

from adapters.httpclient import Response
from connector.model.grc import Json

_SHOWN = 12
_ONWARD = ("next", "next_page", "next_cursor", "nextCursor", "next_link", "nextLink", "next_token", "nextPageToken")
_TOTALS = ("total", "count", "total_count", "totalCount", "totalResults", "total_results", "recordsTotal")
_AROUND = ("meta", "paging", "pagination", "links", "_links", "page", "data")


def outline(data: Json) -> str:
    """What an answer holds, in words: its keys, and where in it arrays stand."""
    if isinstance(data, list):
        return f"it is an array of {len(data)}"
    if not isinstance(data, dict):
        return "it is empty" if data is None else f"it is a {type(data).__name__}"
    arrays = [f"{path!r} ({count})" for path, count in _arrays(data)]
    there = f"; arrays stand at {', '.join(arrays[:_SHOWN])}" if arrays else ""
    return f"its keys are {keys_of(data)}{there}"


def keys_of(data: Json) -> str:
    """The keys of an object, shortened."""
    keys = [str(key) for key in data] if isinstance(data, dict) else []
    shown = ", ".join(keys[:_SHOWN]) or "none"
    return f"{shown} and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else shown


def sign_of_more(response: Response, data: Json, count: int) -> str | None:
    """What in the answer says that it is not the whole, in words; None where nothing does."""
    links = parse_header_links(response.headers.get("link", ""))
    if any(link.get("rel") == "next" for link in links):
        return "its Link header names a next page"
    for path, part in _parts(data):
        for key in _ONWARD:
            if part.get(key) not in (None, False, "", {}, []):
                return f"it names a next page at {path}{key}"
        for key in _TOTALS:
            total = part.get(key)
            if isinstance(total, int) and not isinstance(total, bool) and total > count:
                return f"it says {total} at {path}{key}, and holds {count}"
    return None


def _parts(data: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    if isinstance(data, dict):
        yield "", data
        for key in _AROUND:
            inner = data.get(key)
            if isinstance(inner, dict):
                yield f"{key}.", inner


def _arrays(data: dict[str, Json]) -> Iterator[tuple[str, int]]:
    for key, value in data.items():
        if isinstance(value, list):
            yield key, len(value)
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", len(found)) for inner, found in value.items() if isinstance(found, list))
