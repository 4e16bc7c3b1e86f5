"""Opens, closes and reopens the issues of findings: read afresh, decide anew, intend, write, read back, record.

An issue is looked for by its key before it is opened, however sure the plan is: what a run before this one, or before
the state was lost, opened is found and not opened again.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from datetime import date, timedelta

from connector.apply.applied import Applied, told
from connector.apply.attempts import Attempts
from connector.apply.issuekept import as_kept, is_kept, not_kept
from connector.apply.ledger import Entry, Ledger
from connector.apply.memory import RunMemory
from connector.apply.sides import Sides
from connector.apply.writer import Step
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError, OutcomeUnknown, RunAborted
from connector.model.fields import Value
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.views import Issue
from connector.plan import Context
from connector.raising import FINDING, Verdict, decide_of, keys_are_lost, remembered

log = get_logger(__name__)

ISSUE_KINDS = frozenset({OperationKind.OPEN_ISSUE, OperationKind.CLOSE_ISSUE, OperationKind.REOPEN_ISSUE})
_KIND = {
    Verdict.OPEN: OperationKind.OPEN_ISSUE,
    Verdict.CLOSE: OperationKind.CLOSE_ISSUE,
    Verdict.REOPEN: OperationKind.REOPEN_ISSUE,
}
REOPENED = "Reopened: the control fails again."
"""Takes the place of why an issue was closed."""


@dataclass(frozen=True, slots=True)
class _Renewed:
    """What an operation came to with what was just read: None where there is nothing to do by now. ``issue`` is None
    where there is none.
    """

    operation: Operation | None
    issue: Issue | None


class Raiser:
    """Applies operations on issues of findings."""

    def __init__(
        self, context: Context, sides: Sides, memory: RunMemory, ledger: Ledger, step: Step, applied: Applied
    ) -> None:
        """See :class:`connector.apply.executor.Executor`."""
        self._context, self._sides, self._memory = context, sides, memory
        self._ledger, self._step, self._applied = ledger, step, applied
        self._attempts = Attempts(context, sides, memory, ledger, applied)

    def run(self, operation: Operation) -> None:
        """Apply one operation, if it still holds. Errors that concern its issue alone end in ``applied``; RunAborted
        and StateCorrupt are raised.
        """
        renewed = self._attempts.attempt(operation, functools.partial(self._renew, operation))
        if renewed is None:
            return
        again = renewed.operation
        if again is None:
            log.info("not written", object=str(operation.ref), kind=str(operation.kind), why="it holds no more")
            return
        self._attempts.attempt(again, functools.partial(self._apply, again, renewed.issue))

    def _renew(self, operation: Operation) -> _Renewed:
        cases = tuple(self._memory.quarantines.values())
        if operation.kind is OperationKind.OPEN_ISSUE and keys_are_lost(cases, operation.ref.key, self._context.now):
            return _Renewed(None, None)
        found = self._afresh(operation)
        return _Renewed(self._again(operation, found), found)

    def _apply(self, operation: Operation, found: Issue | None) -> None:
        self._step("intent")
        self._ledger.intend(operation)
        self._ledger.before_write()
        self._step("write")
        sent = self._whole(operation, found)
        after = self._write(operation, sent, found)
        self._step("record")
        self._record(operation, sent, after)

    def _afresh(self, operation: Operation) -> Issue | None:
        self._step("read")
        if operation.record_id is None:
            return self._sides.find_issue(operation.ref.key)
        return self._sides.read_issue(operation.record_id)

    def _again(self, planned: Operation, found: Issue | None) -> Operation | None:
        """The operation with what was just read; None where there is nothing to do. One that is gone is opened anew by
        the next cycle, which plans it whole.
        """
        known = self._memory.bases_of(planned.ref.key).get(FINDING)
        verdict = decide_of(planned, found, known)
        kind = _KIND.get(verdict)
        if kind is planned.kind:
            return planned
        if planned.kind is not OperationKind.OPEN_ISSUE or kind is not OperationKind.REOPEN_ISSUE or found is None:
            return None
        rule = planned.changes[0].rule if planned.changes else planned.why
        change = FieldChange("state", found.state, "open", f"{rule}; it came back")
        return replace(planned, kind=kind, record_id=found.id, changes=(change,))

    def _whole(self, operation: Operation, found: Issue | None) -> tuple[FieldChange, ...]:
        """The operation's changes, and the texts and dates that the platform has a place for."""
        mapping = self._sides.mapping.mapping
        rule = operation.changes[0].rule if operation.changes else operation.why
        more: list[tuple[str, Value]] = []
        if operation.kind is OperationKind.CLOSE_ISSUE:
            more.append(("resolution", operation.text))
        else:
            severity = next((each.new for each in operation.changes if each.field == "severity"), None)
            more.append(("description", operation.text))
            more.append(("due", self._due(severity or (found.severity if found is not None else None))))
        if operation.kind is OperationKind.REOPEN_ISSUE:
            more.append(("resolution", REOPENED))
        due = found.due if found is not None else None
        added = (
            FieldChange(name, due if name == "due" else None, value, rule)
            for name, value in more
            if value is not None and mapping.opens_with(name) and not (name == "due" and value == due)
        )
        return (*operation.changes, *added)

    def _due(self, severity: Value) -> Value:
        opening = self._sides.mapping.mapping.opening
        days = next((days for name, days in opening.due_days.items() if name == severity), None) if opening else None
        return (date.fromisoformat(self._context.today) + timedelta(days=days)).isoformat() if days else None

    def _write(self, operation: Operation, sent: tuple[FieldChange, ...], found: Issue | None) -> Issue:
        try:
            return self._sides.write_issue(operation.ref.key, operation.record_id, sent, found)
        except OutcomeUnknown:
            self._step("lookup")
            landed = self._look_up(operation)
            if landed is None:
                raise
            return landed

    def _look_up(self, operation: Operation) -> Issue | None:
        """What a write whose answer was lost left behind. What refuses the question says nothing about the write."""
        try:
            return landed_issue(operation, self._sides)
        except RunAborted:
            raise
        except MlflowGrcError:
            return None

    def _record(self, operation: Operation, sent: tuple[FieldChange, ...], after: Issue) -> None:
        state = next(change for change in operation.changes if change.field == "state")
        done, results = replace(operation, record_id=after.id), as_kept(sent, after)
        cases = not_kept(operation.ref, operation.changes, after, self._context.now)
        bases = {FINDING: remembered(operation)} if is_kept(state, after) else {}
        entry = Entry(done, bases=bases, quarantines=cases, results=results)
        self._ledger.record(entry, operation.digest)
        self._memory.learn(entry)
        self._applied.operations.append(replace(done, changes=results))
        self._applied.quarantines += cases
        told(done, not_stuck=[case.field for case in cases])


def landed_issue(operation: Operation, sides: Sides) -> Issue | None:
    """The issue of an operation whose answer was lost, where it is seen to have landed. Raises IncompleteSnapshot."""
    if operation.record_id is None:
        return sides.look_for_issue(operation.ref.key)
    found = sides.read_issue(operation.record_id)
    state = next(change for change in operation.changes if change.field == "state")
    return found if found is not None and is_kept(state, found) else None
