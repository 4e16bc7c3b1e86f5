"""Each store keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.config.server import DatabaseServer
from connector.state import Store, open_store
from tests.postgres import PostgresServer
from tests.state import contract


def stores(place: Path | DatabaseServer) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def reopen() -> Store:
        opened.append(open_store(place, redact=lambda text: text))
        return opened[-1]

    yield reopen
    for store in opened:
        store.close()


class Sqlite:
    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        yield from stores(tmp_path / "state.db")


class Postgres:
    @pytest.fixture
    def reopen(self, postgres: PostgresServer) -> Iterator[Callable[[], Store]]:
        yield from stores(DatabaseServer(postgres.database()))


class TestSqliteLeases(Sqlite, contract.LeaseContract):
    pass


class TestSqliteHints(Sqlite, contract.HintContract):
    pass


class TestSqliteMemory(Sqlite, contract.MemoryContract):
    pass


class TestSqliteMoves(Sqlite, contract.MoveContract):
    pass


class TestSqliteWaiting(Sqlite, contract.WaitingContract):
    pass


class TestSqliteRuns(Sqlite, contract.RunContract):
    pass


class TestSqliteObservations(Sqlite, contract.ObservationContract):
    pass


class TestPostgresLeases(Postgres, contract.LeaseContract):
    pass


class TestPostgresHints(Postgres, contract.HintContract):
    pass


class TestPostgresMemory(Postgres, contract.MemoryContract):
    pass


class TestPostgresMoves(Postgres, contract.MoveContract):
    pass


class TestPostgresWaiting(Postgres, contract.WaitingContract):
    pass


class TestPostgresRuns(Postgres, contract.RunContract):
    pass


class TestPostgresObservations(Postgres, contract.ObservationContract):
    pass
