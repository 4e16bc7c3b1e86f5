"""A refused write becomes a quarantine case of the field that was refused, or of the whole write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connector.apply.sides import Sides
from connector.model.errors import AccessDenied, Rejected
from connector.model.fields import LocationKind, Side
from connector.model.operations import FieldChange, Operation, OperationKind, alias_of
from connector.model.state import QuarantineCase
from connector.model.tags import Tags
from connector.plan.issues import marks_instead
from connector.plan.placing import answer_field
from connector.plan.refused import changes_digest, within_the_hour, within_the_run


def refusal(operation: Operation, error: Rejected, sides: Sides, now: str) -> QuarantineCase:
    """Blame the one field that the answer names, where it is one of ours; else the write as a whole.

    Either is tried again as soon as what would be written changes. Where the value was not at fault it is tried again
    all the same: in the next hour (``now`` is an ISO time) for a permission that lacks, in the next cycle for a word
    that the mapping has not, for that costs no request.
    """
    if operation.kind is OperationKind.POST_COMMENT:
        remedy = error.remedy or "change the answer's text, or answer in the GRC"
        return QuarantineCase(operation.ref, answer_field(operation.record_id), error.message, remedy, operation.token)
    case = _case(operation, error, _blamed(operation, error, sides))
    if isinstance(error, AccessDenied):
        return replace(case, value_digest=within_the_hour(case.value_digest, now))
    if _is_without_word(operation, sides):
        return replace(case, value_digest=within_the_run(case.value_digest, now))
    return case


def names_one(operation: Operation, error: Rejected, sides: Sides) -> bool:
    """Whether the refusal tells which of the operation's changes it is about."""
    return _blamed(operation, error, sides) is not None


def _is_without_word(operation: Operation, sides: Sides) -> bool:
    if operation.side is not Side.GRC:
        return False
    try:
        sides.mapping.native(operation.ref.entity, {change.field: change.new for change in operation.changes})
    except Rejected:
        return True
    return False


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
    return QuarantineCase(operation.ref, name, error.message, remedy, changes_digest(changes, operation.side))


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
    changes = operation.changes
    if changes and changes[-1].request and all(change.request for change in changes):
        # The status is what was asked for; the governed version only goes with it.
        return changes[-1]
    if error.field is None or len(changes) == 0:
        return changes[0] if len(changes) == 1 and operation.kind is OperationKind.UPDATE_RECORD else None
    for change in changes:
        if change.field == error.field or _native_name(operation, change, sides) == error.field:
            return change
    return None


def _native_name(operation: Operation, change: FieldChange, sides: Sides) -> str | None:
    if change.is_tag or alias_of(change.field) is not None:
        return change.field
    if operation.side is Side.REGISTRY:
        return sides.place(operation.ref, change.field).key
    return next(iter(sides.mapping.native(operation.ref.entity, {change.field: change.new})), None)
