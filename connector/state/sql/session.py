"""What the store asks of a database: sessions that run its SQL, and one writer at a time for a connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Protocol

Row = dict[str, Any]


class Session(ABC):
    """Runs statements, written with ``?`` for parameters, and turns the database's errors into ours. Outside
    :meth:`Database.writing` each statement stands alone.
    """

    locking = ""
    """What a ``SELECT`` ends with whose row must not change before the transaction ends."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement whose rows do not matter."""

    @abstractmethod
    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each of ``rows``."""

    @abstractmethod
    def tuples(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, read as they are asked for."""

    @abstractmethod
    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query by column name."""

    @abstractmethod
    def hold_trail(self) -> None:
        """Let nobody else append to the audit trail before the transaction ends."""

    @abstractmethod
    def guards(self) -> Mapping[str, bool]:
        """What keeps both journals append-only, by name, and whether it is in force."""

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row of a query."""
        return next(iter(self.rows(sql, parameters)), None)

    def insert(self, table: str, row: Mapping[str, object]) -> None:
        """Insert ``row``."""
        self.execute(_insert(table, tuple(row)), tuple(row.values()))

    def insert_numbered(self, table: str, row: Mapping[str, object]) -> int:
        """Insert ``row``; the ``id`` that the database gave it."""
        found = self.row(f"{_insert(table, tuple(row))} RETURNING id", tuple(row.values()))
        assert found is not None
        return int(found["id"])

    def insert_many(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Insert ``rows``, whose values are those of ``columns``."""
        self.execute_many(_insert(table, tuple(columns)), rows)

    def upsert(self, table: str, key: Sequence[str], row: Mapping[str, object], keep: Sequence[str] = ()) -> None:
        """Insert ``row``, or update the one of the same ``key`` but for the columns in ``keep``."""
        self.execute(_upsert(table, tuple(key), tuple(row), tuple(keep)), tuple(row.values()))

    def upsert_many(
        self,
        table: str,
        key: Sequence[str],
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        keep: Sequence[str] = (),
    ) -> None:
        """:meth:`upsert` for each of ``rows``, whose values are those of ``columns``; no key comes twice."""
        self.execute_many(_upsert(table, tuple(key), tuple(columns), tuple(keep)), rows)


class Database(Protocol):
    """Hands out sessions. Safe to use from several threads."""

    def session(self) -> Session:
        """This thread's session; inside :meth:`writing` that of its transaction."""

    def writing(self, connection: str) -> AbstractContextManager[Session]:
        """One transaction about ``connection``, and no other about it at the same time: what was read inside still
        stands at its commit. Everything inside is committed together, or undone when it raises. Not to be nested.
        """

    def close(self) -> None:
        """Close every session."""


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
