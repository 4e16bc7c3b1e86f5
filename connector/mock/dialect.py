"""How records, listings and refusals look on the wire.

The API asks a dialect for every body it sends and hands it every body it gets, so another platform's shapes are
another dialect and the API stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.mock.errors import BadRequest, GrcError
from connector.mock.paging import Page
from connector.mock.schema import Json
from connector.mock.store import Row


class Dialect:
    """The plain shapes: a record is an object, a listing ``{"items": [...], "total": n}``."""

    def record(self, row: Row, base_url: str) -> dict[str, Any]:
        """One record, with its ``url`` for people."""
        return {**row, "url": f"{base_url}/records/{row['id']}"}

    def listing(self, page: Page, base_url: str) -> dict[str, Any]:
        """One page of records."""
        return {"items": [self.record(row, base_url) for row in page.rows], "total": page.total, **page.extra}

    def everything(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A short listing that has no pages."""
        return {"items": list(items), "total": len(items)}

    def values(self, body: Json) -> dict[str, Any]:
        """The fields that a write carries."""
        if not isinstance(body, dict):
            raise BadRequest("The body must be a JSON object of fields.")
        return body

    def refusal(self, error: GrcError) -> dict[str, object]:
        """A refusal: ``code``, ``message`` and, for values, ``errors`` by field."""
        return error.body
