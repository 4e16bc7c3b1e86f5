"""Puts the web application together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from connector import __version__
from connector.server import addresses, refusals
from connector.server.desk import Desk
from connector.server.probes import Probes, probe_router
from connector.server.routes import page_router
from connector.server.visit import Page

_STATIC = Path(__file__).with_name("static")


def make_app(desk: Desk, probes: Probes, routers: Iterable[APIRouter] = ()) -> FastAPI:
    """The application. ``routers`` bring more of it, such as the receiver of events; whatever they answer passes the
    same bounds, headers and log. The description is there for tests, not for strangers.
    """
    app = FastAPI(
        title="mlflow-grc", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.include_router(probe_router(probes))
    app.include_router(page_router(desk))
    app.include_router(_static_router())
    for router in routers:
        app.include_router(router)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        page = refusals.not_found() if error.status_code == 404 else refusals.not_allowed()
        return await _answer(desk, request, page, error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, _: RequestValidationError) -> Response:
        # What was sent is not repeated: it may be a secret in the wrong place.
        return await _answer(desk, request, refusals.not_understood(), 422, "The request cannot be understood.", {})

    return app


async def _answer(
    desk: Desk, request: Request, page: Page, status: int, text: str, headers: dict[str, str]
) -> Response:
    """A page for browsers, a word for programs."""
    if status in (404, 405, 422) and "text/html" in request.headers.get("accept", ""):
        response = await desk.refuse(request, page)
        response.headers.update(headers)
        return response
    return JSONResponse({"error": text}, status, headers)


def _static_router() -> APIRouter:
    """The two files that pages use, by name: no path leads anywhere else."""
    router = APIRouter(include_in_schema=False)
    style = (_STATIC / "style.css").read_bytes()
    icon = (_STATIC / "icon.svg").read_bytes()

    @router.get(addresses.STYLE)
    async def style_sheet() -> Response:
        return Response(style, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})

    @router.get(addresses.ICON)
    async def icon_file() -> Response:
        return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=3600"})

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse(addresses.OVERVIEW, 303)

    return router
