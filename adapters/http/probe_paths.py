"""Probes of where a mapping's requests end up, and of how many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from adapters.http.listing import Listing
from adapters.http.reading import Reader
from adapters.http.templates import fill_path, path_values
from connector.model.errors import Rejected
from connector.model.grc import Json, Problem


def tell_cost(reader: Reader, where: str) -> Iterator[Problem]:
    """How many requests each cycle makes, where there is a listing for each parent."""
    if reader.above is None:
        return
    parents = reader.above()
    count = None
    if isinstance(parents.listing, Listing):
        first = next(parents.listing.pages(1))
        count = first.total
    now = "" if count is None else f", {count} now"
    yield Problem(
        f"{where}.list",
        f"every cycle asks for {reader.resource.list.path} once for each {parents.shape.entity}{now}, whether anything "
        "changed or not, and once more for each further page",
        "if the API has a listing over all of them, give its path as list.path and say by parent.id where a record "
        "tells its parent; if it has none, choose the schedule accordingly.",
        fatal=False,
    )


def check_redirects(reader: Reader, row: Json, where: str) -> Iterator[Problem]:
    """Whether the server redirects requests as the mapping makes them: a read costs two then, a write is never sent."""
    for path, verbs in _paths(reader, row).items():
        target = _redirected_to(reader, path)
        if target is None:
            continue
        write = next((verb for verb in verbs if verb in ("create", "update")), None)
        if write:
            what = f"{path} is redirected to {target}, and a write is not sent after a redirect"
        else:
            what = f"{path} is redirected to {target}: each request is two"
        remedy = f"write {' and '.join(f'{verb}.path' for verb in verbs)} as the server has it."
        yield Problem(f"{where}.{write or verbs[0]}", what, remedy, fatal=write is not None)


def _paths(reader: Reader, row: Json) -> dict[str, list[str]]:
    """The paths that are read, and those of writes that differ from one at most by a slash at the end, by what for.
    Others are not asked for: what a server does when something is read that is only to be written is not known.
    """
    resource, shape = reader.resource, reader.shape
    record_id = shape.id_of(row) or ""
    values = path_values(record_id, nested=shape.nested)
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for verb in ("list", "get", "create", "update"):
        spec = getattr(resource, verb, None)
        if spec is None:
            continue
        path = fill_path(spec.path, **values)
        if verb in ("list", "get") or any(path.rstrip("/") == read.rstrip("/") for read in paths):
            paths[path].append(verb)
    return paths


def _redirected_to(reader: Reader, path: str) -> str | None:
    try:
        response = reader.client.request("GET", path, error_rules=reader.rules, expect="any")
    except Rejected:
        return None
    asked = urlsplit(f"{reader.client.base_url}/{path.lstrip('/')}").path
    target = urlsplit(response.url).path
    return target if unquote(target) != unquote(asked) else None
