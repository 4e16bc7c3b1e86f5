"""The REST API below ``/api/v1``. Thin: the work is done by the service, the words are the dialect's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from connector.mock.bending import bend_listing, bend_page, bend_values
from connector.mock.catalog import CLOSED, ISSUES, KINDS, MODELS
from connector.mock.dialect import Dialect
from connector.mock.doors import Door
from connector.mock.errors import BadRequest, Invalid, NotFound, Unauthenticated
from connector.mock.faults import Fault, Faults
from connector.mock.paging import PARAMETERS, cut_page
from connector.mock.queries import select
from connector.mock.schema import Json
from connector.mock.service import Grc
from connector.mock.store import Row
from connector.mock.users import Role, User

API = "/api/v1"
GUEST = User("", "Guest", Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Api:
    """The handlers of one GRC. Each returns JSON and raises a GrcError where it refuses. ``kinds`` are those that are
    on this server.
    """

    grc: Grc
    faults: Faults
    dialect: Dialect
    door: Door
    base_url: Callable[[], str]
    kinds: frozenset[str] = frozenset(KINDS)

    async def login(self, request: Request) -> JSONResponse:
        """Give a short-lived token."""
        return JSONResponse(self.door.login(await request.body()))

    async def me(self, request: Request) -> JSONResponse:
        """Who the token stands for."""
        user = self.user(request)
        return JSONResponse({"email": user.email or None, "name": user.name, "role": str(user.role)})

    async def schema(self, request: Request, kind: str) -> JSONResponse:
        """The fields of a kind, with types, choices and limits."""
        self.user(request)
        self._must_be_here(kind)
        return JSONResponse(self.dialect.everything([spec.described() for spec in KINDS[kind].fields.values()]))

    async def listed(self, request: Request, kind: str, parent: str | None = None) -> JSONResponse:
        """A page of the records that match the query's filters."""
        user = self.user(request)
        if not (self.dialect.lists_across and kind in self.dialect.below_models):
            self._must_be_here(kind, parent)
        params = dict(request.query_params)
        rows = self._selected(kind, params, parent) if user != GUEST else []
        shown = bend_listing(_fired(request), self.faults, self.grc.store, rows)
        bend, dialect = bend_page(_fired(request)), self.dialect
        params = {"paging": dialect.paging, **params}
        if dialect.ignores_paging:
            params, bend = {"paging": params["paging"], "limit": str(len(rows) or 1)}, replace(bend, repeat=True)
        address = request.url.path if dialect.links_by_path else self.base_url() + request.url.path
        page = cut_page(shown, params, address, bend, len(rows) or 1 if dialect.ignores_paging else dialect.cap)
        records = [self._shown(kind, row) for row in page.rows]
        return JSONResponse(dialect.listing(records, page), headers=dict(page.headers))

    async def one(self, request: Request, kind: str, record_id: str, parent: str | None = None) -> Response:
        """One record."""
        user = self.user(request)
        self._must_be_here(kind, parent)
        try:
            if user == GUEST:
                raise NotFound(f"There is no {record_id}.")
            return self._record(kind, self.row(kind, record_id, parent))
        except NotFound as error:
            return self.dialect.absent(error)

    async def created(self, request: Request, kind: str, parent: str | None = None) -> Response:
        """Create a record."""
        user = self.user(request)
        self._must_be_here(kind, parent)
        values = self.dialect.taken(kind, await _body(request), self.grc)
        values |= {"model": parent} if parent is not None else {}
        row = self.grc.create(kind, bend_values(_fired(request), values), user)
        match self.dialect.created:
            case "location":
                return Response(status_code=201, headers={"Location": f"{request.url.path.rstrip('/')}/{row['id']}"})
            case "id":
                return JSONResponse(row["id"], status_code=201)
            case "text":
                return PlainTextResponse(row["id"], status_code=201)
            case how:
                return self._record(kind, row, status=200 if how == "ok" else 201)

    async def changed(self, request: Request, kind: str, record_id: str, parent: str | None = None) -> Response:
        """Change the given fields; If-Match names the revision they are meant for."""
        user, dialect = self.user(request), self.dialect
        self._must_be_here(kind, parent)
        if request.method != dialect.verb.partition(" ")[0]:
            return Response(status_code=405, headers={"Allow": f"GET, {dialect.verb.partition(' ')[0]}"})
        try:
            row = self.row(kind, record_id, parent)
        except NotFound:
            if dialect.patch_missing:
                return Response(status_code=204)
            raise
        before, values = row["revision"], dialect.taken(kind, await _body(request), self.grc, row)
        if dialect.verb == "PUT whole":
            values = {**_emptied(kind), **values}
        row = self.grc.patch(record_id, bend_values(_fired(request), values), user, self._revision(request))
        if dialect.forgets_unknown and row["revision"] == before:
            row = self.grc.store.touch(record_id, user.email)
        return Response(status_code=204) if dialect.updated == "nothing" else self._record(kind, row)

    async def decided(self, request: Request, kind: str, record_id: str) -> JSONResponse:
        """Decide: ``decision`` and, at will, ``comment``, ``conditions``, ``expiry``, ``link``."""
        user = self.user(request)
        self.row(kind, record_id)
        body = self.dialect.plain(kind, await _body(request))
        known = {"decision", "comment", "conditions", "expiry", "link"}
        if not set(body) <= known:
            raise Invalid(dict.fromkeys(set(body) - known, "is not a field"))
        details = {name: value for name, value in body.items() if name != "decision"}
        return self._record(kind, self.grc.decide(record_id, body.get("decision", ""), user, **details))

    async def history(self, request: Request, record: str | None = None) -> JSONResponse:
        """Who changed what when, oldest first; of one record, deleted or not, or of all."""
        self.user(request)
        return JSONResponse(self.dialect.everything([asdict(change) for change in self.grc.store.history(record)]))

    async def record_history(self, request: Request, kind: str, record_id: str) -> JSONResponse:
        """The history of a record that exists."""
        self.user(request)
        self.row(kind, record_id)
        return await self.history(request, record_id)

    async def comments(self, request: Request, record_id: str, parent: str | None = None) -> JSONResponse:
        """The comments of an issue, oldest first."""
        self.user(request)
        self._must_be_here(ISSUES, parent)
        return JSONResponse(self.dialect.everything(self.grc.comments(record_id)))

    async def commented(self, request: Request, record_id: str, parent: str | None = None) -> JSONResponse:
        """Add a comment, ``{"text": ...}``; 201."""
        user = self.user(request)
        self._must_be_here(ISSUES, parent)
        body = self.dialect.plain("comments", await _body(request))
        return JSONResponse(self.grc.comment(record_id, body.get("text", ""), user), status_code=201)

    def user(self, request: Request) -> User:
        """Who sent the request; a guest, where guests are let in."""
        try:
            return self.door.user(request.headers)
        except Unauthenticated:
            if self.dialect.guests:
                return GUEST
            raise

    def row(self, kind: str, record_id: str, parent: str | None = None) -> Row:
        """A record of a kind, below its parent where that is given; raises NotFound."""
        row = self.grc.store.row(record_id)
        if self.grc.store.kind_of(record_id) != kind or (parent is not None and row["model"] != parent):
            raise NotFound(f"There is no {record_id} among the {kind}.")
        return row

    def _selected(self, kind: str, params: dict[str, str], parent: str | None) -> list[Row]:
        """The records that the query is about; takes the filters out of ``params`` that are the dialect's own."""
        rows = self.grc.store.rows(kind)
        if parent is not None:
            self.row(MODELS, parent)
            rows = [row for row in rows if row["model"] == parent]
        if kind == ISSUES and self.dialect.hides_closed and params.pop("state", None) != "all":
            rows = [row for row in rows if row["state"] != CLOSED]
        if self.dialect.ignores_filters:
            return rows
        filters = {k: v for k, v in params.items() if k not in PARAMETERS and k != "updated_since"}
        return select(kind, rows, filters, params.get("updated_since"))

    def _must_be_here(self, kind: str, parent: str | None = None) -> None:
        if kind not in self.kinds or (kind in self.dialect.below_models) != (parent is not None):
            raise NotFound(f"There are no {kind} here.")

    def _shown(self, kind: str, row: Row) -> dict[str, Any]:
        record = self.dialect.shown(kind, row, self.grc, self.base_url())
        if kind in self.dialect.below_models and not self.dialect.lists_across:
            del record["model"]
        return record

    def _record(self, kind: str, row: Row, status: int = 200) -> JSONResponse:
        headers = {"ETag": f'"{row["revision"]}"'} if self.dialect.heeds_if_match else {}
        return JSONResponse(self.dialect.one(kind, self._shown(kind, row)), status_code=status, headers=headers)

    def _revision(self, request: Request) -> int | None:
        text = request.headers.get("if-match", "*").removeprefix("W/").strip('"')
        if text == "*" or not self.dialect.heeds_if_match:
            return None
        if not (text.isascii() and text.isdigit()):
            raise BadRequest("If-Match must name a revision, a number.")
        return int(text)


