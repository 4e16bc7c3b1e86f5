"""``mlflow-grc report incident``: which version decided then, under which approval, and what changed."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from connector.audit.chain import members
from connector.cli.app import App
from connector.cli.failures import PERSON, NotThere
from connector.cli.files import target
from connector.cli.options import FILE, pass_app
from connector.cli.output import BAD, Output
from connector.cli.times import moment_option
from connector.cli.turns import Turns
from connector.cli.words import listed
from connector.engine.past import Span, incident_of
from connector.engine.reporting import Wanted
from connector.report.blocks import markdown_of
from connector.report.timeline.incident import Incident
from connector.report.timeline.words import incident_blocks
from connector.state import Store
from connector.state.times import stamp


@click.command("incident")
@click.argument("model")
@click.option("--since", type=moment_option, metavar="TIME", required=True, help="When the incident may have begun.")
@click.option("--until", type=moment_option, metavar="TIME", help="Its end; the last observation unless given.")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
@click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given.")
@pass_app
def incident_(app: App, *, model: str, since: datetime, until: datetime | None, form: str, output: Path | None) -> int:
    """Answer what is asked when a model misbehaved.

    Which version was in production then, who had approved it and on which evidence, its metrics at validation and as
    monitored now, its data and code, everything that changed in the window on both sides, and the version to go back
    to. It is made of what cycles observed: a change is known to lie between two observations.
    """
    if until is not None and until <= since:
        raise click.BadParameter("it has to be later than --since", param_hint="--until")
    if since > datetime.now(UTC):
        raise click.BadParameter("it lies in the future", param_hint="--since")
    span = Span(stamp(since), stamp(until) if until else None)
    with app.store(there=True) as store:
        names = app.names()
        turns: Turns[Incident] = Turns(app)
        for name in names:
            turns.take(name, partial(_incident, app, name, store, model, span), alone=len(names) == 1)
    turns.end()
    found = list(turns.results.values())
    with target(app.out, output) as out:
        if form == "json":
            out.json({"incidents": [_document(each) for each in found], "failed": turns.document()})
        for each in found:
            if form == "markdown":
                out.stream.write(markdown_of(_title(each), list(incident_blocks(each))))
            elif form == "text":
                _show(out, each)
    if output is not None:
        app.out.line(f"Wrote {output}.")
    return turns.code(lambda each: PERSON if each.gaps else 0)


def _incident(app: App, name: str, store: Store, model: str, span: Span) -> Incident:
    found = incident_of(app.config, name, store, Wanted(datetime.now(UTC).date().isoformat(), model), span)
    if found is None:
        raise NotThere(f"Nothing is known of a model '{model}' in MLflow.")
    return found


def _title(found: Incident) -> str:
    return f"Incident report on {found.model}, connection {found.connection}"


def _document(found: Incident) -> dict[str, object]:
    chosen = found.rollback
    told = asdict(replace(found, trail=()))
    return told | {
        "trail": [members(each) for each in found.trail],
        "rollback": chosen.version if chosen is not None else None,
    }


def _show(out: Output, found: Incident) -> None:
    out.heading(_title(found))
    if found.gaps:
        out.line(f"INCONCLUSIVE: not read to the end: {listed(found.gaps)}.", BAD)
    for block in incident_blocks(found):
        out.heading(block.title)
        for line in block.lines:
            out.line(line)
        if block.columns:
            out.table(block.columns, block.rows)
