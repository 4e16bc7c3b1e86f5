"""The mock GRC as the stories see it: its words are theirs, so that nothing is translated but requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from adapters.base import Adapter
from adapters.http import HttpAdapter
from connector.mock.catalog import KINDS
from connector.mock.person import Person
from tests.engine.mappings import write_mapping
from tests.scenarios.grc import Access, GrcSide, Mapped
from tests.simulators.mock import MockSimulator

_ADMIN = "admin@bank.example"
_BOOKKEEPING = {"revision", "created_at", "updated_at", "updated_by"}


class MockSide(GrcSide):
    """The mock with its own dialect, spoken to by the declarative adapter."""

    name: ClassVar[str] = "mock"
    adapter: ClassVar[type[Adapter]] = HttpAdapter
    dialect: ClassVar[tuple[str, ...]] = ()

    simulator: MockSimulator

    def __init__(self, clock: Callable[[], Any]) -> None:
        self.simulator = MockSimulator(clock=clock, dialect=self.dialect)
        self._mock = self.simulator.mock

    def access(self, directory: Path) -> Access:
        token = directory / "token"
        token.write_text(self._mock.token, encoding="utf-8")
        return Access(self.url, {"type": "bearer", "token": {"file": str(token)}})

    def write_mapping(self, directory: Path, wanted: Mapped) -> Path:
        file = write_mapping(
            directory, wanted.mode, page_size=wanted.page_size, conditional=wanted.conditional, more=wanted.more
        )
        mapping = yaml.safe_load(file.read_text(encoding="utf-8"))
        fields = mapping["entities"]["model"]["fields"]
        for name in wanted.without:
            del fields[name]
        for name, column in wanted.moved:
            fields[name]["field"] = column
        self.adjust(mapping, wanted)
        file.write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
        return file

    def adjust(self, mapping: dict[str, Any], wanted: Mapped) -> None:
        """Make the mapping fit the dialect."""

    def as_user(self, email: str) -> Person:
        return self._mock.as_user(email)

    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            row["id"]: {name: value for name, value in row.items() if name not in _BOOKKEEPING}
            for kind in KINDS
            for row in self._mock.store.rows(kind)
        }

    def history(self) -> Iterator[Hashable]:
        for one in self._mock.store.history():
            yield one.record, one.action, one.field, json.dumps(one.old), json.dumps(one.new), one.user

    def durable(self) -> Hashable:
        return self._mock.store.changes, self._mock.grc._comments._added

    def dump(self) -> str:
        return json.dumps(self._mock.grc.dump())

    def load(self, dump: str) -> None:
        self._mock.grc.load(json.loads(dump))

    def touch(self, record_id: str) -> None:
        self._mock.grc.touch(record_id, self._mock.as_user(_ADMIN).user)

    def reid(self, record_id: str) -> str:
        new: str = self._mock.grc.reid(record_id, self._mock.as_user(_ADMIN).user)["id"]
        return new

    def import_values(self, record_id: str, **fields: Any) -> None:
        self._mock.store.update(record_id, fields, "bulk.import@bank.example")

    def hide(self, record_id: str) -> None:
        store = self._mock.store
        self.faults.add("lag", path=store.kind_of(record_id), amount=1000)
        store._births[record_id] = store.created + 1
