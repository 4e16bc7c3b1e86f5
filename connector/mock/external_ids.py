"""The keys of records in a resource of their own, ``/external-ids``, as some platforms keep them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from connector.mock.api import API, Api
from connector.mock.catalog import MODELS, VERSIONS
from connector.mock.errors import Invalid, NotFound
from connector.mock.paging import cut_page
from connector.mock.schema import Json
from connector.mock.store import Row

_FIELDS = {"key": "external_key", "instance": "connector_instance"}
_FILTERS = ("object_type", "object_id", "key")


@dataclass(frozen=True, slots=True)
class ExternalIds:
    """One row for each record that has a key or an instance: ``object_type``, ``object_id``, ``key``, ``instance``."""

    api: Api

    async def listed(self, request: Request) -> JSONResponse:
        """A page of rows."""
        self.api.user(request)
        params, dialect = dict(request.query_params), self.api.dialect
        filters = {} if dialect.ignores_filters else {name: params[name] for name in _FILTERS if name in params}
        rows = [row for row in self._rows() if all(row[name] == value for name, value in filters.items())]
        address = self.api.base_url() + request.url.path
        page = cut_page(rows, {"paging": dialect.paging, **params}, address, cap=dialect.cap)
        return JSONResponse(dialect.listing(page.rows, page), headers=dict(page.headers))

    async def created(self, request: Request) -> JSONResponse:
        """Give a record its row; 201."""
        user = self.api.user(request)
        values = self.api.dialect.plain("external_ids", await request.json())
        kind = str(values.get("object_type"))
        if kind not in (MODELS, VERSIONS):
            raise Invalid({"object_type": f"must be {MODELS} or {VERSIONS}"})
        row = self.api.row(kind, str(values.get("object_id")))
        if any(row[field] for field in _FIELDS.values()):
            raise Invalid({"object_id": "has a row already"})
        return self._set(row, values, user.email, status=201)

    async def changed(self, request: Request, row_id: str) -> JSONResponse:
        """Change a row."""
        user = self.api.user(request)
        values = self.api.dialect.plain("external_ids", await request.json())
        found = next((row for row in self._rows() if row["id"] == row_id), None)
        if found is None:
            raise NotFound(f"There is no {row_id}.")
        return self._set(self.api.grc.store.row(found["object_id"]), values, user.email)

    def _set(self, row: Row, values: Json, email: str, status: int = 200) -> JSONResponse:
        fields = {field: values[name] for name, field in _FIELDS.items() if name in values}
        changed = self.api.grc.patch(row["id"], fields, self.api.grc.directory.user(email))
        return JSONResponse(_row(self.api.grc.store.kind_of(row["id"]), changed), status_code=status)

    def _rows(self) -> Iterator[Row]:
        for kind in (MODELS, VERSIONS):
            for row in self.api.grc.store.rows(kind):
                if any(row[field] for field in _FIELDS.values()):
                    yield _row(kind, row)


def external_ids_router(api: Api) -> APIRouter:
    """The routes of the resource."""
    handlers, router = ExternalIds(api), APIRouter()
    router.get(f"{API}/external-ids")(handlers.listed)
    router.post(f"{API}/external-ids")(handlers.created)
    router.patch(f"{API}/external-ids/{{row_id}}")(handlers.changed)
    return router


def _row(kind: str, row: Row) -> Row:
    shown = {name: row[field] for name, field in _FIELDS.items()}
    return {"id": f"EXT-{row['id']}", "object_type": kind, "object_id": row["id"], **shown}
