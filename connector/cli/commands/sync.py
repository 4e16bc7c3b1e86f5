"""``mlflow-grc sync``: one cycle per connection."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from adapters.httpclient.redaction import redact
from connector.cli.app import App
from connector.cli.diff import show_operations
from connector.cli.findings import show_findings, show_troubles
from connector.cli.machine import result_document
from connector.cli.options import FILE, full_name_of, json_option, model_option, pass_app
from connector.cli.output import DIM, WARN, Output
from connector.cli.runs import outcome, status_style, status_words, took
from connector.cli.turns import Turns
from connector.cli.words import counted
from connector.engine import Cycle, RunResult
from connector.engine.exporting import tracing_of
from connector.interruption import Interruption, on_signals
from connector.model.errors import ConfigError
from connector.model.operations import Plan
from connector.plan.codec import plan_from_file
from connector.state import LeaseHeld, Store
from connector.tracing import traced


@click.command()
@click.option(
    "--plan", "plan_file", type=FILE, metavar="FILE", help="Apply this saved plan, as far as it still holds, only."
)
@model_option
@json_option
@click.option("--if-free", is_flag=True, help="Exit 0 where another process synchronises the connection.")
@pass_app
def command(app: App, *, plan_file: Path | None, model: str | None, machine: bool, if_free: bool) -> int:
    """Bring MLflow and the GRC together, once.

    Reads both sides, compares each field with what both last agreed on, writes the fewest changes, reads each back
    and records it. Ctrl-C or SIGTERM ends it after the operation in hand; the next sync goes on from there.
    """
    saved = plan_from_file(plan_file) if plan_file else None
    names = (_connection_of(app, saved, plan_file),) if saved and plan_file else app.names()
    turns: Turns[RunResult | None] = Turns(app)
    interruption = Interruption()

    def one(name: str) -> RunResult | None:
        try:
            return _sync(app, name, store, interruption, only=saved, model=model)
        except LeaseHeld as error:
            if not if_free:
                raise
            if not machine:
                app.out.line(f"{error.message} Nothing was done.")
            return None

    with app.store() as store, traced(tracing_of(app.config, redact)), on_signals(interruption.request):
        for name in names:
            result = turns.take(name, partial(one, name), alone=len(names) == 1 and not machine)
            if result is not None and not machine:
                show_result(app.out, result)
            if result is not None and result.stopped:
                break
    turns.end()
    if machine:
        runs = [result_document(each) for each in turns.results.values() if each is not None]
        app.out.json({"runs": runs, "failed": turns.document()})
    else:
        turns.show(_code, _words)
    return turns.code(_code)


def _code(result: RunResult | None) -> int:
    if result is None:
        return 0
    return 1 if result.stopped else result.exit_code


def _words(result: RunResult | None) -> str:
    if result is None:
        return "synchronised by another process"
    return f"{status_words(result.run.status)}: {outcome(result.run, brief=True)}"


def show_result(out: Output, result: RunResult) -> None:
    """Print what a run did."""
    out.heading(f"Connection {result.plan.connection}")
    for each in result.recovered:
        found = "had landed and is recorded" if each.landed else "had not landed"
        out.line(f"  Recovered: a write to {each.operation.ref}, interrupted earlier, {found}.")
    if result.applied.operations:
        out.line()
        show_operations(out, result.applied.operations)
    if result.done:
        out.line(f"{counted(len(result.done), 'operation')} of the saved plan: done already.", DIM)
    show_troubles(out, result.applied, result.stale)
    show_findings(out, result.plan, result.applied.quarantines)
    out.line()
    if result.stopped:
        out.line("Stopped as asked, after the operation in hand. The next sync goes on from there.", WARN)
    run = result.run
    out.line(f"{status_words(run.status).capitalize()}: {outcome(run, brief=True)}.", status_style(run.status))
    out.line(f"Run {run.id}, {took(run)}, audit head {result.head}", DIM)


def _sync(
    app: App, name: str, store: Store, interruption: Interruption, *, only: Plan | None, model: str | None
) -> RunResult:
    with (
        app.open(name, store, stop=interruption.stop, abort=interruption.abort) as connection,
        app.out.working(f"Synchronising {name}"),
    ):
        full = full_name_of(connection, model)
        return Cycle(connection, only=only, model=full, step=interruption.step).run()


def _connection_of(app: App, saved: Plan, path: Path) -> str:
    if saved.connection not in app.config.connection_names:
        what = f"The plan is for connection {saved.connection!r}, which the configuration does not have."
        remedy = f"Make a plan for one that it has: {', '.join(app.config.connection_names)}."
        raise ConfigError(what, file=str(path), remedy=remedy)
    if app.connection not in (None, saved.connection):
        remedy = f"Leave out --connection, or make a plan for {app.connection}."
        raise ConfigError(
            f"The plan is for connection {saved.connection}, not {app.connection}.", file=str(path), remedy=remedy
        )
    return saved.connection
