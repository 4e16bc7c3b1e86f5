"""What the connector remembers, as a contract that each database implements and ``tests/state/contract.py`` tests.

Everything is scoped by the connection's name. Times are handed in as aware datetimes, never taken from a clock; texts
in the shared types are ISO 8601 UTC. Three doors lead to the state:

- :class:`StateReader`: reads, at any time, by any process.
- :class:`Store`: runs and leases, and what people decide (``approve``, ``resolve``); needs no lease.
- :class:`Recorder`: everything a run learns, handed out by :meth:`Store.recording`. One recording is one
  transaction, and it holds only while the lease's fencing token is the newest.

Every method may raise StateCorrupt (the database cannot be trusted) and StateUnavailable (full disk, no permission,
locked); nothing is half-written then. Every method that writes may raise StateMoved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from connector.audit.chain import ChainedEntry, Head
from connector.audit.select import AuditFilter
from connector.model.fields import Entity, Side, Value
from connector.model.hints import Hint, PendingHint
from connector.model.registry import RunData
from connector.model.state import (
    Approval,
    AuditEntry,
    Base,
    ConflictCase,
    Intent,
    JournalEntry,
    Link,
    QuarantineCase,
    Resolution,
    Run,
    RunKind,
    Tally,
)
from connector.model.used_mapping import UsedMapping
from connector.model.views import Issue, ObjectRef
from connector.state.types import Around, Change, Lease, Moved, RunSums, Snapshot, Withheld

APPROVAL_LIFETIME = timedelta(hours=24)


class StateReader(Protocol):
    """Reads. Mappings by *key* use the correlation key, :attr:`ObjectRef.key`."""

    def runs(
        self, connection: str | None = None, limit: int = 20, kind: RunKind | None = RunKind.FULL
    ) -> Sequence[Run]:
        """The last runs, newest first, of one connection or of all; of any ``kind`` where that is None. They stand in
        the order in which they began, whatever the clock said then.
        """

    def run_sums(self, connection: str, after: str | None = None) -> RunSums:
        """What the runs after the run ``after`` came to, of any kind, up to the first that has not ended: runs of a
        connection follow each other. All of them where ``after`` is None, or none of this state.
        """

    def links(self, connection: str) -> Mapping[str, Link]:
        """Every link by key."""

    def links_of(self, connection: str, name: str) -> Mapping[str, Link]:
        """The links of the registered model of this name and of its versions, by key."""

    def links_to(self, connection: str, record_id: str) -> Sequence[Link]:
        """The links to records with this id, whatever their entity and state."""

    def bases(self, connection: str) -> Mapping[str, Mapping[str, Base]]:
        """Every base pair by key and field, in one query."""

    def bases_of(self, connection: str, key: str) -> Mapping[str, Base]:
        """One object's base pairs by field; empty when it has none."""

    def used_mapping(self, connection: str) -> UsedMapping | None:
        """How the connection was mapped when a cycle last began; None before the first, or where an older release ran
        it.
        """

    def intents(self, connection: str) -> Sequence[Intent]:
        """Writes whose outcome was not recorded, oldest first."""

    def lease(self, connection: str) -> Lease | None:
        """Who holds the connection's lease, expired or not; None when it was given back or never taken."""

    def conflicts(self, connection: str) -> Sequence[ConflictCase]:
        """Parked fields, oldest first."""

    def resolutions(self, connection: str) -> Sequence[Resolution]:
        """People's answers to conflicts that no run has used up yet."""

    def quarantines(self, connection: str) -> Sequence[QuarantineCase]:
        """What is left alone, oldest first."""

    def approvals(self, connection: str, now: datetime) -> Sequence[Approval]:
        """Approvals that have not expired at ``now``."""

    def withheld(self, connection: str) -> Sequence[Withheld]:
        """What the fuses of the last plan held back, in the plan's order."""

    def run_data(self, connection: str, beginning: str = "") -> Mapping[str, RunData]:
        """MLflow run data by version key; of the keys with this ``beginning``."""

    def issues(self, connection: str, about: Collection[str] | None = None) -> Mapping[str, Issue]:
        """The issues of the last recorded listing, and those learned since, by id; with ``about`` those raised on one
        of these records, or that are one of them.
        """

    def hints(self, connection: str, limit: int) -> Sequence[PendingHint]:
        """The first ``limit`` hints that wait, oldest first."""

    def responses_posted(self, connection: str) -> Collection[tuple[str, str]]:
        """``(issue id, digest of the text)`` of each response that stands on its ticket."""

    def snapshot(self, connection: str, side: Side, entity: Entity) -> Snapshot | None:
        """The last observation (a partial one adds to it, and is none itself); None before the first."""

    def as_of(self, connection: str, side: Side, entity: Entity, at: datetime) -> Mapping[str, Mapping[str, Value]]:
        """What was known at ``at``, from the observation journal: fields by object id, None values left out."""

    def changes(
        self,
        connection: str,
        side: Side,
        entity: Entity,
        *,
        fields: Collection[str] | None = None,
        until: datetime | None = None,
    ) -> Iterator[Change]:
        """The whole observation journal of one kind of object, oldest first, up to ``until`` (inclusive) where that is
        given; of ``fields`` alone, with each appearance and departure, where some are named.
        """

    def observed_at(self, connection: str, side: Side, entity: Entity) -> Sequence[str]:
        """The times of all complete observations, oldest first."""

    def tallies(self, connection: str, limit: int = 366) -> Sequence[Tally]:
        """The last tally of each of the last ``limit`` days (UTC) that have one, oldest first."""

    def observed_around(self, connection: str, side: Side, entity: Entity, at: datetime) -> Around:
        """The last observation at ``at`` or before, and the first one after it, complete or not; partial ones are
        none.
        """

    def journal(self, run_id: str) -> Sequence[JournalEntry]:
        """What a run saw change, in the order it was written."""

    def audit(self, select: AuditFilter | None = None) -> Iterator[ChainedEntry]:
        """The audit trail in order, over all connections; filtered where ``select`` says so."""

    def audit_head(self) -> Head:
        """Where the audit trail ends, as the database says (see :class:`connector.audit.chain.Head`)."""

    def moved(self) -> Moved | None:
        """Where the state was moved to; None while it is here. After a move every write raises StateMoved."""

    def missing_guards(self) -> Sequence[str]:
        """The names of what keeps both journals append-only and is not in force: somebody may have changed entries."""

    def journal_digests(self) -> Iterator[tuple[str, str]]:
        """``(run id, digest)`` of each run's part of the observation journal, computed from what stands there."""


