"""What the store hands out beside the shared types of :mod:`connector.model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from connector.model.fields import Entity, Side, Value
from connector.model.state import RunStatus


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for one connection until ``expires``. ``token`` grows with each change of hands, so that a
    holder that was overtaken is known by its smaller one.
    """

    connection: str
    owner: str
    token: int
    expires: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """That the state was moved ``to`` another database, as messages show that one, ``at`` a time, by a person."""

    at: str
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """An operation that a fuse holds back. ``payload`` is the operation as JSON, ``digest`` its
    :attr:`connector.model.operations.Operation.digest`.
    """

    digest: str
    payload: str


class Sighting(NamedTuple):
    """One object as just observed; a plain ``(name, fields)`` does as well."""

    name: str
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Seen:
    """One object as last observed. Fields that are None are left out. ``missing_since`` is set while complete
    listings do not show the object and nothing has proved it gone.
    """

    name: str
    fields: Mapping[str, Value]
    missing_since: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last observation of one side's entity. After an incomplete one ``objects`` also has what older
    observations saw; ``complete_at`` is when a listing last reached its end (None: never).
    """

    side: Side
    entity: Entity
    taken_at: str
    complete: bool
    complete_at: str | None
    objects: Mapping[str, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """When one kind of object was observed, and whether the listing reached its end."""

    at: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Around:
    """The observations next to a moment: the last one that it rests on, and the first one after it."""

    before: Observation | None
    after: Observation | None


@dataclass(frozen=True, slots=True)
class Change:
    """What one observation saw change of one object: the changed fields alone, all of them at first sight.

    ``at`` is when it was observed, ``after`` when a complete observation of the same kind had last been made before
    that (None: never), so that the change itself happened between the two. ``present`` is false when the object was
    confirmed to be gone.
    """

    at: str
    after: str | None
    id: str
    name: str
    changed: Mapping[str, Value]
    present: bool = True


class RunSum(NamedTuple):
    """So many runs that ended in the same way, each with these ``counts``."""

    status: RunStatus
    counts: Mapping[str, int]
    number: int


@dataclass(frozen=True, slots=True)
class RunSums:
    """What runs came to. ``last`` is the id of the last of them, from which on to ask again; None where there is none.
    ``whole``: they are all runs of the connection, not those after another.
    """

    whole: bool
    last: str | None
    sums: tuple[RunSum, ...]
