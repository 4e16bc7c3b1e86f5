"""What the reconciliation report is made of: the last observation of both sides, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector.model.fields import Entity, Side, Value
from connector.model.operations import FuseClass
from connector.model.registry import RunData
from connector.model.state import Base, ConflictCase, Link, QuarantineCase
from connector.plan.codec import operation_from_json
from connector.registry.base import VersionKey
from connector.state.base import StateReader
from connector.state.sweeps import swept_at


@dataclass(frozen=True, slots=True)
class Seen:
    """One object as observed: its name for people and its fields, empty ones left out."""

    name: str
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Material:
    """Both sides as last observed. Objects by correlation key (registry) or record id (GRC).

    ``taken_at`` is the older of both observations' times; None: there is none yet. ``gaps`` names the listings that
    did not reach their end, and ``incomplete`` are the same: the report is inconclusive then. ``withheld`` is the
    number of operations that a fuse holds back, ``unopened`` of them no more than issues of findings that were not
    opened: those leave no doubt about either side. ``swept_at``: when the GRC was last listed whole, where since then
    only what was changed was asked for.
    """

    connection: str
    taken_at: str | None
    gaps: tuple[str, ...]
    registry: Mapping[Entity, Mapping[str, Seen]]
    grc: Mapping[Entity, Mapping[str, Seen]]
    links: Mapping[str, Link] = field(default_factory=dict)
    bases: Mapping[str, Mapping[str, Base]] = field(default_factory=dict)
    conflicts: Sequence[ConflictCase] = ()
    quarantines: Sequence[QuarantineCase] = ()
    withheld: int = 0
    unopened: int = 0
    runs: Mapping[VersionKey, RunData] = field(default_factory=dict)
    """The runs behind the versions, where they were read just now."""
    incomplete: frozenset[tuple[Side, Entity]] = frozenset()
    swept_at: str | None = None

    @property
    def held_back(self) -> int:
        """How many operations are withheld without which the two sides are not known to be one truth."""
        return self.withheld - self.unopened


_LAST = 5
"""How many of the last runs are looked through for one that came to its end."""
LISTINGS = (
    *((side, entity) for side in Side for entity in (Entity.MODEL, Entity.VERSION)),
    (Side.GRC, Entity.ISSUE),
)
"""What is observed of a connection."""


def listing_name(side: Side, entity: Entity) -> str:
    """A listing, as people are told of it."""
    return f"{entity}s of {'MLflow' if side is Side.REGISTRY else 'the GRC'}"


def from_state(store: StateReader, connection: str) -> Material:
    """The material of the last cycle, as the state database has it."""
    snapshots = {(side, entity): store.snapshot(connection, side, entity) for side, entity in LISTINGS}
    known = [snapshot for snapshot in snapshots.values() if snapshot is not None]
    incomplete = [where for where, snapshot in snapshots.items() if snapshot is not None and not snapshot.complete]
    gaps = [listing_name(*where) for where in incomplete]

    def side_of(side: Side) -> dict[Entity, dict[str, Seen]]:
        return {
            entity: {key: Seen(one.name, one.fields) for key, one in snapshot.objects.items()}
            for (where, entity), snapshot in snapshots.items()
            if where is side and snapshot is not None
        }

    withheld = [operation_from_json(one.payload) for one in store.withheld(connection)]
    return Material(
        connection=connection,
        taken_at=min((snapshot.taken_at for snapshot in known), default=None),
        gaps=tuple(gaps),
        registry=side_of(Side.REGISTRY),
        grc=side_of(Side.GRC),
        links=store.links(connection),
        bases=store.bases(connection),
        conflicts=store.conflicts(connection),
        quarantines=store.quarantines(connection),
        withheld=len(withheld),
        unopened=sum(operation.fuse is FuseClass.OPEN_ISSUE for operation in withheld),
        incomplete=frozenset(incomplete),
        swept_at=swept_at(store.runs(connection, _LAST)),
    )
