"""The operations on objects that only one side has: retirements, placeholders, and the mark of a lost record."""

from __future__ import annotations

import functools

from connector.apply.executor import Applied, told
from connector.apply.ledger import Entry, Ledger
from connector.apply.memory import RunMemory
from connector.apply.refusals import refusal
from connector.apply.result import judge, registry_held
from connector.apply.sides import Sides
from connector.apply.writer import Step
from connector.model.errors import Conflict, MlflowGrcError, OutcomeUnknown, Rejected, RunAborted, StateCorrupt
from connector.model.grc import Write
from connector.model.operations import Operation, OperationKind
from connector.model.state import Link, LinkState
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

    def run(self, operation: Operation) -> Link | None:
        """Apply one operation; errors that concern it alone end in ``applied``. Returns the link that it made."""
        try:
            return self._apply(operation)
        except (RunAborted, StateCorrupt):
            raise
        except Rejected as error:
            case = refusal(operation, error, self._sides)
            self._ledger.refuse(operation, case)
            self._applied.quarantines.append(case)
        except MlflowGrcError as error:
            if not isinstance(error, OutcomeUnknown):
                self._ledger.drop(operation.digest)
            self._applied.failures.append((operation, error))
        return None

    def _apply(self, operation: Operation) -> Link | None:
        self._step("read")
        if operation.kind is OperationKind.RETIRE_RECORD and not self._still_as_planned(operation):
            raise Conflict(f"{operation.ref}: its record changed while it was about to be retired")
        self._step("intent")
        self._ledger.intend(operation)
        self._ledger.before_write()
        self._step("write")
        entry = self._write(operation)
        self._step("record")
        self._ledger.record(entry)
        self._memory.learn(entry)
        self._applied.operations.append(operation)
        told(operation)
        return entry.link

    def _write(self, operation: Operation) -> Entry:
        ref, record_id = operation.ref, operation.record_id or ""
        if operation.kind is OperationKind.RETIRE_RECORD:
            values = {change.field: change.new for change in operation.changes}
            native = self._sides.mapping.native(ref.entity, values)
            for outcome in self._sides.adapter.write([Write(ref.entity, record_id, native, ref.key)]):
                if outcome.error is not None:
                    raise outcome.error
            known = self._memory.links.get(ref.key)
            link = Link(ref, record_id, LinkState.RETIRED, known.created_ms if known else None)
            return Entry(operation, link=link, results=operation.changes, resolved=self._resolved(operation))
        if operation.kind is OperationKind.CREATE_PLACEHOLDER:
            return self._create_placeholder(operation, record_id)
        self._sides.write_registry(ref, operation.changes, self._ledger.before_write)
        view = self._sides.read_registry(ref)
        if view is None:
            raise Conflict(f"{ref}: it went away while it was written")
        pair = Pair(ref, view, None, None)
        result = judge(pair, operation.side, operation.changes, functools.partial(registry_held, pair))
        return Entry(operation, bases=result.bases, results=tuple(result.changes))

    def _create_placeholder(self, operation: Operation, record_id: str) -> Entry:
        tags = {change.field: change.new or "" for change in operation.changes}
        model = self._sides.registry.create_model(operation.ref.name, "", tags)
        view = self._sides.mapping.model_view(model)
        link = Link(view.ref, record_id, created_ms=view.created_ms)
        return Entry(operation, link=link, results=operation.changes)

    def _still_as_planned(self, operation: Operation) -> bool:
        record = self._sides.adapter.get(operation.ref.entity, operation.record_id or "")
        if record is None:
            return False
        view = self._sides.mapping.record_view(record)
        bases = self._memory.bases_of(operation.ref.key)
        resolved = bool(self._resolved(operation))
        touched = {change.field: change.old for change in operation.changes}
        return all(view.fields.get(name) == old for name, old in touched.items()) and (
            resolved or all(view.fields[n] == b.grc for n, b in bases.items() if n in view.fields and n not in touched)
        )

    def _resolved(self, operation: Operation) -> tuple[str, ...]:
        return (EXISTENCE,) if (operation.ref.key, EXISTENCE) in self._memory.resolutions else ()
