"""When the GRC was listed whole, as runs tell: between sweeps a daemon asks only for what was changed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from connector.model.state import Run
from connector.state.times import parse, stamp

SWEEP_AGE = "sweep_age"
"""The count of a run that did not list everything: how many seconds before it the oldest whole listing was made that it
rests on.
"""


def sweep_counts(run: Run, rests_on: datetime | None) -> dict[str, int]:
    """What a run keeps of it; nothing where it listed everything itself (``rests_on`` None)."""
    if rests_on is None:
        return {}
    return {SWEEP_AGE: max(0, math.ceil((parse(run.started) - rests_on).total_seconds()))}


def swept_at(runs: Iterable[Run]) -> str | None:
    """When the whole listing was made that the newest of these runs rests on, newest first; None where that run listed
    everything itself, and where none came to its end.
    """
    last = next((run for run in runs if run.counts), None)
    if last is None or SWEEP_AGE not in last.counts:
        return None
    return stamp(parse(last.started) - timedelta(seconds=last.counts[SWEEP_AGE]))
