"""The last snapshot of each side, and the observation journal, which is what changed in it.

The snapshot keeps one row per object with a digest of its name and fields, so that an unchanged object costs one
digest and no write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.audit.journal import JournalDigest
from connector.model.fields import Entity, Side, Value
from connector.model.state import JournalEntry
from connector.state.sql import rows
from connector.state.sql.access import Access
from connector.state.sql.session import Session
from connector.state.times import stamp
from connector.state.types import Around, Change, Observation, Seen, Snapshot

_SCOPE = "connection = ? AND side = ? AND entity = ?"
_AT_ONCE = 500
"""Ids asked for in one query."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation to record, under ``scope``: connection, side, entity."""

    run_id: str
    at: str
    scope: tuple[str, str, str]
    objects: Mapping[str, tuple[str, Mapping[str, Value]]]
    complete: bool
    gone: Collection[str]
    passed: Collection[str] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _Object:
    id: str
    name: str
    fields: dict[str, str]
    text: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class _Difference:
    changed: list[_Object]
    known: Collection[str]
    gone: list[str]
    missing: list[str]
    back: list[str]


def record(session: Session, observed: Observed) -> int:
    """Journal the difference to the stored snapshot and bring that up to date; the number of journal entries."""
    if observed.partial and observed.complete:
        raise ValueError("a partial observation is no listing, and not complete")
    overlap = set(observed.gone) & set(observed.objects)
    if overlap:
        raise ValueError(f"{sorted(overlap)} cannot be both observed and gone")
    if session.row("SELECT 1 FROM run WHERE id = ? AND ended IS NULL", [observed.run_id]) is None:
        raise ValueError(f"run {observed.run_id} is not running")
    difference = _compare(session, observed)
    number = _insert_observation(session, observed)
    entries = [*_changes(session, observed, difference), *_departures(session, observed, difference.gone)]
    columns = ("observation", "id", "name", "changed", "present")
    session.insert_many("journal", columns, [(number, *entry) for entry in entries])
    _update_snapshot(session, observed, difference)
    return len(entries)


def _compare(session: Session, observed: Observed) -> _Difference:
    stored = {key: (digest, missing) for key, digest, missing in _last(session, observed)}
    passed = frozenset(observed.passed)
    objects = (_object(key, name, fields) for key, (name, fields) in observed.objects.items() if key not in passed)
    gone = set(observed.gone) - passed
    absent = stored.keys() - observed.objects.keys() - gone - passed
    return _Difference(
        changed=[item for item in objects if item.id not in stored or stored[item.id][0] != item.digest],
        known=stored.keys(),
        gone=sorted(gone & stored.keys()),
        missing=sorted(key for key in absent if stored[key][1] is None) if observed.complete else [],
        back=[key for key in observed.objects if key in stored and stored[key][1] is not None and key not in passed],
    )


def _last(session: Session, observed: Observed) -> Iterator[tuple[Any, ...]]:
    """What the stored snapshot has: id, digest, and since when it is missing; of a partial observation's objects."""
    query = f"SELECT id, digest, missing_since FROM seen WHERE {_SCOPE}"  # noqa: S608 - ours
    if not observed.partial:
        yield from session.tuples(query, observed.scope)
        return
    ids = [*observed.objects, *observed.gone]
    for start in range(0, len(ids), _AT_ONCE):
        asked = ids[start : start + _AT_ONCE]
        yield from session.tuples(f"{query} AND id IN ({', '.join('?' * len(asked))})", [*observed.scope, *asked])


def _object(key: str, name: str, fields: Mapping[str, Value]) -> _Object:
    kept = {field: value for field, value in fields.items() if value is not None}
    text = rows.dump(kept)
    digest = hashlib.blake2b(rows.dump(name).encode() + text.encode(), digest_size=16).digest()
    return _Object(key, name, kept, text, digest)


def _insert_observation(session: Session, observed: Observed) -> int:
    connection, side, entity = observed.scope
    row = {
        "run_id": observed.run_id,
        "connection": connection,
        "at": observed.at,
        "side": side,
        "entity": entity,
        "complete": int(observed.complete),
        "objects": len(observed.objects),
        "partial": int(observed.partial),
    }
    return session.insert_numbered("observation", row)


