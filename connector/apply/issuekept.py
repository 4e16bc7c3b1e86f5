"""What a platform kept of the issue of a finding: what was written, compared with what is read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from connector.apply.result import unstuck
from connector.model.fields import Value
from connector.model.operations import FieldChange
from connector.model.state import QuarantineCase
from connector.model.views import Issue, ObjectRef
from connector.plan.context import Identity
from connector.plan.refused import within_the_day


def as_kept(changes: Iterable[FieldChange], after: Issue) -> tuple[FieldChange, ...]:
    """The changes as they came out. Texts and dates are taken for kept: a platform may cut and format them."""
    return tuple(replace(change, new=_held(change, after)) for change in changes)


def not_kept(ref: ObjectRef, changes: Iterable[FieldChange], after: Issue, now: str) -> tuple[QuarantineCase, ...]:
    """A case for each change that tells whose issue it is and how it stands, and that was not kept. An issue that was
    opened may be anywhere on its way by then: a workflow may have moved it on. ``now`` is an ISO time.
    """
    return tuple(_cases(ref, changes, after, now))


def is_kept(change: FieldChange, after: Issue) -> bool:
    """Whether a change stands."""
    if change.field == "state" and change.new == "open":
        return after.state is not None and after.is_open
    return _held(change, after) == change.new


def _cases(ref: ObjectRef, changes: Iterable[FieldChange], after: Issue, now: str) -> Iterator[QuarantineCase]:
    for change in changes:
        if is_kept(change, after):
            continue
        case = unstuck(ref, change, _held(change, after))
        if change.field == Identity.KEY:
            remedy = (
                f"let the field of identity.key keep {len(change.new or '')} characters and the connector's account "
                f"write it, then enter the key in issue {after.number} or delete that issue; no other issue is opened "
                "before the next day"
            )
            case = replace(case, remedy=remedy, value_digest=within_the_day(case.value_digest, now))
        yield case


def _held(change: FieldChange, after: Issue) -> Value:
    held: dict[str, Value] = {
        Identity.KEY: after.key,
        Identity.PARENT: after.model_id,
        Identity.VERSION: after.version_id,
        "severity": after.severity,
        "state": after.state,
    }
    return held.get(change.field, change.new)
