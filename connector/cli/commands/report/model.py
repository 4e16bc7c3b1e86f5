"""``mlflow-grc report model``: the card of one version."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from connector.cli.app import App
from connector.cli.failures import PERSON, NotThere
from connector.cli.files import whole_file
from connector.cli.options import FILE, pass_app
from connector.cli.turns import Turns
from connector.cli.words import listed
from connector.engine.carding import card_of_now, card_of_state, log_card
from connector.engine.reporting import Wanted
from connector.state import Store

if TYPE_CHECKING:
    from connector.report.card.content import Card

_SUFFIXES = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json"}


@click.command("model")
@click.argument("name")
@click.option("--version", metavar="N", help="The version; the one in production unless given, else the newest.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "markdown", "json"]),
    help="Form of the card; by the file's ending unless given, else Markdown.",
)
@click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given, or --log.")
@click.option("--live", is_flag=True, help="Read both sides now, and the model's environment files.")
@click.option("--log", "logged", is_flag=True, help="Put the card among the artifacts of the version's run in MLflow.")
@pass_app
def model_(
    app: App, *, name: str, version: str | None, form: str | None, output: Path | None, live: bool, logged: bool
) -> int:
    """Write the model card of one version.

    It tells what the model is for, what the version was made from, how it did in validation, who approved it and under
    which conditions, its issues, and what is not stated. It is made of what the last cycle saw, unless --live. Exit
    code 3 where a listing was incomplete.
    """
    with app.store(writing=False) as store:
        wanted = Wanted(datetime.now(UTC).date().isoformat(), name)
        names = app.names()
        turns: Turns[Card] = Turns(app)
        for each in names:
            turns.take(each, partial(_card, app, each, store, wanted, version, live=live), alone=len(names) == 1)
    turns.end()
    if output is not None and len(turns.results) > 1:
        told = f"the connections {listed(turns.results)} all know {name}; choose one with --connection"
        raise click.BadParameter(told, param_hint="--output")
    for card in turns.results.values():
        if output is not None or form is not None or not logged:
            _hand_out(app, card, form or _SUFFIXES.get(output.suffix if output else "", "markdown"), output)
        if logged:
            _log(app, card)
    return turns.code(lambda card: PERSON if card.gaps else 0)


def _card(app: App, name: str, store: Store, wanted: Wanted, version: str | None, *, live: bool) -> Card:
    if live:
        with app.open(name, store, one_off=True) as connection, app.out.working(f"Reading both sides of {name}"):
            card = card_of_now(app.config, connection, wanted, version)
    else:
        card = card_of_state(app.config, name, store, wanted, version)
    if card is None:
        raise NotThere(f"Nothing is known of a model '{wanted.model}' in MLflow.")
    return card


def _hand_out(app: App, card: Card, form: str, output: Path | None) -> None:
    text = _text(card, form)
    if output is None:
        app.out.stream.write(text)
        return
    with whole_file(output) as stream:
        stream.write(text)
    app.out.line(f"Wrote {output}.")


def _text(card: Card, form: str) -> str:
    if form == "html":
        from connector.report.card.html import html  # noqa: PLC0415 - keeps `--help` fast

        return html(card)
    if form == "markdown":
        from connector.report.card.markdown import markdown  # noqa: PLC0415

        return markdown(card)
    import json  # noqa: PLC0415

    from connector.report.tables.cells import readable  # noqa: PLC0415

    # Half a character, which no file can hold, becomes its escape, which JSON knows.
    return readable(json.dumps(asdict(card), indent=2, ensure_ascii=False)) + "\n"


def _log(app: App, card: Card) -> None:
    files = {f"v{card.version}.html": _text(card, "html"), f"v{card.version}.md": _text(card, "markdown")}
    run = log_card(app.config, card, files)
    app.out.line(f"Logged the card of {card.model} v{card.version} to run {run}, under model_card.")