def _changes(session: Session, observed: Observed, difference: _Difference) -> Iterator[tuple[Any, ...]]:
    asked = [item.id for item in difference.changed if item.id in difference.known]
    stored = _stored(session, observed, "fields", asked)
    for item in difference.changed:
        before: dict[str, str] = rows.load(stored[item.id]) if item.id in stored else {}
        fields = {
            field: item.fields.get(field)
            for field in before.keys() | item.fields.keys()
            if before.get(field) != item.fields.get(field)
        }
        yield item.id, item.name, rows.dump(fields), 1


def _departures(session: Session, observed: Observed, gone: list[str]) -> Iterator[tuple[Any, ...]]:
    names = _stored(session, observed, "name", gone)
    for key in gone:
        yield key, names[key], "{}", 0


def _stored(session: Session, observed: Observed, column: str, ids: Sequence[str]) -> dict[str, str]:
    """A column of the stored snapshot by id, of those ids that are in it."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        asked = ids[start : start + _AT_ONCE]
        query = f"SELECT id, {column} FROM seen WHERE {_SCOPE} AND id IN ({', '.join('?' * len(asked))})"  # noqa: S608
        found.update(session.tuples(query, [*observed.scope, *asked]))
    return found


def _update_snapshot(session: Session, observed: Observed, difference: _Difference) -> None:
    scope = observed.scope
    key = ("connection", "side", "entity", "id")
    columns = (*key, "name", "fields", "digest")
    known = difference.known
    session.insert_many("seen", columns, [_row(scope, item) for item in difference.changed if item.id not in known])
    session.upsert_many("seen", key, columns, [_row(scope, item) for item in difference.changed if item.id in known])
    session.execute_many(f"DELETE FROM seen WHERE {_SCOPE} AND id = ?", [(*scope, key) for key in difference.gone])  # noqa: S608
    marks = [(observed.at, *scope, key) for key in difference.missing] + [
        (None, *scope, key) for key in difference.back
    ]
    session.execute_many(f"UPDATE seen SET missing_since = ? WHERE {_SCOPE} AND id = ?", marks)  # noqa: S608


def _row(scope: tuple[str, str, str], item: _Object) -> tuple[object, ...]:
    return (*scope, item.id, item.name, item.text, item.digest)


def journal_digest(session: Session, run_id: str) -> str:
    """The digest of one run's part of the journal, as it stands in the file."""
    return next((digest for _, digest in _digests(session, "WHERE o.run_id = ?", [run_id])), JournalDigest().hexdigest)


def _digests(session: Session, condition: str, values: list[str]) -> Iterator[tuple[str, str]]:
    query = f"""SELECT o.id, o.run_id, o.complete, o.partial, o.connection, o.at, o.side, o.entity, o.objects,
        j.id, j.name, j.changed, j.present FROM observation o LEFT JOIN journal j ON j.observation = o.id
        {condition} ORDER BY o.id, j.sequence"""  # noqa: S608 - ours
    digests: dict[str, JournalDigest] = {}
    last = None
    for number, run_id, complete, partial, *row in session.tuples(query, values):
        digest = digests.setdefault(run_id, JournalDigest())
        (connection, at, side, entity, objects), entry = row[:5], row[5:]
        if number != last:
            kind = {"complete": bool(complete), "partial": bool(partial)}
            digest.observation(connection, at, side, entity, **kind, objects=objects)
            last = number
        if entry[0] is not None:
            digest.entry(*entry[:3], present=bool(entry[3]))
    return iter([(run_id, digest.hexdigest) for run_id, digest in digests.items()])


def _told(joined: Iterator[tuple[Any, ...]], fields: Collection[str] | None) -> Iterator[Change]:
    """The journal's rows as changes. A row without an entry is an observation that saw nothing change."""
    complete_at: str | None = None
    last = (0, "", False)
    known: set[str] = set()
    for number, at, complete, key, name, changed, present in joined:
        if number != last[0]:
            complete_at = last[1] if last[2] else complete_at
            last = (number, at, bool(complete))
        if key is None:
            continue
        appeared = bool(present) and key not in known
        if present:
            known.add(key)
        else:
            known.discard(key)
        values = rows.load_fields(changed)
        if fields is not None:
            values = {field: value for field, value in values.items() if field in fields}
            if not values and present and not appeared:
                continue
        yield Change(at, complete_at, key, name, values, present=bool(present))