class Recorder(Protocol):
    """One transaction of a run, for the lease's connection, at ``now``. Committed when the ``with`` block ends,
    undone when it raises.
    """

    def set_base(self, ref: ObjectRef, field: str, base: Base) -> None:
        """Set the base pair of one field."""

    def set_bases(self, bases: Iterable[tuple[ObjectRef, str, Base]]) -> None:
        """Set the base pairs of many fields: a server is asked once for many."""

    def drop_base(self, ref: ObjectRef, field: str | None = None) -> None:
        """Forget the base pair of one field, or of all fields of the object."""

    def put_link(self, link: Link) -> None:
        """Add the link, or replace the one of the same key."""

    def drop_link(self, ref: ObjectRef) -> None:
        """Forget the link with its base pairs, conflicts and resolutions."""

    def move(self, old_key: str, ref: ObjectRef) -> None:
        """Bring what rests on an object without a link of its own under another key: its base pairs, conflicts,
        resolutions, quarantines and run data, in place of what stood at the new key.
        """

    def move_link(self, old_key: str, link: Link) -> None:
        """Replace the link of ``old_key`` by ``link``; what rests on it moves with it, as with ``move``."""

    def put_used_mapping(self, mapping: UsedMapping) -> None:
        """Remember how the connection is mapped."""

    def put_intent(self, intent: Intent) -> None:
        """Remember a write about to be sent."""

    def drop_intent(self, operation_id: str) -> None:
        """Forget an intent; no error when there is none."""

    def set_conflicts(self, cases: Sequence[ConflictCase]) -> None:
        """Make these the connection's conflicts. One that stood before keeps its ``since``."""

    def put_conflict(self, case: ConflictCase) -> None:
        """Add or update one conflict; ``since`` is the case's, or ``now``, when it is new."""

    def drop_conflict(self, ref: ObjectRef, field: str) -> None:
        """Remove one conflict; no error when there is none."""

    def put_resolution(self, resolution: Resolution) -> None:
        """Add or replace the answer to one conflict."""

    def drop_resolution(self, ref: ObjectRef, field: str) -> None:
        """Forget an answer: it was used, or the values moved; no error when there is none."""

    def set_quarantines(self, cases: Sequence[QuarantineCase]) -> None:
        """Make these the connection's quarantine. One that stood before keeps its ``since``."""

    def put_quarantine(self, case: QuarantineCase) -> None:
        """Add or update one case; ``since`` is the case's, or ``now``, when it is new."""

    def drop_quarantine(self, ref: ObjectRef, field: str = "") -> None:
        """Release one case (``field`` empty: the whole object's); no error when there is none."""

    def put_withheld(self, operations: Sequence[Withheld]) -> None:
        """Make these the withheld operations of the connection."""

    def put_run_data(self, data: Mapping[str, RunData]) -> None:
        """Add or replace run data by version key; others stay."""

    def put_issues(self, issues: Sequence[Issue]) -> None:
        """Make these the issues of the last listing."""

    def learn_issues(self, issues: Sequence[Issue]) -> None:
        """Add or replace issues by id; others stay."""

    def mark_response_posted(self, issue_id: str, digest: str) -> None:
        """A response with this digest of its text stands on the ticket."""

    def append_audit(self, entry: AuditEntry) -> Head:
        """Chain an entry of the lease's connection to the trail; returns its end so far."""

    def observe(
        self,
        run_id: str,
        side: Side,
        entity: Entity,
        objects: Mapping[str, tuple[str, Mapping[str, Value]]],
        *,
        complete: bool,
        gone: Collection[str] = (),
        passed: Collection[str] = (),
        partial: bool = False,
    ) -> int:
        """Record one observation: ``objects`` are (name, canonical fields) by id, ``complete`` whether the listing
        reached its end, ``gone`` the ids proved to be deleted. What is said of the ids in ``passed`` is passed over:
        they count as there, as they were last observed. ``partial``: a look at these objects alone, which is no listing
        and says nothing of any other (``complete`` is false then).

        Journals what differs from the last observation (an object seen first is written whole; an object merely
        absent is not journalled) and returns the number of journal entries. The run must be running.
        """


