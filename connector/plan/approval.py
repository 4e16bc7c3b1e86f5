"""Approval as request and decision.

An engineer asks by the tag ``grc_approval_request`` on a version; that moves the GRC between *not submitted* and
*pending* and nowhere else. The GRC decides; the decision comes back as an ordinary GRC-owned field and the request
tag is cleared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from connector.model.fields import Entity, Value
from connector.model.operations import FieldChange, Remark
from connector.model.state import Agreement, Base, QuarantineCase
from connector.model.views import GrcView, ObjectRef
from connector.plan.context import APPROVAL_STATUS, Context, Findings, Identity, Memory, Pair

SUBMIT, WITHDRAW = "submit", "withdraw"
NOT_SUBMITTED, PENDING = "not_submitted", "pending"
UNDECIDED = (None, NOT_SUBMITTED, PENDING)
_DECISION_FIELDS = ("approval_chain", "approved_by", "approval_date", "approval_expiry", "conditions")


def requested_status(context: Context, pair: Pair, found: Findings) -> Value:
    """The status that the version's request moves the GRC to, or None when it asks for nothing (more)."""
    request = pair.registry.tags.get(context.tags.approval_request)
    if request is None or pair.inherited or pair.grc is None:
        return None
    if not _has_approval(context, pair):
        text = (
            f"nobody will answer {context.tags.approval_request}: the mapping holds no approval of versions; remove it"
        )
        found.remarks.append(Remark(pair.ref, "approval request", text, attention=True))
        return None
    if APPROVAL_STATUS in pair.grc.unreadable:
        # What cannot be read may be a decision or a review under way: nothing is written over it.
        return None
    status = pair.grc.fields.get(APPROVAL_STATUS) or NOT_SUBMITTED
    if request not in (SUBMIT, WITHDRAW):
        text = f"{context.tags.approval_request}={request!r} is neither {SUBMIT} nor {WITHDRAW}"
        found.remarks.append(Remark(pair.ref, "approval request", text, attention=True))
        return None
    if request == SUBMIT and status == NOT_SUBMITTED:
        if pair.may_submit:
            return PENDING
        text = "waits: the record is under review for another version, or its approval is not settled yet"
        found.remarks.append(Remark(pair.ref, "approval request", text))
    if request == WITHDRAW and status == PENDING and not pair.retained:
        return NOT_SUBMITTED
    return None


def request_changes(pair: Pair, requested: Value) -> list[FieldChange]:
    """The changes of the record that carry the request to the GRC. The base stays: the decision comes from there."""
    if requested is None or pair.grc is None:
        return []
    old = pair.grc.fields.get(APPROVAL_STATUS)
    rule = "submitted in MLflow" if requested == PENDING else "withdrawn in MLflow"
    changes = [FieldChange(APPROVAL_STATUS, old, requested, rule, request=True)]
    if pair.retained and pair.parent is not None:
        governed = pair.parent.version
        changes.insert(0, FieldChange(Identity.GOVERNED_VERSION, governed, pair.ref.version, rule, request=True))
    return changes


def request_tag(context: Context, pair: Pair, requested: Value) -> dict[str, Value]:
    """Clear the request tag once it is answered; an inherited one at once."""
    key = context.tags.approval_request
    request = pair.registry.tags.get(key)
    if request is None:
        return {}
    if pair.inherited:
        return {key: None}
    if pair.grc is None or request not in (SUBMIT, WITHDRAW) or APPROVAL_STATUS in pair.grc.unreadable:
        return {}
    status = requested or pair.grc.fields.get(APPROVAL_STATUS) or NOT_SUBMITTED
    waiting = status == PENDING if request == WITHDRAW else status in (NOT_SUBMITTED, PENDING)
    return {} if waiting else {key: None}


def of_this_version(view: GrcView, bases: Mapping[str, Base]) -> GrcView:
    """What a model record says of the version that it governs. While nothing is decided, the approver, the expiry and
    the conditions that stand there are of the version governed before, unless they were this one's already.
    """
    if view.fields.get(APPROVAL_STATUS) not in UNDECIDED:
        return view
    others = {name for name in _DECISION_FIELDS if name not in bases or bases[name].grc is None}
    fields = {name: value for name, value in view.fields.items() if name not in others}
    unreadable = {name: reason for name, reason in view.unreadable.items() if name not in others}
    return replace(view, fields=fields, unreadable=unreadable)


def open_doubt(memory: Memory, version: ObjectRef, record: GrcView) -> QuarantineCase | None:
    """The case of a submission of this version that the GRC took half, while the record says the same still."""
    case = memory.quarantines.get((version.key, Identity.GOVERNED_VERSION))
    return case if case is not None and record.fields.get(APPROVAL_STATUS) == case.value_digest else None


def believed(memory: Memory, pair: Pair) -> Pair:
    """The pair without a decision that its record made on another version: while a submission that the GRC took half
    is in quarantine and the record says the same still, the version keeps the last decision recorded for it.
    """
    if pair.retained or pair.grc is None or not pair.grc.virtual or open_doubt(memory, pair.ref, pair.grc) is None:
        return pair
    last = {name: base.grc for name, base in pair.bases.items()}
    return replace(pair, grc=replace(pair.grc, fields=last, unreadable={}), retained=True, may_submit=False)


def is_silent(pair: Pair, name: str, requested: Value) -> bool:
    """Whether the GRC says nothing of a field that it owns. Of an approval that is told by its status, for the approver
    and the conditions belong to it; one that may be older than the last decision says nothing until a person settles
    it. A version that its record does not name keeps what was decided last.
    """
    record = pair.grc
    if record is None or pair.retained:
        return True
    if pair.ref.entity is not Entity.VERSION or name not in (APPROVAL_STATUS, *_DECISION_FIELDS):
        return record.fields.get(name) is None
    status = requested or record.fields.get(APPROVAL_STATUS)
    if status in (None, NOT_SUBMITTED):
        return True
    return name != APPROVAL_STATUS and is_disputed(pair.bases.get(APPROVAL_STATUS), status)


def is_disputed(base: Base | None, status: Value) -> bool:
    """Whether the approval in the field's new place may be older than what was decided last, and is another."""
    return base is not None and base.agreement is Agreement.MOVED and base.grc != status


def half_submitted(record: GrcView | None, changes: Iterable[FieldChange]) -> bool:
    """Whether of a submission only the governed version was taken: the record then holds another version's decision
    as if it were this one's.
    """
    moved = any(change.field == Identity.GOVERNED_VERSION and change.new is not None for change in changes)
    return moved and record is not None and record.fields.get(APPROVAL_STATUS) not in UNDECIDED


def answer_of(pair: Pair) -> str:
    """Words for the audit: how the request was answered."""
    status = (pair.grc.fields.get(APPROVAL_STATUS) if pair.grc else None) or NOT_SUBMITTED
    return f"request answered: {status}"


def _has_approval(context: Context, pair: Pair) -> bool:
    return any(field.name == APPROVAL_STATUS and field.in_grc for field in context.fields.get(pair.ref.entity, ()))
