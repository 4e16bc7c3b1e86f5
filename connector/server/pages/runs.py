"""Runs, and what one of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from connector.audit import AuditFilter
from connector.model.state import Run, RunKind
from connector.server.addresses import RUNS
from connector.server.pages.cutting import LENGTH, cut
from connector.server.visit import NotThere, Page, Visit

LOOKED_BACK = 2_000
"""Runs that are listed; older ones stand in the audit trail."""
_ENTRIES = 500
"""Entries of a run that its page shows."""


def runs(visit: Visit, connection: str, number: int) -> Page:
    """The last runs of one connection or of all."""
    if connection and connection not in visit.site.names:
        raise NotThere
    found = _last(visit, connection)
    lines = cut(found, number, RUNS, connection=connection)
    values = {"cut": lines, "chosen": connection, "connections": visit.site.names, "capped": len(found) == LOOKED_BACK}
    return Page("runs.html", "Runs", values)


def run(visit: Visit, run_id: str) -> Page:
    """One run, with its entries of the trail."""
    # What a run tells of itself is its own part of the trail; connections that are not shown have no pages.
    found = next((one for one in _last(visit, "", kind=None) if one.id == run_id), None)
    if found is None:
        raise NotThere
    entries = list(islice(visit.site.store.audit(AuditFilter(run_id=run_id)), _ENTRIES + 1))
    values = {"run": found, "entries": entries[:_ENTRIES], "more": len(entries) > _ENTRIES, "length": LENGTH}
    return Page("run.html", f"Run {run_id}", values)


def _last(visit: Visit, connection: str, kind: RunKind | None = RunKind.FULL) -> Sequence[Run]:
    names = (connection,) if connection else visit.site.names
    found = [each for name in names for each in visit.site.store.runs(name, LOOKED_BACK, kind)]
    return sorted(found, key=lambda each: each.started, reverse=True)[:LOOKED_BACK]
