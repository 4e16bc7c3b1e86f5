"""The Table API, one request at a time: rows and how many there are in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from adapters.httpclient import HttpClient, NotFound, Response
from adapters.servicenow.answers import examine
from adapters.servicenow.query import all_of, chunks, equals, one_of, ordered
from connector.model.errors import Unreachable
from connector.model.grc import Json

Row: TypeAlias = Mapping[str, Json]

_RAW = {"sysparm_display_value": "false", "sysparm_exclude_reference_link": "true"}
_RAW_WRITE = {**_RAW, "sysparm_input_display_value": "false"}


@dataclass(frozen=True, slots=True)
class Rows:
    """One page. ``total``: how many records answer the query, those that the account may not see included; None where
    the instance does not say.
    """

    rows: Sequence[Row]
    total: int | None
    where: str

    @property
    def hidden(self) -> int:
        """How many of a first page, which held them all, are not shown to the account."""
        return max((self.total or 0) - len(self.rows), 0)


class TableApi:
    """Reads of one instance. Values are raw: everything is text, times are UTC, references are sys_ids."""

    def __init__(self, client: HttpClient, version: str | None = None) -> None:
        self.client = client
        self._base = f"/api/now/{version}/table" if version else "/api/now/table"

    def path(self, table: str, sys_id: str | None = None) -> str:
        """The path of a table or of one of its records."""
        return f"{self._base}/{table}/{sys_id}" if sys_id else f"{self._base}/{table}"

    def rows(self, table: str, query: str, fields: Sequence[str] = (), *, limit: int, offset: int = 0) -> Rows:
        """One page of a query. Raises OutOfTime, and what :func:`~adapters.servicenow.answers.examine` finds."""
        params: dict[str, Json] = {
            **_RAW,
            "sysparm_query": query,
            "sysparm_limit": limit,
            **fields_param(fields),
        }
        if offset:
            params["sysparm_offset"] = offset
        try:
            response = self.client.request("GET", self.path(table), params=params, examine=examine)
        except NotFound:
            # So the first version of the API says that there is none.
            return Rows((), 0, self.path(table))
        found = result_of(response)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise _unexpected(response, "a list of records")
        return Rows(found, _total(response), response.where)

    def row(self, table: str, sys_id: str, fields: Sequence[str]) -> Row:
        """One record. Raises NotFound, which does not tell whether it is gone or hidden."""
        params = {**_RAW, **fields_param(fields)}
        return record_of(self.client.request("GET", self.path(table, sys_id), params=params, examine=examine))

    def among(
        self,
        table: str,
        column: str,
        values: Sequence[str],
        fields: Sequence[str],
        *,
        query: str = "",
        limit: int = 1000,
    ) -> Iterator[Row]:
        """The rows whose ``column`` is among ``values``, in as few requests as their address allows."""
        for part in chunks(values, beside=fields):
            condition = equals(column, part[0]) if len(part) == 1 else one_of(column, part)
            asked = ordered(all_of(query, condition))
            offset = 0
            while True:
                page = self.rows(table, asked, fields, limit=limit, offset=offset)
                yield from page.rows
                offset += limit
                if len(page.rows) < limit if page.total is None else offset >= page.total:
                    break

    def count(self, table: str, query: str) -> int:
        """How many records answer a query, hidden ones included. Raises Unreachable where it does not say."""
        page = self.rows(table, ordered(query), ("sys_id",), limit=1)
        if page.total is None:
            raise Unreachable(
                f"{page.where} was answered without X-Total-Count.",
                remedy="let the proxy before the instance pass its headers on.",
            )
        return page.total


def fields_param(fields: Sequence[str]) -> dict[str, str]:
    """The parameter that names the columns."""
    return {"sysparm_fields": ",".join(fields)} if fields else {}


def write_params(fields: Sequence[str]) -> dict[str, str]:
    """The parameters of a write whose answer is to hold ``fields``, raw in both directions."""
    return {**_RAW_WRITE, **fields_param(fields)}


def result_of(response: Response) -> Json:
    """What stands under ``result``."""
    data = response.json()
    return data.get("result") if isinstance(data, dict) else None


def record_of(response: Response) -> Row:
    """The one record of an answer. Raises Unreachable for anything else."""
    found = result_of(response)
    if not isinstance(found, dict):
        raise _unexpected(response, "a record")
    return found


def _total(response: Response) -> int | None:
    text = response.headers.get("x-total-count", "")
    return int(text) if text.isdecimal() else None


def _unexpected(response: Response, what: str) -> Unreachable:
    return Unreachable(
        f"{response.where} was answered without {what} under `result`.",
        remedy="check that url is the address of a ServiceNow instance.",
    )
