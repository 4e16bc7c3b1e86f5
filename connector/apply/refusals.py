"""A refused write becomes a quarantine case of the field that was refused, or of the whole write."""

from __future__ import annotations

from connector.apply.sides import Sides
from connector.model.errors import Rejected
from connector.model.fields import Side
from connector.model.operations import FieldChange, Operation
from connector.model.state import QuarantineCase
from connector.plan.single import changes_digest


def refusal(operation: Operation, error: Rejected, sides: Sides) -> QuarantineCase:
    """Blame the one field that the answer names, where it is one of ours; else the write as a whole.

    Either is tried again as soon as what would be written changes.
    """
    blamed = _blamed(operation, error, sides)
    name = blamed.field if blamed else f"{operation.side}:"
    changes = [blamed] if blamed else operation.changes
    remedy = error.remedy or "correct the value, the mapping or the account's permissions; it is tried again then"
    return QuarantineCase(operation.ref, name, error.message, remedy, changes_digest(changes))


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
