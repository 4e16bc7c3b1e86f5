"""A connection, opened: both sides, the mapping, the state, and the rules for this cycle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias

from adapters.base import Adapter
from adapters.httpclient.traffic import Traffic
from connector.apply.translate import Translator
from connector.attest import Attestations, Content
from connector.engine.listings import Listings
from connector.engine.permit import Permit
from connector.engine.tenure import Tenure
from connector.engine.turns import Turns
from connector.model.fields import Entity, Side
from connector.model.policy import Policy
from connector.model.views import RegistryView
from connector.plan import Context
from connector.raising import Judged
from connector.registry.base import Registry
from connector.report.material import Material
from connector.state.base import Store
from connector.state.times import stamp

Judge: TypeAlias = Callable[[Material, datetime], Judged]
"""What the controls find in the material of a cycle at a time."""


def utc_now() -> datetime:
    """Return the time; the engine takes it from nowhere else."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Connection:
    """One registry with one GRC, ready to run cycles.

    ``owner`` names this process in the lease. ``request_timeout`` (seconds) is the longest a single request may take:
    no write is sent with less of the lease left. ``stop`` ends a cycle after the operations in hand. ``concurrency``:
    how many registered models are written at a time; from 2 on both sides are read at once. ``judge`` asks the controls
    about what was just seen, where findings open issues. ``attestations``: how approvals are signed, asked in each
    cycle, for a key may be replaced; ``read_content`` reads the files of a version that is signed the first time, and
    ``contents`` keeps what it found, by correlation key. ``traffic`` counts the requests to each side. ``turns`` and
    ``tenure`` are what the cycles of this process that overlap share: see :mod:`connector.engine.turns`.
    ``listings`` is what this process remembers of the GRC from cycle to cycle.
    """

    name: str
    instance: str
    registry: Registry
    adapter: Adapter
    translator: Translator
    store: Store
    owner: str
    policy: Policy = field(default_factory=Policy)
    run_fields: bool = True
    request_timeout: float = 30.0
    lease_seconds: float = 300.0
    concurrency: int = 1
    clock: Callable[[], datetime] = utc_now
    stop: threading.Event = field(default_factory=threading.Event)
    permit: Permit = field(default_factory=Permit)
    judge: Judge | None = None
    listings: Listings = field(default_factory=Listings)
    attestations: Callable[[], Attestations] | None = None
    contents: dict[str, Content] = field(default_factory=dict)
    read_content: Callable[[RegistryView], Content] | None = None
    traffic: Mapping[Side, Traffic] = field(default_factory=dict)
    turns: Turns = field(default_factory=Turns)
    tenure: Tenure = field(default_factory=Tenure)

    def context(self, now: datetime) -> Context:
        """Return the rules for a plan made at ``now``."""
        mapping = self.translator.mapping
        return Context(
            connection=self.name,
            instance=self.instance,
            keys=self.translator.settings.keys,
            fields={entity: mapping.fields(entity) for entity in (Entity.MODEL, Entity.VERSION)},
            versions=mapping.versions,
            retire=mapping.retire,
            tags=mapping.tags,
            policy=self.policy,
            today=now.date().isoformat(),
            now=stamp(now),
            identity=mapping.identity,
            placeholder_workspace=self.translator.settings.placeholder_workspace,
            scope=self.translator.settings.scope,
            attestations=self._attestations(),
        )

    def _attestations(self) -> Attestations | None:
        return replace(self.attestations(), contents=self.contents) if self.attestations is not None else None

    def close(self) -> None:
        """Release both sides; the store belongs to whoever opened it."""
        self.adapter.close()
        self.registry.close()
