"""``mlflow-grc report reconcile``: both sides of every object, and what the controls find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from connector.cli.app import App
from connector.cli.commands.report.options import live_option, output_option, profile_option, table_option
from connector.cli.failures import PERSON, NotThere
from connector.cli.files import target, whole_path
from connector.cli.options import model_option, pass_app
from connector.cli.reconciliation import show_idle_waivers, show_report
from connector.cli.turns import Turns
from connector.config.config import config_hash
from connector.controls.inventory import SEVERITIES
from connector.engine.reporting import Wanted, report_of_now, report_of_state
from connector.engine.tallying import keep_tally
from connector.mapping.thresholds import CONTROL_IDS
from connector.report.export import write_json
from connector.report.rows import Report, Status, idle_waivers
from connector.report.tables.csvfile import write_csv
from connector.report.tables.document import markdown
from connector.report.tables.reconcile import PARTS, sheets
from connector.report.tables.workbook import write_workbook
from connector.state import Store
from connector.state.times import parse

if TYPE_CHECKING:
    from connector.report.html import History

_FAIL_ON = {
    "differ": Status.DIFFER,
    "conflict": Status.CONFLICT,
    "quarantined": Status.QUARANTINED,
    "only-in-mlflow": Status.ONLY_MLFLOW,
    "only-in-grc": Status.ONLY_GRC,
    "orphan": Status.ORPHAN,
}
_WITHHELD, _ANY = "withheld", "any"
FORMS = ("text", "html", "xlsx", "markdown", "csv", "json")


@click.command("reconcile")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@output_option
@live_option
@click.option("--all-fields", is_flag=True, help="Text, xlsx and markdown: show fields that agree as well.")
@click.option(
    "--fail-on",
    type=click.Choice([*_FAIL_ON, _WITHHELD, _ANY, *SEVERITIES]),
    multiple=True,
    help="Exit 3 where there is one of these, or a finding at least as severe; any: one of those before it, whatever "
    "the controls find. May be given more than once.",
)
@table_option(PARTS, "fields")
@profile_option
@click.option(
    "--control",
    "controls",
    type=click.Choice(CONTROL_IDS, case_sensitive=False),
    multiple=True,
    metavar="ID",
    help="Only this control, e.g. C01; may be given more than once.",
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
    part: str | None,
    profile: str | None,
    controls: tuple[str, ...],
    model: str | None,
) -> int:
    """Compare both sides of every object, field by field.

    Shows what agrees, differs, is in conflict or quarantined, what only one side has, and records whose model is
    gone, and what the controls find, by severity. It tells how old its data is. Exit code 3 where a listing was
    incomplete or a fuse holds something back: such a report proves nothing. --fail-on leaves out what was waived. A
    report on everything, under the configured regime, also keeps the day's number of findings for the trend.
    """
    if part is not None and form != "csv":
        raise click.UsageError("--table chooses what a CSV file holds: the other formats hold every table.")
    with app.store(writing=False) as store:
        now = datetime.now(UTC)
        wanted = Wanted(now.date().isoformat(), model, profile, controls, now)
        names = app.names()
        turns: Turns[Report] = Turns(app)
        for name in names:
            turns.take(name, partial(_report, app, name, store, wanted, live=live), alone=len(names) == 1)
        reports = list(turns.results.values())
        idle = idle_waivers(reports, every=names == app.config.connection_names)
        history = {each.connection: _history(store, each) for each in reports} if form == "html" else {}
    if model is not None and not turns.failed and not any(report.objects for report in reports):
        raise NotThere(f"Nothing is known of a model '{model}'.")
    if form == "xlsx":
        _write_workbook(app, reports, output, now, all_fields=all_fields)
    else:
        with target(app.out, output) as out:
            if form == "json":
                write_json(reports, turns.document(), out.stream)
            elif form == "csv":
                write_csv(PARTS[part or "fields"](reports), out.stream)
            elif form == "markdown":
                out.stream.write(markdown(reports, now, idle, all_fields=all_fields))
            elif form == "html":
                _write_html(reports, history, out.stream, every=names == app.config.connection_names)
            else:
                for report in reports:
                    show_report(out, report, now, all_fields=all_fields)
                show_idle_waivers(out, idle, now)
    if output is not None:
        app.out.line(f"Wrote {output}.")
    return turns.code(lambda report: PERSON if not report.complete or _reached(report, fail_on) else 0)


def _report(app: App, name: str, store: Store, wanted: Wanted, *, live: bool) -> Report:
    if not live:
        report = report_of_state(app.config, name, store, wanted)
        if report.complete and wanted.now is not None and wanted.is_usual:
            keep_tally(store, report, wanted.now)
        return report
    with app.open(name, store, one_off=True) as connection, app.out.working(f"Reading both sides of {name}"):
        return report_of_now(app.config, connection, wanted)


def _history(store: Store, report: Report) -> Mapping[str, History]:
    from connector.report.html import histories  # noqa: PLC0415 - the page's libraries, for the page alone

    return histories(store, report.connection, report.inventory) if report.inventory else {}


def _write_workbook(
    app: App, reports: Sequence[Report], output: Path | None, now: datetime, *, all_fields: bool
) -> None:
    made_at = min((parse(report.taken_at) for report in reports if report.taken_at), default=now)
    with whole_path(output) as path:
        write_workbook(sheets(reports, config_hash(app.config), now, all_fields=all_fields), path, made_at)


def _write_html(
    reports: Sequence[Report], history: Mapping[str, Mapping[str, History]], stream: TextIO, *, every: bool
) -> None:
    from connector.report.html import Source, write_page  # noqa: PLC0415 - as above

    write_page([Source(each, history[each.connection]) for each in reports], stream, datetime.now(UTC), every=every)


def _reached(report: Report, fail_on: Sequence[str]) -> bool:
    wanted = [*_FAIL_ON, _WITHHELD] if _ANY in fail_on else fail_on
    found = {**report.counts["fields"]}
    for status, number in report.counts["objects"].items():
        found[status] = found.get(status, 0) + number
    found[_WITHHELD] = report.waiting["withheld"]
    severities = [SEVERITIES.index(name) for name in fail_on if name in SEVERITIES]
    if severities and any(SEVERITIES.index(each.severity) <= max(severities) for each in report.standing):
        return True
    return any(found.get(name, 0) for name in wanted)
