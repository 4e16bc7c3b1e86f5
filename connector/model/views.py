"""Both sides in canonical terms: what the pure core compares.

The mapping layer makes a view from what MLflow or the adapter told; from here on the two sides have one shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.model.fields import Entity, Value
from connector.model.registry import RunData


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """Names one object on both sides. ``key`` is the correlation key (of a record without a registry counterpart:
    ``grc:<record id>``); ``name`` and ``version`` are for people.
    """

    entity: Entity
    key: str
    name: str
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.name} v{self.version}" if self.version else self.name


@dataclass(frozen=True, slots=True)
class RegistryView:
    """A registered model or a version. ``fields`` has every mapped canonical field of its level, ``unreadable`` those
    whose value could not be normalised, with the reason; ``tags`` are all tags of the object, their text made clean.
    ``source`` and ``run_id`` of a version say what was registered: where its artifacts lie, and which run made them;
    ``run`` is that one, where it was read; ``model_id`` the logged model.
    """

    ref: ObjectRef
    created_ms: int
    fields: Mapping[str, Value] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    in_scope: bool = True
    source: str = ""
    run_id: str = ""
    run: RunData | None = None
    model_id: str = ""


@dataclass(frozen=True, slots=True)
class GrcView:
    """A record of a model or a version.

    ``key`` is the correlation key as it stands there, ``instance`` the connector instance that claims it, ``name``,
    ``version`` and ``created_ms`` the identity fields beside the key. ``parent_id`` of a version record is its model
    record's id. A *virtual* version record stands for the governed version of a model record: it has that record's id
    and its writes go there. ``absent`` has the canonical fields of which the platform sent nothing, not even that they
    are empty, with the platform's names for them.
    """

    entity: Entity
    id: str
    key: str | None
    name: str = ""
    version: str | None = None
    created_ms: int | None = None
    instance: str | None = None
    parent_id: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    revision: str | None = None
    actor: str | None = None
    updated_at: str | None = None
    virtual: bool = False

    @property
    def claim_problem(self) -> str:
        """Why nobody can tell whose record this is, where the identity fields that say so cannot be read; or empty."""
        return "; ".join(self.unreadable[name] for name in ("key", "instance") if name in self.unreadable)

    def is_foreign(self, instance: str) -> bool:
        """Whether the record names another connector instance than this one."""
        return self.instance not in (None, instance)


@dataclass(frozen=True, slots=True)
class Issue:
    """A ticket of the GRC, canonical. ``model_id`` and ``version_id`` are record ids; ``due`` an ISO date;
    ``severity`` critical, high, medium or low; ``state`` open, in_remediation, pending_validation, closed, accepted.
    ``key`` is the correlation key of one that was opened for a finding, which alone has a ``revision`` here.
    """

    id: str
    number: str
    title: str
    severity: str | None = None
    state: str | None = None
    due: Value = None
    assignee: Value = None
    url: Value = None
    model_id: str | None = None
    version_id: str | None = None
    plan: Value = None
    opened: Value = None
    closed: Value = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    revision: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still asks for work: an unreadable state counts as open, an accepted risk does not."""
        return self.state not in ("closed", "accepted")


@dataclass(frozen=True, slots=True)
class RegistryObservation:
    """All models and versions of the registry in canonical terms. ``gaps`` empty: the scan was complete."""

    models: tuple[RegistryView, ...] = ()
    versions: tuple[RegistryView, ...] = ()
    hidden: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrcObservation:
    """All records of the GRC in canonical terms. ``gaps`` says per entity why its listing was incomplete, ``unlisted``
    why there is none: known records alone were read, and that is how it will stay.
    """

    models: tuple[GrcView, ...] = ()
    versions: tuple[GrcView, ...] = ()
    issues: tuple[Issue, ...] = ()
    gaps: Mapping[Entity, str] = field(default_factory=dict)
    unlisted: Mapping[Entity, str] = field(default_factory=dict)

    def complete(self, entity: Entity) -> bool:
        """Whether the listing of this entity reached its proved end.

        What was listed by time is as complete as the whole listing that it stands on: its values are those of now and
        what was added is there, but a record that was deleted since may still be among them.
        """
        return entity not in self.gaps and entity not in self.unlisted
