"""Which address leads to which page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from connector.server import addresses
from connector.server.desk import Desk
from connector.server.pages import audit, conflicts, overview, runs, standing, withheld

_Text = Annotated[str, Query(max_length=500)]
_Page = Annotated[int, Query(ge=1, le=1_000_000)]
_FORM = "application/x-www-form-urlencoded"


def page_router(desk: Desk) -> APIRouter:
    """All pages."""
    router = APIRouter(default_response_class=HTMLResponse, tags=["pages"])
    _reading(router, desk)
    _lists(router, desk)
    _acting(router, desk)
    _signing(router, desk)
    return router


def _reading(router: APIRouter, desk: Desk) -> None:
    @router.get(addresses.OVERVIEW)
    async def overview_page(request: Request) -> Response:
        return await desk.read(request, overview.overview)

    @router.get(addresses.FINDINGS)
    async def findings_page(request: Request) -> Response:
        return await desk.read(request, standing.findings)

    @router.get(addresses.WITHHELD)
    async def withheld_page(request: Request) -> Response:
        return await desk.read(request, withheld.withheld)

    @router.get(f"{addresses.RUNS}/{{run_id}}")
    async def run_page(request: Request, run_id: Annotated[str, Path(max_length=100)]) -> Response:
        return await desk.read(request, lambda visit: runs.run(visit, run_id))


def _lists(router: APIRouter, desk: Desk) -> None:
    @router.get(addresses.RUNS)
    async def runs_page(request: Request, connection: _Text = "", page: _Page = 1) -> Response:
        return await desk.read(request, lambda visit: runs.runs(visit, connection, page))

    @router.get(addresses.CONFLICTS)
    async def conflicts_page(request: Request, page: _Page = 1) -> Response:
        return await desk.read(request, lambda visit: conflicts.conflicts(visit, page))

    @router.get(addresses.QUARANTINE)
    async def quarantine_page(request: Request, page: _Page = 1) -> Response:
        return await desk.read(request, lambda visit: standing.quarantine(visit, page))

    @router.get(addresses.AUDIT)
    async def audit_page(request: Request, wanted: Annotated[audit.Wanted, Query()]) -> Response:
        return await desk.read(request, lambda visit: audit.audit(visit, wanted))


def _acting(router: APIRouter, desk: Desk) -> None:
    @router.post(f"{addresses.CONFLICTS}/resolve", openapi_extra=_form("csrf", "case", "take", "value"))
    async def resolve(request: Request) -> Response:
        return await desk.act(request, conflicts.resolve)

    @router.post(f"{addresses.WITHHELD}/approve", openapi_extra=_form("csrf", "connection", "digest", "all"))
    async def approve(request: Request) -> Response:
        return await desk.act(request, withheld.approve)


def _signing(router: APIRouter, desk: Desk) -> None:
    @router.get(addresses.SIGN_IN)
    async def sign_in_form(request: Request, next: _Text = "") -> Response:  # noqa: A002, ARG001 - described here
        return await desk.sign_in_form(request)

    @router.post(addresses.SIGN_IN, openapi_extra=_form("csrf", "token", "next"))
    async def sign_in(request: Request) -> Response:
        return await desk.sign_in(request)

    @router.post(addresses.SIGN_OUT, openapi_extra=_form("csrf"))
    async def sign_out(request: Request) -> Response:
        return await desk.sign_out(request)


def _form(*names: str) -> dict[str, Any]:
    """The description of a form; what is in it is read without FastAPI, which would need another package for it."""
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return {"requestBody": {"content": {_FORM: {"schema": schema}}}}
