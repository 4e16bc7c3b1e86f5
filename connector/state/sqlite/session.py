"""One thread's connection to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.state.sql.session import Row, Session
from connector.state.sqlite.failures import translated
from connector.state.sqlite.guards import GUARDS
from connector.state.sqlite.library import sqlite_utils

if TYPE_CHECKING:
    from sqlite_utils import Database as SqliteUtils


class SqliteSession(Session):
    """Runs statements on the file. Outside :meth:`transaction` each statement stands alone."""

    def __init__(self, path: str, busy_seconds: float) -> None:
        """Open ``path``, which exists. Raises StateCorrupt, StateUnavailable."""
        self.path = path
        with translated(path):
            # Transactions are opened by hand: Python's implicit BEGIN is a deferred one, which loses updates.
            connection = sqlite3.connect(
                f"{Path(path).as_uri()}?mode=rw",  # a file that was removed is not to be made anew, empty
                uri=True,
                timeout=busy_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
            self.db: SqliteUtils = sqlite_utils().Database(connection)
            self.db.execute("PRAGMA synchronous = FULL")

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        with translated(self.path):
            self.db.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with translated(self.path):
            self.db.conn.executemany(sql, rows)

    def tuples(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        with translated(self.path):
            yield from self.db.execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with translated(self.path):
            cursor = self.db.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def hold_trail(self) -> None:
        """Nothing to do: a transaction here is the only one that writes."""

    def guards(self) -> Mapping[str, bool]:
        found = dict(self.tuples("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        return {name: found.get(name) == sql for name, sql in GUARDS.items()}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is committed together, or undone when it raises. Not to be nested."""
        if self._in_transaction():
            raise RuntimeError("a recording is already open in this thread")
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        finally:
            if self._in_transaction():
                self.execute("ROLLBACK")

    def _in_transaction(self) -> bool:
        return self.db.conn.in_transaction

    def close(self) -> None:
        """Close the connection."""
        self.db.close()
