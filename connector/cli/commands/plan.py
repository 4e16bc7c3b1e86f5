"""``mlflow-grc plan``: what a sync would do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.diff import show_operations
from connector.cli.files import whole_file
from connector.cli.findings import only, show_findings
from connector.cli.machine import plan_document
from connector.cli.options import FILE, full_name_of, json_option, model_option, pass_app
from connector.cli.output import GOOD, WARN, Output
from connector.cli.turns import Turns
from connector.cli.words import counted, listed, moment
from connector.engine import Cycle
from connector.model.errors import MlflowGrcError
from connector.model.fields import Side
from connector.model.operations import OperationKind, Plan
from connector.plan.codec import plan_json
from connector.state import Store

CHANGES = 2
"""Exit code of ``--detailed-exitcode`` where there is something to do, as Terraform has it."""


@click.command()
@click.option("--out", "out_file", type=FILE, metavar="FILE", help="Save the plan for `sync --plan FILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="0: no changes, 1: error, 2: changes.")
@model_option
@json_option
@pass_app
def command(app: App, *, out_file: Path | None, detailed_exitcode: bool, model: str | None, machine: bool) -> int:
    """Show what a sync would do, field by field.

    Reads both sides and writes nothing anywhere, not even into the state database. Below the changes stand conflicts,
    what is quarantined, what a fuse would withhold, and remarks.
    """
    try:
        turns = _plans(app, out_file, model, machine=machine)
    except MlflowGrcError as error:
        if not detailed_exitcode:
            raise
        # 2 means changes here, so an error of the configuration is an error like any other.
        app.tell(error)
        return 1
    if detailed_exitcode:
        return 1 if turns.failed else max(map(_detailed, turns.results.values()))
    return turns.code(_code)


def _plans(app: App, out_file: Path | None, model: str | None, *, machine: bool) -> Turns[Plan]:
    """Print a plan, or say what went wrong, for each connection."""
    names = (app.name(),) if out_file else app.names()
    turns: Turns[Plan] = Turns(app)
    with app.store(writing=False, reading=False) as store:
        for name in names:
            plan = turns.take(name, partial(_plan, app, name, store, model), alone=len(names) == 1)
            if plan is not None and not machine:
                show_plan(app.out, plan)
            if plan is not None and out_file:
                _save(app, plan, out_file, machine=machine)
    turns.end()
    if machine:
        app.out.json({"plans": [plan_document(each) for each in turns.results.values()], "failed": turns.document()})
    else:
        turns.show(_code, summary)
    return turns


def _save(app: App, plan: Plan, path: Path, *, machine: bool) -> None:
    with whole_file(path) as stream:
        stream.write(plan_json(plan) + "\n")
    if not machine:
        app.out.line(f"Saved. Apply exactly this with: mlflow-grc sync --plan {path}")


def show_plan(out: Output, plan: Plan) -> None:
    """Print a plan."""
    counts = plan.counts
    size = listed(
        counted(counts.get(name, 0), name.removesuffix("s")) for name in ("models", "versions", "records", "issues")
    )
    out.heading(f"Plan for connection {plan.connection}, made {moment(plan.made_at)}: {size} read")
    if plan.operations:
        out.line()
        show_operations(out, plan.operations)
    show_findings(out, plan)
    out.line()
    out.line(summary(plan), WARN if plan.needs_person else "" if plan.operations else GOOD)


def summary(plan: Plan) -> str:
    """A plan in one line."""
    objects = len({operation.ref.key for operation in plan.operations})
    new = sum(operation.kind is OperationKind.CREATE_RECORD for operation in plan.operations)
    to = {
        side: sum(len(each.changes) for each in plan.operations if each.side is side)
        for side in (Side.GRC, Side.REGISTRY)
    }
    parts = []
    if objects:
        fields = f"{counted(to[Side.GRC], 'field')} to the GRC and {to[Side.REGISTRY]:,} to MLflow"
        parts.append(f"{counted(objects, 'object')} to change: {counted(new, 'new record')}, {fields}")
    remarks = sum(remark.attention for remark in plan.remarks)
    waiting = [
        (len(plan.conflicts), "in conflict"),
        (len(plan.quarantines), "quarantined"),
        (len(plan.withheld), "withheld"),
        (len(plan.gaps), "incomplete listings"),
        (remarks, "remarks marked !"),
    ]
    told = listed(f"{number:,} {word}" for number, word in waiting if number)
    if told:
        parts.append(f"{'w' if parts else 'W'}aiting for a person: {told}")
    return f"{'; '.join(parts)}." if parts else "Nothing to do: both sides agree."


def _plan(app: App, name: str, store: Store, model: str | None) -> Plan:
    with app.open(name, store, one_off=True) as connection, app.out.working(f"Reading both sides of {name}"):
        full = full_name_of(connection, model)
        return only(Cycle(connection, model=full).preview(), full)


def _code(plan: Plan) -> int:
    return 3 if plan.needs_person else 0


def _detailed(plan: Plan) -> int:
    return CHANGES if plan.operations or plan.withheld or plan.links else 0
