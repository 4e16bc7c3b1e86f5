"""What a process remembers of the GRC's listings, so that a cycle need ask only for what changed since the last one.

From time to time everything is listed whole, a *sweep*. Between sweeps a cycle asks for the records changed at or after
the latest time that any record bore (the watermark, in the platform's own words and by its clock), and lays them over
what it has. What comes of it is as good as a whole listing, with two exceptions:

- **Presence is as of the last sweep.** A listing by time shows no record as missing. One that was deleted stays known
  until the next sweep, or until a cycle reads it by id; nothing is retired, taken for gone or closed on the strength of
  a listing by time. A record that is new comes at once: it was changed.
- **What changes without the record's time** (what people and choices are called, rows taken away elsewhere) is seen at
  the next sweep. Where a mapped field stands in another record altogether, the adapter says so
  (:meth:`Adapter.tells_changes`), and its entity is listed whole in every cycle.

What is remembered may not speak against what the connector has read or written since: it would be taken for somebody's
edit back to the old value. So what was read by id or written (*touched*) is read by id again where the next listing
does not show it; where that is much, everything is listed.

Nothing is remembered where anything is in doubt, and the next listing is whole then:

- a cycle that did not come to its end, that found a write of an earlier one in doubt, or before which another process
  had the lease;
- a listing by time that failed, that lacked a record which it had to show, or that came from before the watermark: the
  platform's clock went back, or the record is gone;
- a record without a time that can be compared, or no record at all.

A sweep proves the listings by time before it: one changed record whose time lies before the watermark was passed over
by them. Then the entity is listed whole until a record bears a time beyond that watermark.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from adapters.base import Adapter
from connector.engine.stamps import Moment, is_before, latest, moment
from connector.logs import get_logger
from connector.mapping.grc_side import Gathering
from connector.model.errors import ConfigError, IncompleteSnapshot, Rejected, Retriable
from connector.model.fields import Entity
from connector.model.grc import Record

log = get_logger(__name__)

FEW = 20
"""Touched records that are read by id; for more of them everything is listed."""


class Doubtful(Exception):
    """A listing by time cannot be believed, for this reason."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One entity's records as last listed: in canonical terms, and when each was changed. ``watermark`` is the latest
    of these times, ``swept`` when everything was listed.
    """

    records: Gathering
    times: Mapping[str, str]
    watermark: str
    swept: datetime


@dataclass(slots=True)
class Listings:
    """One connection's, for as long as this process has it open. ``full_sweep`` is how many seconds may lie between
    sweeps; with 0 nothing is remembered, and every listing is whole.
    """

    full_sweep: float = 0.0
    _kept: dict[Entity, Kept] = field(default_factory=dict)
    _touched: set[tuple[Entity, str]] = field(default_factory=set)
    _mistrusted: dict[Entity, Moment | None] = field(default_factory=dict)
    _listing: Listing | None = None
    _token: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, now: datetime) -> Listing:
        """The listings of a cycle that begins. What was remembered is its alone: nothing is until ``keep``."""
        with self._lock:
            kept, self._kept = self._kept, {}
            touched, self._touched = self._touched, set()
        due = {entity for entity, one in kept.items() if not 0 <= (now - one.swept).total_seconds() < self.full_sweep}
        self._listing = Listing(now, kept, frozenset(due), touched, self._mistrusted, remembers=self.full_sweep > 0)
        return self._listing

    def keep(self) -> None:
        """The cycle came to its end: what it listed is remembered."""
        with self._lock:
            self._kept = self._listing.news if self._listing is not None else {}
            self._listing = None

    def forget(self) -> None:
        """List everything next time."""
        with self._lock:
            self._kept, self._listing = {}, None

    def touch(self, entity: Entity, record_id: str) -> None:
        """Say that this record was read by id, or is about to be written. Safe for threads."""
        if self.full_sweep > 0:
            with self._lock:
                self._touched.add((entity, record_id))

    def leased(self, token: int) -> None:
        """Say with which fencing token this process took the connection's lease. Each taking has the next token: where
        one is missing, another process had it meanwhile.
        """
        if token != self._token + 1:
            self.forget()
        self._token = token


@dataclass(slots=True)
class Listing:
    """The listings of one cycle. ``news`` is what may be remembered of them, ``by_time`` says which were not whole."""

    now: datetime
    kept: Mapping[Entity, Kept] = field(default_factory=dict)
    due: frozenset[Entity] = frozenset()
    touched: set[tuple[Entity, str]] = field(default_factory=set)
    mistrusted: dict[Entity, Moment | None] = field(default_factory=dict)
    remembers: bool = False
    news: dict[Entity, Kept] = field(default_factory=dict)
    by_time: set[Entity] = field(default_factory=set)

    @property
    def rests_on(self) -> datetime | None:
        """When the oldest whole listing was made that one by time rests on; None: all of this cycle were whole."""
        return min((self.kept[entity].swept for entity in self.by_time), default=None)

    def read(self, adapter: Adapter, entity: Entity, records: Gathering, halted: Callable[[], bool]) -> None:
        """List an entity into ``records``, whole or by time. Raises what a whole listing raises."""
        kept = self.kept.get(entity)
        if kept is not None and entity not in self.due:
            try:
                self._changes(adapter, entity, kept, records, halted)
            except (Doubtful, IncompleteSnapshot, Retriable) as error:
                log.info("listed whole: what changed could not be told", entity=str(entity), why=str(error))
            except (Rejected, ConfigError) as error:
                self.mistrusted[entity] = None
                log.warning("listed whole from now on: the GRC refuses to list by time", entity=str(entity), why=error)
            else:
                self.by_time.add(entity)
                return
            records.clear(entity)
        self._whole(adapter, entity, kept, records, halted)

    def _changes(
        self, adapter: Adapter, entity: Entity, kept: Kept, records: Gathering, halted: Callable[[], bool]
    ) -> None:
        """Lay what changed over what is known. Raises Doubtful, and what the adapter raises."""
        records.include(kept.records)
        times, came = dict(kept.times), dict[str, str]()
        for record in adapter.records(entity, since=kept.watermark):
            records.add(record)
            came[record.id] = _time_of(record)
            if halted():
                return
        watermark = _proved(kept, came)
        again = {one for kind, one in self.touched if kind is entity and one in times} - came.keys()
        if len(again) > FEW:
            raise Doubtful(f"{len(again)} records were read or written and did not come again")
        for record_id in sorted(again):
            found = adapter.get(entity, record_id)
            if found is None:
                raise Doubtful(f"{record_id} is gone")
            records.add(found)
            came[found.id] = _time_of(found)
        self.news[entity] = Kept(records.only(entity), times | came, watermark, kept.swept)

    def _whole(
        self, adapter: Adapter, entity: Entity, kept: Kept | None, records: Gathering, halted: Callable[[], bool]
    ) -> None:
        times: dict[str, str | None] = {}
        proof = _Proof(kept)
        for record in adapter.records(entity):
            records.add(record)
            if self.remembers:
                times[record.id] = record.updated_at
                proof.take(record, records)
            if halted():
                return
        if self.remembers:
            proof.tell(entity, self.mistrusted)
            self._remember(adapter, entity, times, records)

    def _remember(self, adapter: Adapter, entity: Entity, times: Mapping[str, str | None], records: Gathering) -> None:
        watermark = latest(times.values())
        if watermark is None or not self._trusted(entity, watermark) or not adapter.tells_changes(entity):
            return
        known = {record_id: text for record_id, text in times.items() if text is not None}
        self.news[entity] = Kept(records.only(entity), known, watermark, self.now)

    def _trusted(self, entity: Entity, watermark: str) -> bool:
        """Whether listings by time may be believed, again where a record bears a time beyond the one in doubt."""
        if entity not in self.mistrusted:
            return True
        limit, now = self.mistrusted[entity], moment(watermark)
        if limit is None or now is None or not is_before(limit, now):
            return False
        del self.mistrusted[entity]
        return True


@dataclass(slots=True)
class _Proof:
    """What a sweep shows of the listings by time before it. A record that is as it was remains the same object: two
    copies of everything would fill the memory.
    """

    kept: Kept | None
    passed_over: str = ""
    unmoved: int = 0

    def take(self, record: Record, records: Gathering) -> None:
        """Compare a record, which ``records`` has taken in, with what was known of it."""
        if self.kept is None or records.is_same(record.entity, record.id, self.kept.records):
            return
        found, limit = moment(record.updated_at), moment(self.kept.watermark)
        if found is None or limit is None or not is_before(found, limit):
            return
        if self.kept.times.get(record.id) == record.updated_at:
            self.unmoved += 1
        else:
            self.passed_over = f"{record.id}, changed at {record.updated_at}, before {self.kept.watermark}"

    def tell(self, entity: Entity, mistrusted: dict[Entity, Moment | None]) -> None:
        """Say what was found."""
        if self.unmoved:
            what = "changes without the record's time were seen by listing everything"
            log.info(what, entity=str(entity), records=self.unmoved)
        if self.passed_over and self.kept is not None:
            mistrusted.setdefault(entity, moment(self.kept.watermark))
            what = "listed whole for now: a listing by time passed over a record"
            log.warning(what, entity=str(entity), record=self.passed_over)


def _time_of(record: Record) -> str:
    if record.updated_at is None or moment(record.updated_at) is None:
        raise Doubtful(f"{record.id} bears no time that can be compared: {record.updated_at!r}")
    return record.updated_at


def _proved(kept: Kept, came: Mapping[str, str]) -> str:
    """The new watermark. Raises Doubtful where a record that bore the old one did not come, or the platform's clock was
    set back.
    """
    lacking = [one for one, text in kept.times.items() if text == kept.watermark and one not in came]
    watermark, before = latest(came.values()), moment(kept.watermark)
    now = moment(watermark)
    if lacking:
        raise Doubtful(f"{lacking[0]}, last changed at {kept.watermark}, did not come again")
    if watermark is None or now is None or before is None or is_before(now, before):
        raise Doubtful(f"nothing that came was changed at {kept.watermark} or later")
    return watermark
