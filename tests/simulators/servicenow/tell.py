"""What a request to a ServiceNow instance asks for, in common words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.simulators.base import Call, Request, Verb
from tests.simulators.servicenow import batch
from tests.simulators.servicenow.dictionary import Type
from tests.simulators.servicenow.query import Query, parse
from tests.simulators.servicenow.store import JOURNAL, Store
from tests.simulators.servicenow.table_api import PATH
from tests.simulators.servicenow.vendor import AI_GOVERNANCE
from tests.simulators.servicenow.words import KINDS, told_values

TOKEN_PATH = "/oauth_token.do"
_METADATA = frozenset({"sys_dictionary", "sys_choice"})
_KEYS = frozenset({"u_external_key", "external_ref_id", "email", "user_name"})
_EQUAL = frozenset({"=", "IN"})
_SYS_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_WRITES = {"POST": Verb.CREATE, "PATCH": Verb.UPDATE, "PUT": Verb.UPDATE, "DELETE": Verb.DELETE}


def tell(store: Store, request: Request) -> Sequence[Call]:
    """The calls in a request; one for each item of a batch, one for each record that is asked for by its id."""
    if request.path == TOKEN_PATH:
        return [Call(Verb.LOGIN)]
    if batch.PATH.fullmatch(request.path):
        try:
            return [_told(store, item.request)[0] for item in batch.items(request.json())]
        except (ValueError, KeyError, TypeError, AttributeError):
            return [Call(Verb.DESCRIBE)]
    return _told(store, request)


def _told(store: Store, request: Request) -> Sequence[Call]:
    found = PATH.fullmatch(request.path)
    if found is None or found["api"] == "stats" or found["table"] in _METADATA:
        return [Call(Verb.DESCRIBE, KINDS.get(found["table"], "") if found else "")]
    table, sys_id = unquote(found["table"]), unquote(found["sys_id"] or "")
    if request.method == "GET":
        return _reading(table, sys_id, request)
    verb = _WRITES.get(request.method, Verb.DESCRIBE)
    return [_writing(store, Call(verb, KINDS.get(table, ""), sys_id), table, request.json())]


def _reading(table: str, sys_id: str, request: Request) -> Sequence[Call]:
    kind = KINDS.get(table, "")
    if sys_id:
        return [Call(Verb.GET, kind, sys_id)]
    query = parse(dict(parse_qsl(request.query, keep_blank_values=True)).get("sysparm_query", ""))
    if table == JOURNAL:
        return [Call(Verb.COMMENTS, "issues", _equal(query, "element_id"))]
    asked = [one.value.split(",") for one in query.conditions if one.column == "sys_id" and one.operator in _EQUAL]
    named = [sys_id for sys_id in asked[0] if _SYS_ID.fullmatch(sys_id)] if asked else []
    if named:
        return [Call(Verb.GET, kind, sys_id) for sys_id in named]
    by_key = any(one.column in _KEYS and one.operator in _EQUAL for one in query.conditions)
    return [Call(Verb.FIND if by_key else Verb.LIST, kind)]


def _equal(query: Query, column: str) -> str:
    return next((one.value for one in query.conditions if one.column == column and one.operator == "="), "")


def _writing(store: Store, call: Call, table: str, body: Any) -> Call:
    values: Mapping[str, Any] = body if isinstance(body, dict) else {}
    spec = store.tables.get(table)
    journal = {name for name, column in spec.columns.items() if column.type is Type.JOURNAL} if spec else set()
    if call.verb is Verb.UPDATE and values and set(values) <= journal and call.kind == "issues":
        return Call(Verb.COMMENT, call.kind, call.id, {"text": next(iter(values.values()))})
    if table == AI_GOVERNANCE.name:
        details = store.row(table, call.id)
        call = Call(Verb.UPDATE, call.kind, details["asset"] if details else str(values.get("asset", "")))
    stated = {name: value for name, value in values.items() if name != "sys_id"}
    return Call(call.verb, call.kind, call.id, told_values(store, table, stated))
