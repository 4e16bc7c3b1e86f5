"""``mlflow-grc report inventory``: every model and version with its fields, now or as of an earlier moment."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.commands.report.options import live_option, output_option, profile_option, table_option
from connector.cli.failures import PERSON, NotThere
from connector.cli.files import target, whole_path
from connector.cli.inventory import show_inventory
from connector.cli.options import model_option, pass_app
from connector.cli.turns import Turns
from connector.engine.reporting import Wanted, inventory_of_now, inventory_of_state
from connector.report.as_of import Moment, moment_of
from connector.report.inventory import InventoryReport
from connector.report.tables.csvfile import write_csv
from connector.report.tables.databasefile import INVENTORY_VIEWS, write_database
from connector.report.tables.inventory import PARTS, database, sheets
from connector.report.tables.records import write_records
from connector.report.tables.workbook import write_workbook
from connector.state import Store
from connector.state.times import parse

FORMS = ("text", "xlsx", "csv", "json", "sqlite")


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> Moment | None:
    del context, parameter
    if value is None:
        return None
    try:
        moment = moment_of(value)
    except ValueError:
        raise click.BadParameter(f"'{value}' is neither a date (2026-03-31) nor a time (2026-03-31T17:00Z).") from None
    if moment.at.date() > datetime.now(UTC).date():
        raise click.BadParameter(f"{value} is yet to come.")
    return moment


@click.command("inventory")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@output_option
@click.option(
    "--as-of",
    metavar="DATE|TIME",
    callback=_moment,
    help="As it was known then: at the end of a day in UTC (2026-03-31), or at a time (UTC unless it names a zone).",
)
@live_option
@table_option(PARTS, "inventory")
@profile_option
@model_option
@pass_app
def inventory_(
    app: App,
    *,
    form: str,
    output: Path | None,
    as_of: Moment | None,
    live: bool,
    part: str | None,
    profile: str | None,
    model: str | None,
) -> int:
    """The model inventory: each model and version, with its approval, issues and fields.

    Of each field the GRC's value, else MLflow's, under the guidance that asks for it; decommissioned models stay. With
    --as-of it is reconstructed from what was observed: which version was in production that day, and under which
    approval. Exit code 3 where a listing was incomplete: what is missing then may still have existed.
    """
    if live and as_of is not None:
        raise click.UsageError("--live is about now, and --as-of about another moment: give one of them.")
    if part is not None and form != "csv":
        raise click.UsageError("--table chooses what a CSV file holds: the other formats hold every table.")
    now = datetime.now(UTC)
    with app.store(writing=False) as store:
        wanted = Wanted(now.date().isoformat(), model, profile, now=now)
        names = app.names()
        turns: Turns[InventoryReport] = Turns(app)
        for name in names:
            work = partial(_report, app, name, store, wanted, as_of, live=live)
            turns.take(name, work, alone=len(names) == 1)
    reports = list(turns.results.values())
    if model is not None and not turns.failed and not any(report.inventory.models for report in reports):
        when = f" as of {as_of.told}" if as_of else ""
        raise NotThere(f"Nothing is known of a model '{model}'{when}.")
    _write(app, reports, form, output, part or "inventory", now, turns)
    if output is not None:
        app.out.line(f"Wrote {output}.")
    return turns.code(lambda report: 0 if report.complete else PERSON)


def _report(app: App, name: str, store: Store, wanted: Wanted, as_of: Moment | None, *, live: bool) -> InventoryReport:
    if not live:
        return inventory_of_state(app.config, name, store, wanted, as_of)
    with app.open(name, store, one_off=True) as connection, app.out.working(f"Reading both sides of {name}"):
        return inventory_of_now(app.config, connection, wanted)


def _write(
    app: App,
    reports: list[InventoryReport],
    form: str,
    output: Path | None,
    part: str,
    now: datetime,
    turns: Turns[InventoryReport],
) -> None:
    if form in ("xlsx", "sqlite"):
        with whole_path(output) as path:
            if form == "xlsx":
                made_at = min((parse(report.taken_at) for report in reports), default=now)
                write_workbook(sheets(reports, now), path, made_at)
            else:
                write_database(database(reports, now), path, INVENTORY_VIEWS)
        return
    with target(app.out, output) as out:
        if form == "json":
            write_records(sheets(reports, now), out.stream, {"failed": turns.document()})
        elif form == "csv":
            write_csv(PARTS[part](reports), out.stream)
        else:
            for report in reports:
                show_inventory(out, report, now)
