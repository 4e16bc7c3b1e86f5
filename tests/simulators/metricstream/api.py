"""The b2b API: the six operations of its entities, and the reports that the tenant published beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from connector.mock.bending import bend_listing, bend_page, bend_values
from connector.mock.errors import BadRequest, Forbidden, GrcError, NotFound
from connector.mock.faults import Fault, Faults
from connector.mock.paging import cut_page
from connector.mock.service import Grc
from connector.mock.store import Row
from connector.mock.users import Right, User
from tests.simulators.metricstream import tenant
from tests.simulators.metricstream.sessions import HOME, LOGIN, Sessions

BASE = "/metricstream/b2b/api/7.0"
LONGEST_PAGE = 200


class Api:
    """``user`` acts for the connector; ``lists``: whether the tenant publishes reports."""

    def __init__(self, grc: Grc, faults: Faults, sessions: Sessions, user: Callable[[], User]) -> None:
        self._grc, self._faults, self._sessions, self._user = grc, faults, sessions, user
        self.lists = True
        self.deaf = False
        """Whether reading many gives everything, whatever ids were sent."""
        self.strict = False
        """Whether one id that is not there makes it answer 404."""
        self.forbidden: set[str] = set()
        """Entities for which the account lacks the platform activity."""

    def app(self) -> Starlette:
        """The application."""
        entity = f"{BASE}/{{domain}}/{{entity}}"
        return Starlette(
            routes=[
                Route(LOGIN, self._sessions.login, methods=["POST"]),
                Route(LOGIN, _page, methods=["GET"]),
                Route(HOME, _page),
                Route(f"{BASE}/reports/{{report}}", self._guarded(self._report), methods=["GET"]),
                Route(f"{BASE}/collections/{{domain}}/{{entity}}", self._guarded(self._many), methods=["POST"]),
                Route(f"{BASE}/bulk/{{domain}}/{{entity}}", self._guarded(self._bulk), methods=["POST", "PATCH"]),
                Route(entity, self._guarded(self._write), methods=["POST", "PATCH"]),
                Route(f"{entity}/{{record_id}}", self._guarded(self._one), methods=["GET"]),
            ]
        )

    def _guarded(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            refusal = self._sessions.refusal(request.headers)
            if refusal is not None:
                return refusal
            try:
                return JSONResponse(await handler(request))
            except GrcError as error:
                # No error body is published; a code that is not published is none that it answers.
                status = 422 if error.status in (409, 412) else error.status
                return JSONResponse({"error": str(error)}, status_code=status)

        return guarded

    async def _report(self, request: Request) -> Any:
        kind = tenant.REPORTS.get(request.path_params["report"])
        if kind is None or not self.lists:
            raise NotFound("There is no such report.")
        rows = bend_listing(fired(request), self._faults, self._grc.store, self._grc.store.rows(kind))
        params = {"limit": "50", **request.query_params, "paging": "offset"}
        page = cut_page(rows, params, request.url.path, bend_page(fired(request)), LONGEST_PAGE)
        return {"rows": [tenant.body_of(kind, row) for row in page.rows], "count": page.total}

    async def _one(self, request: Request) -> Any:
        kind = self._kind(request)
        return tenant.body_of(kind, self._row(kind, request.path_params["record_id"]))

    async def _many(self, request: Request) -> Any:
        kind, ids = self._kind(request), (await _json(request)).get("ObjectIDs")
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise BadRequest("ObjectIDs must be a list of ids.")
        rows = self._grc.store.rows(kind)
        if self.strict and not {*ids} <= {row["id"] for row in rows}:
            raise NotFound("One of them does not exist.")
        return {"objects": [tenant.body_of(kind, row) for row in rows if row["id"] in ids or self.deaf]}

    async def _write(self, request: Request) -> Any:
        kind, body = self._kind(request), await _json(request)
        return self._written(kind, body, request.method, fired(request))

    async def _bulk(self, request: Request) -> Any:
        kind, bodies = self._kind(request), (await _json(request)).get("objects", [])
        return {"objects": [self._written(kind, body, request.method, ()) for body in bodies]}

    def _written(self, kind: str, body: dict[str, Any], method: str, faults: Sequence[Fault]) -> dict[str, Any]:
        values = bend_values(faults, tenant.values_of(kind, body))
        if method == "POST":
            return tenant.body_of(kind, self._grc.create(kind, values, self._user()))
        record_id = body.get("ObjectID")
        if not isinstance(record_id, str):
            raise BadRequest("ObjectID is missing.")
        self._row(kind, record_id)
        return tenant.body_of(kind, self._grc.patch(record_id, values, self._user()))

    def _kind(self, request: Request) -> str:
        entity = f"{request.path_params['domain']}/{request.path_params['entity']}"
        if entity not in tenant.ROUTES:
            raise NotFound(f"There is no {entity}.")
        kind = tenant.ROUTES[entity]
        if entity in self.forbidden:
            raise Forbidden(f"The activity for {Right(kind)} is missing.")
        return kind

    def _row(self, kind: str, record_id: str) -> Row:
        row = self._grc.store.row(record_id)
        if self._grc.store.kind_of(record_id) != kind:
            raise NotFound(f"There is no {record_id}.")
        return row


def fired(request: Request) -> Sequence[Fault]:
    """The faults that fire for the one call of a request."""
    found = request.scope.get("state", {}).get("fired")
    return found.only if found else ()


async def _page(request: Request) -> Response:
    return HTMLResponse("<!doctype html><html><title>Sign in</title></html>")


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise BadRequest("The body is no JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body is no object.")
    return body
