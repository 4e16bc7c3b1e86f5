"""A state database moved from a file to a server: everything, in one transaction, proved before it is committed.

Cut short at any moment, the server's database is as empty as before, and the move can be made again. The file is read
with its write lock held, and stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from connector.audit import Head, verify_trail
from connector.config.server import DatabaseServer
from connector.model.errors import StateCorrupt
from connector.state.errors import LeaseHeld, StateUnavailable
from connector.state.postgres.database import PostgresDatabase
from connector.state.sql.session import Database, Session
from connector.state.sql.store import SqlStore
from connector.state.sql.tables import MIGRATIONS
from connector.state.sqlite.database import SqliteDatabase
from connector.state.times import parse

_AT_ONCE = 5000
_TRAIL = "trail"
_CREATED = re.compile(r"CREATE TABLE (\w+) \((\w+) (INTEGER PRIMARY KEY)?")
_UNHURRIED = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "LOCK TABLE run, lease IN ACCESS EXCLUSIVE MODE",
)


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows each table has, and where the audit trail ends, on both sides."""

    rows: Mapping[str, int]
    head: Head


@dataclass(frozen=True, slots=True)
class _Table:
    """``number`` is the column by which the database numbers its rows, where it does."""

    name: str
    number: str | None


def move(source: Path, target: DatabaseServer, now: datetime, told: Callable[[str], None] = lambda _: None) -> Moved:
    """Copy the state in ``source`` to ``target``, whose tables are made where they are not there; ``told`` hears each
    table's name.

    Raises LeaseHeld while a cycle runs on the file, StateUnavailable for a target with content, StateCorrupt where the
    file's own trail is broken or the copy is not what it was made from.
    """
    file, server = SqliteDatabase(source), PostgresDatabase(target)
    try:
        with file.writing("") as old, server.writing("") as new:
            for statement in _UNHURRIED:
                new.execute(statement)
            _refuse_running(old, now)
            _refuse_filled(new, str(target))
            rows = {}
            for table in _tables():
                told(table.name)
                rows[table.name] = _copy(old, new, table)
            return Moved(rows, _proved(file, server, rows))
    finally:
        server.close()
        file.close()


def _tables() -> Iterator[_Table]:
    for _, statements in MIGRATIONS:
        for statement in statements:
            if found := _CREATED.match(statement):
                yield _Table(found[1], found[2] if found[3] else None)


def _refuse_running(old: Session, now: datetime) -> None:
    for row in old.rows("SELECT connection, owner, expires FROM lease WHERE owner IS NOT NULL"):
        if parse(row["expires"]) > now:
            raise LeaseHeld(
                f"Connection {row['connection']} is being synchronised by {row['owner']} until {row['expires']}.",
                owner=row["owner"],
                expires=parse(row["expires"]),
                remedy="stop the daemon and wait for it to finish; the lease of a process that died ends by itself.",
            )


def _refuse_filled(new: Session, where: str) -> None:
    for table in _tables():
        if table.name != _TRAIL and new.row(f"SELECT 1 FROM {table.name} LIMIT 1"):  # noqa: S608 - our own names
            raise StateUnavailable(
                f"The state database {where} is in use: its table {table.name} is not empty.",
                remedy="move into an empty database, or use that one as it is.",
            )


def _copy(old: Session, new: Session, table: _Table) -> int:
    columns = [row["name"] for row in old.rows(f"PRAGMA table_info({table.name})")]
    names = ", ".join(f'"{column}"' for column in columns)
    order = {"run": "ORDER BY rowid"}.get(table.name, f"ORDER BY {table.number}" if table.number else "")
    if table.name == _TRAIL:
        new.execute("DELETE FROM trail")
    rows = old.tuples(f"SELECT {names} FROM {table.name} {order}")  # noqa: S608 - our own names
    copied = 0
    while chunk := list(islice(rows, _AT_ONCE)):
        new.insert_many(table.name, columns, chunk)
        copied += len(chunk)
    if table.number:
        new.execute(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', '{table.number}'), max({table.number})) "  # noqa: S608
            f"FROM {table.name} HAVING max({table.number}) IS NOT NULL"
        )
    return copied


def _proved(file: Database, server: Database, rows: Mapping[str, int]) -> Head:
    """The end of the trail, once both sides hold the same. Raises StateCorrupt."""
    old, new = SqlStore(file, str), SqlStore(server, str)
    for store, what in ((old, "file"), (new, "copy")):
        found = verify_trail(store)
        if not found.ok:
            raise StateCorrupt(
                f"The audit trail of the {what} does not prove itself (entry {found.broken_at}: {found.reason}).",
                remedy="run `mlflow-grc audit verify`, and restore the file from a backup.",
            )
    for table, count in rows.items():
        if server.session().row(f"SELECT count(*) AS n FROM {table}") != {"n": count}:  # noqa: S608 - our own names
            raise StateCorrupt(f"The copy of table {table} lacks rows.", remedy="move again.")
    if old.audit_head() != new.audit_head() or dict(old.journal_digests()) != dict(new.journal_digests()):
        raise StateCorrupt("The copy's journals differ from the file's.", remedy="move again.")
    return new.audit_head()
