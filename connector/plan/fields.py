"""Each mapped field of one object, merged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from connector.merge import Action, Held, Verdict, merge, take
from connector.model.cut import cut
from connector.model.fields import ConflictRule, Field, LocationKind, Owner, Side, Value
from connector.model.operations import FieldChange, Remark, Settle
from connector.model.state import NOT_STUCK_REMEDY, Agreement, Base, ConflictCase, QuarantineCase, Resolution
from connector.plan.approval import UNDECIDED, is_disputed, is_silent
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
from connector.plan.gate_facts import is_gated
from connector.plan.tier import SEEN_AT_RAISE, confirmed_in_grc, seen_at_raise, since_of_tag

_ANEW = (Agreement.ANEW, Agreement.MOVED)


def merge_fields(context: Context, memory: Memory, pair: Pair, requested: Value, found: Findings) -> Changes:
    """Merge every field of the pair. ``requested`` is the approval status that an engineer's request will bring to
    the GRC in this very cycle (None: no request).
    """
    changes = Changes()
    for field in _stirring(pair, context.fields.get(pair.ref.entity, ())):
        if is_gated(context, field) or not _takes_part(pair, field) or holds_unreadable(pair, field, found):
            continue
        held = _held(context, pair, field, requested)
        asked = field.name == APPROVAL_STATUS and requested is not None
        if held.standing is not None:
            _tell_standing(pair, field, held, found)
        for verdict in _verdicts(context, memory, pair, field, held, requested, found):
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


def holds_unreadable(pair: Pair, field: Field, found: Findings) -> bool:
    """Whether a value that counts cannot be read on some side; it is quarantined then."""
    in_mlflow = None if garbage(pair, field) else pair.registry.unreadable.get(field.name)
    reasons = [("MLflow", in_mlflow, _correct_in_mlflow(field))]
    if pair.grc is not None:
        remedy = (
            "correct the field's name in the mapping; where the GRC leaves out what is empty, say so there"
            if field.name in pair.grc.absent
            else "correct the value in the GRC, or add it to the mapping's value map"
        )
        reasons.append(("the GRC", pair.grc.unreadable.get(field.name), remedy))
    for where, reason, remedy in reasons:
        if reason:
            found.quarantines.append(QuarantineCase(pair.ref, field.name, f"{where}: {reason}", remedy))
            return True
    return False


def is_unreadable(case: QuarantineCase) -> bool:
    """Whether a case is about a value that means nothing to the mapping, rather than about a write or a claim."""
    return case.reason.startswith(("MLflow: ", "the GRC: "))


def _correct_in_mlflow(field: Field) -> str:
    """What a person sets in MLflow instead; no value map stands between."""
    place = field.locations[0] if field.locations else None
    what = f"the tag {place.key}" if place is not None and place.kind is LocationKind.TAG else "it"
    if not field.values:
        return f"correct {what} in MLflow"
    return f"set {what} in MLflow to {', '.join(field.values[:-1])} or {field.values[-1]}"


def garbage(pair: Pair, field: Field) -> Value:
    """The text of a tag that means nothing, where the GRC or the connector owns the field: an edit like any other, that
    must not keep a decision out.
    """
    owned = field.owner in (Owner.GRC, Owner.COMPUTED)
    if field.name not in pair.registry.unreadable or not owned or not field.registry_writable:
        return None
    return pair.registry.tags.get(field.locations[0].key)


def _held(context: Context, pair: Pair, field: Field, requested: Value) -> Held:
    registry = pair.registry.fields.get(field.name, garbage(pair, field))
    grc = pair.grc.fields.get(field.name) if pair.grc else None
    if field.name == APPROVAL_STATUS and requested is not None:
        grc = requested
    base = pair.bases.get(field.name)
    anew = base is not None and base.agreement in _ANEW
    adopted = (pair.first_contact or anew) and pair.grc is not None
    standing = _standing(context, pair, field, registry, requested)
    return Held(registry, grc, None if anew and standing is None else base, adopted, standing)


def _standing(context: Context, pair: Pair, field: Field, registry: Value, requested: Value) -> Value:
    """The value that stands in MLflow while the GRC, which owns the field, holds none since its mapping changed: what
    it decided last, or what people wrote at a tag that was theirs.
    """
    base = pair.bases.get(field.name)
    if base is None or field.owner is not Owner.GRC or not is_silent(pair, field.name, requested):
        return None
    if base.agreement in (Agreement.MOVED, Agreement.UNSPOKEN):
        return base.grc
    theirs = not context.tags.written_by_connector(field.locations[0].key)
    return registry if base.agreement is Agreement.ANEW and theirs and not pair.inherited else None


def _tell_standing(pair: Pair, field: Field, held: Held, found: Findings) -> None:
    text = f"{held.standing!r} stands: the mapping of the field changed, and the GRC holds nothing of it yet"
    if field.name == APPROVAL_STATUS and held.standing not in UNDECIDED and not pair.retained:
        remedy = "enter the decision in the GRC, or another one"
        found.quarantines.append(QuarantineCase(pair.ref, field.name, text, remedy))
    elif not pair.retained:
        found.remarks.append(Remark(pair.ref, "mapping changed", f"{field.name}: {text}"))


def _verdicts(
    context: Context, memory: Memory, pair: Pair, field: Field, held: Held, requested: Value, found: Findings
) -> tuple[Verdict, ...]:
    verdict = merge(field, held, today=context.today)
    base = pair.bases.get(field.name)
    if base is not None and base.agreement in _ANEW and held.standing is None:
        verdict = _met_anew(pair, field, held, base, verdict, requested, found)
    resolution = memory.resolutions.get((pair.ref.key, field.name))
    if verdict.action is Action.PARK or (resolution is not None and _is_halfway(resolution, field, held)):
        if resolution is not None and _holds(resolution, field, held):
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


def _met_anew(
    pair: Pair, field: Field, held: Held, base: Base, verdict: Verdict, requested: Value, found: Findings
) -> Verdict:
    """The verdict on a field whose mapping changed: it says so, settles what is empty on both sides, and leaves an
    approval to a person that the new place tells otherwise than it was decided last.
    """
    if field.name == APPROVAL_STATUS and requested is None and is_disputed(base, held.grc):
        rule = f"the mapping of this field changed: its new place says {held.grc}, decided last was {base.grc}"
        return Verdict(Action.PARK, rule)
    if verdict.action is Action.QUIET:
        return Verdict(Action.SETTLE, "empty on both sides", base=Base(held.registry, held.grc))
    if verdict.base is not None and verdict.base.agreement is Agreement.UNSPOKEN:
        text = (
            f"{field.name}: the mapping of this field changed; {held.grc!r} stays in the GRC until MLflow holds a value"
        )
        found.remarks.append(Remark(pair.ref, "mapping changed", text))
    return replace(verdict, rule=f"the mapping of this field changed: {verdict.rule}")


def _holds(resolution: Resolution, field: Field, held: Held) -> bool:
    return (resolution.registry, resolution.grc) == (held.registry, held.grc) or _is_halfway(resolution, field, held)


def _is_halfway(resolution: Resolution, field: Field, held: Held) -> bool:
    """Whether a new value for both sides stands on one of them, and the other holds what was looked at."""
    if resolution.take is not None or held.registry == held.grc:
        return False
    looked_at = (resolution.registry, resolution.grc)
    arrived = [cut(resolution.value, field.limit(side)) for side in (Side.REGISTRY, Side.GRC)]
    return (held.registry, held.grc) in ((arrived[0], looked_at[1]), (looked_at[0], arrived[1]))


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
        what = "the last write did not stick and is not repeated until a value changes"
        text = f"{_both(field, held)}; {what}: {NOT_STUCK_REMEDY}"
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