class Observations(Access):
    """Reads what was observed."""

    def snapshot(self, connection: str, side: Side, entity: Entity) -> Snapshot | None:
        session, scope = self._database.session(), (connection, str(side), str(entity))
        query = f"SELECT at, complete FROM observation WHERE {_SCOPE} AND partial = 0 ORDER BY id DESC LIMIT 1"  # noqa: S608
        last = session.row(query, scope)
        if last is None:
            return None
        query = f"SELECT at FROM observation WHERE {_SCOPE} AND complete = 1 ORDER BY id DESC LIMIT 1"  # noqa: S608 - ours
        complete = session.row(query, scope)
        query = f"SELECT id, name, fields, missing_since FROM seen WHERE {_SCOPE} ORDER BY id"  # noqa: S608 - ours
        objects = {
            key: Seen(name, rows.load_fields(fields), missing)
            for key, name, fields, missing in session.tuples(query, scope)
        }
        complete_at = complete["at"] if complete else None
        return Snapshot(side, entity, last["at"], bool(last["complete"]), complete_at, objects)

    def as_of(self, connection: str, side: Side, entity: Entity, at: datetime) -> Mapping[str, Mapping[str, Value]]:
        query = f"""SELECT j.id, j.changed, j.present FROM observation o JOIN journal j ON j.observation = o.id
            WHERE {_SCOPE} AND o.at <= ? ORDER BY j.sequence"""  # noqa: S608 - ours
        found: dict[str, dict[str, Value]] = {}
        for key, changed, present in self._database.session().tuples(
            query, [connection, str(side), str(entity), stamp(at)]
        ):
            if not present:
                found.pop(key, None)
                continue
            merged = {**found.get(key, {}), **rows.load(changed)}
            found[key] = {field: value for field, value in merged.items() if value is not None}
        return found

    def changes(
        self,
        connection: str,
        side: Side,
        entity: Entity,
        *,
        fields: Collection[str] | None = None,
        until: datetime | None = None,
    ) -> Iterator[Change]:
        bound, values = ("AND o.at <= ?", [stamp(until)]) if until is not None else ("", [])
        query = f"""SELECT o.id, o.at, o.complete, j.id, j.name, j.changed, j.present FROM observation o
            LEFT JOIN journal j ON j.observation = o.id WHERE {_SCOPE} {bound} ORDER BY o.id, j.sequence"""  # noqa: S608
        session = self._database.session()
        return _told(session.tuples(query, [connection, str(side), str(entity), *values]), fields)

    def observed_around(self, connection: str, side: Side, entity: Entity, at: datetime) -> Around:
        session, values = self._database.session(), [connection, str(side), str(entity), stamp(at)]

        def next_to(condition: str, order: str) -> Observation | None:
            query = f"""SELECT at, complete FROM observation WHERE {_SCOPE} AND partial = 0 AND {condition}
                ORDER BY {order} LIMIT 1"""  # noqa: S608 - ours
            row = session.row(query, values)
            return Observation(row["at"], bool(row["complete"])) if row else None

        return Around(next_to("at <= ?", "id DESC"), next_to("at > ?", "id"))

    def observed_at(self, connection: str, side: Side, entity: Entity) -> Sequence[str]:
        query = f"SELECT at FROM observation WHERE {_SCOPE} AND complete = 1 ORDER BY id"  # noqa: S608 - ours
        return [row[0] for row in self._database.session().tuples(query, [connection, str(side), str(entity)])]

    def journal(self, run_id: str) -> Sequence[JournalEntry]:
        query = """SELECT o.side, o.entity, j.id, j.name, j.changed, j.present FROM observation o
            JOIN journal j ON j.observation = o.id WHERE o.run_id = ? ORDER BY j.sequence"""
        return [rows.journal(*row) for row in self._database.session().tuples(query, [run_id])]

    def journal_digests(self) -> Iterator[tuple[str, str]]:
        return _digests(self._database.session(), "", [])
