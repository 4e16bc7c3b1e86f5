"""``mlflow-grc report completeness``: what each model does not state yet, and the tag to set."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.failures import PERSON, NotThere
from connector.cli.files import target
from connector.cli.options import FILE, model_option, pass_app
from connector.cli.output import BAD, DIM, GOOD, WARN, Output
from connector.cli.reconciliation import age, show_doubts
from connector.cli.turns import Turns
from connector.cli.words import counted, moment
from connector.controls import Inventory
from connector.controls.completeness import Completeness, completeness
from connector.engine.reporting import Wanted, report_of_now, report_of_state
from connector.model.workspaces import is_called
from connector.report.rows import Report
from connector.report.tables.cells import for_csv
from connector.state import Store

COLUMNS = ("connection", "model", "score", "item", "version", "field", "what to add")


@dataclass(frozen=True, slots=True)
class _Scored:
    report: Report
    models: Sequence[tuple[str, Completeness]]


@click.command("completeness")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given.")
@click.option("--live", is_flag=True, help="Read both sides now, instead of what the last cycle saw.")
@click.option("--below", type=click.IntRange(0, 100), metavar="PERCENT", help="Exit 3 where a model scores less.")
@model_option
@pass_app
def completeness_(app: App, *, form: str, output: Path | None, live: bool, below: int | None, model: str | None) -> int:
    """Score each registered model's metadata, and say what to add.

    What counts is what a regulated model has to state: training data lineage, feature pipeline, architecture,
    validation results, intended use, limitations, approval chain, risk class, regulatory scope and data retention. Of
    a model's versions those in production count, else the newest.
    """
    with app.store(writing=False) as store:
        wanted = Wanted(datetime.now(UTC).date().isoformat(), model)
        names = app.names()
        turns: Turns[_Scored] = Turns(app)
        for name in names:
            turns.take(name, partial(_scored, app, name, store, wanted, live=live), alone=len(names) == 1)
    turns.end()
    scored = list(turns.results.values())
    with target(app.out, output) as out:
        if form == "json":
            out.json({"connections": [_document(each) for each in scored], "failed": turns.document()})
        elif form == "csv":
            _write_csv(out, scored)
        else:
            for each in scored:
                _show(out, each)
    if output is not None:
        app.out.line(f"Wrote {output}.")
    return turns.code(lambda each: PERSON if not each.report.complete or _is_below(each, below) else 0)


def _scored(app: App, name: str, store: Store, wanted: Wanted, *, live: bool) -> _Scored:
    if live:
        with app.open(name, store, one_off=True) as connection, app.out.working(f"Reading both sides of {name}"):
            report = report_of_now(app.config, connection, wanted)
    else:
        report = report_of_state(app.config, name, store, wanted)
    models = list(_of(report.inventory, wanted)) if report.inventory is not None else []
    if wanted.model is not None and not models:
        raise NotThere(f"Nothing is known of a model '{wanted.model}' in MLflow.")
    return _Scored(report, sorted(models, key=lambda one: (one[1].score, one[0])))


def _of(inventory: Inventory, wanted: Wanted) -> Iterator[tuple[str, Completeness]]:
    for model in inventory.models:
        registered = model.registry is not None and not model.placeholder
        if registered and (wanted.model is None or is_called(model.name, wanted.model)):
            yield model.name, completeness(inventory, model)


def _is_below(scored: _Scored, least: int | None) -> bool:
    return least is not None and any(found.score < least for _, found in scored.models)


def _document(scored: _Scored) -> dict[str, object]:
    return {
        "connection": scored.report.connection,
        "taken_at": scored.report.taken_at,
        "complete": scored.report.complete,
        "models": [{"model": name, **asdict(found)} for name, found in scored.models],
    }


def _write_csv(out: Output, scored: Sequence[_Scored]) -> None:
    writer = csv.writer(out.stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in scored:
        for row in _csv_rows(each):
            writer.writerow([for_csv(cell) for cell in row])


def _csv_rows(scored: _Scored) -> Iterator[tuple[object, ...]]:
    for name, found in scored.models:
        head = (scored.report.connection, name, found.score)
        if not found.lacks:
            yield (*head, "", "", "", "")
        for lack in found.lacks:
            yield (*head, lack.item, lack.version or "", lack.field, lack.remedy)


def _show(out: Output, scored: _Scored) -> None:
    report, models = scored.report, scored.models
    out.heading(f"Completeness of the metadata, connection {report.connection}")
    out.line(f"As seen {moment(report.taken_at)} ({age(report.taken_at, datetime.now(UTC))} ago).", DIM)
    show_doubts(out, report)
    out.line()
    for name, found in models:
        out.line(f"{name}: {found.score} %", GOOD if found.score == 100 else WARN if found.score >= 50 else BAD)
        for lack in found.lacks:
            out.line(f"  {lack.item}: {lack.remedy}")
    if not models:
        out.line("No registered model is in scope.")
        return
    mean = sum(found.score for _, found in models) // len(models) if models else 0
    out.line()
    out.line(f"{counted(len(models), 'model')}, {mean} % on average.")
