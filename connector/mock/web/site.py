"""The pages as a web application, to be mounted at :data:`connector.mock.web.addresses.ROOT`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from connector.mock.catalog import ISSUES, MODELS, VERSIONS
from connector.mock.service import Grc
from connector.mock.web.addresses import INVENTORY, ROOT
from connector.mock.web.deciding import DECIDE
from connector.mock.web.desk import Desk
from connector.mock.web.editing import TASKS
from connector.mock.web.inventory import inventory
from connector.mock.web.issues import add_comment, issue, issue_list
from connector.mock.web.raising import raise_issue
from connector.mock.web.records import model_page, record, version_page, whole_history
from connector.mock.web.tasks import handler
from connector.mock.web.visit import Handler

_STATIC = Path(__file__).with_name("static")
_FORM = ("GET", "POST")


def make_site(grc: Grc, mlflow_url: Callable[[], str]) -> list[BaseRoute]:
    """The routes of the pages, for the application that also serves the API."""
    desk = Desk(grc, mlflow_url)
    pages = Starlette(
        routes=[*_routes(desk), Mount("/static", StaticFiles(directory=_STATIC), name="static")],
        exception_handlers={HTTPException: desk.http_error},
    )
    return [
        Route("/", _to_the_inventory),
        Route("/records/{record_id}", desk.endpoint(record)),
        Mount(ROOT, pages),
    ]


def _routes(desk: Desk) -> list[Route]:
    plain: Mapping[str, Handler] = {
        "/models": inventory,
        f"/{MODELS}/{{record_id}}": model_page,
        f"/{VERSIONS}/{{record_id}}": version_page,
        "/issues": issue_list,
        f"/{ISSUES}/{{record_id}}": issue,
        "/{kind}/{record_id}/history": whole_history,
    }
    forms: Mapping[str, Handler] = {
        f"/{MODELS}/{{record_id}}/raise-issue": raise_issue,
        **{f"/{task.kind}/{{record_id}}/{task.slug}": handler(task) for task in (*TASKS, DECIDE)},
    }
    return [
        Route("/", _to_the_inventory),
        Route("/sign-in", desk.sign_in, methods=_FORM),
        Route("/sign-out", desk.sign_out, methods=["POST"]),
        Route(f"/{ISSUES}/{{record_id}}/comments", desk.endpoint(add_comment), methods=["POST"]),
        *(Route(path, desk.endpoint(found)) for path, found in plain.items()),
        *(Route(path, desk.endpoint(found), methods=_FORM) for path, found in forms.items()),
    ]


async def _to_the_inventory(_: Request) -> Response:
    return RedirectResponse(INVENTORY, status_code=303)