class Store(StateReader, Protocol):
    """The state database. Safe to use from several threads and processes."""

    def start_run(self, connection: str, at: datetime, kind: RunKind = RunKind.FULL) -> Run:
        """Begin a run, with an id of its own that begins with the time."""

    def end_run(self, run: Run) -> Head:
        """Record how a run ended (``ended`` and ``status`` set), with a ``run_ended`` audit entry that holds the
        digest of its journal. Needs no lease: a run that lost its lease ends too. Returns the trail's end.
        """

    def end_interrupted(self, lease: Lease, now: datetime) -> Sequence[Run]:
        """End, as failed, the runs of the connection that never came to their end. For the lease's holder, before it
        starts its own run.
        """

    def acquire_lease(
        self, connection: str, owner: str, now: datetime, ttl_seconds: float, *, from_dead: str | None = None
    ) -> Lease:
        """Take the connection's lease, from an expired holder too, with a higher token. ``owner`` names one process;
        the same owner takes over from itself, and from ``from_dead``, a holder that the caller knows to be gone.
        Raises LeaseHeld while another lives.
        """

    def renew_lease(self, lease: Lease, now: datetime, ttl_seconds: float) -> Lease:
        """The same lease with a later end, also after it expired untaken. Raises LeaseLost when overtaken."""

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back; no error when it is lost already."""

    def check_lease(self, lease: Lease, now: datetime, margin_seconds: float) -> None:
        """Raise LeaseLost unless the lease is the newest and lives for at least ``margin_seconds`` more."""

    def recording(self, lease: Lease, now: datetime) -> AbstractContextManager[Recorder]:
        """One transaction. Raises LeaseLost when the token was overtaken or released; an expired lease that nobody
        took still records, for what it did is true. Not to be nested.
        """

    def approve(self, connection: str, digests: Collection[str], by: str, at: datetime) -> Approval:
        """Consent to withheld operations for 24 hours; an audit entry for each names who did."""

    def put_tally(self, connection: str, tally: Tally) -> None:
        """Keep a tally, in the place of an earlier one of the same day (UTC)."""

    def resolve(self, connection: str, resolution: Resolution) -> None:
        """Answer a conflict; replaces an earlier answer. An audit entry names who did."""

    def leave_hint(self, connection: str, hint: Hint, at: datetime) -> None:
        """Let a hint wait for whoever holds the connection's lease. Those for one object are one. Needs no lease."""

    def drop_hints(self, connection: str, hints: Collection[PendingHint]) -> None:
        """Forget hints that were acted on; one that came again since it was read stays."""

    def close(self) -> None:
        """Close every connection to the database; the store cannot be used afterwards."""
