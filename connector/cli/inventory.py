"""The inventory report as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connector.cli.output import BAD, BOLD, DIM, GOOD, WARN, Cell, Output
from connector.cli.reconciliation import age
from connector.cli.words import NONE, counted, listed, moment, short
from connector.controls import JoinedModel, JoinedVersion
from connector.report.inventory import InventoryReport, is_in_force, worst_of

_VALUE = 32


def show_inventory(out: Output, report: InventoryReport, now: datetime) -> None:
    """Print the inventory: what it rests on, then the models, each with its versions in production below."""
    out.heading(f"Inventory of connection {report.connection}")
    if report.standing is None:
        out.line(f"As seen {moment(report.taken_at)} ({age(report.taken_at, now)} ago).", DIM)
    else:
        out.line(f"As of {report.standing.told}. {report.standing.words}", DIM)
    if not report.complete:
        gaps = listed(report.gaps)
        out.line(f"INCONCLUSIVE: not read to the end: {gaps}. What is missing below may still have existed.", BAD)
    rows = [row for model in report.inventory.models for row in _rows(report, model)]
    if rows:
        out.line()
        columns = (
            "model and version",
            "record",
            "tier",
            "owner",
            "status",
            "approved by",
            "until",
            "open issues",
            "next review",
        )
        out.table(columns, rows, brief=True)
    models = report.inventory.models
    versions, production = sum(len(one.versions) for one in models), sum(len(one.in_production) for one in models)
    out.line()
    out.line(
        f"{counted(len(models), 'model')} and {counted(versions, 'version')}. The {production:,} in production are "
        "shown; the other formats hold every version, with all its fields."
    )


def _rows(report: InventoryReport, model: JoinedModel) -> Iterator[tuple[Cell, ...]]:
    waiting = tuple(issue for issue in model.issues if issue.is_open)
    worst = worst_of(waiting)
    issues = f"{len(waiting)}{f' ({worst})' if worst else ''}" if waiting else NONE
    yield (
        (model.name, BOLD),
        model.record_id or NONE,
        short(model.field("risk_classification"), _VALUE),
        short(model.field("model_owner"), _VALUE),
        short(model.field("lifecycle_status"), _VALUE),
        "",
        "",
        (issues, WARN if waiting else ""),
        short(model.field("next_review_due"), _VALUE),
    )
    for version in model.in_production:
        yield _version(report, version)


def _version(report: InventoryReport, version: JoinedVersion) -> tuple[Cell, ...]:
    decided = version.grc or {}
    status = decided.get("approval_status") or "not recorded"
    holds = is_in_force(version, report.today)
    return (
        f"  v{version.version} {', '.join(version.aliases)}",
        version.record_id or "",
        "",
        "",
        (status if holds else f"{status}, not in force", GOOD if holds else BAD),
        short(decided.get("approved_by"), _VALUE),
        short(decided.get("approval_expiry"), _VALUE),
        "",
        "",
    )
