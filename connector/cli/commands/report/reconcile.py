"""``mlflow-grc report reconcile``: both sides of every object, and what the controls find."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.failures import PERSON, NotThere
from connector.cli.files import target
from connector.cli.options import FILE, model_option, pass_app
from connector.cli.reconciliation import show_report
from connector.cli.turns import Turns
from connector.controls.inventory import SEVERITIES
from connector.engine.reporting import DEFAULT_PROFILE, Wanted, report_of_now, report_of_state
from connector.report.export import document, write_csv
from connector.report.rows import Report, Status
from connector.state import Store

_FAIL_ON = {
    "differ": Status.DIFFER,
    "conflict": Status.CONFLICT,
    "quarantined": Status.QUARANTINED,
    "only-in-mlflow": Status.ONLY_MLFLOW,
    "only-in-grc": Status.ONLY_GRC,
    "orphan": Status.ORPHAN,
}
_WITHHELD, _ANY = "withheld", "any"


@click.command("reconcile")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given.")
@click.option("--live", is_flag=True, help="Read both sides now, instead of what the last cycle saw.")
@click.option("--all-fields", is_flag=True, help="Text: show fields that agree as well.")
@click.option(
    "--fail-on",
    type=click.Choice([*_FAIL_ON, _WITHHELD, _ANY, *SEVERITIES]),
    multiple=True,
    help="Exit 3 where there is one of these; may be given more than once.",
)
@click.option(
    "--profile",
    default=DEFAULT_PROFILE,
    show_default=True,
    metavar="ID|FILE",
    help="The regime whose fields are asked for, e.g. sr-26-2.",
)
@model_option
@pass_app
def reconcile_(
    app: App,
    *,
    form: str,
    output: Path | None,
    live: bool,
    all_fields: bool,
    fail_on: tuple[str, ...],
    profile: str,
    model: str | None,
) -> int:
    """Compare both sides of every object, field by field.

    Shows what agrees, differs, is in conflict or quarantined, what only one side has, and records whose model is
    gone. It tells how old its data is. Exit code 3 where a listing was incomplete: such a report proves nothing.
    """
    with app.store(writing=False) as store:
        wanted = Wanted(datetime.now(UTC).date().isoformat(), model, profile)
        names = app.names()
        turns: Turns[Report] = Turns(app)
        for name in names:
            turns.take(name, partial(_report, app, name, store, wanted, live=live), alone=len(names) == 1)
    reports = list(turns.results.values())
    if model is not None and not turns.failed and not any(report.objects for report in reports):
        raise NotThere(f"Nothing is known of a model '{model}'.")
    with target(app.out, output) as out:
        if form == "json":
            out.json({"reports": [document(report) for report in reports], "failed": turns.document()})
        elif form == "csv":
            write_csv(reports, out.stream)
        else:
            for report in reports:
                show_report(out, report, datetime.now(UTC), all_fields=all_fields)
    if output is not None:
        app.out.line(f"Wrote {output}.")
    return turns.code(lambda report: PERSON if not report.complete or _reached(report, fail_on) else 0)


def _report(app: App, name: str, store: Store, wanted: Wanted, *, live: bool) -> Report:
    if not live:
        return report_of_state(app.config, name, store, wanted)
    with app.open(name, store, one_off=True) as connection, app.out.working(f"Reading both sides of {name}"):
        return report_of_now(app.config, connection, wanted)


def _reached(report: Report, fail_on: Sequence[str]) -> bool:
    wanted = [*_FAIL_ON, _WITHHELD] if _ANY in fail_on else fail_on
    found = {**report.counts["fields"]}
    for status, number in report.counts["objects"].items():
        found[status] = found.get(status, 0) + number
    found[_WITHHELD] = report.waiting["withheld"]
    severities = [SEVERITIES.index(name) for name in fail_on if name in SEVERITIES]
    if severities and any(SEVERITIES.index(each.severity) <= max(severities) for each in report.findings):
        return True
    return any(found.get(name, 0) for name in wanted)
