"""Plain pages for people, read-only and without a sign-in: the models, and one record with its history."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from connector.mock.catalog import ISSUES, MODELS, VERSIONS
from connector.mock.schema import Json
from connector.mock.service import Grc
from connector.mock.store import Row

_STYLE = (
    "body{font:15px system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{border-bottom:1px solid #ddd;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}th{color:#666;font-weight:600}"
)
_COLUMNS = {
    MODELS: ("id", "registry_name", "tier", "lifecycle_status", "model_owner", "updated_at", "updated_by"),
    VERSIONS: ("id", "registry_name", "version", "approval_status", "approved_by", "updated_at", "updated_by"),
    ISSUES: ("id", "number", "title", "severity", "state", "due_date", "model", "assignee"),
}


def pages_router(grc: Grc) -> APIRouter:
    """The routes of the pages: ``/`` and ``/records/{id}``."""
    router = APIRouter()

    @router.get("/")
    async def index() -> HTMLResponse:
        tables = (f"<h2>{kind.title()}</h2>{_listing(kind, grc.store.rows(kind))}" for kind in _COLUMNS)
        return _page("Mock GRC", "".join(tables))

    @router.get("/records/{record_id}")
    async def record(record_id: str) -> HTMLResponse:
        return _page(record_id, _record(grc, record_id))

    return router


def _record(grc: Grc, record_id: str) -> str:
    row = grc.store.row(record_id)
    fields = ((name, _cell(value)) for name, value in row.items() if value not in (None, [], {}))
    history = (
        (change.at, change.user, change.action, change.field, _cell(change.old), _cell(change.new))
        for change in grc.store.history(record_id)
    )
    titles = ("when", "who", "did", "field", "old", "new")
    return f"{_table(('field', 'value'), fields)}<h2>History</h2>{_table(titles, history)}"


def _listing(kind: str, rows: Iterable[Row]) -> str:
    columns = _COLUMNS[kind]
    return _table(columns, ([_cell(row[name]) for name in columns] for row in rows), link_first=True)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]], *, link_first: bool = False) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(f"<tr>{_cells(row, link_first=link_first)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cells(row: Iterable[str], *, link_first: bool) -> str:
    texts = [escape(text) for text in row]
    if link_first:
        texts[0] = f'<a href="/records/{texts[0]}">{texts[0]}</a>'
    return "".join(f"<td>{text}</td>" for text in texts)


def _cell(value: Json) -> str:
    return "" if value is None else str(value)


def _page(title: str, body: str) -> HTMLResponse:
    head = f'<!doctype html><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return HTMLResponse(f'{head}<p><a href="/">Mock GRC</a></p><h1>{escape(title)}</h1>{body}')
