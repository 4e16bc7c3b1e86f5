"""Puts the web application together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from connector.mock.admin import Admin, admin_router
from connector.mock.api import Api, api_router
from connector.mock.dialect import Dialect
from connector.mock.errors import GrcError
from connector.mock.faults import Faults
from connector.mock.gate import Gate, Hook
from connector.mock.requestlog import RequestLog
from connector.mock.service import Grc
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
    grc: Grc, gear: Gear, *, base_url: Callable[[], str], mlflow_url: Callable[[], str] = lambda: ""
) -> ASGIApp:
    """The ASGI application of one GRC; ``base_url`` tells the address it is reached at, ``mlflow_url`` that of MLflow's
    own pages, where it is known.
    """
    dialect = Dialect()
    app = FastAPI(title="Mock GRC", redirect_slashes=False)
    app.include_router(api_router(Api(grc, gear.faults, dialect, base_url)))
    app.include_router(admin_router(Admin(grc, gear.faults, gear.log)))
    app.router.routes.extend(make_site(grc, mlflow_url))

    @app.exception_handler(GrcError)
    async def refused(_: Request, error: GrcError) -> JSONResponse:
        return JSONResponse(dialect.refusal(error), status_code=error.status)

    @app.exception_handler(HTTPException)
    async def unknown(_: Request, error: HTTPException) -> JSONResponse:
        body = {"code": "http_error", "message": error.detail}
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    return Gate(app, gear.faults, gear.log, gear.hooks, gear.wire)
