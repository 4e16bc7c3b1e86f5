"""Which of the planned operations a cycle may apply: all, those of one model, or those of a saved plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from connector.apply.applied import Applied, Bounds
from connector.engine.saved import Sorted, Stale, left_undone, sort
from connector.model.fields import Side
from connector.model.operations import Operation, OperationKind, Plan
from connector.plan import Memory, Planned

Wanted = tuple[Side, str, str | None]


@dataclass(frozen=True, slots=True)
class Selection:
    """The operations to apply, in order, and the bounds of each object. ``saved``: what became of the operations of a
    saved plan. ``left_out`` counts what the fresh plan has beside.
    """

    operations: tuple[Operation, ...]
    held: dict[str, frozenset[tuple[Side, str]]] = field(default_factory=dict)
    only: dict[str, frozenset[Wanted]] | None = None
    saved: Sorted = field(default_factory=Sorted)
    model: str | None = None
    created: frozenset[str] = frozenset()
    """Keys of the objects whose record a saved plan creates."""
    left_out: int = 0

    @classmethod
    def of(cls, planned: Planned, saved: Plan | None, model: str | None, memory: Memory) -> Selection:
        """Select from a fresh plan: all, what concerns a model, what of a saved plan still holds."""
        fresh = [each for each in planned.plan.operations if model is None or each.ref.name == model]
        held = _held(planned.plan.withheld)
        if saved is None:
            return cls(tuple(fresh), held, model=model, left_out=len(planned.plan.operations) - len(fresh))
        meant = [each for each in saved.operations if model is None or each.ref.name == model]
        found = sort(meant, fresh, planned, memory)
        chosen = found.agreed
        return cls(
            chosen,
            held,
            _wanted(chosen),
            found,
            model,
            frozenset(each.ref.key for each in chosen if each.kind is OperationKind.CREATE_RECORD),
            len(planned.plan.operations) - len(chosen),
        )

    @property
    def counts(self) -> dict[str, int]:
        """What a narrowed cycle leaves as it is: done before, and beside it."""
        return {"already_done": len(self.saved.done), "left_out": self.left_out}

    def undone(self, applied: Applied) -> tuple[Stale, ...]:
        """What of a saved plan was refused, and what came to nothing although it was agreed."""
        return (*self.saved.stale, *left_undone(self.saved, applied))

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
        changes: set[Wanted] = {(operation.side, change.field, change.says) for change in operation.changes}
        if operation.kind is OperationKind.POST_COMMENT:
            changes.add((Side.GRC, operation.token, operation.text))
        wanted[operation.ref.key] |= changes
    return {key: frozenset(changes) for key, changes in wanted.items()}
