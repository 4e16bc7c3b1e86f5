"""One thread's connection to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.state.sqlite.failures import translated
from connector.state.sqlite.library import sqlite_utils

if TYPE_CHECKING:
    from sqlite_utils import Database as SqliteUtils

Row = dict[str, Any]


class Session:
    """Runs statements and turns SQLite's errors into ours. Outside :meth:`transaction` each statement stands alone."""

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
        """Run a statement whose rows do not matter."""
        with translated(self.path):
            self.db.execute(sql, parameters)

    def execute_many(self, sql: str, rows: Iterator[Sequence[object]] | Sequence[Sequence[object]]) -> None:
        """Run one statement for each of ``rows``."""
        with translated(self.path):
            self.db.conn.executemany(sql, rows)

    def tuples(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, read as they are asked for."""
        with translated(self.path):
            yield from self.db.execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query by column name."""
        with translated(self.path):
            cursor = self.db.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row of a query."""
        return next(iter(self.rows(sql, parameters)), None)

    def upsert(self, table: str, key: Sequence[str], row: Mapping[str, object], keep: Sequence[str] = ()) -> None:
        """Insert ``row``, or update the one of the same ``key`` but for the columns in ``keep``."""
        self.execute(_upsert(table, tuple(key), tuple(row), tuple(keep)), tuple(row.values()))

    def insert(self, table: str, row: Mapping[str, object]) -> None:
        """Insert ``row``."""
        self.execute(_insert(table, tuple(row)), tuple(row.values()))

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


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names


@lru_cache(maxsize=64)
def _upsert(table: str, key: tuple[str, ...], columns: tuple[str, ...], keep: tuple[str, ...]) -> str:
    changed = [column for column in columns if column not in (*key, *keep)]
    setting = ", ".join(f'"{column}" = excluded."{column}"' for column in changed)
    action = f"UPDATE SET {setting}" if setting else "NOTHING"
    names = ", ".join(f'"{column}"' for column in key)
    return f"{_insert(table, columns)} ON CONFLICT ({names}) DO {action}"
