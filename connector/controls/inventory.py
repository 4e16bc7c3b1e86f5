"""Both sides of the inventory joined, as controls and reports look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.model.fields import Owner, Value
from connector.model.state import LinkState

SEVERITIES = ("critical", "high", "medium", "low")
"""From the most severe to the least."""


@dataclass(frozen=True, slots=True)
class JoinedIssue:
    """A ticket of the GRC, by its number; ``due`` is an ISO date."""

    number: str
    title: str
    severity: Value
    state: Value
    due: Value = None

    @property
    def is_open(self) -> bool:
        """Whether it still asks for work."""
        return self.state not in ("closed", "accepted")


@dataclass(frozen=True, slots=True)
class JoinedVersion:
    """A version on both sides; a side that has none of it is None. ``production``: a production alias points at it."""

    version: str
    registry: Mapping[str, Value] | None
    grc: Mapping[str, Value] | None
    record_id: str | None = None
    production: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JoinedModel:
    """A model on both sides. ``name`` is the registered name, or the record's where MLflow has none."""

    name: str
    registry: Mapping[str, Value] | None
    grc: Mapping[str, Value] | None
    record_id: str | None = None
    link: LinkState | None = None
    versions: tuple[JoinedVersion, ...] = ()
    issues: tuple[JoinedIssue, ...] = ()
    placeholder: bool = False

    @property
    def in_production(self) -> tuple[JoinedVersion, ...]:
        """The versions under a production alias."""
        return tuple(version for version in self.versions if version.production)

    def field(self, name: str) -> Value:
        """A field's value: the GRC's where it holds one, else MLflow's."""
        for side in (self.grc, self.registry):
            if side is not None and side.get(name) is not None:
                return side[name]
        return None


@dataclass(frozen=True, slots=True)
class Inventory:
    """All models of a connection as last observed. ``today`` is an ISO date; ``required`` are the fields that the
    chosen profile asks of a model of a tier (None: unclassified), as a lookup handed in.
    """

    models: tuple[JoinedModel, ...]
    today: str
    required: Mapping[Value, tuple[str, ...]] = field(default_factory=dict)
    model_fields: frozenset[str] = frozenset()
    version_fields: frozenset[str] = frozenset()
    owners: Mapping[str, Owner] = field(default_factory=dict)
    """Whose each field is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a control saw on one object, how bad it is, and what to do."""

    control: str
    severity: str
    model: str
    version: str | None
    seen: str
    remedy: str
