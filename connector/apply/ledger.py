"""Where applying writes down what it is about to do and what came of it: one transaction per operation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime

from connector.apply.released import Releases
from connector.model.errors import MlflowGrcError
from connector.model.operations import FieldChange, Operation, Settle
from connector.model.state import AuditEntry, Base, Intent, Link, QuarantineCase
from connector.model.views import ObjectRef
from connector.plan.codec import operation_json
from connector.state.base import Recorder, Store
from connector.state.times import stamp
from connector.state.types import Lease

Clock = Callable[[], datetime]


class LeaseKeeper:
    """Holds the connection's lease and keeps it alive while the run works, in however many threads."""

    def __init__(self, store: Store, lease: Lease, clock: Clock, *, ttl_seconds: float, margin_seconds: float) -> None:
        """``margin_seconds``: one request time-out, so that no write outlives the lease it was sent under."""
        self._store, self.lease, self._clock = store, lease, clock
        self._ttl, self._margin = ttl_seconds, margin_seconds
        self._renewing = threading.Lock()

    def ensure(self) -> None:
        """Before each remote write: renew when less than half is left, then check. Raises LeaseLost."""
        now = self._clock()
        self._renew(now)
        self._store.check_lease(self.lease, now, self._margin)

    def keep(self) -> None:
        """While the run reads: renew when less than half is left. Raises nothing: whether the lease was lost meanwhile,
        or the database with it, the next write asks.
        """
        with suppress(MlflowGrcError):
            self._renew(self._clock())

    def _renew(self, now: datetime) -> None:
        with self._renewing:
            if (self.lease.expires - now).total_seconds() < max(self._ttl / 2, self._margin):
                self.lease = self._store.renew_lease(self.lease, now, self._ttl)


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one operation, ready to be recorded in one transaction."""

    operation: Operation
    bases: Mapping[str, Base] = field(default_factory=dict)
    link: Link | None = None
    quarantines: tuple[QuarantineCase, ...] = ()
    resolved: tuple[str, ...] = ()
    results: tuple[FieldChange, ...] = ()
    """The changes as they came out; their ``new`` is what was read back."""
    action: str = ""
    actor: str = ""
    """Who changed the record last: the author of values that flow from it, not of what the connector puts back."""
    response: tuple[str, str] | None = None
    """(issue id, token) of a response that stands on its ticket."""


class Ledger:
    """Records a run's operations in the state database."""

    def __init__(
        self,
        store: Store,
        keeper: LeaseKeeper,
        run_id: str,
        connection: str,
        clock: Clock,
        books: AbstractContextManager[object] | None = None,
    ) -> None:
        """``releases`` are the approvals in force as the run begins; a run adds what of its plan they cover. ``books``
        are held for each recording, where another run of this process may close them.
        """
        self._store, self._keeper, self._clock = store, keeper, clock
        self._books = books if books is not None else nullcontext()
        self.run_id, self._connection = run_id, connection
        self.releases = Releases.of(store.approvals(connection, clock()))

    def before_write(self) -> None:
        """Prove that this process may still write."""
        self._keeper.ensure()

    def intend(self, operation: Operation, *, instead_of: str = "") -> None:
        """Commit the intent of a write before it is sent; ``instead_of`` an earlier one that the fresh read changed."""
        intent = Intent(operation.digest, self.run_id, operation_json(operation), self.now())
        with self._recording() as recorder:
            if instead_of:
                recorder.drop_intent(instead_of)
            recorder.put_intent(intent)

    def drop(self, operation_id: str) -> None:
        """Forget an intent whose write is known not to have happened."""
        with self._recording() as recorder:
            recorder.drop_intent(operation_id)

    def refuse(self, operation: Operation, case: QuarantineCase) -> None:
        """Quarantine what was refused, and say so in the trail, unless an earlier run did (``case.since``)."""
        with self._recording() as recorder:
            recorder.drop_intent(operation.digest)
            recorder.put_quarantine(case)
            if case.since:
                return
            recorder.append_audit(
                AuditEntry(
                    at=self.now(),
                    run_id=self.run_id,
                    connection=self._connection,
                    action="refused",
                    side=operation.side,
                    ref=operation.ref,
                    field=case.field,
                    rule=case.reason,
                    record_id=operation.record_id or "",
                )
            )

    def record(self, entry: Entry, intent_id: str | None = None) -> None:
        """Drop the intent, set links and bases, append the audit entries: all or nothing."""
        ref = entry.operation.ref
        with self._recording() as recorder:
            recorder.drop_intent(intent_id or entry.operation.digest)
            if entry.link is not None:
                recorder.put_link(entry.link)
            for name, base in entry.bases.items():
                recorder.set_base(ref, name, base)
            for case in entry.quarantines:
                recorder.put_quarantine(case)
            for name in entry.resolved:
                recorder.drop_resolution(ref, name)
            if entry.response is not None:
                recorder.mark_response_posted(*entry.response)
            for audit in self._audit(entry):
                recorder.append_audit(audit)

    def settle(self, settles: Iterable[Settle]) -> None:
        """Set base pairs that need no write."""
        with self._recording() as recorder:
            recorder.set_bases((each.ref, each.field, each.base) for each in settles)

    def note(self, entries: Iterable[AuditEntry]) -> None:
        """Append audit entries that belong to no write."""
        with self._recording() as recorder:
            for entry in entries:
                recorder.append_audit(entry)

    def transaction(self, work: Callable[[Recorder], None]) -> None:
        """Run ``work`` in one recording."""
        with self._recording() as recorder:
            work(recorder)

    @contextmanager
    def _recording(self) -> Iterator[Recorder]:
        with self._books, self._store.recording(self._keeper.lease, self._clock()) as recorder:
            yield recorder

    def now(self) -> str:
        """Return the time as the state writes it."""
        return stamp(self._clock())

    def audit_entry(self, action: str, ref: ObjectRef | None = None, **more: str) -> AuditEntry:
        """Make an entry of this run."""
        return AuditEntry(self.now(), self.run_id, self._connection, action, ref=ref, **more)  # type: ignore[arg-type]

    def _audit(self, entry: Entry) -> list[AuditEntry]:
        operation = entry.operation
        record = (entry.link.record_id if entry.link else None) or operation.record_id or ""
        at, action = self.now(), entry.action or str(operation.kind)

        def line(name: str, change: FieldChange | None) -> AuditEntry:
            release = self.releases.behind(operation, name)
            rule = change.rule if change else operation.why
            author = entry.actor if change is not None and not (change.drift or change.is_tag) else ""
            return AuditEntry(
                at=at,
                run_id=self.run_id,
                connection=self._connection,
                action=action,
                side=operation.side,
                ref=operation.ref,
                field=name,
                old=change.old if change else None,
                new=change.new if change else (operation.text or None),
                rule=f"{rule}; {release}" if release else rule,
                actor=author or (release.by if release else ""),
                record_id=record,
            )

        return [line(change.field, change) for change in entry.results] or [line("", None)]
