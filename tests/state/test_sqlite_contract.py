"""The SQLite store keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.state import Store, open_store
from tests.state import contract


class Sqlite:
    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        opened: list[Store] = []

        def reopen() -> Store:
            opened.append(open_store(tmp_path / "state.db", redact=lambda text: text))
            return opened[-1]

        yield reopen
        for store in opened:
            store.close()


class TestLeases(Sqlite, contract.LeaseContract):
    pass


class TestMemory(Sqlite, contract.MemoryContract):
    pass


class TestMoves(Sqlite, contract.MoveContract):
    pass


class TestWaiting(Sqlite, contract.WaitingContract):
    pass


class TestRuns(Sqlite, contract.RunContract):
    pass


class TestObservations(Sqlite, contract.ObservationContract):
    pass
