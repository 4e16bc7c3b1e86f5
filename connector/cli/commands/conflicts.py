"""``mlflow-grc conflicts``: fields that both sides changed, and people's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from connector.cli.app import App
from connector.cli.diff import label, quoted, show_conflicts
from connector.cli.failures import NotThere
from connector.cli.options import by_option, json_option, pass_app
from connector.cli.words import short
from connector.engine import deciding
from connector.health import open_cases
from connector.model.errors import Rejected
from connector.model.fields import Side
from connector.model.state import ConflictCase, Resolution
from connector.model.workspaces import is_called
from connector.plan.context import EXISTENCE

_TAKE = {"mlflow": Side.REGISTRY, "grc": Side.GRC}


@click.group(no_args_is_help=True)
def command() -> None:
    """List and resolve fields that both sides changed.

    Such a field is parked: both values stay as they are, everything else flows, until a person decides.
    """


@command.command("list")
@json_option
@pass_app
def list_(app: App, *, machine: bool) -> None:
    """Show what is parked, and what is answered and waits for the next sync."""
    with app.store(writing=False) as store:
        found = {name: (store.conflicts(name), store.resolutions(name)) for name in app.names()}
    if machine:
        listed = [
            {"connection": name, "conflicts": [asdict(c) for c in cases], "answered": [asdict(a) for a in answers]}
            for name, (cases, answers) in found.items()
        ]
        app.out.json({"connections": listed})
        return
    for name, (cases, answers) in found.items():
        app.out.heading(f"Connection {name}")
        unanswered = open_cases(cases, answers)
        if unanswered:
            show_conflicts(app.out, unanswered)
        elif not answers:
            app.out.line("No field is in conflict.")
        if answers:
            app.out.heading("Answered; the next sync carries it out")
            app.out.table(("object", "field", "answer", "by"), [_answer_row(answer) for answer in answers])


@command.command()
@click.argument("object_", metavar="OBJECT")
@click.argument("field")
@click.option("--version", metavar="N", help="Version, where OBJECT is a model's name and not NAME@VERSION.")
@click.option("--take", type=click.Choice(list(_TAKE)), help="The side whose value wins.")
@click.option("--value", metavar="TEXT", help="A new value, written to both sides.")
@by_option
@pass_app
def resolve(
    app: App, *, object_: str, field: str, version: str | None, take: str | None, value: str | None, by: str
) -> None:
    """Answer a conflict. OBJECT is a model's name (WORKSPACE/NAME where several are read), or NAME@VERSION.

    The answer holds for the two values that stand there now; the next sync carries it out. The field `existence` of
    a model deleted in MLflow and edited in the GRC takes --take: mlflow retires the record, grc keeps it.
    """
    if (take is None) == (value is None):
        raise click.UsageError("Give either --take mlflow|grc or --value TEXT.")
    if field == EXISTENCE and take is None:
        raise click.UsageError("Whether an object should exist has no new value: give --take mlflow or --take grc.")
    with app.store() as store:
        name, case = _find({name: store.conflicts(name) for name in app.names()}, object_, version, field)
        side = _TAKE[take] if take else None
        new = _canonical(app, name, case, value) if value is not None else None
        answer = deciding.resolve(store, name, case, by=by, now=datetime.now(UTC), take=side, value=new)
    app.out.line(f"{label(case.ref)}, {field}: {_words(answer)}. The next sync carries it out: mlflow-grc sync")


def _canonical(app: App, connection: str, case: ConflictCase, value: str) -> str:
    """The new value as both sides compare it. Raises BadParameter for one that the field cannot hold."""
    from connector.engine.answering import canonical  # noqa: PLC0415 - keeps `--help` fast

    try:
        return canonical(app.config, connection, case, value)
    except Rejected as error:
        raise click.BadParameter(str(error), param_hint="--value") from error


def _find(
    waiting: Mapping[str, Sequence[ConflictCase]], object_: str, version: str | None, field: str
) -> tuple[str, ConflictCase]:
    """The connection and the case meant. A model may have an ``@`` in its name, so whole names are tried first."""
    cases = [(name, case) for name, each in waiting.items() for case in each]
    found = [(name, case) for name, case in cases if case.field == field and _is(case, object_, version)]
    if len(found) == 1:
        return found[0]
    same = [case for _, case in cases if _is(case, object_, version)] or [case for _, case in cases]
    known = ", ".join(sorted({f"{quoted(_target(case))} {case.field}" for case in same}))
    hint = f"In conflict are: {known}." if cases else "No field is in conflict."
    connections = {name for name, _ in found}
    if len(connections) > 1:
        where = ", ".join(sorted(connections))
        raise NotThere(f"It is in conflict in several connections: choose one with --connection: {where}. {hint}")
    if len(found) > 1:
        more = "workspace or version" if len({case.ref.name for _, case in found}) > 1 else "version"
        raise NotThere(f"More than one conflict fits '{object_}': name the {more}. {hint}")
    raise NotThere(f"There is no conflict about {field} of {object_}. {hint}")


def _is(case: ConflictCase, object_: str, version: str | None) -> bool:
    called = is_called(case.ref.name, object_)
    if version is not None:
        return called and case.ref.version == version
    return object_ == case.ref.key or is_called(_target(case), object_) or (case.ref.version is None and called)


def _target(case: ConflictCase) -> str:
    return f"{case.ref.name}@{case.ref.version}" if case.ref.version else case.ref.name


def _words(answer: Resolution) -> str:
    if answer.take is None:
        return f"{short(answer.value)} on both sides"
    if answer.field == EXISTENCE:
        return "the record is retired" if answer.take is Side.REGISTRY else "the record is kept"
    kept = answer.registry if answer.take is Side.REGISTRY else answer.grc
    return f"{short(kept)}, as in {'MLflow' if answer.take is Side.REGISTRY else 'the GRC'}"


def _answer_row(answer: Resolution) -> tuple[str, str, str, str]:
    return label(answer.ref), answer.field, _words(answer), answer.by
