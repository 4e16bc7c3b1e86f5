"""A world with what a scenario asks of it: short words for what people do, logs of every write, copies of a moment."""

from __future__ import annotations

import copy
import shutil
import sqlite3
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from adapters.base import Adapter, AdapterSettings, Capability
from connector.audit import verify_trail
from connector.engine import RunResult
from connector.engine.permit import Permit
from connector.mapping.connection import ConnectionMapping
from connector.mapping.sources import Scope
from connector.model.policy import Policy
from connector.model.state import LinkState
from tests.engine.world import World
from tests.fakes.registry import Call, InProcessRegistry
from tests.scenarios.grc import GrcSide, Mapped, is_write
from tests.scenarios.killer import Killer
from tests.scenarios.sending import Sending
from tests.scenarios.watched import WatchedRegistry
from tests.simulators.base import Call as GrcCall
from tests.simulators.base import Verb

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=6)
"""Longer than a dead process's lease lives."""


@dataclass
class Clock:
    """The GRC's clock: stands still unless a scenario moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Ticks:
    """MLflow's clock, epoch milliseconds: a second later at each look. A copy of a scene goes on from the same time."""

    at: int = 1_700_000_000_000

    def __call__(self) -> int:
        self.at += 1000
        return self.at


@dataclass(frozen=True)
class Copy:
    """All that outlives a process, as it once was."""

    directory: Path
    models: Any
    runs: Any
    ticks: int
    grc: str
    grc_now: datetime
    now: datetime
    policy: Policy
    scope: Scope


