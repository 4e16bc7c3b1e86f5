"""A registry, a GRC and a connector between them, small enough to try every story on.

The registry is in memory (it passes the contract that the real MLflow passes), the GRC is the mock server over HTTP,
the state a SQLite file. The clock stands still until a test moves it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.base import Adapter, AdapterSettings
from adapters.http import HttpAdapter
from adapters.httpclient import Traffic
from connector.apply.translate import Translator
from connector.config.gatechecks import computed_fields
from connector.engine import Connection, Cycle, RunResult
from connector.engine.listings import Listings
from connector.engine.permit import Permit
from connector.mapping.connection import ConnectionMapping
from connector.mapping.keys import Keys
from connector.mapping.load import load_mapping
from connector.mapping.sources import RegistrySettings, Scope
from connector.model.operations import Plan
from connector.model.policy import Policy
from connector.raising import Judged
from connector.registry.base import Registry
from connector.report.material import Material
from connector.state import SqliteStore
from tests.engine.mappings import write_mapping

REGISTRY_ID = "6f1f1f5e-0000-4000-8000-000000000001"
INSTANCE = "1a2b3c4d-0000-4000-8000-00000000000a"
OFFICER = "risk.officer@bank.example"


class Interrupted(BaseException):
    """The process died here. No part of the connector may catch it."""


@dataclass
class World:
    """Everything a story needs. ``registry`` is the connector's side, ``author`` the hand of people in MLflow,
    ``officer`` the model risk officer in the GRC.
    """

    directory: Path
    grc: Any
    """The mock GRC, or what a platform gives in its place."""
    registry: Registry
    author: Any
    mode: str = "records"
    instance: str = INSTANCE
    policy: Policy = field(default_factory=Policy)
    scope: Scope = field(default_factory=Scope)
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    mapping_file: Path | None = None
    owner: str = "process-1"
    keys: Keys = field(default_factory=lambda: Keys(REGISTRY_ID))
    placeholder_workspace: str | None = None
    timeout: float = 5.0
    concurrency: int = 1
    judge: Callable[[World, Material, datetime], Judged] | None = None
    """Asks the controls, where findings open issues."""
    full_sweep: float = 0.0
    """Seconds between whole listings of the GRC; a cycle comes each minute. 0: each is whole."""

    def __post_init__(self) -> None:
        self.mapping_file = self.mapping_file or write_mapping(self.directory, self.mode)
        self.officer = self.grc.as_user(OFFICER)
        self._open()

    def _open(self) -> None:
        assert self.mapping_file is not None
        mapping = _mapping(self.mapping_file, self.adapter_class, computed_fields(self.policy.gates))
        self.mapping = mapping
        permit = Permit()
        self.store = SqliteStore(self.directory / "state.db", lambda text: text)
        self.adapter = self.open_adapter(self.settings(mapping, permit))
        self.connection = Connection(
            name="test",
            instance=self.instance,
            registry=self.registry,
            adapter=self.adapter,
            translator=Translator(
                mapping,
                RegistrySettings(self.keys, self.scope, ("production",), "main", self.placeholder_workspace),
            ),
            store=self.store,
            owner=self.owner,
            policy=self.policy,
            clock=lambda: self.now,
            permit=permit,
            concurrency=self.concurrency,
            listings=Listings(self.full_sweep),
            judge=functools.partial(self.judge, self) if self.judge else None,
        )

    @property
    def adapter_class(self) -> type[Adapter]:
        return HttpAdapter

    def settings(self, mapping: ConnectionMapping, permit: Permit) -> AdapterSettings:
        return AdapterSettings(
            connection="test",
            url=self.grc.url,
            auth={"type": "bearer", "token": {"file": str(self._token_file())}},
            http=self.http(),
            options=mapping.options,
            entities=mapping.entities,
            before_write=permit,
            traffic=Traffic(before_each=permit.keep),
        )

    def http(self) -> dict[str, Any]:
        return {"retry": {"max_attempts": 2, "max_wait_seconds": 0}, "timeout_seconds": self.timeout}

    def open_adapter(self, settings: AdapterSettings) -> Any:
        return self.adapter_class(settings)

    def _token_file(self) -> Path:
        path = self.directory / "token"
        path.write_text(self.grc.token, encoding="utf-8")
        return path

    def reopen(self) -> None:
        """A new process: nothing but the state file is carried over."""
        self.close()
        self._open()

    def lose_state(self) -> None:
        """The state database is gone."""
        self.close()
        for path in self.directory.glob("state.db*"):
            path.unlink()
        self._open()

    def close(self) -> None:
        self.connection.close()
        self.store.close()

    def sync(self, step: Callable[[str], None] | None = None, **options: Any) -> RunResult:
        """Run one cycle, a minute after the last. It leaves no intent behind where nothing failed."""
        self.now += timedelta(minutes=1)
        self.connection.policy = self.policy
        result = Cycle(self.connection, **options, **({"step": step} if step else {})).run()
        assert result.applied.failures or self.store.intents("test") == []
        return result

    def plan(self) -> Plan:
        self.connection.policy = self.policy
        return Cycle(self.connection).preview()

    # what a person sees

    def tags(self, name: str, version: str | None = None) -> dict[str, str]:
        found = self.registry.version(name, version) if version else self.registry.model(name)
        assert found is not None
        return dict(found.tags)

    def record(self, name: str, kind: str = "models", **filters: str) -> dict[str, Any]:
        """The one record that carries this registered name."""
        found = self.officer.records(kind, registry_name=name, **filters)
        assert len(found) == 1, f"{len(found)} {kind} records for {name} {filters}"
        return found[0]

    def version_record(self, name: str, version: str = "1") -> dict[str, Any]:
        return self.record(name, "versions", version=version)

    def audit(self) -> list[Any]:
        return [chained.entry for chained in self.store.audit()]


@functools.cache
def _mapping(file: Path, adapter: type[Adapter], computed: tuple[str, ...]) -> ConnectionMapping:
    """Reading a mapping takes longer than a cycle: once for each file is enough."""
    return load_mapping(file, adapter_options_model=adapter.Options, computed=computed)


def names(result: RunResult) -> list[tuple[str, str, str]]:
    """What was written, as (kind, object, field)."""
    return [
        (str(operation.kind), str(operation.ref), change.field)
        for operation in result.applied.operations
        for change in operation.changes
    ]


@contextmanager
def dying_at(number: int) -> Iterator[Callable[[str], None]]:
    """A step hook that kills the run at its ``number``-th step (from 0)."""
    counter = itertools.count()

    def step(name: str) -> None:
        if next(counter) == number:
            raise Interrupted(name)

    yield step
