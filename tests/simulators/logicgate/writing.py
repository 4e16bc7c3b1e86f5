"""The older API, which writes, and the read of it that changes what it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from connector.mock.faults import Fault, FaultKind, How
from tests.simulators.logicgate.answers import Ask, Refusal, empty_or_page, told
from tests.simulators.logicgate.manners import Body, Manners
from tests.simulators.logicgate.reading import Reading
from tests.simulators.logicgate.schema import Account, FieldSpec, FieldType, Permission, Step, Workflow
from tests.simulators.logicgate.showing import Shower
from tests.simulators.logicgate.store import Record, Store, Stored
from tests.simulators.logicgate.tenant import MAPS
from tests.simulators.logicgate.values import UNCHANGED, Codec
from tests.simulators.logicgate.words import column_of

_REWRITES: Mapping[How, Callable[[str, int | None], str]] = {
    How.UPPER: lambda text, _: text.upper(),
    How.LOWER: lambda text, _: text.lower(),
    How.TITLE: lambda text, _: text.title(),
    How.TRIM: lambda text, _: text.strip(),
    How.TRUNCATE: lambda text, length: text[:length],
}
_HOOK_FIELDS = frozenset({"active", "authHeaderName", "authHeaderValue", "dateFormat", "name", "url"})
LAYOUT = "default"


class Writing:
    """Every endpoint below ``/api/v1`` but the token's. ``webhooks`` are those that were registered."""

    def __init__(
        self, store: Store, codec: Codec, reading: Reading, shower: Shower, accounts: Mapping[str, Account]
    ) -> None:
        self._store, self._codec, self._reading, self._shower = store, codec, reading, shower
        self._accounts = accounts
        self.webhooks: list[dict[str, Any]] = []

    @property
    def _manners(self) -> Manners:
        return self._codec.manners

    def open(self, ask: Ask, record_id: str) -> Response:
        """``GET /api/v1/records/{id}``: a record in its older form. It is in progress from now on, if it is mine."""
        ask.must(Permission.READ)
        self._reading.visible(record_id)
        return told(self._older(self._store.open(record_id, ask.account.id), ask.account))

    def create(self, ask: Ask) -> Response:
        """``POST /api/v1/records/steps``."""
        ask.must(Permission.WRITE)
        body = ask.body if isinstance(ask.body, dict) else {}
        workflow, step = self._step(body.get("stepId"))
        if step.kind != "ORIGIN":
            raise Refusal(400, "Records start at an origin step", about="stepId", value=step.id)
        values = self._taken(workflow, body.get("fields", []), ask.faults)
        missing = [spec for spec in workflow.fields.values() if spec.required and values.get(spec.id) is None]
        if missing:
            raise Refusal(400, f"{missing[0].name} is required", about=missing[0].id)
        record = self._store.create(
            workflow,
            {**defaults(self._store, workflow), **values},
            ask.account.id,
            assignee=self._assignee(body.get("assigneeEmailAddress")),
            due=_due(body.get("recordDueDate")),
        )
        answers = {"content": {"content": {"id": record.id}}, "plain": {"id": record.id}, "empty": {}}
        return told(answers[self._manners.created_answer], 201)

    def update(self, ask: Ask, record_id: str) -> Response:
        """``PATCH /api/v1/records/{id}``, whose body is a bare array."""
        ask.must(Permission.WRITE)
        if not isinstance(ask.body, list):
            raise Refusal(400, "Cannot deserialize value: expected an array")
        record = self._reading.visible(record_id)
        values = self._taken(self._store.workflow(record), ask.body, ask.faults)
        record = self._store.update(record_id, values, ask.account.id)
        return self._done(self._manners.patched_answer, self._older(record, ask.account))

    def progress(self, ask: Ask, record_id: str, place: tuple[str, str, str]) -> Response:
        """``PUT .../progress/applications/{app}/workflows/{wf}/steps/{step}`` with the whole older record."""
        ask.must(Permission.ADMIN)
        record = self._reading.visible(record_id)
        if (
            not isinstance(ask.body, dict)
            or {"id", "fields", "currentStep"} - set(ask.body)
            or ask.body["id"] != record_id
        ):
            raise Refusal(400, "The body must be the record")
        application, workflow, step = place
        if (application, workflow) != (self._store.application.id, record.workflow):
            raise Refusal(404, "Workflow not found")
        try:
            record = self._store.move(record_id, step, ask.account.id)
        except KeyError:
            raise Refusal(404, "Step not found") from None
        return self._done(self._manners.progressed_answer, self._older(record, ask.account))

    def link(self, ask: Ask, record_id: str, side: str) -> Response:
        """``POST .../parent`` and ``.../child`` with ``{"id": ..}``."""
        ask.must(Permission.WRITE)
        if ask.one("layout") != LAYOUT:
            raise Refusal(400, "Layout not found", about="layout", value=ask.one("layout"))
        here = self._reading.visible(record_id)
        other = self._reading.visible(str(ask.body.get("id")) if isinstance(ask.body, dict) else "")
        parent, child = (other, here) if side == "parent" else (here, other)
        if all((a.id, b.id) != (parent.workflow, child.workflow) for a, b in MAPS):
            raise Refusal(400, "These workflows are not linked")
        self._store.link(parent.id, child.id, ask.account.id)
        return told({})

    def maps(self, ask: Ask) -> Response:
        """``GET /api/v1/workflows/maps?workflow1=&workflow2=``."""
        ask.must(Permission.READ)
        asked = {ask.one("workflow1"), ask.one("workflow2")}
        found = [{"layout": LAYOUT, "parent": a.id, "child": b.id} for a, b in MAPS if asked == {a.id, b.id}]
        return told(found)

    def delete(self, ask: Ask, record_id: str) -> Response:
        """``DELETE /api/v1/records/{id}``: for good."""
        ask.must(Permission.ADMIN)
        self._store.delete(self._reading.visible(record_id).id, ask.account.id)
        return Response(b"", 204)

    def webhook(self, ask: Ask) -> Response:
        """``POST /api/v1/webhook-urls``. What is delivered to it is not published, so nothing is."""
        ask.must(Permission.ADMIN)
        body = ask.body if isinstance(ask.body, dict) else {}
        missing = sorted(_HOOK_FIELDS - set(body))
        if missing:
            raise Refusal(400, f"{missing[0]} is required", about=missing[0])
        self.webhooks.append(dict(body))
        return told({"id": f"hook-{len(self.webhooks)}", **body}, 201)

    def _taken(self, workflow: Workflow, sent: Any, faults: Sequence[Fault]) -> dict[str, Stored]:
        values: dict[str, Stored] = {}
        for one in sent if isinstance(sent, list) else []:
            spec = workflow.by_id(str(one.get("fieldId"))) if isinstance(one, dict) else None
            if spec is None and self._manners.unknown_field == "dropped":
                continue
            if spec is None or not isinstance(one, dict):
                raise Refusal(400, "Field not found", about="fieldId", value=one)
            stored = self._codec.taken(spec, one.get("values"))
            if stored is not UNCHANGED:
                values[spec.id] = stored
        return _bent(faults, workflow, values)

    def _step(self, step_id: Any) -> tuple[Workflow, Step]:
        for workflow in self._store.application.workflows:
            for step in workflow.steps:
                if step.id == step_id:
                    return workflow, step
        raise Refusal(404, "Step not found")

    def _assignee(self, email: Any) -> str:
        if not email:
            return ""
        account = self._accounts.get(str(email))
        if account is None:
            raise Refusal(400, "User not found", about="assigneeEmailAddress", value=email)
        return account.id

    def _older(self, record: Record, account: Account) -> dict[str, Any]:
        """No one publishes the older form; it has at least what the newer has."""
        return self._shower.record(record, account)

    def _done(self, body: Body, content: Any) -> Response:
        return told(content) if body == "json" else empty_or_page(200, body)


def defaults(store: Store, workflow: Workflow) -> dict[str, Stored]:
    """What a new record holds by itself."""
    return {
        spec.id: next(option.id for option in store.options(spec) if option.text == spec.default)
        for spec in workflow.fields.values()
        if spec.default
    }


def _bent(faults: Sequence[Fault], workflow: Workflow, values: dict[str, Stored]) -> dict[str, Stored]:
    """What is left of the values of a write by a tenant whose rules drop or rewrite some."""
    for fault in faults:
        spec: FieldSpec | None = workflow.fields.get(column_of(workflow.kind, fault.field))
        if spec is None or spec.id not in values:
            continue
        if fault.kind is FaultKind.IGNORE:
            del values[spec.id]
        elif fault.kind is FaultKind.NORMALISE and spec.type in (FieldType.TEXT, FieldType.TEXT_AREA):
            text = values[spec.id]
            values[spec.id] = None if text is None else _REWRITES[fault.how](text, fault.length)
    return values


def _due(text: Any) -> int | None:
    if not text:
        return None
    try:
        return round(datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise Refusal(400, "Unparseable date", about="recordDueDate", value=text) from None
