"""What people decide between two cycles: answers to conflicts, and consent to what a fuse withheld. The next cycle
carries it out; who decided, the audit trail has.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from connector.model.errors import Rejected
from connector.model.fields import Side
from connector.model.state import ConflictCase, Resolution
from connector.plan.context import EXISTENCE
from connector.state.base import Store
from connector.state.times import stamp


def resolve(
    store: Store,
    connection: str,
    case: ConflictCase,
    *,
    by: str,
    now: datetime,
    take: Side | None = None,
    value: str | None = None,
) -> Resolution:
    """Answer a conflict with one side's value or a new one, already canonical. It holds for the two values of the case.
    Raises Rejected for a new value of what has none.
    """
    if case.field == EXISTENCE and take is None:
        raise Rejected("Whether an object should exist has no new value.", remedy="take MLflow's side or the GRC's.")
    answer = Resolution(case.ref, case.field, take, value, case.registry, case.grc, by=by, at=stamp(now))
    store.resolve(connection, answer)
    return answer


def approve(store: Store, connection: str, digests: Collection[str], *, by: str, now: datetime) -> list[str]:
    """Consent to withheld operations for 24 hours. Returns those that were not approved before: the same again would
    be no news to the trail.
    """
    known = {digest for approval in store.approvals(connection, now) for digest in approval.digests}
    new = [digest for digest in digests if digest not in known]
    if new:
        store.approve(connection, new, by, now)
    return new