@dataclass
class Scene(World):
    """A world that logs writes. ``grc_writes`` and ``registry_writes`` are the connector's alone, never people's."""

    grc: GrcSide
    mapping_for: Callable[[Mapped], Path] = field(kw_only=True)
    """The file of a mapping."""
    sending: Sending = field(kw_only=True)
    mapped: Mapped = field(default_factory=Mapped)
    grc_clock: Clock = field(default_factory=Clock)
    ticks: Ticks = field(default_factory=Ticks)
    grc_writes: list[GrcCall] = field(default_factory=list)
    registry_writes: list[Call] = field(default_factory=list)
    elsewhere: Any = None
    """What a scenario puts aside."""

    def __post_init__(self) -> None:
        self._copies = 0
        self._at_writes: Any = None
        self._lives = 1
        self._watch_registry()
        self.grc.hooks.append(self._log_call)
        self.mode, self.mapping_file = self.mapped.mode, self.mapping_for(self.mapped)
        super().__post_init__()

    @property
    def adapter_class(self) -> type[Adapter]:
        return self.grc.adapter

    def settings(self, mapping: ConnectionMapping, permit: Permit) -> AdapterSettings:
        access = self.grc.access(self.directory)
        self.keys = replace(self.keys, hashed=mapping.platform.entities.model.identity.hash)

        def before_write() -> None:
            permit()
            self.sending.announce()

        return AdapterSettings(
            connection="test",
            url=access.url,
            auth=access.auth,
            http={**access.http, **self.http()},
            options=mapping.options,
            entities=mapping.entities,
            variables=access.variables,
            before_write=before_write,
        )

    def remap(self, **changes: Any) -> None:
        """The admin changes the mapping and starts the connector again; ``changes`` as in :class:`Mapped`."""
        self.mapped = replace(self.mapped, **changes)
        self.mode, self.mapping_file = self.mapped.mode, self.mapping_for(self.mapped)
        self.reopen()

    # what people do

    def model(self, name: str = "credit", /, *, description: str = "", **tags: str) -> None:
        """A data scientist registers a model with one version."""
        self.author.create_model(name, description=description, tags=tags)
        self.author.create_version(name)

    def tag(self, key: str, value: str | None, name: str = "credit", version: str | None = None) -> None:
        """A data scientist sets a tag, or removes it."""
        if value is None:
            self.author.delete_tag(name, key, version)
        else:
            self.author.set_tag(name, key, value, version)

    def patch(self, name: str = "credit", /, **fields: Any) -> None:
        """The risk officer edits the model's record."""
        self.officer.patch(self.record(name)["id"], **fields)

    def once(self, verb: Verb, path: str, edit: Callable[[], None]) -> None:
        """Do ``edit`` right before the first such call of the connector is carried out; ``path`` is a glob."""
        done: list[bool] = []

        def hook(call: GrcCall) -> None:
            if call.verb == verb and fnmatchcase(call.path, path) and not done:
                done.append(True)
                edit()

        self.grc.hooks.append(hook)

    # what came of it

    def fields(self, name: str = "credit", *wanted: str) -> Any:
        """Fields of the model's record: the value of one, a tuple of several."""
        record = self.record(name)
        values = tuple(record[one] for one in wanted)
        return values[0] if len(values) == 1 else values

    def key(self, name: str = "credit", version: str | None = None) -> str:
        """The correlation key of a registered model, or of one of its versions."""
        model = self.registry.model(name)
        assert model is not None
        created = model.created_ms
        return self.keys.version(name, created, version) if version else self.keys.model(name, created)

    def told(self, email: str) -> str:
        """Who the trail says it was, where the platform tells it; empty otherwise."""
        return email if Capability.ACTOR in self.adapter.capabilities else ""

    def listed(self) -> list[str]:
        """The registered names of the models' records, in the order in which a listing shows them."""
        found = self.officer.records("models")
        if self.grc.lists_by_id:
            found.sort(key=lambda record: record["id"])
        elif self.grc.lists_newest_first:
            found.reverse()
        return [record["registry_name"] for record in found]

    def changed(self) -> list[tuple[str, dict[str, Any]]]:
        """What updates of records said, as (record id, values)."""
        return [(call.id, dict(call.values)) for call in self.grc_writes if call.verb == Verb.UPDATE]

    def wrote(self) -> list[tuple[str, str]]:
        """What was written in the GRC, as (verb, path)."""
        return [(str(call.verb), call.path) for call in self.grc_writes]

    def tagged(self) -> list[tuple[str, str | None, str, str]]:
        """What was written in MLflow, as (model, version, key, value); a removal has the value ``-``."""
        values = {"delete_tag": "-"}
        return [(c.name, c.version, c.key or c.action, values.get(c.action, c.value)) for c in self.registry_writes]

    def forget_writes(self) -> None:
        self.grc_writes.clear()
        self.registry_writes.clear()

    def lines(self, action: str, name: str = "") -> list[Any]:
        """The audit's lines of one action, for one field where named."""
        return [one for one in self.audit() if one.action == action and name in ("", one.field)]

    def conflicts(self) -> list[tuple[str, str]]:
        return [(str(case.ref), case.field) for case in self.store.conflicts("test")]

    def quarantined(self) -> list[tuple[str, str]]:
        return sorted((str(case.ref), case.field) for case in self.store.quarantines("test"))

    def link_states(self) -> dict[str, str]:
        """The state of every link by what it ties; of an object that was made anew under its name, that of the live
        one.
        """
        links = sorted(self.store.links("test").values(), key=lambda link: link.state is LinkState.LIVE)
        return {str(link.ref): str(link.state) for link in links}

    def verify_audit(self) -> None:
        found = verify_trail(self.store)
        assert found.ok, found

    # dying, and going back

    def sync(self, step: Callable[[str], None] | None = None, **options: Any) -> RunResult:
        try:
            return super().sync(step, **options)
        finally:
            assert not self.sending.unannounced, f"written without before_write: {self.sending.unannounced}"

    def killable(self, killer: Killer) -> None:
        """Let ``killer`` see every write of this process, before and after it lands."""
        self.sending.seen = killer
        assert isinstance(self.registry, InProcessRegistry)
        self._at_writes = (
            lambda call: killer(f"before {call.action}") if call.is_write else None,
            lambda call: killer(f"after {call.action}") if call.is_write else None,
        )
        self.registry.before.append(self._at_writes[0])
        self.registry.after.append(self._at_writes[1])
        killer.watch(self._durable, self._leave_lease)

    def revive(self) -> None:
        """A new process on what the dead one left, once the dead one's lease ran out."""
        self._lives += 1
        self.owner = f"process-{self._lives}"
        self.now += LEASE
        self.spare()
        self.reopen()

    def spare(self) -> None:
        """Kill no more; hooks that belong to the story stay."""
        self.sending.seen = None
        if self._at_writes is not None:
            self.registry.before.remove(self._at_writes[0])
            self.registry.after.remove(self._at_writes[1])
            self._at_writes = None

    def copy(self) -> Copy:
        """Keep everything as it is."""
        self._copies += 1
        directory = self.directory / f"copy-{self._copies}"
        directory.mkdir()
        self.close()
        shutil.copy(self.directory / "state.db", directory)
        self._open()
        store = self.registry._store  # type: ignore[attr-defined]
        return Copy(
            directory=directory,
            models=copy.deepcopy(store.models),
            runs=dict(store.runs),
            ticks=self.ticks.at,
            grc=self.grc.dump(),
            grc_now=self.grc_clock.now,
            now=self.now,
            policy=self.policy,
            scope=self.scope,
        )

    def go_back(self, to: Copy) -> None:
        """Make everything as it was, faults and hooks gone."""
        self.close()
        for path in self.directory.glob("state.db*"):
            path.unlink()
        shutil.copy(to.directory / "state.db", self.directory)
        store = self.registry._store  # type: ignore[attr-defined]
        store.models, store.runs = copy.deepcopy(to.models), dict(to.runs)
        self.ticks.at, self.grc_clock.now = to.ticks, to.grc_now
        self.now, self.policy, self.scope = to.now, to.policy, to.scope
        self.grc.load(to.grc)
        self.calm()
        self.forget_writes()
        self._open()

    def calm(self) -> None:
        """End faults and hooks."""
        self.grc.calm()
        self.grc.hooks.append(self._log_call)
        if isinstance(self.registry, InProcessRegistry):
            self.registry.unlisted.clear()
            self.registry.forbidden.clear()
        self._watch_registry()

    def _log_call(self, call: GrcCall) -> None:
        if is_write(call):
            self.grc_writes[:] = joined(self.grc_writes, call) if self.grc.splits_writes else [*self.grc_writes, call]

    def _watch_registry(self) -> None:
        self._at_writes = None
        if isinstance(self.registry, InProcessRegistry):
            self.registry.before[:] = []
            self.registry.after[:] = [lambda call: self.registry_writes.append(call) if call.is_write else None]
        elif isinstance(self.registry, WatchedRegistry):
            self.registry.log = self.registry_writes

    def _durable(self) -> tuple[Hashable, ...]:
        """Changes whenever something happened that outlives the process."""
        if self._probe is None:
            self._probe = sqlite3.connect(self.directory / "state.db", isolation_level=None)
        (version,) = self._probe.execute("PRAGMA data_version").fetchone()
        done = len(self.registry.writes)  # type: ignore[attr-defined]
        return version, done, self.grc.durable()

    def _leave_lease(self) -> None:
        self.connection.store.release_lease = lambda lease: None  # type: ignore[method-assign]

    _probe: sqlite3.Connection | None = field(default=None, repr=False)

    def close(self) -> None:
        if self._probe is not None:
            self._probe.close()
            self._probe = None
        super().close()


def joined(calls: Sequence[GrcCall], call: GrcCall) -> list[GrcCall]:
    """``calls`` and one more, which may be a further part of the last (the same record, other fields), or what the last
    prepared.
    """
    if calls:
        *before, last = calls
        if not last.kind:
            return [*before, call]
        same = call.kind == last.kind and call.id in ("", last.id)
        if same and call.verb == Verb.UPDATE and last.values.keys().isdisjoint(call.values):
            return [*before, replace(last, values={**last.values, **call.values})]
    return [*calls, call]
