"""The contract between mlflow-grc and a GRC platform.

An adapter speaks the platform's protocol and nothing else: it yields records with the platform's own field names and
native values, and writes such values back. What a field means is the mapping's business, what to write the engine's.

A third-party adapter is a package with an entry point in the group ``mlflow_grc.adapters`` naming a subclass of
:class:`Adapter`; :mod:`adapters.conformance` is the test suite it has to pass.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from adapters.httpclient.traffic import Traffic
from connector.model.errors import MlflowGrcError, RunAborted
from connector.model.fields import Entity
from connector.model.grc import Comment, Found, Lookup, Outcome, Problem, Record, Schema, Write

ENTRY_POINT_GROUP = "mlflow_grc.adapters"


class Capability(StrEnum):
    """What an adapter can do beyond the minimum, as ``adapter.capabilities`` declares."""

    INCREMENTAL = "incremental"
    """``records(since=..)`` is honoured by the platform."""
    CONDITIONAL_WRITE = "conditional_write"
    """``Write.revision`` is checked by the platform; a stale one raises Conflict."""
    QUERY_BY_KEY = "query_by_key"
    """``find`` asks the platform rather than a listing. Without it a run believes its own complete listing: a key that
    no record has there is not asked for before a record is created with it, unless a write with it was tried."""
    ACTOR = "actor"
    """Records tell who changed them last."""
    COMMENTS = "comments"
    BATCH = "batch"
    """``write`` sends several operations in one request."""


@dataclass(frozen=True, slots=True)
class EntityFields:
    """What the mapping asks of one entity: the platform fields to read, and the one that holds the correlation key
    (None where an entity has none, e.g. issues).
    """

    fields: tuple[str, ...] = ()
    key_field: str | None = None


@dataclass(frozen=True, slots=True)
class AdapterSettings:
    """All that an adapter is given. ``auth`` and ``http`` come from the connection, ``options`` is the mapping's
    section named after the adapter, already validated by ``Adapter.Options``. ``variables`` are the plain (not
    secret) values that ``${NAME}`` in the options may use. ``stop`` ends all waiting (for a retry, for the rate limit)
    when it is set; the call that waits raises RunAborted. ``before_write`` is to be called right before each request
    that changes something, repetitions included; it raises RunAborted where this process may not write any more.
    ``one_off``: ``auth`` is that of single commands, beside a daemon that signs in otherwise.
    ``known`` tells which records of an entity the connector knows of, by id, for a platform that can only be asked for
    those; it is asked anew with each listing. ``traffic`` is for the shared HTTP client, which counts in it.
    """

    connection: str
    url: str
    auth: Any
    http: Any
    options: Any
    entities: Mapping[Entity, EntityFields]
    variables: Mapping[str, str] = field(default_factory=dict)
    stop: threading.Event | None = None
    before_write: Callable[[], None] | None = None
    one_off: bool = False
    known: Callable[[Entity], Collection[str]] | None = None
    traffic: Traffic | None = None


class Adapter(ABC):
    """A GRC platform.

    Terms:

    record
        One object of the platform, named by an *id* that the platform assigns and never reuses.
    key
        The *correlation key* that mlflow-grc writes into a record's key field. At most one record should carry it.
    revision
        An opaque text that changes with each write of the record; None where the platform has none.

    All methods may raise AuthError and Unreachable (the run ends), Retriable (after the client's own retries),
    and IncompleteSnapshot where said. Methods are called from several threads.
    """

    name: ClassVar[str]
    Options: ClassVar[type[BaseModel]]
    """The model of the mapping's section for this adapter; unknown keys are rejected."""

    capabilities: frozenset[Capability] = frozenset()
    batch_size: int = 1
    """How many writes ``write`` sends in one request; more than 1 with BATCH alone. So many writes are gathered for
    it, and so many questions for ``look_up``."""

    @abstractmethod
    def __init__(self, settings: AdapterSettings) -> None:
        """Prepare; send nothing yet."""

    @abstractmethod
    def check(self) -> Sequence[Problem]:
        """Probe, read-only, what may be wrong: address, credentials (who am I?), listing and reading of each mapped
        entity, fields that are missing. Every problem found, none raised but programming errors.
        """

    def discover(self, containers: Sequence[str] = ()) -> Schema:
        """Describe the platform, read-only, as far as it tells: the fields and choices of the mapped entities, and
        which containers of records there are, the ones named in ``containers`` with their fields. Empty where it does
        not tell. A container of an unknown name is Rejected, and the error lists near names.
        """
        del containers
        return Schema()

    @abstractmethod
    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        """Yield every record of the entity, each id once, or raise IncompleteSnapshot after those that were read.

        ``since``: the platform's time text, an ``updated_at`` of a record; records not changed since may be left out
        (only with INCREMENTAL). Records changed at that very time come again, and those shortly before it where the
        platform's clocks or indexes lag: how far back that reaches is the adapter's to know.
        An end that was not proved (a page that repeats, a cap that was hit, a server error) is IncompleteSnapshot.
        The key field of each holds the key as ``find`` compares it: a key that the listing lacks is taken to be free.
        Where there is no listing, the records of ``settings.known`` are yielded, and Unlisted is raised after them.
        An entity that the options do not declare yields nothing.
        """

    @abstractmethod
    def get(self, entity: Entity, record_id: str) -> Record | None:
        """Read one record afresh; None only on the platform's definite "does not exist". AccessDenied otherwise."""

    @abstractmethod
    def find(self, entity: Entity, key: str) -> Record | None:
        """The one record that carries ``key``, or None. Raises DuplicateKey for several.

        A platform that cannot query lists again: an answer is never older than the call, for after a lost answer or a
        killed run nothing older would do. What may be answered from an earlier listing is not asked (QUERY_BY_KEY). One
        that cannot list either answers of the records in ``settings.known`` alone.
        """

    def queries(self, entity: Entity) -> bool:
        """Whether ``find`` asks the platform about this entity rather than a listing. To be overridden where that
        differs by entity.
        """
        del entity
        return Capability.QUERY_BY_KEY in self.capabilities

    def tells_changes(self, entity: Entity) -> bool:
        """Whether ``records(entity, since)`` brings every record of which something was changed that the mapping reads,
        and every new one, for less than a whole listing. Not where a field of it stands in another record whose change
        leaves this one's ``updated_at`` as it was. To be overridden where that differs by entity or mapping; what
        people or choices are called may change unseen.
        """
        del entity
        return Capability.INCREMENTAL in self.capabilities

    def look_up(self, lookups: Sequence[Lookup]) -> Iterator[Found]:
        """Answer several questions in order, each as ``get`` or ``find`` would; an error of one does not stop the
        next. RunAborted does. To be overridden where several records can be asked for in one request.
        """
        for lookup in lookups:
            try:
                record = (
                    self.find(lookup.entity, lookup.key or "")
                    if lookup.id is None
                    else self.get(lookup.entity, lookup.id)
                )
            except RunAborted:
                raise
            except MlflowGrcError as error:
                yield Found(lookup, error=error)
            else:
                yield Found(lookup, record)

    @abstractmethod
    def create(self, write: Write) -> Record:
        """Create a record and return it as read back. Sent once: a lost answer raises OutcomeUnknown."""

    @abstractmethod
    def update(self, write: Write) -> Record:
        """Change the given fields of a record, nothing else, and return it as read back.

        Raises Conflict when ``write.revision`` is stale (CONDITIONAL_WRITE), Rejected when refused for good,
        AccessDenied when forbidden, OutcomeUnknown when the answer was lost.
        """

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """Apply writes in order, one outcome each; errors of one record do not stop the next. RunAborted does. Where
        ``batch_size`` is more than 1, they may be sent in any order as long as none is about the record of another.
        """
        for write in writes:
            try:
                record = self.create(write) if write.id is None else self.update(write)
            except RunAborted:
                raise
            except MlflowGrcError as error:
                yield Outcome(write, error=error)
            else:
                yield Outcome(write, record=record)

    @abstractmethod
    def comment(self, issue_id: str, text: str, token: str) -> Comment:
        """Append a comment to an issue, once: a comment that already carries ``token`` is returned instead.

        Raises Rejected where the platform has no comments (no COMMENTS capability).
        """

    @abstractmethod
    def comments(self, issue_id: str) -> Sequence[Comment]:
        """The comments of an issue, oldest first; ``Comment.token`` is set on those that the connector wrote."""

    @property
    @abstractmethod
    def requests_sent(self) -> int:
        """HTTP requests sent so far, retries included."""

    def close(self) -> None:  # noqa: B027 - optional to override
        """Release connections and end a login session."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
