"""``mlflow-grc sync``: one cycle per connection."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli.app import App, worst
from connector.cli.diff import show_operations
from connector.cli.findings import show_findings, show_troubles
from connector.cli.machine import result_document
from connector.cli.options import FILE, json_option, model_option, must_exist, pass_app
from connector.cli.output import DIM, WARN, Output
from connector.cli.runs import outcome, status_style, status_words, took
from connector.engine import Cycle, RunResult
from connector.interruption import Interruption, on_signals
from connector.model.errors import ConfigError, MlflowGrcError
from connector.model.operations import Plan
from connector.plan.codec import plan_from_file
from connector.state import LeaseHeld, Store


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
    names = (_connection_of(app, saved),) if saved else app.names()
    codes, documents = [], []
    interruption = Interruption()
    with app.store() as store, on_signals(interruption.request):
        for name in names:
            try:
                result = _sync(app, name, store, interruption, only=saved, model=model)
            except LeaseHeld as error:
                codes.append(0 if if_free else app.tell(error))
                if if_free and not machine:
                    app.out.line(f"{error.message} Nothing was done.")
                continue
            except MlflowGrcError as error:
                codes.append(app.tell(error))
                continue
            documents.append(result_document(result))
            codes.append(1 if result.stopped else result.exit_code)
            if not machine:
                show_result(app.out, result)
            if result.stopped:
                break
    if machine:
        app.out.json({"runs": documents})
    return worst(codes)


def show_result(out: Output, result: RunResult) -> None:
    """Print what a run did."""
    out.heading(f"Connection {result.plan.connection}")
    for each in result.recovered:
        found = "had landed and is recorded" if each.landed else "had not landed"
        out.line(f"  Recovered: a write to {each.operation.ref}, interrupted earlier, {found}.")
    if result.applied.operations:
        out.line()
        show_operations(out, result.applied.operations)
    show_troubles(out, result.applied, result.stale)
    show_findings(out, result.plan, result.applied.quarantines)
    out.line()
    if result.stopped:
        out.line("Stopped as asked, after the operation in hand. The next sync goes on from there.", WARN)
    run = result.run
    out.line(f"{status_words(run.status).capitalize()}: {outcome(run)}.", status_style(run.status))
    out.line(f"Run {run.id}, {took(run)}, audit head {result.head}", DIM)


def _sync(
    app: App, name: str, store: Store, interruption: Interruption, *, only: Plan | None, model: str | None
) -> RunResult:
    with (
        app.open(name, store, stop=interruption.stop, abort=interruption.abort) as connection,
        app.out.working(f"Synchronising {name}"),
    ):
        must_exist(connection, model)
        return Cycle(connection, only=only, model=model, step=interruption.step).run()


def _connection_of(app: App, saved: Plan) -> str:
    app.config.connection(saved.connection)
    if app.connection not in (None, saved.connection):
        remedy = f"Leave out --connection, or make a plan for {app.connection}."
        raise ConfigError(f"The plan is for connection {saved.connection}, not {app.connection}.", remedy=remedy)
    return saved.connection
