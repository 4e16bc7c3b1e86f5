"""Each mapped field of one object, merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from connector.merge import Action, Held, Verdict, merge, take
from connector.model.fields import ConflictRule, Field, Owner, Side, Value
from connector.model.operations import FieldChange, Remark, Settle
from connector.model.state import Agreement, Base, ConflictCase, QuarantineCase, Resolution
from connector.plan.context import (
    APPROVAL_STATUS,
    RISK_CLASS,
    TIER_CONFIRMED_ON,
    Changes,
    Context,
    Findings,
    Memory,
    Pair,
)
from connector.plan.tier import SEEN_AT_RAISE, confirmed_in_grc, seen_at_raise, since_of_tag


def merge_fields(context: Context, memory: Memory, pair: Pair, requested: Value, found: Findings) -> Changes:
    """Merge every field of the pair. ``requested`` is the approval status that an engineer's request will bring to
    the GRC in this very cycle (None: no request).
    """
    changes = Changes()
    for field in _stirring(pair, context.fields.get(pair.ref.entity, ())):
        if not _takes_part(pair, field) or _unreadable(pair, field, found):
            continue
        held = _held(pair, field, requested)
        asked = field.name == APPROVAL_STATUS and requested is not None
        for verdict in _verdicts(context, memory, pair, field, held, found):
            if asked and verdict.action is Action.SETTLE:
                # The GRC does not hold it yet.
                continue
            _collect(context, pair, field, held, verdict, changes, found)
    return changes


def _stirring(pair: Pair, fields: Iterable[Field]) -> Iterator[Field]:
    """Leave out the fields that are equal on both sides and were so when they last agreed, or were never heard of:
    nearly all of nearly every object. The approval and the risk class are looked at in any case: a request or a
    confirmation may move them.
    """
    record, bases = pair.grc, pair.bases
    registry, grc = pair.registry.fields, record.fields if record else {}
    always = {APPROVAL_STATUS, RISK_CLASS, *pair.registry.unreadable, *(record.unreadable if record else ())}
    for field in fields:
        name = field.name
        value = registry.get(name)
        if value != grc.get(name) or name in always or not _is_settled(value, bases.get(name)):
            yield field


def _is_settled(value: Value, base: Base | None) -> bool:
    """Whether a value that both sides hold is what they agreed on."""
    if base is None:
        return value is None
    return base.agreement is Agreement.AGREED and base.registry == value == base.grc


def _takes_part(pair: Pair, field: Field) -> bool:
    """A retained version keeps the GRC's last decision; whatever else would flow has no record to flow to."""
    return field.in_grc and (not pair.retained or (field.owner is Owner.GRC and field.registry_writable))


def _unreadable(pair: Pair, field: Field, found: Findings) -> bool:
    reasons = [("MLflow", None if _garbage(pair, field) else pair.registry.unreadable.get(field.name))]
    if pair.grc is not None:
        reasons.append(("the GRC", pair.grc.unreadable.get(field.name)))
    for where, reason in reasons:
        if reason:
            remedy = "correct the value, or add it to the mapping's value map"
            found.quarantines.append(QuarantineCase(pair.ref, field.name, f"{where}: {reason}", remedy))
            return True
    return False


def _garbage(pair: Pair, field: Field) -> Value:
    """The text of a tag that means nothing, where the GRC owns the field: an edit like any other, that must not keep
    a decision out.
    """
    if field.name not in pair.registry.unreadable or field.owner is not Owner.GRC or not field.registry_writable:
        return None
    return pair.registry.tags.get(field.locations[0].key)


def _held(pair: Pair, field: Field, requested: Value) -> Held:
    registry = pair.registry.fields.get(field.name, _garbage(pair, field))
    grc = pair.grc.fields.get(field.name) if pair.grc else None
    if field.name == APPROVAL_STATUS and requested is not None:
        grc = requested
    adopted = pair.first_contact and pair.grc is not None
    return Held(registry, grc, pair.bases.get(field.name), adopted)


