"""``mlflow-grc link``: ties registered models to records that were in the GRC before."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.options import FILE, by_option, json_option, pass_app
from connector.cli.output import DIM, GOOD, WARN
from connector.cli.words import counted
from connector.engine import Connection
from connector.engine.linking import Adoption, linked_model, linking
from connector.engine.names import Match, Wanted, match_names
from connector.mapping.registry_side import registry_views
from connector.model.errors import ConfigError, Rejected
from connector.model.fields import Entity
from connector.state import Store

_COLUMNS = ("model", "record")


@click.command()
@click.argument("model", required=False)
@click.argument("record_id", required=False)
@click.option("--take-over", is_flag=True, help="Take the record from another connector instance, or another model.")
@click.option(
    "--file", "names_file", type=FILE, metavar="FILE", help="CSV with the columns model and, if known, record."
)
@click.option("--apply", "apply_", is_flag=True, help="Link what --file matches; without it only a preview is shown.")
@click.option("--forget", metavar="MODEL", help="Undo the link of a model, on both sides.")
@by_option
@json_option
@pass_app
def command(
    app: App,
    *,
    model: str | None,
    record_id: str | None,
    take_over: bool,
    names_file: Path | None,
    apply_: bool,
    forget: str | None,
    by: str,
    machine: bool,
) -> int:
    """Tie registered models to existing GRC records.

    One by `link MODEL RECORD_ID`, many by `link --file names.csv`: each model is looked for among the records that
    carry no key, by exact name, then without regard to case, spaces and punctuation. What is ambiguous or not found
    is listed, never guessed, and nothing is linked without --apply. The next sync writes key, instance and tags, and
    merges the fields as at first contact.
    """
    modes = [bool(model or record_id), names_file is not None, forget is not None]
    if sum(modes) != 1 or (model is not None and record_id is None):
        raise click.UsageError("Give MODEL and RECORD_ID, or --file FILE, or --forget MODEL.")
    if apply_ and names_file is None:
        raise click.UsageError("--apply belongs to --file.")
    with app.store(writing=names_file is None or apply_) as store:
        name = _holder(app, store, forget) if forget is not None else app.name()
        if names_file is not None:
            return _list(app, name, store, names_file, by, apply_=apply_, machine=machine)
        with app.open(name, store) as connection, linking(connection, by) as linker:
            if forget is not None:
                link, done = linker.forget(forget), "unlinked from"
            else:
                link, done = linker.adopt(Adoption(model or "", record_id or "", take_over)), "linked to"
    if machine:
        app.out.json({"connection": name, "model": link.ref.name, "record": link.record_id, "by": by})
    else:
        app.out.line(f"{link.ref} is {done} record {link.record_id}. See what follows with: mlflow-grc plan", GOOD)
    return 0


def _holder(app: App, store: Store, model: str) -> str:
    """The one connection in which the model has a link; where that is not clear, the one that has to be named."""

    def has(name: str) -> bool:
        try:
            linked_model(model, store.links(name))
        except Rejected:
            return False
        return True

    holders = [name for name in app.names() if has(name)]
    return holders[0] if len(holders) == 1 else app.name()


def read_names(path: Path) -> list[Wanted]:
    """Read a name list, with commas or semicolons. Raises ConfigError."""
    remedy = "Write a CSV file whose first line is `model` or `model,record`."
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"The name list cannot be read: {error.strerror}.", file=str(path), remedy=remedy) from error
    except UnicodeDecodeError as error:
        raise ConfigError("The name list is not UTF-8 text.", file=str(path), remedy=remedy) from error
    lines = text.splitlines()
    header = lines[0] if lines else ""
    delimiter = ";" if ";" in header else ","
    columns = tuple(column.strip().lower() for column in header.split(delimiter))
    if columns not in (_COLUMNS, _COLUMNS[:1]):
        raise ConfigError("The first line does not name the columns.", file=str(path), line=1, remedy=remedy)
    rows = []
    for number, row in enumerate(csv.reader(lines[1:], delimiter=delimiter), start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) > len(columns) or not cells[0]:
            raise ConfigError(
                "This line has no model, or too many columns.", file=str(path), line=number, remedy=remedy
            )
        rows.append(Wanted(cells[0], cells[1] if len(cells) > 1 else ""))
    return rows


def _list(app: App, name: str, store: Store, path: Path, by: str, *, apply_: bool, machine: bool) -> int:
    rows = read_names(path)
    with app.open(name, store) as connection:
        with app.out.working(f"Reading both sides of {name}"):
            matches = _match(connection, rows)
        refused = _adopt(connection, matches, by) if apply_ else {}
    if machine:
        listed = [asdict(each) | {"settled": each.settled, "refused": refused.get(each.model)} for each in matches]
        app.out.json({"connection": name, "applied": apply_, "matches": listed})
    else:
        _show(app, matches, refused, path, applied=apply_)
    return 3 if refused or not all(each.settled for each in matches) else 0


def _match(connection: Connection, rows: Sequence[Wanted]) -> list[Match]:
    translator = connection.translator
    snapshot = connection.registry.snapshot()
    registry = registry_views(translator.mapping, snapshot, translator.settings)
    records = [translator.record_view(record) for record in connection.adapter.records(Entity.MODEL)]
    return match_names(rows, registry.models, records, connection.store.links(connection.name))


def _adopt(connection: Connection, matches: Sequence[Match], by: str) -> dict[str, str]:
    """Link what is settled; what is refused all the same, by model, with the reason."""
    refused = {}
    with linking(connection, by) as linker:
        for each in matches:
            if each.settled:
                try:
                    linker.adopt(Adoption(each.model, each.record_ids[0]))
                except Rejected as error:
                    refused[each.model] = error.message
    return refused


def _show(app: App, matches: Sequence[Match], refused: dict[str, str], path: Path, *, applied: bool) -> None:
    out = app.out
    settled = [each for each in matches if each.settled and each.model not in refused]
    open_ = [each for each in matches if each not in settled]
    if settled:
        out.heading("Linked" if applied else "Would be linked")
        rows = [(each.model, each.record_ids[0], each.record_name, each.reason) for each in settled]
        out.table(("model", "record", "its name", "how"), rows)
    if open_:
        out.heading("Left to you")
        out.table(
            ("model", "record", "candidates", "why"),
            [
                (e.wanted.model, e.wanted.record, ", ".join(e.record_ids), (refused.get(e.model, e.reason), WARN))
                for e in open_
            ],
        )
    out.line()
    done = "linked" if applied else "would be linked"
    out.line(f"{counted(len(settled), 'model')} {done}, {len(open_):,} left to you.")
    if settled:
        next_ = "mlflow-grc plan" if applied else f"mlflow-grc link --file {path} --apply"
        out.line(f"Next: {next_}", DIM)
