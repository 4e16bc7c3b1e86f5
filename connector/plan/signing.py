"""Whether a version is signed off: every stage of its tier passed, and an approval in force; and whether it had the
alias of promotion already.
"""

from __future__ import annotations

from connector.gates import Decision, stages
from connector.model.fields import Value
from connector.model.operations import alias_field
from connector.plan.approval import believed
from connector.plan.context import APPROVAL_STATUS, Context, Memory, Pair
from connector.plan.gate_facts import decided
from connector.plan.gated import held_by_owner, stage_values


def signed_off(context: Context, pair: Pair, decision: Decision | None) -> str:
    """What a version lacks before it may be promoted; empty where it lacks nothing. Told by the owners of the fields
    alone, of the version that the record speaks of now.
    """
    gates = context.policy.gates
    if gates is None or gates.promotion is None:
        return "nothing is promoted"
    if pair.grc is None or pair.retained or pair.inherited:
        return "the GRC says nothing of this version"
    left = stages(pair.tier, stage_values(context, pair, decision), gates.needs).next
    if left is not None:
        return f"the next gate is {left}"
    status = held_by_owner(context, pair, APPROVAL_STATUS)
    if status not in gates.promotion.statuses:
        return f"the approval is {status or 'empty'}"
    expiry = held_by_owner(context, pair, "approval_expiry")
    if "approval_expiry" in pair.grc.unreadable or (expiry is not None and expiry[:10] < context.today):
        return f"the approval expired on {expiry}" if expiry else "nobody can tell when the approval expires"
    return ""


def was_promoted(context: Context, pair: Pair, alias: str) -> bool:
    """Whether the version had the alias since its gates held."""
    tagged = pair.registry.tags.get(context.tags.promoted) == alias and not pair.inherited
    return tagged or alias_field(alias) in pair.bases


def promotion_tag(context: Context, pair: Pair, decision: Decision | None) -> dict[str, Value]:
    """The mark of a version that had the alias once its gates held, whoever gave it the alias. It outlives a promotion
    that is switched off, for it stays true.
    """
    gates = context.policy.gates
    if gates is None or gates.promotion is None:
        return {}
    alias = gates.promotion.alias
    has_it = alias in pair.registry.aliases and not signed_off(context, pair, decision)
    return {context.tags.promoted: alias} if has_it or was_promoted(context, pair, alias) else {}


def still_ready(context: Context, memory: Memory, pair: Pair) -> str:
    """Why a version, read afresh on both sides, is not to be promoted after all; empty where it is. What the GRC
    decided has to be shown in MLflow before: nobody finds an alias on a version that says it is pending.
    """
    pair = believed(memory, pair)
    decision = decided(context, pair)
    why = signed_off(context, pair, decision)
    if why:
        return why
    values = {**stage_values(context, pair, decision), APPROVAL_STATUS: held_by_owner(context, pair, APPROVAL_STATUS)}
    shown = pair.registry.fields
    lacking = sorted(name for name, value in values.items() if name in shown and shown[name] != value)
    return f"MLflow does not show {', '.join(lacking)} yet" if lacking else ""
