"""What has become of a saved plan's operations since it was made: each still holds, is done already, or is refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connector.apply.aliased import is_landed, landed_aliases
from connector.apply.applied import Applied
from connector.apply.result import grc_held, registry_held
from connector.model.fields import Entity, Side, Value
from connector.model.operations import ALIAS_KINDS, FieldChange, Operation, OperationKind, Plan
from connector.model.state import LinkState
from connector.model.tags import CLOSED_MARK
from connector.plan import Memory, Pair, Planned
from connector.plan.context import ASSIGNED

_SHOWN = 60
_WITHOUT_PAIR = frozenset(
    {
        OperationKind.RETIRE_RECORD,
        OperationKind.CREATE_PLACEHOLDER,
        OperationKind.OPEN_ISSUE,
        OperationKind.CLOSE_ISSUE,
        OperationKind.REOPEN_ISSUE,
    }
)
_Name: TypeAlias = tuple[str, str | None]
"""Of a model, without a version, or of a version."""
_SIDES: Mapping[Side, str] = {Side.REGISTRY: "MLflow", Side.GRC: "the GRC"}


@dataclass(frozen=True, slots=True)
class Stale:
    """An operation of a saved plan that is refused, and why it no longer holds."""

    operation: Operation
    why: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """A saved plan's operations: ``agreed`` are those of the fresh plan, ``done`` what both sides hold already."""

    agreed: tuple[Operation, ...] = ()
    done: tuple[Operation, ...] = ()
    stale: tuple[Stale, ...] = ()


def sort(saved: Sequence[Operation], fresh: Sequence[Operation], planned: Planned, memory: Memory) -> Sorted:
    """Compare a saved plan's operations with the fresh plan: one holds when the fresh plan has the very same one, and
    what it rests on holds too.
    """
    wanted = {operation.digest for operation in saved}
    agreed: list[Operation] = []
    lost: dict[str, str] = {}
    missing: dict[_Name, str] = {}
    for operation in fresh:
        why = _unfounded(operation, missing)
        if operation.digest in wanted and not why:
            agreed.append(operation)
            continue
        if operation.kind is OperationKind.CREATE_RECORD:
            missing[operation.ref.name, operation.ref.version] = str(operation.ref)
        if operation.digest in wanted:
            lost[operation.digest] = why
    held = {operation.digest for operation in agreed}
    look = _Look.of(planned, memory, fresh)
    rest = [operation for operation in saved if operation.digest not in held]
    done = tuple(operation for operation in rest if operation.digest not in lost and look.is_done(operation))
    finished = {operation.digest for operation in done}
    stale = (operation for operation in rest if operation.digest not in finished)
    return Sorted(tuple(agreed), done, tuple(Stale(each, lost.get(each.digest) or look.why(each)) for each in stale))


def left_undone(found: Sorted, applied: Applied) -> Iterator[Stale]:
    """Yield those of the agreed operations that came to nothing while they were applied, without an error of their
    own: what they rest on was refused or failed, or the object moved under them.
    """
    done = {_place(each) for each in applied.operations}
    told = {each.ref.key for each, _ in applied.failures} | {case.ref.key for case in applied.quarantines}
    failed = {each.ref.name for each, _ in applied.failures} | {case.ref.name for case in applied.quarantines}
    failed |= {each.operation.ref.name for each in found.stale}
    for operation in found.agreed:
        if _place(operation) not in done and operation.ref.key not in told:
            rests = "what it rests on was not carried out" if operation.ref.name in failed else "it changed meanwhile"
            yield Stale(operation, rests)


_NOT_MOVED = {
    OperationKind.PROMOTE: "it is not to be promoted any more",
    OperationKind.TAKE_OFF: "nothing speaks against it any more",
    OperationKind.GIVE_BACK: "its alias is not to be given back any more",
}


def _place(operation: Operation) -> tuple[str, Side, str]:
    """What an operation writes to: an object on a side, the comments there, or an alias of the object."""
    apart = operation.kind if operation.kind in {OperationKind.POST_COMMENT, *ALIAS_KINDS} else ""
    return operation.ref.key, operation.side, apart


def _unfounded(operation: Operation, missing: Mapping[_Name, str]) -> str:
    """Why an operation cannot be carried out although nothing moved: a record that it needs is not created."""
    ref = operation.ref
    needs: list[_Name] = (
        [(ref.name, None)] if ref.entity is Entity.VERSION or operation.kind is OperationKind.UPDATE_REGISTRY else []
    )
    needs += [(ref.name, ref.version)] if operation.kind is OperationKind.UPDATE_REGISTRY else []
    lacking = next((missing[name] for name in needs if name in missing), None)
    return f"the record of {lacking} is not created: that operation no longer holds" if lacking else ""