def api_router(api: Api) -> APIRouter:
    """The routes of the API."""
    router = APIRouter()
    if api.door.path:
        router.post(api.door.path)(api.login)
    router.get(f"{API}/me")(api.me)
    router.get(f"{API}/history")(api.history)
    router.get(f"{API}/schema/{{kind}}")(api.schema)
    router.get(f"{API}/{{kind}}")(api.listed)
    router.post(f"{API}/{{kind}}")(api.created)
    router.get(f"{API}/{{kind}}/{{record_id}}")(api.one)
    router.api_route(f"{API}/{{kind}}/{{record_id}}", methods=["PATCH", "PUT"])(api.changed)
    router.get(f"{API}/{{kind}}/{{record_id}}/history")(api.record_history)
    router.post(f"{API}/{{kind}}/{{record_id}}/decide")(api.decided)
    router.get(f"{API}/issues/{{record_id}}/comments")(api.comments)
    router.post(f"{API}/issues/{{record_id}}/comments")(api.commented)
    below = f"{API}/{MODELS}/{{parent}}/{{kind}}"
    router.get(below)(api.listed)
    router.post(below)(api.created)
    router.get(f"{below}/{{record_id}}")(api.one)
    router.api_route(f"{below}/{{record_id}}", methods=["PATCH", "PUT"])(api.changed)
    router.get(f"{API}/{MODELS}/{{parent}}/issues/{{record_id}}/comments")(api.comments)
    router.post(f"{API}/{MODELS}/{{parent}}/issues/{{record_id}}/comments")(api.commented)
    return router


def _emptied(kind: str) -> dict[str, Json]:
    """Every field that may be empty, empty."""
    specs = KINDS[kind].fields.values()
    return {spec.name: None for spec in specs if not spec.read_only and not spec.required}


def _fired(request: Request) -> tuple[Fault, ...]:
    fired: tuple[Fault, ...] = request.state.faults
    return fired


async def _body(request: Request) -> Json:
    try:
        return await request.json()
    except ValueError:
        raise BadRequest("The body is not JSON.") from None
