"""Applies the plan of one object: commit the intent, read afresh, plan again, write, read back, record.

An object is planned anew after each step, with what was just read: a record that moved since the snapshot is merged
again, a value that the GRC filled in at creation flows back at once, and nothing is written twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from connector.apply.applied import Applied, Bounds, told
from connector.apply.attempts import Attempts
from connector.apply.ledger import Entry, Ledger
from connector.apply.memory import RunMemory
from connector.apply.refusals import denied_removals, names_one, refusal, removal_cases
from connector.apply.result import doubt, grc_held, judge, registry_held
from connector.apply.sides import Sides
from connector.apply.writer import Step, Writer
from connector.logs import get_logger
from connector.model.errors import (
    AccessDenied,
    Conflict,
    Defect,
    DuplicateKey,
    MlflowGrcError,
    OutcomeUnknown,
    Rejected,
    Retriable,
    RunAborted,
    StateCorrupt,
)
from connector.model.fields import Side
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.state import Link
from connector.plan import Context, Pair, plan_object
from connector.plan.context import ASSIGNED, Identity
from connector.tracing import span

log = get_logger(__name__)

MAX_ROUNDS = 12
"""Writes of one object in one run before it is left to the next: a server that rewrites forever ends here."""
MAX_CONFLICTS = 3
"""Times that a write of one object is planned again in one run because the object moved under it."""


class Executor:
    """Applies operations, one object after the other: one executor for each thread."""

    def __init__(
        self,
        context: Context,
        sides: Sides,
        memory: RunMemory,
        ledger: Ledger,
        step: Step,
        applied: Applied,
        stopped: Callable[[], bool],
    ) -> None:
        """``step`` is called before each step of an operation; once ``stopped``, no other operation is begun."""
        self._context, self._sides, self._memory = context, sides, memory
        self._ledger, self._step, self.applied, self._stopped = ledger, step, applied, stopped
        self._attempts = Attempts(context, sides, memory, ledger, applied)
        self._writer = Writer(sides, ledger, step, context.instance)

    def run(self, pair: Pair, bounds: Bounds) -> Pair:
        """Apply whatever the object needs, within the bounds. Returns the pair as it stands afterwards.

        Errors that concern this object alone end in ``applied``; RunAborted is raised.
        """
        done: set[str] = set()
        conflicts, rounds = 0, MAX_ROUNDS
        while rounds > 0:
            rounds -= 1
            operation = self._next(pair, bounds, done)
            if operation is None or self._stopped():
                break
            done.add(operation.digest)
            try:
                with span("operation", kind=str(operation.kind), side=str(operation.side), object=str(operation.ref)):
                    pair = self._apply(pair, operation, bounds)
            except (RunAborted, StateCorrupt):
                raise
            except Rejected as error:
                rounds += self._refused(operation, error)
            except MlflowGrcError as error:
                conflicts += isinstance(error, Conflict)
                if not isinstance(error, Conflict) or conflicts == MAX_CONFLICTS:
                    self._attempts.failed(operation, error)
                    break
                # It is read afresh before it is tried again.
                done.discard(operation.digest)
            except Exception as error:
                log.debug("unexpected", object=str(operation.ref), exc_info=True)
                self._attempts.failed(operation, Defect(str(operation.ref), error))
                break
        return pair

    def fill(self, pair: Pair, link: Link, bounds: Bounds) -> None:
        """Bring a placeholder just made into agreement with its record. ``pair`` has the record alone."""
        view = self._sides.read_registry(link.ref)
        if view is not None:
            self.run(replace(pair, ref=link.ref, registry=view, link=link), bounds)

    def _next(self, pair: Pair, bounds: Bounds, done: Iterable[str]) -> Operation | None:
        """The next operation of the object that was not tried yet: comments and the GRC first."""
        for operation in self._planned(pair, bounds):
            kept = self._within(pair, operation, bounds)
            for part in self._parts(kept) if kept is not None else ():
                if part.digest not in done:
                    return part
        return None

    def _planned(self, pair: Pair, bounds: Bounds) -> Sequence[Operation]:
        """The object's plan, what it settles recorded. A request that may not be carried to the GRC is none."""
        found = plan_object(self._context, self._memory.view(), pair)
        asks = {change for each in found.operations for change in each.changes if change.request}
        if not all(bounds.allows(Side.GRC, change) for change in asks):
            found = plan_object(self._context, self._memory.view(), pair, asked=False)
        known = self._memory.bases.get(pair.ref.key, {})
        news = [settle for settle in found.settles if known.get(settle.field) != settle.base]
        if news:
            self._ledger.settle(news)
            self._memory.settle(news)
        return found.operations

    def _parts(self, operation: Operation) -> Sequence[Operation]:
        """The operation, or one for each of its changes where the GRC refused them all and named none."""
        if (operation.ref.key, operation.side) not in self._memory.singly:
            return [operation]
        return [replace(operation, changes=changes) for changes in _separable(operation.changes)]

    def _within(self, pair: Pair, operation: Operation, bounds: Bounds) -> Operation | None:
        if operation.kind is OperationKind.POST_COMMENT:
            allowed = bounds.only is None or (Side.GRC, operation.token, operation.text) in bounds.only
            return operation if allowed else None
        if operation.kind is OperationKind.UPDATE_REGISTRY and pair.grc is None:
            return None
        if operation.side is Side.GRC and any(change.new == ASSIGNED for change in operation.changes):
            # A version whose model has no record yet, because its creation failed or was withheld.
            return None
        kept = tuple(change for change in operation.changes if bounds.allows(operation.side, change))
        return replace(operation, changes=kept) if kept else None

    def _apply(self, pair: Pair, planned: Operation, bounds: Bounds) -> Pair:
        if planned.kind is OperationKind.POST_COMMENT:
            return self._comment(pair, planned)
        self._step("intent")
        self._ledger.intend(planned)
        self._step("read")
        fresh = self._writer.refresh(pair, planned.side)
        operation = None
        if fresh is not None:
            pair = replace(fresh, bases=self._memory.bases_of(pair.ref.key))
            operation = self._again(pair, planned, bounds)
        if operation is None:
            self._ledger.drop(planned.digest)
            return pair
        if operation.digest != planned.digest:
            self._ledger.intend(operation, instead_of=planned.digest)
        pair, landed = self._carry_out(pair, operation)
        if doubt(pair, landed.changes):
            pair, _ = self._carry_out(pair, self._take_back(landed))
        return pair

    def _carry_out(self, pair: Pair, operation: Operation) -> tuple[Pair, Operation]:
        """Write and record. Returns the pair as it stands then, and the operation with what landed of it."""
        self._ledger.before_write()
        self._step("write")
        try:
            written, landed = self._writer.write(pair, operation)
        except OutcomeUnknown:
            raise
        except (Rejected, Conflict, DuplicateKey, Retriable) as error:
            self._keep_landed(pair, operation, error)
            raise
        self._step("record")
        return self._record(written, landed, operation.digest), landed

    def _take_back(self, submitted: Operation) -> Operation:
        """Intend to give a model record its governed version back, when the status did not follow a submission."""
        (moved,) = (change for change in submitted.changes if change.field == Identity.GOVERNED_VERSION)
        rule = "taken back: the status did not follow the submission"
        change = replace(moved, old=moved.new, new=moved.old, rule=rule)
        operation = replace(submitted, changes=(change,))
        self._ledger.intend(operation)
        return operation

    def _again(self, pair: Pair, planned: Operation, bounds: Bounds) -> Operation | None:
        """The same side's operation, planned against the fresh read: in MLflow without what the GRC is still to be
        asked for.
        """
        asked = planned.side is Side.GRC
        for operation in plan_object(self._context, self._memory.view(), pair, asked=asked).operations:
            if operation.side is planned.side and operation.kind is not OperationKind.POST_COMMENT:
                kept = self._within(pair, operation, bounds)
                return self._like(planned, kept) if kept is not None else None
        return None

    def _like(self, planned: Operation, operation: Operation) -> Operation | None:
        parts = self._parts(operation)
        names = {change.field for change in planned.changes}
        return next((part for part in parts if len(parts) == 1 or {c.field for c in part.changes} <= names), None)

    def _keep_landed(self, pair: Pair, operation: Operation, error: MlflowGrcError) -> None:
        """A registry write is several requests: those before the one that failed are done, and are recorded."""
        several = operation.side is Side.REGISTRY and len(operation.changes) > 1
        found = self._writer.look_up_lost(pair, operation, error) if several else None
        if found is None:
            self._ledger.drop(operation.digest)
        else:
            self._record(*found, operation.digest)

    def _record(self, pair: Pair, operation: Operation, intent: str) -> Pair:
        held = registry_held if operation.side is Side.REGISTRY else grc_held
        result = judge(pair, operation.side, operation.changes, functools.partial(held, pair))
        link = self._link(pair, operation)
        entry = Entry(
            operation=operation,
            bases=result.bases,
            link=link,
            quarantines=(*result.quarantines, *doubt(pair, operation.changes)),
            resolved=self._memory.resolved(pair.ref.key, operation.changes),
            results=tuple(result.changes),
            actor=(pair.grc.actor or "") if pair.grc and operation.side is Side.REGISTRY else "",
        )
        self._ledger.record(entry, intent)
        self._memory.learn(entry)
        self.applied.operations.append(replace(operation, changes=entry.results))
        told(operation, not_stuck=result.not_stuck)
        self.applied.quarantines += entry.quarantines
        self.applied.not_stuck += [(operation, name) for name in result.not_stuck]
        return replace(pair, link=link or pair.link, bases=self._memory.bases_of(pair.ref.key), moved_from=None)

    def _link(self, pair: Pair, operation: Operation) -> Link | None:
        if operation.kind is not OperationKind.CREATE_RECORD or pair.grc is None:
            return None
        return Link(pair.ref, pair.grc.id, created_ms=pair.registry.created_ms)

    def _comment(self, pair: Pair, operation: Operation) -> Pair:
        """Post an answer once: the adapter finds the token of one that was posted before."""
        self._step("intent")
        self._ledger.intend(operation)
        self._ledger.before_write()
        self._step("write")
        self._writer.post(operation)
        self._step("record")
        entry = Entry(operation, response=(operation.record_id or "", operation.token))
        self._ledger.record(entry)
        self._memory.learn(entry)
        self.applied.operations.append(operation)
        told(operation)
        return pair

    def _refused(self, operation: Operation, error: Rejected) -> int:
        """Quarantine what was refused. Returns how many rounds more it takes to find that out."""
        parts = _separable(operation.changes) if operation.kind is OperationKind.UPDATE_RECORD else ()
        if len(parts) > 1 and not isinstance(error, AccessDenied) and not names_one(operation, error, self._sides):
            self._memory.singly.add((operation.ref.key, operation.side))
            self._ledger.drop(operation.digest)
            return len(parts)
        self._quarantine(operation, error)
        return 0

    def _quarantine(self, operation: Operation, error: Rejected) -> None:
        removals = denied_removals(operation, error, self._sides)
        if removals:
            self._memory.cannot_remove(operation.ref.name)
            cases = removal_cases(operation, error, removals, self._context.tags)
        else:
            cases = [refusal(operation, error, self._sides, self._context.now)]
        for case in map(self._memory.remembered, cases):
            self._attempts.quarantine(operation, case)


def _separable(changes: Sequence[FieldChange]) -> Sequence[tuple[FieldChange, ...]]:
    """The changes one by one; those of a request stay together, for neither means anything alone."""
    requests = tuple(change for change in changes if change.request)
    singles = [(change,) for change in changes if not change.request]
    return [*([requests] if requests else []), *singles]