@dataclass(frozen=True, slots=True)
class _Look:
    """Both sides as observed now, and the fresh plan by object and side; digests of what it ``withheld``, and by object
    its ``parked`` fields.
    """

    planned: Planned
    memory: Memory
    fresh: Mapping[tuple[str, Side], Operation]
    withheld: frozenset[str]
    parked: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, planned: Planned, memory: Memory, fresh: Iterable[Operation]) -> _Look:
        """Index what is asked of each of many operations."""
        by_place = {_place(each)[:2]: each for each in fresh if not _place(each)[2]}
        withheld = frozenset(each.digest for each in planned.plan.withheld)
        return cls(planned, memory, by_place, withheld, _parked(planned.plan))

    def is_done(self, operation: Operation) -> bool:
        """Whether the operation's side holds what it was to write."""
        pair, link = self.planned.pairs.get(operation.ref.key), self.memory.links.get(operation.ref.key)
        match operation.kind:
            case OperationKind.POST_COMMENT:
                return operation.token in self.memory.responses
            case OperationKind.RETIRE_RECORD:
                return pair is None and link is not None and link.state is LinkState.RETIRED
            case OperationKind.CREATE_PLACEHOLDER:
                return any(each.record_id == operation.record_id for each in self.memory.links.values())
            case OperationKind.OPEN_ISSUE | OperationKind.REOPEN_ISSUE:
                return any(each.key == operation.ref.key and each.is_open for each in self.planned.issues)
            case OperationKind.CLOSE_ISSUE:
                return any(each.key == operation.ref.key and not each.is_open for each in self.planned.issues)
        if pair is None or (operation.side is Side.GRC and pair.grc is None):
            return False
        if operation.kind in ALIAS_KINDS:
            return is_landed(operation, landed_aliases(operation, pair.registry))
        now = self.fresh.get((operation.ref.key, operation.side))
        planned = {change.field for change in now.changes} if now else set()
        return all(
            change.field not in planned if change.meaning else _is_held(pair, operation.side, change)
            for change in operation.changes
        )

    def why(self, operation: Operation) -> str:
        """Why an operation does not hold any more, in a few words."""
        key = operation.ref.key
        if operation.digest in self.withheld:
            return "a fuse withholds it; see: mlflow-grc approve"
        pair = self.planned.pairs.get(key)
        if pair is None:
            return self._without_pair(operation)
        if operation.kind in ALIAS_KINDS:
            return _NOT_MOVED[operation.kind]
        parked = self.parked.get(key, {})
        for change in operation.changes:
            if change.field in parked:
                return f"{change.field} is {parked[change.field]} now"
        if operation.kind is OperationKind.CREATE_RECORD and pair.grc is not None:
            return f"record {pair.grc.id} exists already"
        return self._moved(operation, pair)

    def _without_pair(self, operation: Operation) -> str:
        if operation.kind in _WITHOUT_PAIR:
            return "it is not to be done any more"
        return f"the {operation.ref.entity} is gone from MLflow"

    def _moved(self, operation: Operation, pair: Pair) -> str:
        now = self.fresh.get((operation.ref.key, operation.side))
        planned = {change.field: change.says for change in now.changes} if now else {}
        for change in operation.changes:
            if change.field in planned and planned[change.field] != change.says:
                return f"{change.field} is now {_told(planned[change.field])}"
            held = _held(pair, operation.side, change)
            if held not in (change.old, change.new) and not _is_assigned(change, held):
                return f"{change.field} is now {_told(held)} in {_SIDES[operation.side]}"
        gone = [change.field for change in operation.changes if change.field not in planned]
        if gone:
            return f"{gone[0]} is not to be written any more"
        more = sorted(planned.keys() - {change.field for change in operation.changes})
        return f"{more[0]} is to be written too by now" if more else "it is not to be done any more"


def _held(pair: Pair, side: Side, change: FieldChange) -> Value:
    return registry_held(pair, change) if side is Side.REGISTRY else grc_held(pair, change)


def _is_held(pair: Pair, side: Side, change: FieldChange) -> bool:
    """Whether the side holds the change's new value, or its own form of it, as the base of the write tells."""
    held = _held(pair, side, change)
    if held == change.new or _is_assigned(change, held) or (change.new is None and held == CLOSED_MARK):
        return True
    base = pair.bases.get(change.field)
    if base is None:
        return False
    here, there = (base.registry, base.grc) if side is Side.REGISTRY else (base.grc, base.registry)
    return held == here and there == change.new


def _is_assigned(change: FieldChange, held: Value) -> bool:
    """Whether ``held`` is what was planned, with an id of the GRC in the place of the one that was yet to be given."""
    if held is None or change.new is None or ASSIGNED not in change.new:
        return False
    pattern = ".+".join(map(re.escape, change.new.split(ASSIGNED)))
    return re.fullmatch(pattern, held, re.DOTALL) is not None


def _parked(plan: Plan) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for how, cases in (("in conflict", plan.conflicts), ("quarantined", plan.quarantines)):
        for case in cases:
            found[case.ref.key][case.field] = how
    return found


def _told(value: Value) -> str:
    if value is None:
        return "empty"
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}...")
