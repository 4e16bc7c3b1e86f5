"""The records and their history, in memory. Knows nothing of users' rights, values or HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from threading import RLock
from typing import Any, TypeAlias

from connector.mock.catalog import KINDS
from connector.mock.errors import Clash, NotFound

Row: TypeAlias = dict[str, Any]
"""A record: ``id``, ``revision`` (counts from 1), ``created_at``, ``created_by``, ``updated_at``, ``updated_by`` and
its kind's fields. A row that was handed out is never changed afterwards."""
Clock: TypeAlias = Callable[[], datetime]

_FIRST_NUMBER = 1_001


@dataclass(frozen=True, slots=True)
class Change:
    """One line of history: who did what to which field of a record, and when. ``field`` is empty where the action
    (``create``, ``update``, ``delete``, ``reid``, ``touch``) concerns the whole record.
    """

    id: int
    record: str
    kind: str
    action: str
    field: str
    old: Any
    new: Any
    user: str
    at: str
    revision: int


class Store:
    """All records by kind. Every method is safe to call from any thread; ``lock`` makes several one step."""

    def __init__(self, clock: Clock) -> None:
        self.lock = RLock()
        self.on_change: Callable[[], None] = lambda: None
        self.told: Callable[[Change], None] = lambda _: None
        """Called with each change of a record, one of its fields at most."""
        self.created = 0
        """How many records were ever created."""
        self._clock = clock
        self._rows: dict[str, dict[str, Row]] = {kind: {} for kind in KINDS}
        self._kinds: dict[str, str] = {}
        self._numbers: dict[str, int] = dict.fromkeys(KINDS, _FIRST_NUMBER)
        self._births: dict[str, int] = {}
        self._history: list[Change] = []
        self._by_record: dict[str, list[Change]] = {}

    def now(self) -> str:
        """The clock's time as ISO 8601 in UTC, to the microsecond: ``2026-03-31T12:00:00.000000Z``."""
        return self._clock().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def rows(self, kind: str) -> list[Row]:
        """Every record of a kind, ordered by id."""
        with self.lock:
            return list(self._rows[kind].values())

    def row(self, record_id: str) -> Row:
        """One record; raises NotFound."""
        with self.lock:
            return self._rows[self.kind_of(record_id)][record_id]

    def kind_of(self, record_id: str) -> str:
        """The kind of a record; raises NotFound."""
        with self.lock:
            if record_id not in self._kinds:
                raise NotFound(f"There is no record {record_id}.")
            return self._kinds[record_id]

    def birth(self, record_id: str) -> int:
        """The value of ``created`` when the record was created."""
        return self._births.get(record_id, 0)

    def create(self, kind: str, values: Mapping[str, Any], user: str) -> Row:
        """Add a record with the given fields; the others are empty."""
        with self.lock:
            record_id = self._next_id(kind)
            now = self.now()
            fields = {name: spec.empty for name, spec in KINDS[kind].fields.items()} | dict(values)
            stamp = {"id": record_id, "revision": 1, "created_at": now, "created_by": user}
            self._put(kind, {**stamp, "updated_at": now, "updated_by": user, **fields})
            self.created += 1
            self._births[record_id] = self.created
            self._note(record_id, "create", user, {name: (None, new) for name, new in values.items()})
            self.on_change()
            return self.row(record_id)

    def update(self, record_id: str, values: Mapping[str, Any], user: str) -> Row:
        """Change fields; where nothing differs, nothing happens at all."""
        with self.lock:
            row = self.row(record_id)
            changed = {name: (row[name], new) for name, new in values.items() if row[name] != new}
            return self._revise(row, "update", user, changed) if changed else row

    def touch(self, record_id: str, user: str) -> Row:
        """Bump revision and time stamp and change nothing, as a bulk job of a platform does."""
        with self.lock:
            return self._revise(self.row(record_id), "touch", user, {})

    def delete(self, record_id: str, user: str) -> None:
        """Remove a record. Its history stays."""
        with self.lock:
            kind = self.kind_of(record_id)
            self._note(record_id, "delete", user, {})
            del self._rows[kind][record_id], self._kinds[record_id]
            self.on_change()

    def reid(self, record_id: str, user: str, new_id: str | None = None) -> Row:
        """Give a record another id, as a migration of a platform does; references to it follow."""
        with self.lock:
            row = dict(self.row(record_id))
            kind = self.kind_of(record_id)
            new_id = new_id or self._next_id(kind)
            if new_id in self._kinds:
                raise Clash(f"There is a record {new_id} already.")
            del self._rows[kind][record_id], self._kinds[record_id]
            self._put(kind, {**row, "id": new_id})
            self._births[new_id] = self.birth(record_id)
            self._redirect(kind, record_id, new_id)
            self._note(new_id, "reid", user, {"id": (record_id, new_id)})
            self.on_change()
            return self.row(new_id)

    @property
    def changes(self) -> int:
        """How many lines the history has: another number means that something has changed."""
        return len(self._history)

    def history(self, record_id: str | None = None) -> list[Change]:
        """The changes of a record, or all, oldest first."""
        with self.lock:
            return list(self._history if record_id is None else self._by_record.get(record_id, ()))

    def dump(self) -> dict[str, Any]:
        """Everything as JSON values, for :meth:`load`."""
        with self.lock:
            history = [asdict(change) for change in self._history]
            return {"numbers": self._numbers, "records": {k: self.rows(k) for k in self._rows}, "history": history}

    def load(self, data: Mapping[str, Any]) -> None:
        """Replace everything by what :meth:`dump` gave. KeyError, TypeError or AttributeError for anything else."""
        history = [Change(**change) for change in data["history"]]
        records = {kind: {row["id"]: {**self._blank(kind), **row} for row in data["records"][kind]} for kind in KINDS}
        with self.lock:
            self._numbers = {kind: int(data["numbers"][kind]) for kind in KINDS}
            self._rows = {kind: dict(sorted(rows.items())) for kind, rows in records.items()}
            self._remember(history)
            self._kinds = {record_id: kind for kind, rows in records.items() for record_id in rows}

    def next_number(self, kind: str) -> int:
        """The number that the next record of a kind gets."""
        return self._numbers[kind]

    def _blank(self, kind: str) -> Row:
        return {name: spec.empty for name, spec in KINDS[kind].fields.items()}

    def _next_id(self, kind: str) -> str:
        number = self._numbers[kind]
        self._numbers[kind] = number + 1
        return f"{KINDS[kind].prefix}{number:07d}"

    def _put(self, kind: str, row: Row) -> None:
        """Keep a row; those of a kind stand in the order of their ids, which new ones nearly always end."""
        rows, record_id = self._rows[kind], row["id"]
        in_order = record_id in rows or not rows or next(reversed(rows)) < record_id
        rows[record_id] = row
        self._kinds[record_id] = kind
        if not in_order:
            self._rows[kind] = dict(sorted(rows.items()))

    def _revise(self, row: Row, action: str, user: str, changed: Mapping[str, tuple[Any, Any]]) -> Row:
        stamp = {"revision": row["revision"] + 1, "updated_at": self.now(), "updated_by": user}
        new = {**row, **stamp, **{name: value for name, (_, value) in changed.items()}}
        self._put(self.kind_of(row["id"]), new)
        self._note(row["id"], action, user, changed)
        self.on_change()
        return new

    def _redirect(self, kind: str, old: str, new: str) -> None:
        for holder, name in _references_to(kind):
            for row in self.rows(holder):
                if row[name] == old:
                    self._put(holder, {**row, name: new})
        self._remember([replace(one, record=new) if one.record == old else one for one in self._history])

    def _note(self, record_id: str, action: str, user: str, changed: Mapping[str, tuple[Any, Any]]) -> None:
        row = self.row(record_id)
        kind, at = self.kind_of(record_id), self.now()
        for field, (old, new) in (changed or {"": (None, None)}).items():
            number = len(self._history) + 1
            change = Change(number, record_id, kind, action, field, old, new, user, at, row["revision"])
            self._history.append(change)
            self._by_record.setdefault(record_id, []).append(change)
        self.told(change)

    def _remember(self, history: list[Change]) -> None:
        self._history, self._by_record = history, {}
        for change in history:
            self._by_record.setdefault(change.record, []).append(change)


def _references_to(kind: str) -> Iterator[tuple[str, str]]:
    for holder in KINDS.values():
        yield from ((holder.name, spec.name) for spec in holder.fields.values() if spec.refers_to == kind)
