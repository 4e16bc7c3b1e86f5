"""The store's SQL on a connection of PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from itertools import count
from typing import Any

from psycopg import Connection, Cursor

from connector.state.postgres import guards
from connector.state.postgres.failures import translated
from connector.state.sql.session import Row, Session

_TRAIL = 0x747261696C
"""The advisory lock of whoever appends to the audit trail."""
_COPIED = 20
"""From so many rows on they are copied rather than inserted."""
_CHUNK = 1000
"""Rows of a long answer that are read at a time."""


class PostgresSession(Session):
    """``connected`` lends a connection inside a transaction, for each statement: always the same one within a
    transaction, and one of its own for a statement that stands alone.
    """

    locking = " FOR UPDATE"

    def __init__(self, where: str, connected: Callable[[], AbstractContextManager[Connection]], *, alone: bool) -> None:
        self._where = where
        self._connected = connected
        self._alone = alone
        self._answers = count(1)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        with translated(self._where), self._connected() as connection:
            connection.execute(_spelled(sql), parameters)

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with translated(self._where), self._connected() as connection, connection.cursor() as cursor:
            cursor.executemany(_spelled(sql), rows)

    def insert_many(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        values = list(rows)
        if len(values) < _COPIED:
            super().insert_many(table, columns, values)
            return
        names = ", ".join(f'"{column}"' for column in columns)
        copying = f"COPY {table} ({names}) FROM STDIN"
        with (
            translated(self._where),
            self._connected() as connection,
            connection.cursor() as cursor,
            cursor.copy(copying) as copy,
        ):
            for row in values:
                copy.write_row(row)

    def tuples(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        with translated(self._where), self._connected() as connection:
            if self._alone:
                with connection.cursor() as cursor:
                    yield from cursor.stream(_spelled(sql), parameters, size=_CHUNK)
                return
            # Another statement may come before the last row is read: the server keeps the answer.
            with connection.cursor(name=f"answer_{next(self._answers)}") as kept:
                kept.itersize = _CHUNK
                yield from kept.execute(_spelled(sql), parameters)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with translated(self._where), self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(_spelled(sql), parameters)
            names = _names(cursor)
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def hold_trail(self) -> None:
        self.execute("SELECT pg_advisory_xact_lock(?)", [_TRAIL])

    def guards(self) -> Mapping[str, bool]:
        return guards.in_force(self.tuples(guards.FIND))


def _names(cursor: Cursor) -> list[str]:
    return [column.name for column in cursor.description or ()]


@lru_cache(maxsize=256)
def _spelled(sql: str) -> str:
    """The store's SQL in PostgreSQL's words."""
    return sql.replace("?", "%s").replace("instr(", "strpos(")
