"""One write: the fresh read before it, the write itself, and what became of one whose answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from connector.apply.ledger import Ledger
from connector.apply.result import grc_held, registry_held, seen_to_land
from connector.apply.sides import Sides
from connector.model.errors import AccessDenied, MlflowGrcError, OutcomeUnknown, RunAborted
from connector.model.fields import Side
from connector.model.operations import Operation
from connector.model.views import GrcView
from connector.plan import Pair
from connector.plan.approval import of_this_version
from connector.plan.pairing import CLAIM_REMEDY

Step = Callable[[str], None]
"""Called at each step of an operation with its name; a test interrupts there."""


class Writer:
    """Reads and writes one object at a time; records nothing."""

    def __init__(self, sides: Sides, ledger: Ledger, step: Step, instance: str) -> None:
        """``ledger`` is asked before each request whether this process may still write. A record that by now names
        another connector ``instance`` is refused.
        """
        self._sides, self._ledger, self._step, self._instance = sides, ledger, step, instance

    def refresh(self, pair: Pair, side: Side) -> Pair | None:
        """The pair with one side read afresh; None when the object is gone there: the next cycle sees to that. Raises
        AccessDenied for a record of another connector instance.
        """
        if side is Side.REGISTRY:
            view = self._sides.read_registry(pair.ref)
            return replace(pair, registry=replace(view, in_scope=True)) if view else None
        if pair.grc is None:
            record = self._ours(self._sides.find_unlinked(pair.ref))
            return joined(pair, record) if record else pair
        if not pair.grc.id:
            # A governed version whose model had no record when this was planned: no address to read it at.
            return None
        fresh = self._ours(self._sides.read_record(pair.ref, pair.grc.id))
        return joined(pair, fresh) if fresh else None

    def _ours(self, record: GrcView | None) -> GrcView | None:
        if record is not None and record.claim_problem:
            what = f"nobody can tell whose record {record.id} is: {record.claim_problem}"
            raise AccessDenied(what, remedy=CLAIM_REMEDY)
        if record is not None and record.is_foreign(self._instance):
            what = f"record {record.id} belongs to another connector instance ({record.instance})"
            raise AccessDenied(what, remedy="decide with `mlflow-grc link` which instance keeps it")
        return record

    def write(self, pair: Pair, operation: Operation) -> tuple[Pair, Operation]:
        """Send the write. Returns the pair as read back, and the operation with the changes that landed.

        Raises OutcomeUnknown when the answer was lost and nothing is seen to have landed, or nothing can be seen at
        all; Rejected, Conflict, DuplicateKey and Retriable when a request was refused: of a registry write those before
        it are done.
        """
        try:
            return self._send(pair, operation), operation
        except OutcomeUnknown as error:
            self._step("lookup")
            found = self.look_up_lost(pair, operation, error)
            if found is None:
                raise
            return found

    def look_up_lost(self, pair: Pair, operation: Operation, lost: MlflowGrcError) -> tuple[Pair, Operation] | None:
        """What a write that was cut short left behind. Where that cannot be looked up, its outcome stays unknown: what
        refuses the question says nothing about the write.
        """
        try:
            return self.look_up(pair, operation)
        except RunAborted:
            raise
        except MlflowGrcError as error:
            what = f"{lost.message} It could not be looked up: {error.message}"
            unknown = OutcomeUnknown(what, remedy=error.remedy or lost.remedy)
        raise unknown

    def _send(self, pair: Pair, operation: Operation) -> Pair:
        if operation.side is Side.GRC:
            record = self._sides.write_record(pair, operation.record_id, operation.changes)
            return joined(pair, record)
        self._sides.write_registry(pair.ref, operation.changes, self._before_each)
        self._step("read back")
        return replace(pair, registry=self._sides.read_back(pair.ref))

    def _before_each(self) -> None:
        self._ledger.before_write()
        self._step("write one")

    def look_up(self, pair: Pair, operation: Operation) -> tuple[Pair, Operation] | None:
        """What an unanswered write left behind; None when nothing landed, as far as can be seen."""
        if operation.side is Side.REGISTRY:
            return self._look_up_registry(pair, operation)
        if operation.record_id is None:
            record = self._sides.look_for_record(pair.ref)
            return (joined(pair, record), operation) if record else None
        record = self._sides.read_record(pair.ref, operation.record_id)
        if record is None:
            return None
        after = joined(pair, record)
        landed = tuple(c for c in operation.changes if seen_to_land(c, grc_held(after, c)))
        return (after, replace(operation, changes=landed)) if landed else None

    def _look_up_registry(self, pair: Pair, operation: Operation) -> tuple[Pair, Operation] | None:
        view = self._sides.read_registry(pair.ref)
        if view is None:
            return None
        after = replace(pair, registry=view)
        landed = tuple(change for change in operation.changes if registry_held(after, change) == change.new)
        return (after, replace(operation, changes=landed)) if landed else None

    def post(self, operation: Operation) -> None:
        """Post a comment; the adapter finds the token of one that was posted before."""
        issue = operation.record_id or ""
        try:
            self._sides.adapter.comment(issue, operation.text, operation.token)
        except OutcomeUnknown:
            self._step("lookup")
            if all(comment.token != operation.token for comment in self._sides.adapter.comments(issue)):
                raise


def joined(pair: Pair, record: GrcView) -> Pair:
    """The pair with a record just read. A model record that names another governed version by now leaves this one
    with its last decision.
    """
    if not record.virtual:
        return replace(pair, grc=record)
    parent = replace(pair.parent or record, version=record.version, revision=record.revision)
    if record.version == pair.ref.version:
        own = of_this_version(record, pair.bases)
        return replace(pair, grc=own, parent=parent, retained=False, governed=record)
    last = {name: base.grc for name, base in pair.bases.items()}
    grc = pair.grc if pair.retained else replace(record, version=pair.ref.version, fields=last)
    same = _decision(record) == _decision(pair.governed)
    return replace(pair, grc=grc, parent=parent, retained=True, may_submit=pair.may_submit and same)


def _decision(record: GrcView | None) -> tuple[object, ...]:
    """What a submission would take from the record: nothing where it governs no version."""
    if record is None or record.version is None:
        return ()
    return record.version, dict(record.fields), dict(record.unreadable)
