"""What was refused before: it is left alone until what would be written changes, and shown until then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from connector.model.fields import Side
from connector.model.operations import FieldChange
from connector.model.state import QuarantineCase
from connector.model.views import ObjectRef
from connector.plan.context import Context, Findings, Memory

_HOUR, _DAY = len("2026-03-02T09"), len("2026-03-02")


def changes_digest(changes: Iterable[FieldChange], side: Side = Side.GRC) -> str:
    """Identify what would be written, whatever stands there now: a refusal holds as long as this does not change. What
    is worked out here goes to both sides, and what one refuses the other may take.
    """
    body = sorted((change.field, change.says or "") for change in changes)
    body += [(str(side), "")] if side is Side.REGISTRY else []
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]


def within_the_hour(digest: str, now: str) -> str:
    """A digest that matches until the hour of ``now`` (an ISO time) is over."""
    return f"{digest}@{now[:_HOUR]}"


def within_the_day(digest: str, now: str) -> str:
    """A digest that matches until the day of ``now`` is over: what another attempt would leave behind is a nuisance."""
    return f"{digest}@{now[:_DAY]}"


def within_the_run(digest: str, now: str) -> str:
    """A digest that matches for the run of ``now`` alone: the fields beside the refused one flow in it."""
    return f"{digest}@{now}"


def not_refused(
    context: Context, memory: Memory, ref: ObjectRef, side: Side, changes: Sequence[FieldChange], found: Findings
) -> list[FieldChange]:
    """Drop the changes that were refused before and are the same still; their cases go into ``found``. Those of a
    request are refused together, for neither means anything alone.
    """
    kept: list[FieldChange] = []
    unasked = False
    for change in changes:
        case = memory.quarantines.get((ref.key, change.field))
        if case is not None and _holds(case, [change], side, context.now):
            found.quarantines.append(case)
            unasked = unasked or change.request
        else:
            kept.append(change)
    kept = [change for change in kept if not (unasked and change.request)]
    whole = memory.quarantines.get((ref.key, f"{side}:"))
    if whole is not None and kept and _holds(whole, kept, side, context.now):
        found.quarantines.append(whole)
        return []
    return kept


def _holds(case: QuarantineCase, changes: Iterable[FieldChange], side: Side, now: str) -> bool:
    digest = changes_digest(changes, side)
    limits = within_the_run, within_the_hour, within_the_day
    return case.value_digest in (digest, *(limit(digest, now) for limit in limits))
