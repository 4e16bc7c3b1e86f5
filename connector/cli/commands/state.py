"""``mlflow-grc state``: where the state is, how it moves to a server, and back on purpose."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from connector.cli.app import App
from connector.cli.options import FILE, by_option, json_option, pass_app
from connector.cli.output import DIM, GOOD, WARN
from connector.cli.words import counted
from connector.config.server import POOL_SIZE, DatabaseServer, database_url
from connector.model.errors import ConfigError


@click.group(no_args_is_help=True)
def command() -> None:
    """Show where the state is kept, move it to a server, or take the file back into use."""


@command.command()
@json_option
@pass_app
def show(app: App, *, machine: bool) -> None:
    """Show the state database: where it is, what it remembers, and who is writing."""
    with app.store(there=True) as store:
        head, missing, moved = store.audit_head(), list(store.missing_guards()), store.moved()
        found: list[dict[str, Any]] = []
        for name in app.names():
            runs, lease = store.runs(name, limit=1), store.lease(name)
            found.append(
                {
                    "connection": name,
                    "links": len(store.links(name)),
                    "last_run": runs[0].started if runs else None,
                    "held_by": lease.owner if lease else None,
                    "held_until": lease.expires.isoformat() if lease else None,
                }
            )
    where = str(app.config.state_place)
    if machine:
        elsewhere = asdict(moved) if moved else None
        document = {"state": where, "audit_head": str(head), "unguarded": missing, "moved": elsewhere}
        app.out.json({**document, "connections": found})
        return
    app.out.line(f"State: {where}")
    if moved:
        app.out.line(f"Moved to {moved.to} by {moved.by} at {moved.at}; nothing is recorded here since.", WARN)
    app.out.line(f"Audit trail: {counted(head.sequence, 'entry', 'entries')}, head {head}")
    columns = ("connection", "links", "last run", "held by", "until")
    app.out.table(columns, [[str(value) if value is not None else "-" for value in row.values()] for row in found])


@command.command()
@click.option("--to", "url", required=True, metavar="URL", help="The database, as in postgresql://grc@db/grc.")
@click.option("--password-env", metavar="NAME", help="Environment variable with its password.")
@click.option("--password-file", type=FILE, metavar="PATH", help="File with its password.")
@by_option
@json_option
@pass_app
def migrate(
    app: App, *, url: str, password_env: str | None, password_file: Path | None, by: str, machine: bool
) -> None:
    """Move the state from the SQLite file to an empty PostgreSQL database, and prove the copy.

    Everything is copied: links, base pairs, conflicts, both journals and the audit trail. No cycle may be running;
    nobody else can write to the file meanwhile, and afterwards it says that it was moved: whatever is left on the old
    configuration refuses to work with it, a daemon that is idle ends at its next cycle, and reports and `audit` go on
    reading it, as of then. A move that was cut short leaves the file in charge; make it again. `state reopen` goes
    back. Without a password option the password is found as libpq finds it (PGPASSWORD, ~/.pgpass).
    """
    source = _file(app, "The state is on a server already.")
    target = _target(url, password_env, password_file)
    from connector.state.postgres.library import require  # noqa: PLC0415 - keeps `--help` fast

    require()
    from connector.state.moving import move  # noqa: PLC0415 - an extra

    with app.out.working("Moving the state"):
        made = move(source, target, by, datetime.now(UTC))
    if machine:
        app.out.json({"from": str(source), "to": str(target), "rows": dict(made.rows), "audit_head": str(made.head)})
        return
    rows, did = sum(made.rows.values()), "Copied before, by a move that was cut short:" if made.before else "Copied"
    app.out.line(f"{did} {counted(rows, 'row')} of {counted(len(made.rows), 'table')} to {target}.", GOOD)
    app.out.line(f"Audit trail and journals are the same on both sides. Head: {made.head}")
    app.out.line("Now name the database in the configuration, on every machine, and start the daemon again:")
    app.out.line(f"  state: {{url: '{url}'{_written(password_env, password_file)}}}")
    app.out.line("The file is marked as moved: until then every command that works with it refuses.", DIM)


@command.command()
@by_option
@pass_app
def reopen(app: App, *, by: str) -> None:
    """Work with the SQLite file again, whose state was moved to a server.

    For going back on purpose: end every process that works with the server first, and take `state.url` out of the
    configuration. What was recorded there since the move is not in the file; as with an old backup put back, nothing is
    doubled or retired, and a shared field that changed on both sides since may be parked. The trail says who did it.
    """
    from adapters.httpclient.redaction import redact  # noqa: PLC0415 - keeps `--help` fast
    from connector.state.reopening import reopen as take_back  # noqa: PLC0415 - keeps `--help` fast

    source = _file(app, "The configuration names a server, not the file.", "take state.url out of it first.")
    moved = take_back(source, by, datetime.now(UTC), redact)
    if moved is None:
        app.out.line(f"{source} was not moved: it is in charge.")
        return
    app.out.line(f"{source} is in charge again. It had been moved to {moved.to} by {moved.by} at {moved.at}.", GOOD)
    app.out.line("What was recorded there since is not here. Next: mlflow-grc plan")


def _file(app: App, elsewhere: str, remedy: str = "") -> Path:
    """The state's file. Raises ConfigError where it is on a server, with these words, and where there is none."""
    source = app.config.state_place
    if not isinstance(source, Path):
        raise ConfigError(elsewhere, file=str(app.config_file), key="state.url", remedy=remedy)
    if not source.exists():
        raise ConfigError("There is no state database.", file=str(source), remedy="correct state.path.")
    return source


def _target(url: str, password_env: str | None, password_file: Path | None) -> DatabaseServer:
    from adapters.httpclient.secret import Secret  # noqa: PLC0415 - keeps `--help` fast

    if password_env and password_file:
        raise click.UsageError("Give --password-env or --password-file, not both.")
    try:
        database_url(url)
    except ValueError as error:
        what, _, remedy = str(error).partition(" Remedy: ")
        raise click.BadParameter(f"{what}. {remedy}", param_hint="--to") from None
    named = {"env": password_env} if password_env else {"file": password_file} if password_file else None
    return DatabaseServer(url, Secret.model_validate(named) if named else None, POOL_SIZE)


def _written(password_env: str | None, password_file: Path | None) -> str:
    if password_env:
        return f", password: {{env: {password_env}}}"
    return f", password: {{file: {password_file}}}" if password_file else ""
