"""Which of the planned operations a cycle may apply: all, those of one model, or those of a saved plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from connector.apply.applied import Bounds
from connector.model.fields import Side
from connector.model.operations import Operation, OperationKind, Plan
from connector.plan import Planned

Wanted = tuple[Side, str, str | None]


@dataclass(frozen=True, slots=True)
class Selection:
    """The operations to apply, in order, and the bounds of each object. ``stale``: operations of the saved plan that
    no longer hold.
    """

    operations: tuple[Operation, ...]
    held: dict[str, frozenset[tuple[Side, str]]] = field(default_factory=dict)
    only: dict[str, frozenset[Wanted]] | None = None
    stale: tuple[Operation, ...] = ()
    model: str | None = None
    created: frozenset[str] = frozenset()
    """Keys of the objects whose record a saved plan creates."""

    @classmethod
    def of(cls, planned: Planned, saved: Plan | None, model: str | None) -> Selection:
        """Select from a fresh plan. Of a saved plan an operation holds when the fresh plan has the very same one."""
        fresh = [each for each in planned.plan.operations if model is None or each.ref.name == model]
        held = _held(planned.plan.withheld)
        if saved is None:
            return cls(tuple(fresh), held, None, (), model)
        known = {operation.digest for operation in fresh}
        agreed = {operation.digest for operation in saved.operations if operation.digest in known}
        chosen = tuple(operation for operation in fresh if operation.digest in agreed)
        stale = tuple(operation for operation in saved.operations if operation.digest not in agreed)
        created = frozenset(each.ref.key for each in chosen if each.kind is OperationKind.CREATE_RECORD)
        return cls(chosen, held, _wanted(chosen), stale, model, created)

    def bounds(self, key: str) -> Bounds:
        """Return what may be changed of one object."""
        only = None if self.only is None else self.only.get(key, frozenset())
        return Bounds(self.held.get(key, frozenset()), only, key in self.created)

    def concerns(self, name: str) -> bool:
        """Whether the selection is about this registered model."""
        return self.model is None or self.model == name


def _held(withheld: Iterable[Operation]) -> dict[str, frozenset[tuple[Side, str]]]:
    held: dict[str, set[tuple[Side, str]]] = defaultdict(set)
    for operation in withheld:
        held[operation.ref.key] |= {(operation.side, change.field) for change in operation.changes}
    return {key: frozenset(changes) for key, changes in held.items()}


def _wanted(operations: Iterable[Operation]) -> dict[str, frozenset[Wanted]]:
    wanted: dict[str, set[Wanted]] = defaultdict(set)
    for operation in operations:
        changes: set[Wanted] = {(operation.side, change.field, change.new) for change in operation.changes}
        if operation.kind is OperationKind.POST_COMMENT:
            changes.add((Side.GRC, operation.token, operation.text))
        wanted[operation.ref.key] |= changes
    return {key: frozenset(changes) for key, changes in wanted.items()}
