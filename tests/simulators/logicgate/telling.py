"""What a request to LogicGate asks for, in common words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from tests.simulators.base import Call, Request, Verb
from tests.simulators.logicgate.discussion import entries
from tests.simulators.logicgate.schema import OPTIONS, FieldSpec, FieldType, Workflow
from tests.simulators.logicgate.store import Store
from tests.simulators.logicgate.tokens import NEWER, OLDER
from tests.simulators.logicgate.words import DISCUSSION, WORDS, Word

_READ = re.compile(r"/api/v2/records/(?P<id>[^/]+)")
_LINKED = re.compile(r"/api/v2/records/(?P<id>[^/]+)/linked")
_OLDER = re.compile(r"/api/v1/records/(?P<id>[^/]+)(?P<rest>/.*)?")


def tell(store: Store, request: Request) -> Sequence[Call]:
    """The one call in a request."""
    if request.path in (OLDER, NEWER):
        return [Call(Verb.LOGIN)]
    if request.path == "/api/v2/records":
        return [Call(Verb.LIST, _kind(store, dict(parse_qsl(request.query)).get("workflow-id", "")))]
    if found := _LINKED.fullmatch(request.path):
        return [Call(Verb.LIST, _kind(store, dict(parse_qsl(request.query)).get("workflow-id", "")), found["id"])]
    if found := _READ.fullmatch(request.path):
        return [Call(Verb.GET, _kind_of(store, found["id"]), found["id"])]
    return [_older(store, request)]


def _older(store: Store, request: Request) -> Call:
    body = request.json()
    if (request.method, request.path) == ("POST", "/api/v1/records/steps"):
        sent = body if isinstance(body, dict) else {}
        workflow = _starting_at(store, sent.get("stepId"))
        return Call(Verb.CREATE, workflow.kind if workflow else "", values=_values(store, workflow, sent.get("fields")))
    if request.path == "/api/v1/webhook-urls":
        return Call(Verb.UPDATE)
    found = _OLDER.fullmatch(request.path)
    if found is None:
        return Call(Verb.DESCRIBE)
    kind, record_id = _kind_of(store, found["id"]), found["id"]
    if request.method == "GET":
        return Call(Verb.GET, kind, record_id)
    if request.method == "DELETE":
        return Call(Verb.DELETE, kind, record_id)
    if found["rest"]:
        return Call(Verb.UPDATE, "" if found["rest"] in ("/parent", "/child") else kind, record_id)
    return _changing(store, record_id, body)


def _changing(store: Store, record_id: str, body: Any) -> Call:
    record = store.record(record_id)
    workflow = store.workflow(record) if record else None
    values = _values(store, workflow, body)
    kind = workflow.kind if workflow else ""
    if kind == "issues" and set(values) == {DISCUSSION}:
        return Call(Verb.COMMENT, kind, record_id, {"text": _last_entry(values[DISCUSSION])})
    return Call(Verb.UPDATE, kind, record_id, values)


def _last_entry(sent: Any) -> str:
    """What a write adds to a discussion, which it carries whole."""
    text = str(sent[0]) if isinstance(sent, list) and sent else ""
    found = entries(text)
    return str(found[-1]["text"]) if found else text


def _values(store: Store, workflow: Workflow | None, sent: Any) -> dict[str, Any]:
    if workflow is None or not isinstance(sent, list):
        return {}
    words = {word.name: (name, word) for name, word in WORDS[workflow.kind].items()}
    told: dict[str, Any] = {}
    for one in sent:
        if not isinstance(one, dict):
            continue
        spec = workflow.by_id(str(one.get("fieldId")))
        if spec is None or spec.name not in words:
            told[spec.name if spec else str(one.get("fieldId"))] = one.get("values")
            continue
        name, word = words[spec.name]
        told[name] = _value(word, spec, one.get("values"))
    return told


def _value(word: Word, spec: FieldSpec, values: Any) -> Any:
    texts = [one for one in values if one not in (None, "")] if isinstance(values, list) else []
    if not texts:
        return word.empty
    if spec.type in OPTIONS:
        named = [word.options.get(one, one) for one in texts]
        return named if spec.type is FieldType.MULTI_SELECT else named[0]
    if spec.type is FieldType.NUMBER:
        return _number(texts[0])
    if word.holds:
        try:
            return json.loads(texts[0])
        except ValueError:
            return texts[0]
    return texts[0]


def _number(text: Any) -> Any:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return text
    return int(number) if number.is_integer() else number


def _kind(store: Store, workflow_id: str) -> str:
    return next((one.kind for one in store.application.workflows if one.id == workflow_id), "")


def _kind_of(store: Store, record_id: str) -> str:
    record = store.record(record_id)
    return store.workflow(record).kind if record else ""


def _starting_at(store: Store, step_id: Any) -> Workflow | None:
    workflows: Mapping[str, Workflow] = {
        step.id: workflow for workflow in store.application.workflows for step in workflow.steps
    }
    return workflows.get(str(step_id))
