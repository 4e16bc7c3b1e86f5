"""``mlflow-grc report exposure``: when an unapproved version was in production."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.failures import PERSON, NotThere
from connector.cli.files import target
from connector.cli.options import FILE, model_option, pass_app
from connector.cli.output import BAD, DIM, GOOD, WARN, Output
from connector.cli.times import moment_option
from connector.cli.turns import Turns
from connector.cli.words import counted, listed, moment
from connector.engine.past import Exposed, Span, exposed, was_observed
from connector.report.tables.cells import for_csv
from connector.report.timeline.exposure import Exposure
from connector.report.timeline.words import EXPOSURE_COLUMNS, exposure_row
from connector.state import Store
from connector.state.times import stamp

_CSV = (
    "connection", "model", "version", "aliases", "approval", "certain", "began_after", "began_at", "ended_after",
    "ended_at", "observed_until", "at_least_seconds", "at_most_seconds",
)  # fmt: skip


@click.command("exposure")
@click.option("--since", type=moment_option, metavar="TIME", help="What lasted at this time or later.")
@click.option("--until", type=moment_option, metavar="TIME", help="What began before this time.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given.")
@click.option(
    "--fail-on", type=click.Choice(["lasting", "any"]), help="Exit 3 where one still lasts, or where any did."
)
@model_option
@pass_app
def exposure_(
    app: App,
    *,
    since: datetime | None,
    until: datetime | None,
    form: str,
    output: Path | None,
    fail_on: str | None,
    model: str | None,
) -> int:
    """Tell when a production alias pointed at a version without an approval in force.

    Both sides are observed now and then: each exposure has the two observations between which it began, the two between
    which it ended, and so the shortest and the longest time that it can have lasted. What came and went between two
    observations is not seen. Exit code 3 where the last listing was incomplete.
    """
    if since is not None and until is not None and until <= since:
        raise click.BadParameter("it has to be later than --since", param_hint="--until")
    span = Span(stamp(since) if since else None, stamp(until) if until else None, model)
    with app.store(there=True) as store:
        names = app.names()
        turns: Turns[Exposed] = Turns(app)
        for name in names:
            turns.take(name, partial(_exposed, app, name, store, span), alone=len(names) == 1)
    turns.end()
    found = list(turns.results.values())
    with target(app.out, output) as out:
        if form == "json":
            out.json({"connections": [_document(each) for each in found], "failed": turns.document()})
        elif form == "csv":
            _write_csv(out, found)
        else:
            for each in found:
                _show(out, each)
    if output is not None:
        app.out.line(f"Wrote {output}.")
    return turns.code(lambda each: PERSON if each.gaps or _reached(each.exposures, fail_on) else 0)


def _exposed(app: App, name: str, store: Store, span: Span) -> Exposed:
    found = exposed(app.config, name, store, span)
    if span.model is not None and not was_observed(store, name, span.model):
        raise NotThere(f"Nothing is known of a model '{span.model}' in MLflow.")
    return found


def _reached(exposures: Sequence[Exposure], fail_on: str | None) -> bool:
    return fail_on is not None and any(fail_on == "any" or each.ended is None for each in exposures)


def _document(found: Exposed) -> dict[str, object]:
    rows = [
        asdict(each)
        | {"at_least_seconds": each.at_least.total_seconds()}
        | {"at_most_seconds": each.at_most.total_seconds() if each.at_most is not None else None}
        for each in found.exposures
    ]
    return asdict(found) | {"exposures": rows}


def _write_csv(out: Output, found: Sequence[Exposed]) -> None:
    writer = csv.writer(out.stream, lineterminator="\n")
    writer.writerow(_CSV)
    for connection in found:
        for each in connection.exposures:
            ended = each.ended
            cells = (
                connection.connection, each.model, each.version, ", ".join(each.aliases),
                ", ".join(status or "" for status in each.statuses), "yes" if each.certain else "no",
                each.began.after, each.began.at, ended.after if ended else None, ended.at if ended else None,
                each.observed_until, each.at_least.total_seconds(),
                each.at_most.total_seconds() if each.at_most is not None else None,
            )  # fmt: skip
            writer.writerow([for_csv(cell) for cell in cells])


def _show(out: Output, found: Exposed) -> None:
    out.heading(f"Unapproved versions in production, connection {found.connection}")
    out.line(f"Observed from {moment(found.observed_from)} to {moment(found.observed_until)}.", DIM)
    if found.gaps:
        out.line(f"INCONCLUSIVE: not read to the end: {listed(found.gaps)}.", BAD)
    if not found.exposures:
        out.line()
        out.line("None was seen.", GOOD)
        return
    out.line()
    out.table(EXPOSURE_COLUMNS, [exposure_row(each) for each in found.exposures])
    lasting = sum(each.ended is None for each in found.exposures)
    out.line()
    told = counted(len(found.exposures), "exposure")
    out.line(f"{told}, {lasting:,} of them still lasting.", BAD if lasting else WARN)
