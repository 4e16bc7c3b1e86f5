"""Promotion: the last step of the workflow, opt-in. A version whose gates all hold, and whose sign-off is in, gets the
configured alias.

Each version gets it once: the tag ``grc_promoted`` stays on it, and whoever takes the alias away afterwards (a roll
back, a decommissioning) has the last word. The alias is given to the highest version that is ready, and does not leave
one that is ahead: of a higher number, or approved later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connector.gates import STAGE_FIELDS, stages
from connector.model.fields import Side, Value
from connector.model.gates import Promotion
from connector.model.operations import FieldChange, FuseClass, Operation, OperationKind, Remark, alias_field
from connector.model.state import ConflictCase, QuarantineCase
from connector.model.views import Issue, RegistryView
from connector.plan.approval import believed
from connector.plan.context import APPROVAL_STATUS, RISK_CLASS, Context, Findings, Memory, Pair
from connector.plan.gate_facts import decided
from connector.plan.gated import held_by_owner, stage_values
from connector.plan.signing import signed_off, was_promoted
from connector.plan.single import allowed

_STOPPED = ("suspended", "decommissioned")
"""States of a model's life in which nothing of it is promoted."""


def plan_promotion(
    context: Context,
    memory: Memory,
    model: Pair,
    versions: Sequence[Pair],
    seen: Iterable[RegistryView],
    found: Findings,
) -> None:
    """Plan the promotion of at most one of a model's versions, whose own plans are in ``found``. ``seen`` are all its
    versions, also those that are not in scope.
    """
    promotion = context.policy.gates.promotion if context.policy.gates is not None else None
    if promotion is None:
        return
    ready = [believed(memory, each) for each in versions]
    ready = [each for each in ready if not was_promoted(context, each, promotion.alias) and _is_ready(context, each)]
    if not ready:
        return
    chosen = max(ready, key=_number)
    holder = next((view for view in seen if promotion.alias in view.aliases), None)
    if holder is not None and holder.ref == chosen.ref:
        return
    why = (
        _unclear(model, chosen, promotion, holder, found)
        or _issues(promotion, model, chosen)
        or _ahead(context, promotion, chosen, holder, versions)
    )
    if why:
        text = f"every gate holds; the alias {promotion.alias} is not set: {why}"
        found.remarks.append(Remark(chosen.ref, "promotion", text))
        return
    changes = allowed(context, memory, chosen, Side.REGISTRY, _changes(context, promotion, chosen, holder), found)
    if any(change.field == alias_field(promotion.alias) for change in changes):
        found.operations.append(_operation(chosen, changes))


def _is_ready(context: Context, pair: Pair) -> bool:
    return not signed_off(context, pair, decided(context, pair))


def _number(pair: Pair) -> int:
    return int(pair.ref.version or 0)


def _unclear(model: Pair, chosen: Pair, promotion: Promotion, holder: RegistryView | None, found: Findings) -> str:
    """Why nobody can tell what the promotion would rest on, or would replace; empty where it is clear."""
    state = model.grc.fields.get("lifecycle_status") if model.grc else None
    if state in _STOPPED:
        return f"the model is {state}"
    if holder is None and promotion.alias in model.registry.aliases:
        return "the version that has it was not seen"
    rests_on = {APPROVAL_STATUS, RISK_CLASS, *STAGE_FIELDS.values()}
    cases: list[ConflictCase | QuarantineCase] = [*found.conflicts, *found.quarantines]
    open_cases = sorted(
        {case.field for case in cases if case.ref in (model.ref, chosen.ref) and case.field in rests_on}
    )
    return f"{', '.join(open_cases)} waits for a person" if open_cases else ""


def _issues(promotion: Promotion, model: Pair, chosen: Pair) -> str:
    if model.issues is None or chosen.issues is None:
        return "the issues of the model are not all known"
    issues = [*(issue for issue in model.issues if issue.version_id is None), *chosen.issues]
    stopping = sorted(issue.number for issue in issues if _stops(promotion, issue))
    return f"open issues: {', '.join(stopping)}" if stopping else ""


def _stops(promotion: Promotion, issue: Issue) -> bool:
    """Whether an issue keeps the alias from moving: one of unknown severity counts as the worst."""
    severe = issue.severity is None or issue.severity in promotion.open_issues
    return issue.is_open and bool(promotion.open_issues) and severe


def _ahead(
    context: Context, promotion: Promotion, chosen: Pair, holder: RegistryView | None, versions: Sequence[Pair]
) -> str:
    """Which version is ahead of the chosen one: the alias goes forward only, unless configured otherwise."""
    if promotion.backwards:
        return ""
    numbers = [_number(each) for each in versions if was_promoted(context, each, promotion.alias)]
    numbers += [int(holder.ref.version or 0)] if holder is not None else []
    if max(numbers, default=0) > _number(chosen):
        return f"version {max(numbers)} had it before, and is the higher one"
    own = next((each for each in versions if holder is not None and each.ref == holder.ref), None)
    dates = [held_by_owner(context, each, "approval_date") or "" for each in (own, chosen) if each is not None]
    if own is not None and all(dates) and dates[0] > dates[1]:
        return f"version {own.ref.version} has it, and was approved later"
    return ""


def _changes(context: Context, promotion: Promotion, chosen: Pair, holder: RegistryView | None) -> list[FieldChange]:
    number = chosen.ref.version
    values = stage_values(context, chosen, decided(context, chosen))
    gates = context.policy.gates
    passed = stages(chosen.tier, values, gates.needs).passed if gates is not None else ()
    status, by = (held_by_owner(context, chosen, name) for name in (APPROVAL_STATUS, "approved_by"))
    told = f"gates of tier {chosen.tier or 'unknown'} hold ({', '.join(passed) or 'none needed'}); {status}"
    rule = f"{told} by {by}" if by else told
    old: Value = holder.ref.version if holder is not None else None
    alias = FieldChange(alias_field(promotion.alias), old, number, rule, other=number)
    key = context.tags.promoted
    mark = FieldChange(key, chosen.registry.tags.get(key), promotion.alias, rule, other=promotion.alias, is_tag=True)
    return [alias, mark]


def _operation(chosen: Pair, changes: list[FieldChange]) -> Operation:
    record = chosen.grc.id if chosen.grc is not None else None
    why = "every gate holds"
    return Operation(OperationKind.PROMOTE, Side.REGISTRY, chosen.ref, tuple(changes), record, FuseClass.PROMOTE, why)
