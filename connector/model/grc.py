"""The GRC side as an adapter tells it: records in the platform's own field names and values, nothing mapped yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connector.model.errors import MlflowGrcError
from connector.model.fields import Entity

Json: TypeAlias = Any
"""A JSON value as the platform gives it; the mapping layer turns it into a canonical value at once."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a value that an adapter cannot tell, with the reason: it is shown to people, and taken for no value
    of any field, nor for an empty one.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the GRC. ``values`` has the platform fields that the mapping asked for, by the platform's name; of
    one that the platform did not send at all there is no entry. A platform that sends no empty fields is known to its
    adapter, which enters None for them.

    ``revision`` is an opaque mark that changes with each write, for conditional writes; ``actor`` is who changed it
    last, where the platform tells; ``updated_at`` is the platform's own text, never compared with our clock.
    """

    entity: Entity
    id: str
    values: Mapping[str, Json] = field(default_factory=dict)
    revision: str | None = None
    updated_at: str | None = None
    actor: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A create (``id`` is None) or an update of one record; ``values`` carries the changed platform fields only."""

    entity: Entity
    id: str | None
    values: Mapping[str, Json]
    key: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a write: the record as read back, or the error."""

    write: Write
    record: Record | None = None
    error: MlflowGrcError | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question for one record: the one of this ``id``, or the one that carries this ``key``."""

    entity: Entity
    id: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a question came to: the record (None: there is none), or the error."""

    lookup: Lookup
    record: Record | None = None
    error: MlflowGrcError | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on an issue; ``token`` is the connector's mark found in it, if any."""

    id: str
    text: str
    author: str | None = None
    at: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field that the platform has, as ``discover`` sees it: by the ``name`` that a mapping uses, with the ``label``
    that people see. ``choices`` are the values that are read; ``choice_labels``, where the platform has them, what
    people see in their place, in the same order.
    """

    name: str
    type: str
    writable: bool = True
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    label: str = ""
    required: bool = False
    choice_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    """What holds records of one kind on the platform: a table, a level of an application, a workflow. ``kind`` is the
    platform's word for it, ``name`` what a mapping calls it by. ``fields`` are there where they were asked for.
    """

    name: str
    kind: str
    label: str = ""
    fields: tuple[SchemaField, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """What the platform offers per mapped entity, an entity that cannot be described being absent; and the containers
    that there are.
    """

    entities: Mapping[Entity, tuple[SchemaField, ...]] = field(default_factory=dict)
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that ``check`` found: where, what, and the remedy. ``fatal`` ones make ``check`` fail."""

    where: str
    what: str
    remedy: str
    fatal: bool = True
