"""``mlflow-grc audit``: the trail of everything that was done."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import click

from connector.audit import AuditFilter, Head, Verification, verify_trail, write_csv, write_jsonl
from connector.audit.actions import ACTIONS
from connector.audit.chain import ChainedEntry, members
from connector.cli.app import App
from connector.cli.files import whole_file
from connector.cli.options import FILE, json_option, pass_app
from connector.cli.output import BAD, DIM, GOOD, WARN
from connector.cli.times import moment_option
from connector.cli.words import SIDES, counted, listed, moment, short
from connector.model.state import AuditEntry


def _filters(function: Any) -> Any:  # noqa: ANN401 - a decorator of a command
    for option in reversed(
        (
            click.option("--object", "object_", metavar="X", help="A model's name, a record id or a correlation key."),
            click.option("--field", metavar="NAME", help="One field."),
            click.option("--action", metavar="NAME", help="One action, e.g. update_record or conflict."),
            click.option("--run", "run_id", metavar="ID", help="One run."),
            click.option("--since", type=moment_option, metavar="TIME", help="From this time on."),
            click.option("--until", type=moment_option, metavar="TIME", help="Before this time."),
        )
    ):
        function = option(function)
    return function


@click.group(no_args_is_help=True)
def command() -> None:
    """List, verify and export the audit trail."""


@command.command("list")
@_filters
@click.option(
    "--last", default=50, show_default=True, metavar="N", type=click.IntRange(min=0), help="The last N entries; 0: all."
)
@json_option
@pass_app
def list_(app: App, /, *, last: int, machine: bool, **wanted: Any) -> None:  # noqa: ANN401
    """Show entries: when, what, side, object, field, old, new, why, who."""
    with app.store(there=True) as store:
        shown: deque[ChainedEntry] = deque(maxlen=last or None)
        found = 0
        for found, entry in enumerate(store.audit(_select(app, **wanted)), start=1):  # noqa: B007 - the count stays
            shown.append(entry)
    if not found:
        _must_be_known(wanted["action"])
    if machine:
        app.out.json({"entries": [members(each) for each in shown]})
        return
    if not found:
        app.out.line("No entry matches." if any(wanted.values()) else "The trail has no entry yet.")
        return
    columns = ("#", "when", "action", "side", "object", "field", "old", "new", "why", "who")
    app.out.table(columns, [(str(each.sequence), *_row(each.entry)) for each in shown], title=3)
    if len(shown) < found:
        app.out.line(f"The last {len(shown):,} of {counted(found, 'entry', 'entries')}; --last 0 shows all.")


@command.command()
@click.option("--head", metavar="SEQUENCE:HASH", help="An end of the trail that was kept elsewhere, e.g. in a log.")
@json_option
@pass_app
def verify(app: App, *, head: str | None, machine: bool) -> int:
    """Prove that no entry was changed, removed or inserted, and no journal that the trail seals.

    Without --head nothing shows that entries were not cut off at the end. Exit code 1 where the proof fails.
    """
    try:
        anchor = Head.parse(head) if head else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--head") from error
    with app.store(there=True) as store, app.out.working("Verifying the audit trail"):
        found, unguarded = verify_trail(store, anchor), store.missing_guards()
        entries = found.entries if found.ok else sum(1 for _ in store.audit())
    code = 0 if found.ok and not unguarded else 1
    if machine:
        app.out.json(
            {"ok": found.ok, "entries": found.entries, "head": found.head, "broken_at": found.broken_at}
            | {"reason": found.reason, "anchored": found.anchored, "unsealed": list(found.unsealed)}
            | {"unguarded": list(unguarded)}
        )
        return code
    app.out.line(_verdict(found, entries), GOOD if found.ok else BAD)
    app.out.line(f"Head: {found.head}")
    if found.ok and found.anchored is None:
        app.out.line(_UNANCHORED, DIM)
    if unguarded:
        app.out.line(f"What keeps it append-only was removed: {listed(unguarded)}. {_UNGUARDED}", BAD)
    for run_id in found.unsealed:
        app.out.line(f"Run {run_id} has not ended, so its journal is not sealed yet.", WARN)
    return code


_UNANCHORED = (
    "The end is not anchored: entries cut off there would leave no trace. Give the head of an earlier run, from a log "
    "or a backup, with --head."
)
_UNGUARDED = (
    "Entries may have been written anew, hashes and all: prove the trail with a head kept elsewhere (--head), and "
    "restore the state database from a backup."
)


def _verdict(found: Verification, entries: int) -> str:
    if found.ok:
        return f"{counted(found.entries, 'entry', 'entries')}: {found}."
    return f"The first {found.entries:,} of {counted(entries, 'entry', 'entries')} hold; the trail is {found}."


@command.command()
@_filters
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given.")
@pass_app
def export(app: App, /, *, form: str, output: Path | None, **wanted: Any) -> None:  # noqa: ANN401
    """Write entries to a file.

    A JSON Lines export of the whole trail is proved without mlflow-grc by the one file connector/audit/offline.py;
    CSV is for spreadsheets.
    """
    write = write_jsonl if form == "jsonl" else write_csv
    with app.store(there=True) as store, _closing(store.audit(_select(app, **wanted))) as entries:
        if output is None:
            write(entries, app.out.stream)
            return
        with whole_file(output) as stream:
            count = write(entries, stream)
    app.out.line(f"Wrote {counted(count, 'entry', 'entries')} to {output}.")


def _must_be_known(action: str | None) -> None:
    """Refuse a word that no trail can have: an empty answer to it would mislead. Raises BadParameter."""
    if action is not None and action not in ACTIONS:
        message = f"there is no action {action!r}. Known are: {', '.join(sorted(ACTIONS))}."
        raise click.BadParameter(message, param_hint="--action")


def _closing(entries: Iterator[ChainedEntry]) -> closing[Generator[ChainedEntry, None, None]]:
    """End the reading before the database is closed, also where the reader of our output left early."""
    return closing(cast("Generator[ChainedEntry, None, None]", entries))


def _select(
    app: App,
    *,
    object_: str | None,
    field: str | None,
    action: str | None,
    run_id: str | None,
    since: datetime | None,
    until: datetime | None,
) -> AuditFilter:
    connection = app.name() if app.connection else None
    return AuditFilter(connection, run_id, object_, field, action, since, until)


def _row(entry: AuditEntry) -> tuple[str, ...]:
    side = SIDES[entry.side] if entry.side else ""
    name = str(entry.ref) if entry.ref else ""
    values = (short(entry.old), short(entry.new)) if entry.field else ("", "")
    return moment(entry.at), entry.action, side, name, entry.field, *values, entry.rule, entry.actor
