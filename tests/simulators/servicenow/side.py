"""ServiceNow as the stories of ``tests/scenarios`` see it: the tenant's own tables, reached by OAuth."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from adapters.base import Adapter
from connector.engine.adapters import adapter_class
from tests.scenarios.grc import Access, GrcSide, Mapped
from tests.simulators.servicenow.person import Person
from tests.simulators.servicenow.pruned import write_pruned
from tests.simulators.servicenow.server import ServiceNow
from tests.simulators.servicenow.staff import ADMIN
from tests.simulators.servicenow.store import JOURNAL
from tests.simulators.servicenow.tenant import ISSUES, MODELS, VERSIONS
from tests.simulators.servicenow.words import native

_BULK = "bulk.import"
_BOOKKEEPING = {"sys_created_on", "sys_updated_on", "sys_updated_by", "sys_mod_count", "opened_at", "closed_at"}


class ServiceNowSide(GrcSide):
    """The simulator, and the mapping that ships cut down to what a story asks for."""

    name: ClassVar[str] = "servicenow"
    adapter: ClassVar[type[Adapter]] = adapter_class("servicenow")

    lists_by_id: ClassVar[bool] = True

    inexpressible: ClassVar[Mapping[str, str]] = {
        "test_31_a_record_changes_page_during_the_read": "Pages are asked for by sys_id, so that none moves up.",
        "test_40_the_record_changes_right_before_the_write": (
            "The Table API has no ETag and no conditional write: sys_mod_count tells afterwards that another wrote too."
        ),
        "test_45_the_grc_finds_keys_in_any_case": "The key is hashed to lower case, since a query cannot hold a caret.",
    }

    simulator: ServiceNow

    def __init__(self, clock: Callable[[], Any]) -> None:
        self.simulator = ServiceNow(clock=clock)
        self._store = self.simulator.store

    def access(self, directory: Path) -> Access:
        secret = directory / "client-secret"
        secret.write_text(self.simulator.client_secret, encoding="utf-8")
        auth = {
            "type": "oauth2_client_credentials",
            "token_url": "/oauth_token.do",
            "client_id": self.simulator.client_id,
            "client_secret": {"file": str(secret)},
        }
        return Access(self.url, auth)

    def write_mapping(self, directory: Path, wanted: Mapped) -> Path:
        return write_pruned(directory, wanted)

    def as_user(self, email: str) -> Person:
        return self.simulator.as_user(email)

    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            row["sys_id"]: {name: value for name, value in row.items() if name not in _BOOKKEEPING}
            for table in (MODELS, VERSIONS, ISSUES)
            for row in self._store.rows(table)
        }

    def history(self) -> Iterator[Hashable]:
        emails = {row["user_name"]: row["email"] for row in self._store.rows("sys_user")}
        for one in self._store.history():
            author = emails.get(one.user, one.user)
            yield one.sys_id, one.action, one.column, json.dumps(one.old), json.dumps(one.new), author

    def durable(self) -> Hashable:
        return self._store.changes

    def dump(self) -> str:
        return json.dumps(self._store.dump())

    def load(self, dump: str) -> None:
        self._store.load(json.loads(dump))

    def touch(self, record_id: str) -> None:
        self._store.touch(self._table(record_id), record_id, ADMIN)

    def reid(self, record_id: str) -> str:
        return self._store.reid(self._table(record_id), record_id, ADMIN)["sys_id"]

    def import_values(self, record_id: str, **fields: Any) -> None:
        table = self._table(record_id)
        self._store.update(table, record_id, native(self._store, table, fields), _BULK)

    def hide(self, record_id: str) -> None:
        self.simulator.manners.unlisted.add(record_id)

    def calm(self) -> None:
        super().calm()
        self.simulator.manners.unlisted.clear()

    def _table(self, record_id: str) -> str:
        for table in (MODELS, VERSIONS, ISSUES, JOURNAL):
            if self._store.row(table, record_id) is not None:
                return table
        raise KeyError(record_id)
