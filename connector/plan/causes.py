"""What speaks against a version: an approval that was withdrawn or is over, or a severe issue; and the tags that say
so.

Told by the owners of the fields alone. A model's own issues are told on the registered model, all else on the version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connector.mapping.keys import is_finding_key
from connector.mapping.text import compact
from connector.model.enforcement import Action, EnforcementPolicy, Trigger
from connector.model.fields import Entity, Value
from connector.model.views import Issue
from connector.plan.context import APPROVAL_STATUS, Context, Pair
from connector.plan.gated import held_by_owner, reasons_text

_ENDED = ("withdrawn", "rejected")
_IN_FORCE = ("approved", "conditional")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a version may not be in use, and what the policy does about it."""

    trigger: Trigger
    action: Action
    text: str


def enforcement_tags(context: Context, pair: Pair) -> dict[str, Value]:
    """The tags of an object: why it is blocked, and which aliases were taken off it. A model's own issues are told on
    the registered model, all else on the version.
    """
    policy, tags = context.policy.enforcement, context.tags
    if policy is None:
        return {tags.taken_off: None} if pair.ref.entity is Entity.VERSION else {}
    wanted: dict[str, Value] = {}
    causes = own_causes(context, pair)
    if pair.issues is not None or Trigger.ISSUE not in policy.actions:
        blocking = [each.text for each in causes if each.action is not Action.REPORT]
        wanted[tags.blocked] = reasons_text(blocking) if blocking else None
    elif tags.blocked in pair.registry.tags:
        # Which issues are open is not known: what stands there stays.
        wanted[tags.blocked] = pair.registry.tags[tags.blocked]
    if pair.ref.entity is Entity.VERSION:
        in_use = pair.model.aliases if pair.model is not None else {}
        waiting = [alias for alias in taken_off(context, pair) if alias not in in_use]
        wanted[tags.taken_off] = compact(waiting) if waiting else None
    return wanted


def own_causes(context: Context, pair: Pair) -> tuple[Cause, ...]:
    """What speaks against the object itself: its approval, told by the owners of the fields alone, and its issues."""
    policy = context.policy.enforcement
    if policy is None:
        return ()
    issues = pair.issues or ()
    if pair.ref.entity is Entity.MODEL:
        issues = tuple(issue for issue in issues if issue.version_id is None)
        return tuple(_of_issues(policy, issues))
    return (*_of_approval(context, policy, pair), *_of_issues(policy, issues))


def causes_of(context: Context, version: Pair) -> tuple[Cause, ...]:
    """What speaks against a version: of itself, and of its model."""
    policy = context.policy.enforcement
    if policy is None:
        return ()
    return (*own_causes(context, version), *_of_issues(policy, version.model_issues or ()))


def is_clear(context: Context, pair: Pair) -> bool:
    """Whether a version may be in use: an approval is in force, and nothing speaks against it."""
    return in_force(context, pair) and not causes_of(context, pair)


def taken_off(context: Context, pair: Pair) -> tuple[str, ...]:
    """The aliases that were taken off a version, as its tag says."""
    text = pair.registry.tags.get(context.tags.taken_off)
    if text is None or pair.inherited:
        return ()
    try:
        found = json.loads(text)
    except ValueError:
        return ()
    return tuple(sorted({each for each in found if isinstance(each, str)})) if isinstance(found, list) else ()


def still_enforced(context: Context, pair: Pair) -> str:
    """Why the aliases of a version, read afresh on both sides, do not come off after all; empty where they do."""
    taking = any(each.action is Action.TAKE_OFF for each in causes_of(context, pair))
    return "" if taking else "nothing speaks against the version any more"


def may_be_given_back(context: Context, pair: Pair, alias: str) -> bool:
    """Whether a version that lost an alias may have it again: it is free, and an approval is in force."""
    policy = context.policy.enforcement
    in_use = pair.model.aliases if pair.model is not None else {}
    known = pair.issues is not None and pair.model_issues is not None
    if policy is None or not known or alias not in policy.aliases or alias in in_use:
        return False
    return is_clear(context, pair)


def _of_approval(context: Context, policy: EnforcementPolicy, pair: Pair) -> Iterator[Cause]:
    status = held_by_owner(context, pair, APPROVAL_STATUS)
    expiry = held_by_owner(context, pair, "approval_expiry")
    over = expiry is not None and expiry[:10] < context.today
    if status in _ENDED and Trigger.WITHDRAWN in policy.actions:
        yield Cause(Trigger.WITHDRAWN, policy.actions[Trigger.WITHDRAWN], f"the approval is {status}")
    elif Trigger.EXPIRED in policy.actions and (status == "expired" or (status in _IN_FORCE and over)):
        when = f" on {expiry[:10]}" if expiry is not None else ""
        yield Cause(Trigger.EXPIRED, policy.actions[Trigger.EXPIRED], f"the approval expired{when}")


def _of_issues(policy: EnforcementPolicy, issues: Iterable[Issue]) -> Iterator[Cause]:
    """One of unknown severity counts as the worst. Issues of our own findings do not count: C01 finds the version that
    is in production without an approval, and is for a person to look at.
    """
    action = policy.actions.get(Trigger.ISSUE)
    if action is None:
        return
    theirs = (one for one in issues if one.is_open and not is_finding_key(one.key))
    severe = (one for one in theirs if one.severity is None or one.severity in policy.severities)
    for issue in sorted(severe, key=lambda one: one.number):
        how = f"{issue.severity} " if issue.severity else ""
        yield Cause(Trigger.ISSUE, action, f"the {how}issue {issue.number} is open")


def in_force(context: Context, pair: Pair) -> bool:
    """Whether an approval of the version is in force today, told by its owner."""
    if held_by_owner(context, pair, APPROVAL_STATUS) not in _IN_FORCE:
        return False
    expiry = held_by_owner(context, pair, "approval_expiry")
    unreadable = pair.grc is not None and "approval_expiry" in pair.grc.unreadable
    return not unreadable and (expiry is None or expiry[:10] >= context.today)
