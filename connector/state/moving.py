"""A state database moved from a file to a server: everything, in one transaction, proved before it is committed.

From its first look to its last word the file's write lock is held: nothing is recorded in it that the copy lacks. The
mark that sends every later writer away is committed right after the copy, and with it the file stops being in charge.
Cut short before, the server's database is as empty as it was and the file is in charge; cut short between the two
commits, the file is in charge and the copy is whole, and the same move made again sees that and sets the mark.
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
from connector.state.sql.moved import mark_moved
from connector.state.sql.session import Session
from connector.state.sql.store import SqlStore
from connector.state.sql.tables import MIGRATIONS
from connector.state.sqlite.database import SqliteDatabase
from connector.state.times import parse, stamp
from connector.state.types import Moved

_AT_ONCE = 5000
_TRAIL = "trail"
_CREATED = re.compile(r"CREATE TABLE (\w+) \((\w+) (INTEGER PRIMARY KEY)?")
_UNHURRIED = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "LOCK TABLE run, lease IN ACCESS EXCLUSIVE MODE",
)


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows each table has, and where the audit trail ends, on both sides. ``before``: an earlier move that was
    cut short had copied them already.
    """

    rows: Mapping[str, int]
    head: Head
    before: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    """``number`` is the column by which the database numbers its rows, where it does."""

    name: str
    number: str | None


def move(
    source: Path, target: DatabaseServer, by: str, now: datetime, told: Callable[[str], None] = lambda _: None
) -> Copied:
    """Copy the state in ``source`` to ``target``, whose tables are made where they are not there, and mark the file as
    moved ``by`` a person; ``told`` hears each table's name.

    Raises LeaseHeld while a cycle runs on the file, StateMoved where it was moved before, StateUnavailable for a target
    with other content, StateCorrupt where the file's own trail is broken or the copy is not what it was made from.
    """
    file, server = SqliteDatabase(source), PostgresDatabase(target)
    try:
        # The server's transaction is the inner one: it is committed first.
        with file.writing("") as old, server.writing("") as new:
            for statement in _UNHURRIED:
                new.execute(statement)
            _refuse_running(old, now)
            stores = SqlStore(file, str), SqlStore(server, str)
            before = _in_use(new)
            if not before:
                for table in _tables():
                    told(table.name)
                    _copy(old, new, table)
            elif differs := _difference(*stores, old, new):
                raise StateUnavailable(
                    f"The state database {target} is in use: its table {before} is not empty, and {differs}.",
                    remedy="move into an empty database, or use that one as it is: set state.url.",
                )
            _require_proved(*stores, old, new)
            mark_moved(old, Moved(stamp(now), str(target), by))
            return Copied(_counts(old), stores[1].audit_head(), before=bool(before))
    finally:
        server.close()
        file.close()


def _tables() -> Iterator[_Table]:
    for _, statements in MIGRATIONS:
        for statement in statements:
            if found := _CREATED.match(statement):
                yield _Table(found[1], found[2] if found[3] else None)


def _refuse_running(old: Session, now: datetime) -> None:
    rows = old.rows("SELECT connection, owner, expires FROM lease WHERE owner IS NOT NULL ORDER BY expires")
    held = [row for row in rows if parse(row["expires"]) > now]
    if held:
        told = ", ".join(f"{row['connection']} by {row['owner']} until {row['expires']}" for row in held)
        raise LeaseHeld(
            f"A cycle runs on the state to be moved: {told}.",
            owner=held[-1]["owner"],
            expires=parse(held[-1]["expires"]),
            remedy="stop the daemon (host and process id begin its name) and wait for it to finish; the lease of a "
            "process that died ends by itself.",
        )


def _in_use(new: Session) -> str:
    """The first table of the target that is not empty; empty where all are."""
    names = (table.name for table in _tables() if table.name != _TRAIL)
    return next((name for name in names if new.row(f"SELECT 1 FROM {name} LIMIT 1")), "")  # noqa: S608 - our own names


def _copy(old: Session, new: Session, table: _Table) -> None:
    columns = [row["name"] for row in old.rows(f"PRAGMA table_info({table.name})")]
    names = ", ".join(f'"{column}"' for column in columns)
    order = {"run": "ORDER BY rowid"}.get(table.name, f"ORDER BY {table.number}" if table.number else "")
    if table.name == _TRAIL:
        new.execute("DELETE FROM trail")
    rows = old.tuples(f"SELECT {names} FROM {table.name} {order}")  # noqa: S608 - our own names
    while chunk := list(islice(rows, _AT_ONCE)):
        new.insert_many(table.name, columns, chunk)
    if table.number:
        new.execute(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', '{table.number}'), max({table.number})) "  # noqa: S608
            f"FROM {table.name} HAVING max({table.number}) IS NOT NULL"
        )


def _counts(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    counted = ((table.name, session.row(f"SELECT count(*) AS n FROM {table.name}")) for table in _tables())  # noqa: S608
    return {name: int(row["n"]) for name, row in counted if row is not None}


def _require_proved(file: SqlStore, copy: SqlStore, old: Session, new: Session) -> None:
    """Raise StateCorrupt unless the trail of both proves itself, and both hold the same."""
    for store, what in ((file, "file"), (copy, "copy")):
        found = verify_trail(store)
        if not found.ok:
            raise StateCorrupt(
                f"The audit trail of the {what} does not prove itself (entry {found.broken_at}: {found.reason}).",
                remedy="run `mlflow-grc audit verify`, and restore the file from a backup.",
            )
    if differs := _difference(file, copy, old, new):
        raise StateCorrupt(f"The copy is not what it was made from: {differs}.", remedy="move again.")


def _difference(file: SqlStore, copy: SqlStore, old: Session, new: Session) -> str:
    """What the copy has otherwise than the file; empty where they are the same."""
    counts = _counts(new)
    for name, count in _counts(old).items():
        if counts[name] != count:
            return f"its table {name} has {counts[name]:,} rows where the file has {count:,}"
    if file.audit_head() != copy.audit_head():
        return "its audit trail ends elsewhere"
    return "" if dict(file.journal_digests()) == dict(copy.journal_digests()) else "its observation journal differs"
