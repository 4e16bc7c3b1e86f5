"""How many findings there are, kept for the trend: by day, the last of each."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from connector.model.errors import StateCorrupt
from connector.model.state import Tally
from connector.report.rows import Report
from connector.state.base import Store
from connector.state.errors import StateMoved, StateUnavailable
from connector.state.times import stamp


def tally_of(report: Report, now: datetime) -> Tally:
    """The findings of a report that count, by severity and by control."""
    return Tally(
        at=stamp(now),
        models=len(report.inventory.models) if report.inventory else 0,
        severities=dict(Counter(each.severity for each in report.standing)),
        controls=dict(Counter(each.control for each in report.standing)),
    )


def keep_tally(store: Store, report: Report, now: datetime) -> bool:
    """Keep the counts of a whole report under the configured rules; whether they were. A state that may only be read,
    an auditor's copy or one that was moved away, keeps none.
    """
    try:
        store.put_tally(report.connection, tally_of(report, now))
    except (StateUnavailable, StateCorrupt, StateMoved):
        return False
    return True
