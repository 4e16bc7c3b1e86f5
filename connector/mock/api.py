"""The REST API below ``/api/v1``. Thin: the work is done by the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from connector.mock.bending import bend_listing, bend_page, bend_values
from connector.mock.catalog import KINDS
from connector.mock.dialect import Dialect
from connector.mock.errors import BadRequest, Invalid, NotFound
from connector.mock.faults import Fault, Faults
from connector.mock.paging import PARAMETERS, cut_page
from connector.mock.queries import select
from connector.mock.schema import Json
from connector.mock.service import Grc
from connector.mock.store import Row
from connector.mock.users import User

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Api:
    """The handlers of one GRC. Each returns JSON and raises a GrcError where it refuses."""

    grc: Grc
    faults: Faults
    dialect: Dialect
    base_url: Callable[[], str]

    async def me(self, request: Request) -> JSONResponse:
        """Who the token stands for."""
        user = self._user(request)
        return JSONResponse({"email": user.email, "name": user.name, "role": str(user.role)})

    async def schema(self, request: Request, kind: str) -> JSONResponse:
        """The fields of a kind, with types, choices and limits."""
        self._user(request)
        _must_exist(kind)
        return JSONResponse(self.dialect.everything([spec.described() for spec in KINDS[kind].fields.values()]))

    async def listed(self, request: Request, kind: str) -> JSONResponse:
        """A page of the records that match the query's filters."""
        self._user(request)
        _must_exist(kind)
        params = dict(request.query_params)
        filters = {k: v for k, v in params.items() if k not in PARAMETERS and k != "updated_since"}
        rows = select(kind, self.grc.store.rows(kind), filters, params.get("updated_since"))
        shown = bend_listing(_fired(request), self.faults, self.grc.store, rows)
        page = cut_page(shown, params, self.base_url() + request.url.path, bend_page(_fired(request)))
        return JSONResponse(self.dialect.listing(page, self.base_url()), headers=dict(page.headers))

    async def one(self, request: Request, kind: str, record_id: str) -> JSONResponse:
        """One record."""
        self._user(request)
        return self._record(self._row(kind, record_id))

    async def created(self, request: Request, kind: str) -> JSONResponse:
        """Create a record; 201."""
        user = self._user(request)
        _must_exist(kind)
        values = bend_values(_fired(request), self.dialect.values(await _body(request)))
        return self._record(self.grc.create(kind, values, user), status=201)

    async def patched(self, request: Request, kind: str, record_id: str) -> JSONResponse:
        """Change the given fields; If-Match names the revision they are meant for."""
        user = self._user(request)
        self._row(kind, record_id)
        values = bend_values(_fired(request), self.dialect.values(await _body(request)))
        return self._record(self.grc.patch(record_id, values, user, _revision(request)))

    async def decided(self, request: Request, kind: str, record_id: str) -> JSONResponse:
        """Decide: ``decision`` and, at will, ``comment``, ``conditions``, ``expiry``, ``link``."""
        user = self._user(request)
        self._row(kind, record_id)
        body = self.dialect.values(await _body(request))
        known = {"decision", "comment", "conditions", "expiry", "link"}
        if not set(body) <= known:
            raise Invalid(dict.fromkeys(set(body) - known, "is not a field"))
        details = {name: value for name, value in body.items() if name != "decision"}
        return self._record(self.grc.decide(record_id, body.get("decision", ""), user, **details))

    async def history(self, request: Request, record: str | None = None) -> JSONResponse:
        """Who changed what when, oldest first; of one record, deleted or not, or of all."""
        self._user(request)
        return JSONResponse(self.dialect.everything([asdict(change) for change in self.grc.store.history(record)]))

    async def record_history(self, request: Request, kind: str, record_id: str) -> JSONResponse:
        """The history of a record that exists."""
        self._user(request)
        self._row(kind, record_id)
        return await self.history(request, record_id)

    async def comments(self, request: Request, record_id: str) -> JSONResponse:
        """The comments of an issue, oldest first."""
        self._user(request)
        return JSONResponse(self.dialect.everything(self.grc.comments(record_id)))

    async def commented(self, request: Request, record_id: str) -> JSONResponse:
        """Add a comment, ``{"text": ...}``; 201."""
        user = self._user(request)
        body = self.dialect.values(await _body(request))
        return JSONResponse(self.grc.comment(record_id, body.get("text", ""), user), status_code=201)

    def _user(self, request: Request) -> User:
        return self.grc.directory.bearer(request.headers.get("authorization", ""))

    def _row(self, kind: str, record_id: str) -> Row:
        if self.grc.store.kind_of(record_id) != kind:
            raise NotFound(f"There is no {record_id} among the {kind}.")
        return self.grc.store.row(record_id)

    def _record(self, row: Row, status: int = 200) -> JSONResponse:
        headers = {"ETag": f'"{row["revision"]}"'}
        return JSONResponse(self.dialect.record(row, self.base_url()), status_code=status, headers=headers)


def api_router(api: Api) -> APIRouter:
    """The routes of the API."""
    router = APIRouter()
    router.get(f"{API}/me")(api.me)
    router.get(f"{API}/history")(api.history)
    router.get(f"{API}/schema/{{kind}}")(api.schema)
    router.get(f"{API}/{{kind}}")(api.listed)
    router.post(f"{API}/{{kind}}")(api.created)
    router.get(f"{API}/{{kind}}/{{record_id}}")(api.one)
    router.patch(f"{API}/{{kind}}/{{record_id}}")(api.patched)
    router.get(f"{API}/{{kind}}/{{record_id}}/history")(api.record_history)
    router.post(f"{API}/{{kind}}/{{record_id}}/decide")(api.decided)
    router.get(f"{API}/issues/{{record_id}}/comments")(api.comments)
    router.post(f"{API}/issues/{{record_id}}/comments")(api.commented)
    return router


def _must_exist(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound(f"There are no {kind}.")


def _fired(request: Request) -> tuple[Fault, ...]:
    fired: tuple[Fault, ...] = request.state.faults
    return fired


async def _body(request: Request) -> Json:
    try:
        return await request.json()
    except ValueError:
        raise BadRequest("The body is not JSON.") from None


def _revision(request: Request) -> int | None:
    text = request.headers.get("if-match", "*").removeprefix("W/").strip('"')
    if text == "*":
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("If-Match must name a revision, a number.")
    return int(text)
