"""How a file is made, and one of an older release brought up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from connector.model.errors import StateCorrupt
from connector.state.errors import StateUnavailable
from connector.state.sql.tables import FIRST, MIGRATIONS, MOVED
from connector.state.sqlite.failures import is_busy, translated
from connector.state.sqlite.guards import GUARDS, NO_LEASE_AFTER_MOVE
from connector.state.sqlite.library import sqlite_utils
from connector.state.sqlite.session import SqliteSession

if TYPE_CHECKING:
    from sqlite_utils import Database as SqliteUtils
    from sqlite_utils import Migrations

MIGRATION_SET = "mlflow-grc"
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between attempts to switch a new file to WAL."""

_TRIGGERS = {FIRST: tuple(GUARDS.values()), MOVED: (NO_LEASE_AFTER_MOVE,)}
_MIGRATIONS: Sequence[tuple[str, Sequence[str]]] = tuple(
    (name, (*statements, *_TRIGGERS.get(name, ()))) for name, statements in MIGRATIONS
)


def prepare(session: SqliteSession) -> None:
    """Make or migrate the tables. Raises StateCorrupt for a foreign or newer database; two processes may call it."""
    with translated(session.path):
        migrations = _migrations()
        pending = _pending(session, migrations)
        _use_wal(session)
        if pending:
            with session.transaction():
                migrations.apply(session.db)


def _migrations() -> Migrations:
    migrations: Migrations = sqlite_utils().Migrations(MIGRATION_SET)
    for name, statements in _MIGRATIONS:
        migrations(name=name)(_runner(statements))
    return migrations


def _runner(statements: Sequence[str]) -> Callable[[SqliteUtils], None]:
    def run(db: SqliteUtils) -> None:
        for statement in statements:
            db.execute(statement)

    return run


def _pending(session: SqliteSession, migrations: Migrations) -> bool:
    known = {name for name, _ in _MIGRATIONS}
    applied = _applied(session, migrations)
    newer = [name for name in applied if name not in known]
    if newer:
        raise StateCorrupt(
            f"The state database {session.path} was written by a newer release of mlflow-grc (it has {newer[-1]}).",
            remedy="install that release, or a newer one.",
        )
    filled = session.row("SELECT 1 FROM sqlite_master WHERE type = 'table'") is not None
    # Asked again: another process may have made the tables between the two looks.
    if filled and not applied and not _applied(session, migrations):
        raise StateCorrupt(
            f"{session.path} is a database of another program.",
            remedy="name another file under `state` in the configuration.",
        )
    return bool(migrations.pending(session.db))


def _applied(session: SqliteSession, migrations: Migrations) -> list[str]:
    return [migration.name for migration in migrations.applied(session.db)]


def _use_wal(session: SqliteSession) -> None:
    """Readers and the writer do not wait for each other in WAL mode. Switching needs the file for itself for a
    moment and SQLite does not always wait for that, so two processes that open a new file take turns.
    """
    for pause in _PAUSES:
        try:
            session.execute("PRAGMA journal_mode = WAL")
        except StateUnavailable as error:
            if not is_busy(error):
                raise
            time.sleep(pause)
        else:
            return
    session.execute("PRAGMA journal_mode = WAL")
