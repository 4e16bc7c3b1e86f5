"""Controls of the report's own ground: C27, C28. Their findings are about the whole connection, and name no model."""

from __future__ import annotations

from collections.abc import Iterator

from connector.controls.facts import Pause
from connector.controls.inventory import Finding, Inventory

WHOLE = ""
"""Stands for the model where a finding is about the whole connection."""


def inconclusive(inventory: Inventory) -> Iterator[Finding]:
    """C27: critical."""
    if inventory.gaps:
        seen = f"not read to the end: {', '.join(inventory.gaps)}"
        remedy = "see the status of the last run; what is missing here may still exist"
        yield Finding("C27", "critical", WHOLE, None, seen, remedy)
    if inventory.withheld:
        seen = f"a fuse holds back {inventory.withheld:,} operations of the last run"
        remedy = "look at them with `mlflow-grc plan`; `mlflow-grc approve` lets them through"
        yield Finding("C27", "critical", WHOLE, None, seen, remedy)


def not_running(inventory: Inventory) -> Iterator[Finding]:
    """C28: critical."""
    running = inventory.running
    if running.trail:
        remedy = "keep the database as evidence, and prove the whole trail with `mlflow-grc audit verify`"
        yield Finding("C28", "critical", WHOLE, None, f"the audit trail is {running.trail}", remedy)
    told = [_words(pause) for pause in running.pauses]
    if told:
        remedy = "see why the daemon did not run; `mlflow-grc status` tells of the last run"
        yield Finding("C28", "critical", WHOLE, None, "; ".join(told), remedy)


def _words(pause: Pause) -> str:
    runs = f"{pause.missed:,} scheduled run{'s' if pause.missed > 1 else ''} missed"
    return f"{runs} since {pause.since}" if pause.until is None else f"{runs} between {pause.since} and {pause.until}"
