"""How this GRC speaks: what a client sees of records, listings, refusals and sign-ins.

No two REST servers of this kind agree. The API asks its dialect for every body it sends and hands it every body it
gets, so each habit that real servers were seen to have is a setting here, and :mod:`connector.mock.dialects` names
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from connector.mock.catalog import KINDS
from connector.mock.doors import BearerDoor, DoorMaker
from connector.mock.errors import BadRequest, GrcError, Invalid, NotFound, Unauthenticated
from connector.mock.paging import MAX_LIMIT, Page
from connector.mock.schema import Json
from connector.mock.service import Grc
from connector.mock.shapes import Shape
from connector.mock.store import Row


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of speaking. The defaults are the plain ones: a record is an object, a listing
    ``{"items": [...], "total": n}``, a refusal ``{"code": ..., "message": ...}``.
    """

    door: DoorMaker = BearerDoor
    """How clients sign in."""
    refuses_with: int = 401
    """The code for a client that did not sign in."""
    guests: bool = False
    """Whether such a client is served as a guest, who sees nothing."""
    missing: str = "404"
    """What reading a record that does not exist answers: a code, or ``empty``: 200 and ``[]``."""
    patch_missing: bool = False
    """Whether changing a record that does not exist answers 204."""
    envelope: str = "items"
    """Where a listing's records stand: ``items``, ``results``, ``data``, ``data.items``, or nowhere: ``bare``."""
    wraps: bool = False
    """Whether one record stands below its kind, in what is sent and what is got: ``{"issue": {...}}``."""
    created: str = "record"
    """What creating answers: the ``record`` with 201, ``ok``: with 200, ``location``, a bare ``id``, or as ``text``."""
    updated: str = "record"
    """What changing answers: the ``record``, or ``nothing`` with 204."""
    verb: str = "PATCH"
    """How a record is changed; ``PUT whole`` empties what is left out."""
    shapes: tuple[Shape, ...] = ()
    """How fields look, in the order in which they are put on; taken off in the reverse order."""
    ignores_filters: bool = False
    """Whether unknown and known filters of listings are ignored alike."""
    paging: str = "offset"
    """The style of paging where the query names none."""
    ignores_paging: bool = False
    """Whether each page is everything, and there is always a next one."""
    cap: int = MAX_LIMIT
    """Largest page."""
    tells_total: bool = True
    """Whether listings tell a total; it is null otherwise."""
    links_by_path: bool = False
    """Whether a next link is a path rather than an address."""
    hides_closed: bool = False
    """Whether closed issues are listed only with ``state=all``."""
    needs_slash: bool = False
    """Whether a path without a slash at its end is redirected to the one with it."""
    heeds_if_match: bool = True
    """Whether If-Match counts, and records come with an ETag."""
    errors: str = "code"
    """The shape of refusals: ``code``, ``detail``, ``fields``, ``errors``, ``text`` or ``html``."""
    bad_choice: int = 422
    """The code for values that their fields do not take."""
    below_models: frozenset[str] = frozenset()
    """Kinds that are reached below their model alone."""
    lists_across: bool = False
    """Whether these can be listed over all models as well, at the place of their own that they have otherwise."""
    forgets_unknown: bool = False
    """Whether a field that does not exist is accepted in a body and forgotten, the time of the change apart."""
    keys_apart: bool = False
    """Whether the fields that tie a record to the registry stand in a resource of their own."""
    issues_elsewhere: bool = False
    """Whether issues are on a server of their own, with its own token."""

    def shown(self, kind: str, row: Row, grc: Grc, base_url: str) -> dict[str, Any]:
        """One record as clients see it, with its ``url`` for people."""
        record = {**row, "url": f"{base_url}/records/{row['id']}"}
        for shape in self.shapes:
            record = shape.shown(kind, record, grc)
        return record

    def one(self, kind: str, record: dict[str, Any]) -> dict[str, Any]:
        """A record that is answered alone."""
        return {singular(kind): record} if self.wraps else record

    def listing(self, records: Sequence[Json], page: Page) -> Json:
        """One page of records, as they are shown."""
        total = page.total if self.tells_total else None
        return self._enveloped(list(records), {"total": total, **page.extra})

    def everything(self, items: Sequence[Mapping[str, Any]]) -> Json:
        """A short listing that has no pages."""
        return self._enveloped(list(items), {"total": len(items)})

    def taken(self, kind: str, body: Json, grc: Grc, row: Row | None = None) -> dict[str, Any]:
        """The fields that a write carries, as this GRC keeps them; ``row`` is the record that it changes."""
        values = self.plain(kind, body)
        for shape in reversed(self.shapes):
            values = shape.taken(kind, values, grc, row)
        if self.forgets_unknown:
            values = {name: value for name, value in values.items() if name in KINDS[kind].fields}
        return values

    def plain(self, kind: str, body: Json) -> dict[str, Any]:
        """The object that a request's body carries."""
        inner = body.get(singular(kind)) if self.wraps and isinstance(body, dict) else body
        if not isinstance(inner, dict):
            below = f" below {singular(kind)!r}" if self.wraps else ""
            raise BadRequest(f"The body must be a JSON object of fields{below}.")
        return inner

    def refusal(self, error: GrcError, scheme: str = "") -> Response:
        """The answer that refuses a request; ``scheme`` is how one has to sign in."""
        response = self._refused(error)
        if isinstance(error, Unauthenticated) and scheme:
            response.headers["WWW-Authenticate"] = scheme
        return response

    def _refused(self, error: GrcError) -> Response:
        status = self.refuses_with if isinstance(error, Unauthenticated) else error.status
        if isinstance(error, Invalid):
            status = self.bad_choice
        match self.errors:
            case "text":
                return PlainTextResponse(str(error), status_code=status)
            case "html":
                return HTMLResponse(f"<html><title>Error {status}</title><p>{error}</p></html>", status_code=status)
            case _:
                return JSONResponse(self._refusal(error), status_code=status)

    def absent(self, error: NotFound) -> Response:
        """The answer to the reading of a record that does not exist."""
        match self.missing:
            case "404":
                return self.refusal(error)
            case "empty":
                return JSONResponse(self._enveloped([], {"total": 0}))
            case code:
                return Response(status_code=int(code))

    def _refusal(self, error: GrcError) -> Json:
        match self.errors:
            case "detail":
                return {"detail": str(error)}
            case "fields" if isinstance(error, Invalid):
                return {field: [reason] for field, reason in error.errors.items()}
            case "errors":
                return {"errors": [{"message": str(error)}]}
            case _:
                return error.body

    def _enveloped(self, records: list[Json], beside: Mapping[str, Json]) -> Json:
        match self.envelope:
            case "bare":
                return records
            case "data.items":
                return {"data": {"items": records, **beside}}
            case name:
                return {name: records, **beside}


def singular(kind: str) -> str:
    """``issue`` for ``issues``."""
    return kind.removesuffix("s")