def _verdicts(
    context: Context, memory: Memory, pair: Pair, field: Field, held: Held, found: Findings
) -> tuple[Verdict, ...]:
    verdict = merge(field, held, today=context.today)
    resolution = memory.resolutions.get((pair.ref.key, field.name))
    if verdict.action is Action.PARK or (resolution is not None and _is_halfway(resolution, held)):
        if resolution is not None and _holds(resolution, held):
            answers = take(field, held, resolution.take, resolution.value)
            return tuple(replace(answer, rule=f"{answer.rule} by {resolution.by}") for answer in answers)
        if resolution is not None:
            text = f"{field.name}: the resolution by {resolution.by} no longer fits: a value changed since"
            found.remarks.append(Remark(pair.ref, "stale resolution", text, attention=True))
    if field.name == RISK_CLASS and field.rule is ConflictRule.HIGHEST:
        raised = verdict.action is Action.WRITE and verdict.provisional_since is not None and not verdict.drift
        seen = seen_at_raise(pair, TIER_CONFIRMED_ON) if raised else None
        if seen is not None:
            found.settles.append(Settle(pair.ref, SEEN_AT_RAISE, seen))
        return (_tier_verdict(context, pair, held, verdict),)
    return (verdict,)


def _holds(resolution: Resolution, held: Held) -> bool:
    return (resolution.registry, resolution.grc) == (held.registry, held.grc) or _is_halfway(resolution, held)


def _is_halfway(resolution: Resolution, held: Held) -> bool:
    """Whether a new value for both sides stands on one of them, and the other holds what was looked at."""
    if resolution.take is not None or held.registry == held.grc:
        return False
    looked_at = (resolution.registry, resolution.grc)
    return (held.registry, held.grc) in ((resolution.value, looked_at[1]), (looked_at[0], resolution.value))


def _tier_verdict(context: Context, pair: Pair, held: Held, verdict: Verdict) -> Verdict:
    """The risk class settles its provisional mark by the confirmation field, or takes it from the tag when state was
    lost.
    """
    confirmed = held.provisional_since is not None and confirmed_in_grc(pair, TIER_CONFIRMED_ON)
    if verdict.action is Action.WRITE and verdict.drift and verdict.side is Side.REGISTRY and confirmed:
        return replace(verdict, provisional_since=None)
    if verdict.action is Action.QUIET and confirmed:
        base = Base(held.registry, held.grc, held.base.agreement if held.base else Base(None, None).agreement)
        return Verdict(Action.SETTLE, "confirmed in the GRC", base=base)
    if verdict.action is Action.SETTLE and held.base is None and verdict.base is not None:
        since = since_of_tag(pair.registry.tags.get(context.tags.tier_state))
        base = Base(verdict.base.registry, verdict.base.grc, verdict.base.agreement, since)
        return Verdict(Action.SETTLE, verdict.rule, base=base)
    return verdict


def _collect(
    context: Context, pair: Pair, field: Field, held: Held, verdict: Verdict, changes: Changes, found: Findings
) -> None:
    if verdict.action is Action.SETTLE and verdict.base is not None:
        found.settles.append(Settle(pair.ref, field.name, verdict.base))
    elif verdict.action is Action.PARK:
        base = held.base or Base(None, None)
        found.conflicts.append(
            ConflictCase(pair.ref, field.name, held.registry, held.grc, base.registry, base.grc, verdict.rule)
        )
    elif verdict.action is Action.BLOCKED:
        found.remarks.append(Remark(pair.ref, "blocked", f"{_both(field, held)}; {verdict.rule}"))
    elif verdict.action is Action.WRITE:
        _collect_write(context, pair, field, held, verdict, changes, found)
    elif held.base is not None and held.base.agreement is Agreement.NOT_STUCK:
        text = f"{_both(field, held)}; the last write did not stick and is not repeated until a value changes"
        found.remarks.append(Remark(pair.ref, "did not stick", text, attention=True))


def _both(field: Field, held: Held) -> str:
    return f"{field.name}: {held.registry!r} in MLflow, {held.grc!r} in the GRC"


def _collect_write(
    context: Context, pair: Pair, field: Field, held: Held, verdict: Verdict, changes: Changes, found: Findings
) -> None:
    side = verdict.side or Side.GRC
    # At first contact nobody can tell an edit from a value of the owner that has not arrived yet: it flows.
    only_reported = verdict.drift and not (held.base is None and verdict.value is not None)
    if only_reported and not context.policy.undo_drift and not pair.inherited:
        text = f"{_both(field, held)}; {verdict.rule} (only reported)"
        found.remarks.append(Remark(pair.ref, "drift", text))
        return
    registry = side is Side.REGISTRY
    change = FieldChange(
        field=field.name,
        old=held.registry if registry else held.grc,
        new=verdict.value,
        rule="inherited from another version" if pair.inherited and registry and verdict.drift else verdict.rule,
        other=held.grc if registry else held.registry,
        drift=verdict.drift,
        cut=verdict.cut,
        halfway=verdict.halfway,
        provisional_since=verdict.provisional_since,
    )
    (changes.registry if registry else changes.grc).append(change)
