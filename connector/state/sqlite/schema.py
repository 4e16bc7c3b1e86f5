"""The tables, and how a database of an older release is brought up to date.

A migration, once released, is never changed: the next change is a migration of its own, after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from connector.audit.offline import GENESIS
from connector.model.errors import StateCorrupt
from connector.state.errors import StateUnavailable
from connector.state.sqlite.failures import is_busy, translated
from connector.state.sqlite.library import sqlite_utils
from connector.state.sqlite.session import Session

if TYPE_CHECKING:
    from sqlite_utils import Database as SqliteUtils
    from sqlite_utils import Migrations

MIGRATION_SET = "mlflow-grc"
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between attempts to switch a new file to WAL."""

_REF = "entity TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, version TEXT"
_APPEND_ONLY = (
    "CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
GUARDS: Mapping[str, str] = {
    **{
        f"{table}_no_{event}": _APPEND_ONLY.format(table=table, event=event)
        for table in ("audit", "observation", "journal")
        for event in ("update", "delete")
    },
    # REPLACE deletes without a delete trigger unless recursive_triggers is on.
    "audit_in_order": """CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
       WHEN NEW.sequence <= (SELECT coalesce(max(sequence), 0) FROM audit)
       BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
}
"""The triggers, by name, that keep both journals append-only."""

_FIRST = (
    """CREATE TABLE run (id TEXT PRIMARY KEY, connection TEXT NOT NULL, started TEXT NOT NULL, ended TEXT,
       status TEXT NOT NULL, message TEXT NOT NULL, counts TEXT NOT NULL)""",
    "CREATE INDEX run_by_start ON run (connection, started)",
    "CREATE TABLE lease (connection TEXT PRIMARY KEY, owner TEXT, token INTEGER NOT NULL, expires TEXT NOT NULL)",
    f"""CREATE TABLE link (connection TEXT NOT NULL, {_REF}, record_id TEXT NOT NULL, state TEXT NOT NULL,
       created_ms INTEGER, PRIMARY KEY (connection, key)) WITHOUT ROWID""",
    """CREATE TABLE base (connection TEXT NOT NULL, key TEXT NOT NULL, field TEXT NOT NULL, registry TEXT, grc TEXT,
       agreement TEXT NOT NULL, provisional_since TEXT, PRIMARY KEY (connection, key, field)) WITHOUT ROWID""",
    """CREATE TABLE intent (position INTEGER PRIMARY KEY, connection TEXT NOT NULL, operation_id TEXT NOT NULL,
       run_id TEXT NOT NULL, payload TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (connection, operation_id))""",
    f"""CREATE TABLE conflict (connection TEXT NOT NULL, {_REF}, field TEXT NOT NULL, registry TEXT, grc TEXT,
       base_registry TEXT, base_grc TEXT, reason TEXT NOT NULL, since TEXT NOT NULL,
       PRIMARY KEY (connection, entity, key, field)) WITHOUT ROWID""",
    f"""CREATE TABLE resolution (connection TEXT NOT NULL, {_REF}, field TEXT NOT NULL, take TEXT, value TEXT,
       registry TEXT, grc TEXT, "by" TEXT NOT NULL, at TEXT NOT NULL,
       PRIMARY KEY (connection, entity, key, field)) WITHOUT ROWID""",
    f"""CREATE TABLE quarantine (connection TEXT NOT NULL, {_REF}, field TEXT NOT NULL, reason TEXT NOT NULL,
       remedy TEXT NOT NULL, value_digest TEXT NOT NULL, since TEXT NOT NULL,
       PRIMARY KEY (connection, entity, key, field)) WITHOUT ROWID""",
    """CREATE TABLE approval (id INTEGER PRIMARY KEY, connection TEXT NOT NULL, digests TEXT NOT NULL,
       "by" TEXT NOT NULL, at TEXT NOT NULL, expires TEXT NOT NULL)""",
    """CREATE TABLE withheld (connection TEXT NOT NULL, position INTEGER NOT NULL, digest TEXT NOT NULL,
       payload TEXT NOT NULL, PRIMARY KEY (connection, position)) WITHOUT ROWID""",
    """CREATE TABLE run_data (connection TEXT NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL,
       PRIMARY KEY (connection, key)) WITHOUT ROWID""",
    """CREATE TABLE issue (connection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
       PRIMARY KEY (connection, id)) WITHOUT ROWID""",
    """CREATE TABLE response (connection TEXT NOT NULL, issue_id TEXT NOT NULL, digest TEXT NOT NULL,
       PRIMARY KEY (connection, issue_id, digest)) WITHOUT ROWID""",
    """CREATE TABLE observation (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, connection TEXT NOT NULL,
       at TEXT NOT NULL, side TEXT NOT NULL, entity TEXT NOT NULL, complete INTEGER NOT NULL,
       objects INTEGER NOT NULL)""",
    "CREATE INDEX observation_by_entity ON observation (connection, side, entity, id)",
    "CREATE INDEX observation_by_run ON observation (run_id, id)",
    """CREATE TABLE journal (sequence INTEGER PRIMARY KEY, observation INTEGER NOT NULL, id TEXT NOT NULL,
       name TEXT NOT NULL, changed TEXT NOT NULL, present INTEGER NOT NULL)""",
    "CREATE INDEX journal_by_observation ON journal (observation, sequence)",
    """CREATE TABLE seen (connection TEXT NOT NULL, side TEXT NOT NULL, entity TEXT NOT NULL, id TEXT NOT NULL,
       name TEXT NOT NULL, fields TEXT NOT NULL, digest BLOB NOT NULL, missing_since TEXT,
       PRIMARY KEY (connection, side, entity, id))""",
    """CREATE TABLE audit (sequence INTEGER PRIMARY KEY, previous TEXT NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL,
       run_id TEXT NOT NULL, connection TEXT NOT NULL, action TEXT NOT NULL, side TEXT, entity TEXT, key TEXT,
       name TEXT, version TEXT, field TEXT NOT NULL, old TEXT, new TEXT, rule TEXT NOT NULL, actor TEXT NOT NULL,
       record_id TEXT NOT NULL)""",
    "CREATE INDEX audit_by_run ON audit (run_id)",
    "CREATE INDEX audit_by_key ON audit (key)",
    "CREATE TABLE trail (id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, hash TEXT NOT NULL)",
    f"INSERT INTO trail (id, sequence, hash) VALUES (1, 0, '{GENESIS}')",  # noqa: S608 - a constant
    *GUARDS.values(),
)

_USED_MAPPING = ("CREATE TABLE used_mapping (connection TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID",)

_TALLY = (
    """CREATE TABLE tally (connection TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, data TEXT NOT NULL,
       PRIMARY KEY (connection, day)) WITHOUT ROWID""",
)

_MIGRATIONS: Sequence[tuple[str, Sequence[str]]] = (
    ("0001_first", _FIRST),
    ("0002_used_mapping", _USED_MAPPING),
    ("0003_tally", _TALLY),
)


def prepare(session: Session) -> None:
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


def _pending(session: Session, migrations: Migrations) -> bool:
    known = {name for name, _ in _MIGRATIONS}
    applied = [migration.name for migration in migrations.applied(session.db)]
    newer = [name for name in applied if name not in known]
    if newer:
        raise StateCorrupt(
            f"The state database {session.path} was written by a newer release of mlflow-grc (it has {newer[-1]}).",
            remedy="install that release, or a newer one.",
        )
    if not applied and session.row("SELECT 1 FROM sqlite_master WHERE type = 'table'"):
        raise StateCorrupt(
            f"{session.path} is a database of another program.",
            remedy="name another file under `state` in the configuration.",
        )
    return bool(migrations.pending(session.db))


def _use_wal(session: Session) -> None:
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
