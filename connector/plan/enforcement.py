"""Enforcement, opt-in: what is done about a version whose approval was withdrawn or ended, or that a severe issue
speaks against.

Level-triggered like everything else: as long as the cause stands, the tag ``grc_blocked`` says why, and a production
alias that is set on the version comes off again. The tag ``grc_taken_off`` names the aliases that did, until each is in
use again, so that what was done can be undone.

::

    cause stands, alias on the version      take it off; say which version is approved
    cause stands, alias elsewhere           nothing
    cause gone, alias free, give_back       give it back
    cause gone, alias free                  a remark says how to
    nobody can tell                         everything stays as it is
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from connector.mapping.text import compact
from connector.model.enforcement import Action
from connector.model.fields import Side, Value
from connector.model.operations import FieldChange, FuseClass, Operation, OperationKind, Remark, alias_field, alias_of
from connector.plan.causes import causes_of, is_clear, may_be_given_back, taken_off
from connector.plan.context import Context, Findings, Memory, Pair
from connector.plan.single import allowed

_ORDER = list(Action)


def plan_enforcement(context: Context, memory: Memory, versions: Sequence[Pair], found: Findings) -> None:
    """Plan what happens to the production aliases of one model; the plans of its versions are in ``found``."""
    policy = context.policy.enforcement
    if policy is None:
        return
    refs = {each.ref for each in versions}
    moving = {change.field for each in found.operations for change in each.changes if each.ref in refs}
    for pair in versions:
        causes = causes_of(context, pair)
        on = [alias for alias in policy.aliases if alias in pair.registry.aliases and alias_field(alias) not in moving]
        back = [alias for alias in taken_off(context, pair) if may_be_given_back(context, pair, alias)]
        if causes and on:
            told = "; ".join(each.text for each in causes)
            action = max((each.action for each in causes), key=_ORDER.index)
            _enforce(context, memory, pair, action, on, f"{told}; {_offer(context, pair, versions)}", found)
        if back and policy.give_back:
            _add(context, memory, pair, _giving_back(context, pair, back), found)
        elif back:
            found.remarks.append(_waiting(pair, back))


def _enforce(
    context: Context, memory: Memory, pair: Pair, action: Action, aliases: Sequence[str], told: str, found: Findings
) -> None:
    if action is Action.TAKE_OFF:
        _add(context, memory, pair, _taking_off(context, pair, aliases, told), found)
    else:
        text = f"{', '.join(aliases)} points at it: {told}"
        found.remarks.append(Remark(pair.ref, "enforcement", text, attention=True))


def _taking_off(context: Context, pair: Pair, aliases: Sequence[str], rule: str) -> Operation:
    mark = compact(sorted({*taken_off(context, pair), *aliases}))
    changes = [FieldChange(alias_field(alias), pair.ref.version, None, rule) for alias in aliases]
    return _operation(OperationKind.TAKE_OFF, FuseClass.TAKE_OFF, pair, [*changes, _mark(context, pair, mark, rule)])


def _giving_back(context: Context, pair: Pair, aliases: Sequence[str]) -> Operation:
    rule = "what it was taken off for is gone"
    left = [alias for alias in taken_off(context, pair) if alias not in aliases]
    changes = [FieldChange(alias_field(alias), None, pair.ref.version, rule) for alias in aliases]
    mark = _mark(context, pair, compact(left) if left else None, rule)
    return _operation(OperationKind.GIVE_BACK, FuseClass.PROMOTE, pair, [*changes, mark])


def _mark(context: Context, pair: Pair, mark: Value, rule: str) -> FieldChange:
    key = context.tags.taken_off
    old = pair.registry.tags.get(key)
    return FieldChange(key, old, mark, rule, other=mark, is_tag=True, expected_removal=mark is None)


def _operation(kind: OperationKind, fuse: FuseClass, pair: Pair, changes: list[FieldChange]) -> Operation:
    record = pair.grc.id if pair.grc is not None else None
    return Operation(kind, Side.REGISTRY, pair.ref, tuple(changes), record, fuse, changes[0].rule)


def _waiting(pair: Pair, aliases: Sequence[str]) -> Remark:
    calls = "; ".join(
        f"MlflowClient().set_registered_model_alias({pair.ref.name!r}, {alias!r}, {pair.ref.version!r})"
        for alias in aliases
    )
    text = f"{', '.join(aliases)} was taken off, and nothing speaks against it any more; to give it back: {calls}"
    return Remark(pair.ref, "enforcement", text)


def _add(context: Context, memory: Memory, pair: Pair, operation: Operation, found: Findings) -> None:
    kept = allowed(context, memory, pair, Side.REGISTRY, list(operation.changes), found)
    if any(alias_of(change.field) is not None for change in kept):
        found.operations.append(replace(operation, changes=tuple(kept)))


def _offer(context: Context, pair: Pair, versions: Iterable[Pair]) -> str:
    """Which version could take its place: the last one that is approved and that nothing speaks against."""
    others = [int(one.ref.version or 0) for one in versions if one.ref != pair.ref and is_clear(context, one)]
    return f"version {max(others)} is approved" if others else "no other version is approved"
