"""Puts the web application together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from connector.mock.admin import Admin, admin_router
from connector.mock.api import Api, api_router
from connector.mock.catalog import ISSUES, KINDS
from connector.mock.dialect import Dialect
from connector.mock.directory import Directory
from connector.mock.errors import GrcError
from connector.mock.external_ids import external_ids_router
from connector.mock.faults import Faults
from connector.mock.gate import Gate, Hook
from connector.mock.requestlog import RequestLog
from connector.mock.service import Grc
from connector.mock.slashes import Slashes
from connector.mock.web.site import make_site
from connector.mock.wire import Wire


@dataclass(frozen=True, slots=True)
class Gear:
    """What surrounds the API for tests: faults, the count of requests, hooks, and the connections to cut."""

    faults: Faults
    log: RequestLog
    hooks: Sequence[Hook]
    wire: Wire


def make_app(
    grc: Grc,
    gear: Gear,
    dialect: Dialect,
    *,
    base_url: Callable[[], str],
    mlflow_url: Callable[[], str] = lambda: "",
) -> ASGIApp:
    """The ASGI application of one GRC; ``base_url`` tells the address it is reached at, ``mlflow_url`` that of MLflow's
    own pages, where it is known.
    """
    kinds = frozenset(KINDS) - ({ISSUES} if dialect.issues_elsewhere else set())
    api = Api(grc, gear.faults, dialect, dialect.door(grc.directory), base_url, kinds)
    app = _speaking(api)
    app.include_router(admin_router(Admin(grc, gear.faults, gear.log)))
    app.router.routes.extend(make_site(grc, mlflow_url))
    return _guarded(app, gear, dialect)


def make_issues_app(
    grc: Grc, gear: Gear, dialect: Dialect, directory: Directory, *, base_url: Callable[[], str]
) -> ASGIApp:
    """The application of a server that has the issues alone, where the other has none."""
    api = Api(grc, gear.faults, dialect, dialect.door(directory), base_url, frozenset({ISSUES}))
    return _guarded(_speaking(api), gear, dialect)


def _speaking(api: Api) -> FastAPI:
    """An application with the API."""
    app = FastAPI(title="Mock GRC", redirect_slashes=False)
    if api.dialect.keys_apart:
        app.include_router(external_ids_router(api))
    app.include_router(api_router(api))

    @app.exception_handler(GrcError)
    async def refused(_: Request, error: GrcError) -> Response:
        return api.dialect.refusal(error, api.door.scheme)

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, error: HTTPException) -> JSONResponse:
        body = {"code": "http_error", "message": error.detail}
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    return app


def _guarded(app: ASGIApp, gear: Gear, dialect: Dialect) -> ASGIApp:
    inner = Slashes(app) if dialect.needs_slash else app
    return Gate(inner, gear.faults, gear.log, gear.hooks, gear.wire)
