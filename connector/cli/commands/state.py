"""``mlflow-grc state``: where the state is, and how it moves to a server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from connector.cli.app import App
from connector.cli.options import FILE, json_option, pass_app
from connector.cli.output import DIM, GOOD
from connector.cli.words import counted
from connector.config.server import POOL_SIZE, DatabaseServer, database_url
from connector.model.errors import ConfigError


@click.group(no_args_is_help=True)
def command() -> None:
    """Show where the state is kept, and move it to a server."""


@command.command()
@json_option
@pass_app
def show(app: App, *, machine: bool) -> None:
    """Show the state database: where it is, what it remembers, and who is writing."""
    with app.store(there=True) as store:
        head, missing = store.audit_head(), list(store.missing_guards())
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
        app.out.json({"state": where, "audit_head": str(head), "unguarded": missing, "connections": found})
        return
    app.out.line(f"State: {where}")
    app.out.line(f"Audit trail: {counted(head.sequence, 'entry', 'entries')}, head {head}")
    columns = ("connection", "links", "last run", "held by", "until")
    app.out.table(columns, [[str(value) if value is not None else "-" for value in row.values()] for row in found])


@command.command()
@click.option("--to", "url", required=True, metavar="URL", help="The database, as in postgresql://grc@db/grc.")
@click.option("--password-env", metavar="NAME", help="Environment variable with its password.")
@click.option("--password-file", type=FILE, metavar="PATH", help="File with its password.")
@json_option
@pass_app
def migrate(app: App, *, url: str, password_env: str | None, password_file: Path | None, machine: bool) -> None:
    """Copy the state from the SQLite file to an empty PostgreSQL database, and prove the copy.

    Everything is copied: links, base pairs, conflicts, both journals and the audit trail. Nothing is kept of a move
    that was cut short, and the file stays as it was. Stop the daemon first. Without a password option the password is
    found as libpq finds it (PGPASSWORD, ~/.pgpass).
    """
    source = app.config.state_place
    if not isinstance(source, Path):
        raise ConfigError("The state is on a server already.", file=str(app.config_file), key="state.url")
    if not source.exists():
        raise ConfigError("There is no state database to move.", file=str(source), remedy="correct state.path.")
    target = _target(url, password_env, password_file)
    from connector.state.postgres.library import require  # noqa: PLC0415 - keeps `--help` fast

    require()
    from connector.state.moving import move  # noqa: PLC0415 - an extra

    with app.out.working("Moving the state"):
        moved = move(source, target, datetime.now(UTC))
    if machine:
        app.out.json({"from": str(source), "to": str(target), "rows": dict(moved.rows), "audit_head": str(moved.head)})
        return
    rows = sum(moved.rows.values())
    app.out.line(f"Copied {counted(rows, 'row')} of {counted(len(moved.rows), 'table')} to {target}.", GOOD)
    app.out.line(f"Audit trail and journals are the same on both sides. Head: {moved.head}")
    app.out.line("Now name the database in the configuration, on every machine, and keep the file as a backup:")
    app.out.line(f"  state: {{url: '{url}'{_written(password_env, password_file)}}}")
    app.out.line("Until then commands go on with the file, and what they do there is not in the copy.", DIM)


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
