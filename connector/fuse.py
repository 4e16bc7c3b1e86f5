"""The fuse: a plan that would change suspiciously much is applied only in part, loudly.

An empty or partial answer of either side looks like a mass deletion. Counted while planning, per class: retirements,
removals of tags, fields of the GRC set to empty, updates of objects that were in agreement before, promotions, aliases
taken off, and issues opened for findings. What trips is withheld, the rest applied; a person's approval lets through
exactly the operations it named, and any subset of them. What was withheld once stays withheld until it is approved or
no longer planned: the part that an approval left out may be small enough for the limit, and is still what nobody agreed
to. What a listing lacked and nobody asked for yet counts with what was asked for: a cycle asks for a few, and the rest
would follow them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connector.model.fields import Entity
from connector.model.operations import FuseClass, Operation, OperationKind
from connector.model.policy import FuseLimit


@dataclass(frozen=True, slots=True)
class Fused:
    """What may be applied, what is withheld, and which fuses tripped, each with a sentence. ``released`` are the
    operations that an approval let through, each as it was approved.
    """

    operations: tuple[Operation, ...]
    withheld: tuple[Operation, ...]
    tripped: Mapping[FuseClass, str]
    released: tuple[Operation, ...] = ()


def fuse(
    operations: Sequence[Operation],
    linked: int,
    limits: Mapping[FuseClass, FuseLimit],
    approved: frozenset[str] = frozenset(),
    withheld_before: frozenset[str] = frozenset(),
    unasked: Mapping[FuseClass, int] | None = None,
) -> Fused:
    """Split a plan's operations. ``linked``: how many objects were linked before; ``approved`` and
    ``withheld_before``: operation digests, the latter those that the last run withheld. ``unasked``: how many more
    objects a class would concern, as far as the listings tell.
    """
    more = unasked or {}
    split = [part for operation in operations for part in _split_removals(operation)]
    waiting = [operation for operation in split if operation.digest not in approved]
    words = {
        kind: f"{_counted(waiting, kind, linked, more.get(kind, 0))} "
        f"(limit {limit.percent:g} %, at least {limit.floor})"
        for kind, limit in limits.items()
        if (count := _objects(waiting, kind)) and trips(count + more.get(kind, 0), linked, limit)
    }
    left = [each for each in waiting if each.fuse and each.fuse not in words and each.digest in withheld_before]
    still = {each.digest for each in left}
    withheld = tuple(each for each in waiting if each.fuse in words or each.digest in still)
    words |= {each.fuse: f"{_counted(left, each.fuse, linked)} (withheld before)" for each in left if each.fuse}
    held = {id(operation) for operation in withheld}
    kept = (operation for operation in split if id(operation) not in held)
    released = tuple(operation for operation in split if operation.digest in approved)
    return Fused(tuple(_join(kept)), withheld, words, released)


_NAMES = {
    FuseClass.RETIRE: "retirement",
    FuseClass.TAG_REMOVAL: "removal of tags",
    FuseClass.EMPTYING: "emptying of GRC fields",
    FuseClass.UPDATE: "update",
    FuseClass.PROMOTE: "promotion",
    FuseClass.TAKE_OFF: "taking off of aliases",
    FuseClass.OPEN_ISSUE: "opening",
}


_COUNTED = (Entity.MODEL, Entity.VERSION, Entity.ISSUE)
_REMOVING = {
    OperationKind.UPDATE_REGISTRY: FuseClass.TAG_REMOVAL,
    OperationKind.UPDATE_RECORD: FuseClass.EMPTYING,
}
"""The kinds of write that can remove something, and the class of what they remove."""


def trips(count: int, linked: int, limit: FuseLimit) -> bool:
    """Whether so many objects, of so many linked ones, are more than the limit lets pass."""
    return count > limit.floor and count * 100 > limit.percent * linked


def _counted(operations: Iterable[Operation], kind: FuseClass, linked: int, more: int = 0) -> str:
    refs = {operation.ref.key: operation.ref.entity for operation in operations if operation.fuse is kind}
    numbers = [(sum(found is entity for found in refs.values()), entity) for entity in _COUNTED]
    told = " and ".join(f"{number} {entity}{'s' * (number != 1)}" for number, entity in numbers if number)
    also = f" ({more} more are missing, and were not asked for yet)" if more else ""
    return f"{_NAMES[kind]} of {told}{also}, of {linked} linked objects"


def _objects(operations: Iterable[Operation], kind: FuseClass) -> int:
    return len({operation.ref.key for operation in operations if operation.fuse is kind})


def _split_removals(operation: Operation) -> list[Operation]:
    """Part the removals that rest on an absence from the rest of a write: they are a class of their own."""
    removing = _REMOVING.get(operation.kind)
    if removing is None:
        return [operation]
    removals = tuple(c for c in operation.changes if c.new is None and c.old is not None and not c.expected_removal)
    rest = tuple(c for c in operation.changes if c not in removals)
    parts = []
    if rest:
        parts.append(replace(operation, changes=rest))
    if removals:
        parts.append(replace(operation, changes=removals, fuse=removing))
    return parts


def _join(operations: Iterable[Operation]) -> list[Operation]:
    """Put the parts of one write together again, so that an object is written once."""
    joined: list[Operation] = []
    for operation in operations:
        last = joined[-1] if joined else None
        if last is not None and _same_write(last, operation):
            joined[-1] = replace(last, changes=last.changes + operation.changes)
        else:
            joined.append(operation)
    return joined


def _same_write(first: Operation, second: Operation) -> bool:
    return first.kind in _REMOVING and (first.kind, first.ref.key) == (second.kind, second.ref.key)
