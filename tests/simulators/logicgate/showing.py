"""Records, pages and the description of the application as the newer API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.simulators.logicgate.schema import Account, Application, FieldSpec, Step, Workflow
from tests.simulators.logicgate.store import Record, Store
from tests.simulators.logicgate.values import Codec


class Shower:
    """Renders for one account at a time."""

    def __init__(self, store: Store, codec: Codec, accounts: Mapping[str, Account]) -> None:
        self._store, self._codec = store, codec
        self._by_id = {account.id: account for account in accounts.values()}

    def record(self, record: Record, account: Account) -> dict[str, Any]:
        """A record with its fields."""
        workflow, manners = self._store.workflow(record), self._codec.manners
        step = workflow.step(record.step)
        time = self._codec.time
        completed = time(record.completed)
        return {
            "id": record.id,
            "recordName": f"{workflow.prefix}-{record.sequence}",
            "name": f"{workflow.prefix}-{record.sequence}",
            "status": manners.status or record.status,
            "sequenceNumber": record.sequence,
            "dates": {
                "created": time(record.created),
                "dueDate": time(record.due),
                "recordDueDate": time(record.due),
                "daysUntilDue": None,
                "updated": time(record.updated),
                "completed": completed,
                "lastCompleted": completed,
            },
            "assignee": self._user(record.assignee),
            "creator": self._user(record.creator),
            "application": application(self._store.application),
            "workflow": workflow_of(workflow),
            "currentStep": step_of(step),
            "originStep": step_of(workflow.origin),
            "fields": self._fields(record, workflow, account),
            "object": "record",
        }

    def _fields(self, record: Record, workflow: Workflow, account: Account) -> list[dict[str, Any]]:
        values = {**record.values, **_computed(record, workflow)}
        shown = []
        for spec in workflow.fields.values():
            held = self._codec.shown(spec, values[spec.id], account) if spec.id in values else []
            if held or self._codec.manners.empty_fields == "listed":
                shown.append({**field_of(spec), "values": held})
        return shown

    def _user(self, user_id: str) -> dict[str, Any] | None:
        found = self._by_id.get(user_id)
        return {"id": found.id, "name": found.name, "email": found.email, "object": "user"} if found else None

    def described(self, spec: FieldSpec) -> dict[str, Any]:
        """A field with its options, where their place is inferred from that of a record's values."""
        options = [
            {
                "id": one.id,
                "type": "OPTION",
                "textValue": one.text,
                "numericValue": one.number,
                "object": "value",
            }
            for one in self._store.options(spec)
        ]
        key = self._codec.manners.option_key
        return {**field_of(spec), **({key: options} if options and key else {})}


def application(one: Application) -> dict[str, Any]:
    """An application."""
    return {"id": one.id, "name": one.name, "type": one.type, "object": "application"}


def workflow_of(one: Workflow) -> dict[str, Any]:
    """A workflow."""
    return {"id": one.id, "name": one.name, "recordPrefix": one.prefix, "object": "workflow"}


def step_of(one: Step) -> dict[str, Any]:
    """A step."""
    return {"id": one.id, "name": one.name, "type": one.kind, "object": "step"}


def field_of(spec: FieldSpec) -> dict[str, Any]:
    """A field without values."""
    return {
        "id": spec.id,
        "name": spec.name,
        "label": spec.label or spec.name,
        "global": False,
        "type": str(spec.type),
        "valueType": spec.value_type,
        "required": spec.required,
        "object": "field",
    }


def page(path: str, query: Mapping[str, str], content: Sequence[Any], *, number: int, size: int, total: int) -> Any:
    """A page; the addresses in ``links`` are relative."""
    pages = -(-total // size)

    def link(at: int) -> str | None:
        return f"{path}?{urlencode({**query, 'page': at, 'size': size})}" if 0 <= at < max(pages, 1) else None

    return {
        "content": list(content),
        "links": {
            "first": link(0),
            "prev": link(number - 1),
            "self": link(number),
            "next": link(number + 1),
            "last": link(max(pages - 1, 0)),
        },
        "page": {"size": size, "totalElements": total, "totalPages": pages, "number": number},
    }


def _computed(record: Record, workflow: Workflow) -> dict[str, Any]:
    """Fields that nobody enters, among them one of a type that no client knows."""
    if "Summary" not in workflow.fields:
        return {}
    return {workflow.fields["Summary"].id: f"Record {record.sequence}", workflow.fields["Tier Score"].id: 1.5}
