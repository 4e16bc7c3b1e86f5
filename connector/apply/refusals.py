"""A refused write becomes a quarantine case of the field that was refused, or of the whole write."""

from __future__ import annotations

from collections.abc import Iterable

from connector.apply.sides import Sides
from connector.model.errors import AccessDenied, Rejected
from connector.model.fields import LocationKind, Side
from connector.model.operations import FieldChange, Operation
from connector.model.state import QuarantineCase
from connector.model.tags import Tags
from connector.plan.issues import marks_instead
from connector.plan.single import changes_digest


def refusal(operation: Operation, error: Rejected, sides: Sides) -> QuarantineCase:
    """Blame the one field that the answer names, where it is one of ours; else the write as a whole.

    Either is tried again as soon as what would be written changes.
    """
    return _case(operation, error, _blamed(operation, error, sides))


def removal_cases(
    operation: Operation, error: Rejected, removals: Iterable[FieldChange], tags: Tags
) -> list[QuarantineCase]:
    """A case for each removal that was denied, but for those that the closed marker can stand for."""
    entity = operation.ref.entity
    return [_case(operation, error, each) for each in removals if not marks_instead(entity, tags, each.field)]


def _case(operation: Operation, error: Rejected, blamed: FieldChange | None) -> QuarantineCase:
    name = blamed.field if blamed else f"{operation.side}:"
    changes = [blamed] if blamed else operation.changes
    remedy = error.remedy or "correct the value, the mapping or the account's permissions; it is tried again then"
    return QuarantineCase(operation.ref, name, error.message, remedy, changes_digest(changes))


def denied_removals(operation: Operation, error: Rejected, sides: Sides) -> list[FieldChange]:
    """The tags that the operation was to remove, if this account may not remove any from the object: no permission is
    per tag. Empty for every other refusal.
    """
    if not isinstance(error, AccessDenied) or operation.side is not Side.REGISTRY:
        return []
    removals = [change for change in operation.changes if change.new is None and _is_in_tag(operation, change, sides)]
    return removals if _blamed(operation, error, sides) in removals else []


def _is_in_tag(operation: Operation, change: FieldChange, sides: Sides) -> bool:
    return change.is_tag or sides.place(operation.ref, change.field).kind is LocationKind.TAG


def _blamed(operation: Operation, error: Rejected, sides: Sides) -> FieldChange | None:
    if error.field is None or len(operation.changes) == 0:
        return None
    for change in operation.changes:
        if change.field == error.field or _native_name(operation, change, sides) == error.field:
            return change
    return None


def _native_name(operation: Operation, change: FieldChange, sides: Sides) -> str | None:
    if change.is_tag:
        return change.field
    if operation.side is Side.REGISTRY:
        return sides.place(operation.ref, change.field).key
    return next(iter(sides.mapping.native(operation.ref.entity, {change.field: change.new})), None)
