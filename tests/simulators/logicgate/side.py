"""LogicGate as the stories of ``tests/scenarios`` see it: one application, reached by the client's credentials."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from adapters.base import Adapter
from connector.engine.adapters import adapter_class
from connector.mock.users import ADMIN
from tests.scenarios.grc import Access, GrcSide, Mapped
from tests.simulators.logicgate.person import Person
from tests.simulators.logicgate.pruned import write_pruned
from tests.simulators.logicgate.schema import OPTIONS
from tests.simulators.logicgate.server import LogicGate
from tests.simulators.logicgate.tokens import OLDER
from tests.simulators.logicgate.words import column_of

_BULK = "bulk.import"


_POSTED = re.compile(r"^(--- mlflow-grc )\S+ ", re.MULTILINE)


def timeless(held: Any) -> Any:
    """A stored value without the time at which the connector's comments were written: that is the machine's clock."""
    return _POSTED.sub(r"\1- ", held) if isinstance(held, str) else held


class LogicGateSide(GrcSide):
    """The simulator, and the mapping that ships cut down to what a story asks for."""

    name: ClassVar[str] = "logicgate"
    adapter: ClassVar[type[Adapter]] = adapter_class("logicgate")

    lists_newest_first: ClassVar[bool] = True
    inexpressible: ClassVar[Mapping[str, str]] = {
        "test_31_a_record_changes_page_during_the_read": (
            "Pages that moved are walked again in the same run, so that no gap is left to see."
        ),
        "test_40_the_record_changes_right_before_the_write": (
            "The API has no ETag and no conditional write: a change between the last read and the write is not seen."
        ),
    }

    simulator: LogicGate

    def __init__(self, clock: Callable[[], Any]) -> None:
        self.simulator = LogicGate(clock=clock)
        self._store = self.simulator.store

    def access(self, directory: Path) -> Access:
        secret = directory / "client-secret"
        secret.write_text(self.simulator.client_secret, encoding="utf-8")
        auth = {
            "type": "oauth2_client_credentials",
            "send": "header",
            "token_url": OLDER,
            "client_id": self.simulator.client_id,
            "client_secret": {"file": str(secret)},
        }
        return Access(self.url, auth, http={"rate_limit": None, "max_concurrency": 8})

    def write_mapping(self, directory: Path, wanted: Mapped) -> Path:
        return write_pruned(directory, wanted, self._store.application)

    def as_user(self, email: str) -> Person:
        return self.simulator.as_user(email)

    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        return {
            one.id: {
                "step": one.step,
                "status": one.status,
                **{key: timeless(held) for key, held in one.values.items()},
            }
            for one in self._store.all()
            if self._store.workflow(one).kind != "approvals"
        }

    def history(self) -> Iterator[Hashable]:
        emails = {account.id: account.email for account in self.simulator.accounts.values()}
        for one in self._store.history():
            author = emails.get(one.user, one.user)
            old, new = json.dumps(timeless(one.old)), json.dumps(timeless(one.new))
            yield one.record, one.action, one.field, old, new, author

    def durable(self) -> Hashable:
        return self._store.changes

    def dump(self) -> str:
        return json.dumps(self._store.dump())

    def load(self, dump: str) -> None:
        self._store.load(json.loads(dump))

    def touch(self, record_id: str) -> None:
        self._store.touch(record_id, self._admin)

    def reid(self, record_id: str) -> str:
        return self._store.reid(record_id, self._admin)

    def import_values(self, record_id: str, **fields: Any) -> None:
        record = self._store.record(record_id)
        if record is None:
            raise KeyError(record_id)
        workflow = self._store.workflow(record)
        person = self.simulator.as_user(ADMIN.email)
        for name, value in fields.items():
            spec = workflow.fields[column_of(workflow.kind, name)]
            if spec.type in OPTIONS:
                self._store.add_option(spec, str(value))
        self._store.update(record_id, person.native(workflow, fields), _BULK)

    def hide(self, record_id: str) -> None:
        self.simulator.manners.unlisted.add(record_id)

    def calm(self) -> None:
        super().calm()
        self.simulator.manners.unlisted.clear()

    @property
    def _admin(self) -> str:
        return self.simulator.accounts[ADMIN.email].id
