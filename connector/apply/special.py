"""The operations on objects that only one side has: retirements, placeholders, and the mark of a lost record."""

from __future__ import annotations

import functools
from dataclasses import replace

from connector.apply.applied import Applied, told
from connector.apply.attempts import Attempts
from connector.apply.ledger import Entry, Ledger
from connector.apply.memory import RunMemory
from connector.apply.result import judge, registry_held, unstuck
from connector.apply.sides import Sides
from connector.apply.writer import Step
from connector.model.errors import AccessDenied, Conflict
from connector.model.operations import Operation, OperationKind
from connector.model.state import Link, LinkState
from connector.model.views import GrcView, RegistryView
from connector.plan import Context, Pair
from connector.plan.context import EXISTENCE


class SpecialExecutor:
    """Applies operations that no pair of objects stands behind."""

    def __init__(
        self, context: Context, sides: Sides, memory: RunMemory, ledger: Ledger, step: Step, applied: Applied
    ) -> None:
        """See :class:`connector.apply.executor.Executor`."""
        self._context, self._sides, self._memory = context, sides, memory
        self._ledger, self._step, self._applied = ledger, step, applied
        self._attempts = Attempts(context, sides, memory, ledger, applied)

    def run(self, operation: Operation) -> Link | None:
        """Apply one operation; errors that concern it alone end in ``applied``. Returns the link that it made."""
        return self._attempts.attempt(operation, functools.partial(self._apply, operation))

    def _apply(self, operation: Operation) -> Link | None:
        self._step("read")
        record = self._as_planned(operation) if operation.kind is OperationKind.RETIRE_RECORD else None
        self._step("intent")
        self._ledger.intend(operation)
        self._ledger.before_write()
        self._step("write")
        entry = self._retire(operation, record) if record is not None else self._write(operation)
        self._step("record")
        self._ledger.record(entry)
        self._memory.learn(entry)
        self._applied.operations.append(replace(operation, changes=entry.results))
        self._applied.quarantines += entry.quarantines
        told(operation, not_stuck=[case.field for case in entry.quarantines])
        return entry.link

    def _write(self, operation: Operation) -> Entry:
        ref, record_id = operation.ref, operation.record_id or ""
        if operation.kind is OperationKind.CREATE_PLACEHOLDER:
            return self._create_placeholder(operation, record_id)
        self._sides.write_registry(ref, operation.changes, self._ledger.before_write)
        pair = Pair(ref, self._sides.read_back(ref), None, None)
        result = judge(pair, operation.side, operation.changes, functools.partial(registry_held, pair))
        return Entry(operation, bases=result.bases, results=tuple(result.changes))

    def _retire(self, operation: Operation, record: GrcView) -> Entry:
        """Give the record its retired status. The link ends only when the record is seen to have it."""
        ref = operation.ref
        pair = Pair(ref, RegistryView(ref, 0), record, None)
        after = self._sides.write_record(pair, record.id, operation.changes)
        results = tuple(replace(change, new=after.fields.get(change.field)) for change in operation.changes)
        cases = [
            unstuck(ref, was, now.new)
            for was, now in zip(operation.changes, results, strict=True)
            if was.new != now.new
        ]
        if cases:
            return Entry(operation, results=results, quarantines=tuple(cases))
        known = self._memory.links.get(ref.key)
        link = Link(ref, record.id, LinkState.RETIRED, known.created_ms if known else None)
        return Entry(operation, link=link, results=results, resolved=self._resolved(operation))

    def _create_placeholder(self, operation: Operation, record_id: str) -> Entry:
        tags = {change.field: change.new or "" for change in operation.changes}
        model = self._sides.registry.create_model(operation.ref.name, "", tags)
        view = self._sides.mapping.model_view(model)
        link = Link(view.ref, record_id, created_ms=view.created_ms)
        return Entry(operation, link=link, results=operation.changes)

    def _as_planned(self, operation: Operation) -> GrcView:
        """Read afresh both sides of what is to be retired. Raises Conflict when they are not what was planned for."""
        if self._is_back(operation):
            raise Conflict(f"{operation.ref}: it is back in MLflow, its record was about to be retired")
        view = self._sides.read_record(operation.ref, operation.record_id or "")
        ours = view is not None and not view.claim_problem and not view.is_foreign(self._context.instance)
        if view is None or not ours or not self._is_same(operation, view):
            raise Conflict(f"{operation.ref}: its record changed while it was about to be retired")
        return view

    def _is_back(self, operation: Operation) -> bool:
        try:
            return self._sides.read_registry(operation.ref) is not None
        except AccessDenied:
            # MLflow says so of what does not exist too, and the cycle has made sure of that already.
            return False

    def _is_same(self, operation: Operation, view: GrcView) -> bool:
        touched = {change.field: change.old for change in operation.changes}
        if any(view.fields.get(name) != old for name, old in touched.items()):
            return False
        bases = self._memory.bases_of(operation.ref.key)
        others = (name for name in bases if name in view.fields and name not in touched)
        return bool(self._resolved(operation)) or not any(bases[name].left_by(view.fields[name]) for name in others)

    def _resolved(self, operation: Operation) -> tuple[str, ...]:
        return (EXISTENCE,) if (operation.ref.key, EXISTENCE) in self._memory.resolutions else ()
