"""The status that the automated gates decide, brought to both sides, and the tags that tell of the gates.

::

    MLflow holds another status    it is written; an edit, where the decision had been written before
    the GRC holds another status   it is written, unless it is the GRC's own form of what was sent
    both hold the decision         settle
"""

from __future__ import annotations

from collections.abc import Iterable

from connector.gates import STAGE_FIELDS, Decision, stages
from connector.gates.automated import PENDING
from connector.mapping.text import clean, compact
from connector.model.fields import Entity, Field, Owner, Value
from connector.model.operations import FieldChange, Remark, Settle
from connector.model.state import Agreement, Base
from connector.model.tags import TAG_LIMIT
from connector.plan.context import Changes, Context, Findings, Pair
from connector.plan.fields import garbage, holds_unreadable
from connector.plan.gate_facts import VALIDATION_STATUS, gated_field

NO_GATE_LEFT = "none"
"""The value of the tag ``grc_next_gate`` once every stage that the tier needs was passed."""
_OWN_FORM = (Agreement.REWRITTEN, Agreement.NOT_STUCK)


def gate_changes(context: Context, pair: Pair, decision: Decision | None, changes: Changes, found: Findings) -> None:
    """Bring a decision to both sides."""
    field = gated_field(context, pair)
    if field is None or decision is None:
        return
    base = pair.bases.get(field.name)
    known = base if base is not None and base.agreement is not Agreement.ANEW else None
    in_mlflow = pair.registry.fields.get(field.name, garbage(pair, field))
    in_grc = pair.grc.fields.get(field.name) if pair.grc else None
    flows = field.in_grc and not pair.retained
    if in_mlflow != decision.status:
        edited = known is not None and known.registry == decision.status
        _to_mlflow(context, pair, _change(decision, in_mlflow, in_grc, "MLflow" if edited else ""), changes, found)
    if flows and in_grc != decision.status:
        if not holds_unreadable(pair, field, found):
            _to_grc(context, pair, field, _from_mlflow(decision, in_mlflow, in_grc, known), known, changes, found)
    elif in_mlflow == decision.status:
        wanted = Base(decision.status, decision.status if flows else known.grc if known else None)
        if base != wanted:
            found.settles.append(Settle(pair.ref, field.name, wanted))


def gate_tags(context: Context, pair: Pair, decision: Decision | None, changes: Changes) -> dict[str, Value]:
    """The tags that tell which gate is next and why the automated ones did not pass; none where no gates are set."""
    tags, gates = context.tags, context.policy.gates
    if gates is None:
        return {tags.next_gate: None, tags.gate_reasons: None}
    held = {name: held_by_owner(context, pair, name, changes) for name in STAGE_FIELDS.values()}
    if decision is not None:
        held[VALIDATION_STATUS] = decision.status
    wanted: dict[str, Value] = {tags.next_gate: stages(pair.tier, held, gates.needs).next or NO_GATE_LEFT}
    if decision is None:
        wanted[tags.gate_reasons] = None
    elif not decision.blind or decision.status == PENDING:
        wanted[tags.gate_reasons] = reasons_text(decision.reasons)
    return wanted


def stage_values(context: Context, pair: Pair, decision: Decision | None) -> dict[str, Value]:
    """What the fields of the stages hold, as far as nobody but their owner can have set it."""
    held = {name: held_by_owner(context, pair, name) for name in STAGE_FIELDS.values()}
    return held | ({VALIDATION_STATUS: decision.status} if decision is not None else {})


def _change(decision: Decision, old: Value, other: Value, edited_in: str) -> FieldChange:
    rule = f"edit in {edited_in} put back: {decision.rule}" if edited_in else decision.rule
    return FieldChange(VALIDATION_STATUS, old, decision.status, rule, other=other, drift=bool(edited_in))


def _from_mlflow(decision: Decision, in_mlflow: Value, in_grc: Value, known: Base | None) -> FieldChange:
    edited = known is not None and known.registry == decision.status and known.grc != in_grc
    return _change(decision, in_grc, in_mlflow, "the GRC" if edited else "")


def _to_mlflow(context: Context, pair: Pair, change: FieldChange, changes: Changes, found: Findings) -> None:
    if change.drift and not context.policy.undo_drift and not pair.inherited:
        found.remarks.append(_reported(pair, change, "MLflow"))
    else:
        changes.registry.append(change)


def _to_grc(
    context: Context,
    pair: Pair,
    field: Field,
    change: FieldChange,
    known: Base | None,
    changes: Changes,
    found: Findings,
) -> None:
    if known is not None and known.agreement in _OWN_FORM and (known.registry, known.grc) == (change.new, change.old):
        if known.agreement is Agreement.NOT_STUCK:
            text = f"{field.name}: {change.old!r} in the GRC, which did not take {change.new!r}; not repeated"
            found.remarks.append(Remark(pair.ref, "did not stick", text, attention=True))
    elif not field.grc_writable:
        text = f"{field.name}: {change.old!r} in the GRC should be {change.new!r}; it cannot be written there"
        found.remarks.append(Remark(pair.ref, "blocked", text))
    elif change.drift and not context.policy.undo_drift:
        found.remarks.append(_reported(pair, change, "the GRC"))
    else:
        changes.grc.append(change)


def _reported(pair: Pair, change: FieldChange, where: str) -> Remark:
    text = f"{change.field}: {change.old!r} in {where} should be {change.new!r}; {change.rule} (only reported)"
    return Remark(pair.ref, "drift", text)


def held_by_owner(context: Context, pair: Pair, name: str, changes: Changes | None = None) -> Value:
    """What a version's field holds, told by its owner: nobody passes a stage by setting a tag that the GRC owns, and
    one that the mapping gives no place in the GRC was passed by nobody. ``changes``: those that are planned.
    """
    field = context.field(Entity.VERSION, name)
    if field is None or pair.inherited:
        return None
    if field.owner is Owner.GRC:
        return pair.grc.fields.get(name) if field.in_grc and pair.grc is not None else None
    planned = pair.registry.fields.get(name)
    for change in changes.registry if changes is not None else ():
        planned = change.new if change.field == name else planned
    if field.owner is Owner.SHARED and field.in_grc:
        in_grc = pair.grc.fields.get(name) if pair.grc is not None else None
        return planned if planned == in_grc else None
    return planned


def reasons_text(reasons: Iterable[str]) -> str:
    """The reasons as a sorted list, as many as fit into a tag; the last one counts the rest."""
    kept = sorted(map(clean, reasons))
    for left_out in range(len(kept) + 1):
        shown = kept[: len(kept) - left_out]
        text = compact([*shown, f"and {left_out} more"] if left_out else shown)
        if len(text) <= TAG_LIMIT:
            return text
    return compact([f"{len(kept)} reasons"])
