"""The signed approval of a version: what the GRC says of it, as a claim to sign, and the tags that carry it.

Only the GRC's word counts, and only of a version that its record speaks of. What cannot be told for certain is not
signed; what was signed before is then left to go stale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.attest import Approval, Attestations, Claim, Known, attested
from connector.attest.statement import Bearer, Decision, moment
from connector.model.fields import Entity, Owner, Side, Value
from connector.model.operations import Remark
from connector.model.state import Agreement
from connector.model.workspaces import split_name
from connector.plan.approval import is_disputed
from connector.plan.context import APPROVAL_STATUS, Context, Findings, Pair
from connector.plan.gated import held_by_owner

_RESTS_ON = (APPROVAL_STATUS, "approval_expiry", "approved_by", "conditions")


@dataclass(frozen=True, slots=True)
class Signed:
    """The tags of an attestation, None for one to remove, and what each change of theirs means."""

    tags: Mapping[str, Value] = field(default_factory=dict)
    why: str = ""
    meaning: str = ""

    def meaning_of(self, key: str) -> str:
        """What a new value of this tag says."""
        return f"{self.meaning} {key}" if self.meaning and self.tags.get(key) is not None else ""


def attestation(context: Context, pair: Pair, next_gate: Value, found: Findings) -> Signed:
    """Work out the attestation that a version is to carry. ``next_gate``: the stage that it waits for."""
    tags, how = context.tags, context.attestations
    if Side.REGISTRY in context.policy.read_only:
        return Signed()
    gone: dict[str, Value] = {key: None for key in pair.registry.tags if tags.is_attestation(key)}
    if how is None or pair.inherited:
        return Signed(gone, "nothing is signed" if how is None else "inherited from another version")
    approval = _approval(context, how, pair, next_gate)
    known = Known(pair.registry.tags, _remembered(context, pair))
    made = attested(how, tags, pair.ref.key, approval, known, moment(context.now))
    if made.problem:
        found.remarks.append(Remark(pair.ref, "attestation", f"not signed: {made.problem}", attention=True))
    elif not approval.live and not made.tags and approval.claim and approval.claim.decision is Decision.APPROVED:
        text = "approved as last recorded, but never signed while the GRC said so: no pipeline can prove it"
        found.remarks.append(Remark(pair.ref, "attestation", text))
    return Signed({**gone, **made.tags}, made.why, made.meaning)


def _remembered(context: Context, pair: Pair) -> dict[str, str]:
    """The attestation that was written last, as the state remembers it."""
    bases = pair.bases.items()
    return {
        key: base.registry
        for key, base in bases
        if base.registry is not None and base.agreement is Agreement.AGREED and context.tags.is_attestation(key)
    }


def _approval(context: Context, how: Attestations, pair: Pair, next_gate: Value) -> Approval:
    bearer = _bearer(context, pair)
    record, named = pair.grc, context.field(Entity.VERSION, APPROVAL_STATUS)
    if record is None or named is None or named.owner is not Owner.GRC or not named.in_grc:
        return Approval(bearer, None, "the GRC decides nothing of this version")
    unread = [name for name in _RESTS_ON if name in record.unreadable]
    if unread:
        return Approval(bearer, None, f"{', '.join(unread)} cannot be read")
    status = held_by_owner(context, pair, APPROVAL_STATUS)
    if is_disputed(pair.bases.get(APPROVAL_STATUS), status):
        return Approval(bearer, None, "the approval may be older than the last decision")
    ended = _ended(context, how, pair, status)
    conditions = held_by_owner(context, pair, "conditions")
    claim = Claim(
        bearer=bearer,
        decision=Decision.WITHDRAWN if ended else Decision.APPROVED,
        status=status or "",
        approver=held_by_owner(context, pair, "approved_by"),
        conditions=hashlib.sha256(conditions.encode()).hexdigest() if conditions else None,
        expires=_expiry(context, pair),
        tier=pair.tier,
        next_gate=next_gate,
        record=record.id,
        revision=record.revision,
        updated=record.updated_at,
    )
    return Approval(bearer, claim, ended or f"the GRC says {status}", live=not pair.retained)


def _bearer(context: Context, pair: Pair) -> Bearer:
    view = pair.registry
    workspace, name = split_name(pair.ref.name)
    return Bearer(
        registry=context.keys.registry_id,
        workspace=workspace or context.keys.workspace,
        model=name,
        version=pair.ref.version or "",
        created_ms=view.created_ms,
        source=view.source,
        run_id=view.run_id,
        model_id=view.model_id,
    )


def _expiry(context: Context, pair: Pair) -> str | None:
    expiry = held_by_owner(context, pair, "approval_expiry")
    return expiry[:10] if expiry is not None else None


def _ended(context: Context, how: Attestations, pair: Pair, status: Value) -> str:
    """Why the version is not approved, or not any more; empty where it is."""
    if status not in how.statuses:
        return f"the GRC says {status or 'nothing'}"
    expiry = _expiry(context, pair)
    return f"the approval expired on {expiry}" if expiry is not None and expiry < context.today else ""
