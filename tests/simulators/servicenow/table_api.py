"""The Table API: list, read, create, update and delete, and the count of ``/api/now/stats``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from connector.mock.bending import bend_page
from tests.simulators.servicenow import errors, matching
from tests.simulators.servicenow.access import Rules
from tests.simulators.servicenow.answer import Answer, Ask, told
from tests.simulators.servicenow.bending import bent, listed
from tests.simulators.servicenow.cancelling import cancelled
from tests.simulators.servicenow.dictionary import Table, Type
from tests.simulators.servicenow.manners import Manners, Misspelt
from tests.simulators.servicenow.paging import Window, cut, links, without_key
from tests.simulators.servicenow.query import RANGES, Query, evaluated, parse
from tests.simulators.servicenow.rendering import Form, Walk
from tests.simulators.servicenow.store import Row, Store, Taken
from tests.simulators.servicenow.values import taken

PATH = re.compile(r"/api/now(?:/(?P<version>v[12]))?/(?P<api>table|stats)/(?P<table>[^/]+)(?:/(?P<sys_id>[^/]+))?/?")
_SYS_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True)
class Place:
    """What an address names: a table, maybe one of its rows, by a version of the API (empty: the latest)."""

    table: Table
    sys_id: str
    version: str
    api: str


@dataclass
class TableApi:
    """The API on a store. Refusals are raised as :class:`errors.Refused`."""

    store: Store
    manners: Manners
    rules: Rules

    def answer(self, ask: Ask) -> Answer:
        """Carry a call out."""
        request = ask.request
        _accepts(request.headers)
        place, params = self._place(ask), dict(parse_qsl(request.query, keep_blank_values=True))
        if place.api == "stats":
            return self._count(ask, place, params)
        if request.method == "GET":
            return self._get(ask, place, params) if place.sys_id else self._list(ask, place, params)
        if request.method == "POST" and not place.sys_id:
            return self._insert(ask, place, params)
        if request.method in ("PUT", "PATCH") and place.sys_id:
            return self._update(ask, place, params)
        if request.method == "DELETE" and place.sys_id:
            return self._delete(ask, place)
        raise errors.Refused(405, f"Method {request.method} not supported", None)

    def _place(self, ask: Ask) -> Place:
        found = PATH.fullmatch(ask.request.path)
        if found is None:
            raise errors.no_resource()
        name = unquote(found["table"])
        table = self.store.tables.get(name)
        if table is None:
            raise errors.invalid_table(name)
        if name in self.manners.closed_to_rest:
            raise errors.closed_to_rest()
        return Place(table, unquote(found["sys_id"] or ""), found["version"] or "", found["api"])

    # reading

    def _list(self, ask: Ask, place: Place, params: Mapping[str, str]) -> Answer:
        table, window, access = place.table, Window.asked(params), ask.caller.access
        query = self._asked(ask, params)
        with self.store.lock:
            rows = listed(ask, self.store, self.store.rows(table.name))
            matched = self._matched(ask, table, query, rows)
            bend = bend_page(ask.faults)
            wider = without_key(query)
            page = cut(matched, window, bend, (lambda: self._matched(ask, table, wider, rows)) if wider else None)
            # The limit comes before the access rules, and the total knows nothing of them.
            seen = [row for row in page if access.shows(table.name, row) and not self._unlisted(row, query)]
            form = Form(Walk(self.store, table), ask.caller, self.manners.host, params)
            result = [form.told(row) for row in seen]
        if place.version == "v1" and not matched:
            raise errors.no_record()
        total = len(matched) + bend.lie
        headers = [] if params.get("sysparm_no_count") == "true" else [("X-Total-Count", str(total))]
        if params.get("sysparm_suppress_pagination_header") != "true":
            headers.append(("Link", links(self.manners.host, ask.request.path, params, window, total)))
        quota = self.manners.quota
        if quota is not None and len(page) > quota.rows:
            return cancelled(quota, result, headers)
        return told(200, {"result": result}, headers)

    def _unlisted(self, row: Row, query: Query) -> bool:
        by_id = any(one.column == "sys_id" and one.operator in ("=", "IN") for one in query.conditions)
        return row["sys_id"] in self.manners.unlisted and not by_id

    def _get(self, ask: Ask, place: Place, params: Mapping[str, str]) -> Answer:
        with self.store.lock:
            row = self._seen(ask, place)
            return told(200, {"result": self._told(ask, place.table, row, params)})

    def _count(self, ask: Ask, place: Place, params: Mapping[str, str]) -> Answer:
        query = self._asked(ask, params)
        with self.store.lock:
            matched = self._matched(ask, place.table, query, self.store.rows(place.table.name))
        counted = {"count": str(len(matched))} if params.get("sysparm_count") == "true" else {}
        return told(200, {"result": {"stats": counted}})

    def _asked(self, ask: Ask, params: Mapping[str, str]) -> Query:
        """The query, scripts in it run. What they come to is from memory: the caller's sys_id, or nothing."""

        def run(script: str) -> str:
            self.manners.scripts.append(script)
            return ask.caller.sys_id if "gs.getUserID()" in script else ""

        return evaluated(parse(params.get("sysparm_query", "")), run)

    def _matched(self, ask: Ask, table: Table, query: Query, rows: list[Row]) -> list[Row]:
        walk = Walk(self.store, table)
        self._allow(ask, walk, query)
        if not all(matching.known(condition, walk.type) for condition in query.conditions):
            if self.manners.misspelt is Misspelt.REFUSED:
                raise errors.invalid_query()
            if self.manners.misspelt is Misspelt.NOTHING:
                return []
        found = matching.found(rows, query, walk.type, walk.value)
        return matching.ordered(found, query, walk.type, walk.value, ask.turn)

    @staticmethod
    def _allow(ask: Ask, walk: Walk, query: Query) -> None:
        access = ask.caller.access
        ranged = {condition.column for condition in query.conditions if condition.operator in RANGES}
        for column in (*(condition.column for condition in query.conditions), *(name for name, _ in query.order)):
            for holder in walk.holders(column):
                if not access.reads(*holder) or (column in ranged and holder in access.no_ranges):
                    raise errors.unreadable_in_query()

    # writing

    def _insert(self, ask: Ask, place: Place, params: Mapping[str, str]) -> Answer:
        table, caller = place.table, ask.caller
        body = _body(ask)
        chosen = str(body.get("sys_id", ""))
        with self.store.lock:
            if table.name in caller.access.no_inserts | caller.access.hidden_tables:
                raise errors.row_rule("Insert")
            values = self._taken(ask, table, body, params)
            blank = {name: column.default for name, column in table.columns.items()}
            self.rules.judge(table.name, table.columns, caller.user, None, {**blank, **values})
            try:
                row = self.store.create(table.name, values, caller.user, chosen if _SYS_ID.fullmatch(chosen) else "")
            except Taken as clash:
                raise errors.not_unique("insert", clash.table, values.get(table.display, "")) from None
            location = f"{self.manners.host}/api/now/table/{table.name}/{row['sys_id']}"
            return told(201, {"result": self._told(ask, table, row, params)}, [("Location", location)])

    def _update(self, ask: Ask, place: Place, params: Mapping[str, str]) -> Answer:
        body = _body(ask)
        with self.store.lock:
            row = self._seen(ask, place)
            if ask.caller.access.locks(place.table.name, row):
                raise errors.row_rule("Update")
            table = self.store.tables[self.store.table_of(place.table.name, row["sys_id"])]
            values = self._taken(ask, table, body, params)
            kept = {name: value for name, value in values.items() if table.columns[name].type is not Type.JOURNAL}
            self.rules.judge(table.name, table.columns, ask.caller.user, row, {**row, **kept})
            try:
                row = self.store.update(table.name, row["sys_id"], values, ask.caller.user)
            except Taken as clash:
                raise errors.not_unique("update", clash.table, row.get(table.display, "")) from None
            return told(200, {"result": self._told(ask, place.table, row, params)})

    def _delete(self, ask: Ask, place: Place) -> Answer:
        with self.store.lock:
            row = self._seen(ask, place)
            if ask.caller.access.no_deletes or ask.caller.access.locks(place.table.name, row):
                raise errors.row_rule("Delete")
            self.store.delete(place.table.name, row["sys_id"], ask.caller.user)
        return Answer(204)

    def _taken(self, ask: Ask, table: Table, body: Mapping[str, Any], params: Mapping[str, str]) -> dict[str, str]:
        """What the row takes of a body. Unknown columns, and those that the caller may not write, are dropped."""
        typed_by = ask.caller.locale if params.get("sysparm_input_display_value") == "true" else None
        values = {}
        for name, raw in body.items():
            column = table.columns.get(name)
            if column is None or not ask.caller.access.writes(table.name, column):
                continue
            text = taken(column, raw, keep_bad_choices=self.manners.keep_bad_choices, typed_by=typed_by)
            if text is not None:
                values[name] = text
        return bent(ask.faults, table.name, values)

    def _seen(self, ask: Ask, place: Place) -> Row:
        row = self.store.row(place.table.name, place.sys_id)
        if row is None or not ask.caller.access.shows(place.table.name, row):
            raise errors.no_record()
        return row

    def _told(self, ask: Ask, table: Table, row: Row, params: Mapping[str, str]) -> dict[str, Any]:
        return Form(Walk(self.store, table), ask.caller, self.manners.host, params).told(row)


def _accepts(headers: Mapping[str, str]) -> None:
    if "application/json" not in headers.get("accept", ""):
        raise errors.not_acceptable()


def _body(ask: Ask) -> dict[str, Any]:
    if "application/json" not in ask.request.headers.get("content-type", ""):
        raise errors.not_json()
    try:
        found = json.loads(ask.request.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise errors.not_parsed()
    return found
