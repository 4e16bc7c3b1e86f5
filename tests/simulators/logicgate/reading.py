"""The newer API, which only reads: records by page and by id, what they are linked with, and the application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from connector.mock.faults import Fault, FaultKind, Faults
from tests.simulators.logicgate.answers import Ask, Refusal
from tests.simulators.logicgate.manners import Manners
from tests.simulators.logicgate.schema import Permission, Workflow
from tests.simulators.logicgate.showing import Shower, application, page, step_of, workflow_of
from tests.simulators.logicgate.store import Record, Store
from tests.simulators.logicgate.tenant import MAPS

DEFAULT_SIZE = 20


class Reading:
    """Every endpoint below ``/api/v2``."""

    def __init__(self, store: Store, shower: Shower, manners: Manners, faults: Faults) -> None:
        self._store, self._shower, self._manners, self._faults = store, shower, manners, faults

    def records(self, ask: Ask) -> Any:
        """A page of records. What was written last comes first: the vendor says no order, and this is the worst."""
        ask.must(Permission.READ)
        with self._store.lock:
            changed = self._changed(ask)
            found = [one for one in self._store.all() if self._in_place(ask, one) and changed(one)]
            return self._page_of_records(ask, found)

    def record(self, ask: Ask, record_id: str) -> Any:
        """One record."""
        ask.must(Permission.READ)
        return self._shower.record(self.visible(record_id), ask.account)

    def visible(self, record_id: str) -> Record:
        """A record that the token's user may see. Raises Refusal."""
        record = self._store.record(record_id)
        if record is not None and record_id in self._manners.hidden:
            raise Refusal(
                self._manners.hidden_by_id, "Access is denied" if self._manners.hidden_by_id == 403 else "Not found"
            )
        if record is None:
            raise Refusal(404, "Record not found")
        return record

    def linked(self, ask: Ask, record_id: str) -> Any:
        """The records of one workflow that a record is linked with, up to ``depth`` steps away."""
        ask.must(Permission.READ)
        workflow = self._workflow(ask, required=True)
        with self._store.lock:
            seen, edge = {record_id}, [self.visible(record_id).id]
            for _ in range(int(ask.one("depth") or 1)):
                edge = [other for one in edge for other in self._store.neighbours(one) if other not in seen]
                seen |= set(edge)
            found = [self._store.record(one) for one in seen - {record_id}]
            kept = [one for one in found if one is not None and workflow is not None and one.workflow == workflow.id]
            return self._page_of_records(ask, list(filter(self._changed(ask), kept)))

    def applications(self, ask: Ask) -> Any:
        """The applications."""
        ask.must(Permission.BUILD)
        return self._page(ask, [self._store.application], application)

    def workflows(self, ask: Ask) -> Any:
        """The workflows of an application."""
        ask.must(Permission.BUILD)
        mine = ask.one("application-id") in ("", self._store.application.id)
        return self._page(ask, self._store.application.workflows if mine else (), workflow_of)

    def steps(self, ask: Ask) -> Any:
        """The steps of a workflow, or of all."""
        ask.must(Permission.BUILD)
        chosen = self._workflow(ask)
        workflows = self._store.application.workflows if chosen is None else (chosen,)
        return self._page(ask, [step for workflow in workflows for step in workflow.steps], step_of)

    def fields(self, ask: Ask) -> Any:
        """The fields of a workflow, or of all."""
        ask.must(Permission.BUILD)
        chosen, types = self._workflow(ask), {*ask.query.get("field-type", ()), *ask.query.get("field-type[]", ())}
        found = [
            spec
            for workflow, spec in self._store.application.all_fields()
            if chosen in (None, workflow) and (not types or str(spec.type) in types)
        ]
        return self._page(ask, found, self._shower.described)

    def maps(self, ask: Ask) -> Any:
        """Which workflows are linked."""
        ask.must(Permission.BUILD)
        return self._page(
            ask,
            MAPS,
            lambda pair: {
                "id": f"{pair[0].id}{pair[1].id}",
                "from": workflow_of(pair[0]),
                "to": workflow_of(pair[1]),
                "object": "workflow-map",
            },
        )

    def _workflow(self, ask: Ask, *, required: bool = False) -> Workflow | None:
        chosen = ask.one("workflow-id")
        if not chosen and required:
            raise Refusal(400, "workflow-id is required")
        try:
            return self._store.application.by_id(chosen) if chosen else None
        except KeyError:
            raise Refusal(404, "Workflow not found") from None

    def _in_place(self, ask: Ask, record: Record) -> bool:
        wanted = (
            ("application-id", self._store.application.id),
            ("workflow-id", record.workflow),
            ("step-id", record.step),
        )
        return all(ask.one(name) in ("", held) for name, held in wanted)

    def _changed(self, ask: Ask) -> Callable[[Record], bool]:
        """Whether a record changed since the time that is asked for. Raises Refusal."""
        text = ask.one("updated-min")
        if not text:
            return lambda _: True
        if not text.isdigit():
            raise Refusal(400, "Not a number", about="updated-min", value=text)
        least = int(text) + (0 if self._manners.updated_min_is_inclusive else 1)
        return lambda record: record.updated >= least

    def _page_of_records(self, ask: Ask, records: Sequence[Record]) -> Any:
        left_out = self._manners.hidden | self._manners.unlisted
        shown = [one for one in records if one.id not in left_out]
        shown = self._lagging(ask.faults, sorted(shown, key=lambda one: -one.moved))
        return self._page(ask, shown, lambda one: self._shower.record(one, ask.account))

    def _lagging(self, faults: Sequence[Fault], records: list[Record]) -> list[Record]:
        for fault in faults:
            if fault.kind is FaultKind.LAG:
                young = [one.id for one in records if self._store.birth(one.id) > fault.since]
                hidden = self._faults.hidden(fault, young)
                records = [one for one in records if one.id not in hidden]
        return records

    def _page(self, ask: Ask, rows: Sequence[Any], show: Callable[[Any], Any]) -> Any:
        number, size = _count(ask, "page", 0), _count(ask, "size", DEFAULT_SIZE)
        if size < 1:
            raise Refusal(400, "Page size must not be less than one", about="size", value=size)
        size = min(size, self._manners.max_size or size)
        amounts = {fault.kind: fault.amount for fault in ask.faults}
        repeats = FaultKind.REPEAT_PAGE in amounts
        start = 0 if repeats else number * size
        content = list(rows[max(start - amounts.get(FaultKind.OVERLAP, 0), 0) : start + size])
        content = content[: max(len(content) - amounts.get(FaultKind.SHORT_PAGE, 0), 0)]
        total = max(len(rows) + amounts.get(FaultKind.LYING_TOTAL, 0), 0)
        if repeats:
            total = max(total, (number + 2) * size)
        query = {name: values[0] for name, values in ask.query.items() if name not in ("page", "size")}
        return page(ask.path, query, [show(one) for one in content], number=number, size=size, total=total)


def _count(ask: Ask, name: str, default: int) -> int:
    text = ask.one(name)
    if text and not text.isdigit():
        raise Refusal(400, "Not a number", about=name, value=text)
    return int(text) if text else default
