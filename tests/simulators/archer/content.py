"""The content of an instance: records by id, and their history. Knows nothing of accounts' rights or of the API."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any, TypeAlias

from tests.simulators.archer.dates import kept
from tests.simulators.archer.indexes import Indexes
from tests.simulators.archer.schema import Field, Tenant, Type

Kept: TypeAlias = Any
"""A value as it is kept, None for empty.

=====================  ==================================================
text, IP               a text (of a text area, HTML)
numeric                a float
date                   ``2026-03-02T12:00:00.000``, UTC
values list            ``{"ids": [..], "other": None}``
users and groups       ``{"users": [..], "groups": [..]}``
links                  ``[{"Name": .., "URL": ..}]``
references and alike   ids
=====================  ==================================================
"""
Values: TypeAlias = dict[str, Kept]
_FIRST_ID, _FIRST_ENTRY = 227_601, 900_001


@dataclass(slots=True)
class Record:
    """A record. ``values`` by field id as text; empty fields are left out. Times are kept ones."""

    id: int
    level: int
    sequential: int
    created: str
    updated: str
    created_by: int
    updated_by: int
    parent: int = 0
    version: int = 1
    values: Values = field(default_factory=dict)

    def value(self, one: Field) -> Kept:
        """The value of a field, None where it is empty."""
        return self.values.get(str(one.id))


@dataclass(frozen=True, slots=True)
class Change:
    """One line of history; ``field`` is 0 where the action concerns the whole record."""

    record: int
    action: str
    field: int
    old: Kept
    new: Kept
    account: int


class Content:
    """All records. ``lock`` makes several steps one."""

    def __init__(self, tenant: Tenant, clock: Callable[[], datetime]) -> None:
        self.lock = RLock()
        self.created = 0
        """How many records were ever made."""
        self.history: list[Change] = []
        self.attachments: dict[int, dict[str, str]] = {}
        self.unlisted: set[int] = set()
        """Records that no search finds; reading them by id goes on."""
        self.denied: set[tuple[int, int]] = set()
        """(account, record): record permissions hide the record from the account altogether."""
        self._tenant, self._clock = tenant, clock
        self._records: dict[int, Record] = {}
        self._indexes = Indexes()
        self._births: dict[int, int] = {}
        self._next = {"record": _FIRST_ID, "entry": _FIRST_ENTRY}
        self._sequences: dict[int, int] = {}

    def now(self) -> str:
        """The time as it is kept."""
        return kept(self._clock())

    def get(self, record_id: int) -> Record | None:
        """One record."""
        return self._records.get(record_id)

    def of(self, level: int) -> list[Record]:
        """Every record of a level, by id."""
        return [self._records[record_id] for record_id in self._indexes.of(level)]

    def birth(self, record_id: int) -> int:
        """The value of ``created`` when the record was made."""
        return self._births.get(record_id, 0)

    def add(self, level: int, values: Mapping[int, Kept], account: int, parent: int = 0) -> Record:
        """Make a record."""
        with self.lock:
            record_id = self._new_id(level)
            self._sequences[level] = self._sequences.get(level, 1_000) + 1
            now = self.now()
            made = Record(record_id, level, self._sequences[level], now, now, account, account, parent)
            self._records[record_id] = made
            self._indexes.add(made)
            self.created += 1
            self._births[record_id] = self.created
            self.history.append(Change(record_id, "create", 0, None, None, account))
            self._set(made, values, account, "create")
            return made

    def change(self, record_id: int, values: Mapping[int, Kept], account: int) -> Record:
        """Change fields. Saving moves version and time stamp also where nothing differs."""
        with self.lock:
            record = self._records[record_id]
            if not self._set(record, values, account, "update"):
                self.history.append(Change(record_id, "touch", 0, None, None, account))
            self._stamp(record, account)
            return record

    def touch(self, record_id: int, account: int) -> None:
        """Move version and time stamp and change nothing, as a calculation does."""
        self.change(record_id, {}, account)

    def delete(self, record_id: int, account: int) -> None:
        """Remove a record, and all references to it."""
        with self.lock:
            del self._records[record_id]
            self.history.append(Change(record_id, "delete", 0, None, None, account))
            self._redirect(record_id, None)

    def reid(self, record_id: int, account: int) -> int:
        """Give a record another id, as a migration does; references follow."""
        with self.lock:
            record = self._records.pop(record_id)
            record.id = self._new_id(record.level)
            self._records[record.id] = record
            self._births[record.id] = self.birth(record_id)
            self._redirect(record_id, record.id)
            self.history = [Change(record.id, *_rest(one)) if one.record == record_id else one for one in self.history]
            self.history.append(Change(record.id, "reid", 0, record_id, record.id, account))
            return record.id

    def attach(self, name: str, content: str) -> int:
        """Keep an attachment (base64) and return its id."""
        with self.lock:
            number = len(self.attachments) + 1
            self.attachments[number] = {"AttachmentName": name, "AttachmentBytes": content}
            return number

    def related(self, one: Field, record_id: int) -> list[int]:
        """The records at the other end of a related-records field, by id."""
        if one.to_level is None or one.opposite is None:
            return []
        pointing = self._indexes.at(str(one.opposite), record_id)
        return [far for far in pointing if self._records[far].level == one.to_level]

    def relate(self, one: Field, record_id: int, wanted: list[int], account: int) -> None:
        """Make ``wanted`` the whole list of related records: the reference fields at the other end change."""
        assert one.opposite is not None
        before, name = set(self.related(one, record_id)), str(one.opposite)
        for far_id in before.symmetric_difference(wanted):
            others = [to for to in self._records[far_id].values.get(name) or [] if to != record_id]
            ends = self._tenant.field(one.opposite)
            assert ends is not None
            new = ([*others, record_id] if ends.multiple else [record_id]) if far_id in wanted else others
            self.change(far_id, {one.opposite: new or None}, account)

    def dump(self) -> dict[str, Any]:
        """Everything as JSON values, for :meth:`load`. A copy."""
        with self.lock:
            return copy.deepcopy(
                {
                    "records": [asdict(one) for one in self._records.values()],
                    "history": [asdict(one) for one in self.history],
                    "attachments": {str(number): one for number, one in self.attachments.items()},
                    "births": {str(number): birth for number, birth in self._births.items()},
                    "sequences": {str(level): last for level, last in self._sequences.items()},
                    "next": self._next,
                    "created": self.created,
                }
            )

    def load(self, data: Mapping[str, Any]) -> None:
        """Replace everything by what :meth:`dump` gave."""
        data = copy.deepcopy(dict(data))
        with self.lock:
            self._records = {one["id"]: Record(**one) for one in data["records"]}
            self._indexes = Indexes(self._records.values())
            self.history = [Change(**one) for one in data["history"]]
            self.attachments = {int(number): one for number, one in data["attachments"].items()}
            self._births = {int(number): birth for number, birth in data["births"].items()}
            self._sequences = {int(level): last for level, last in data["sequences"].items()}
            self._next, self.created = data["next"], data["created"]

    def _new_id(self, level: int) -> int:
        """The next id. Entries of sub-forms have a range of their own, so that the ids of records stay the same
        whether or not an entry was made for nothing.
        """
        entry = any(each.id == level for one in self._tenant.applications if one.subform for each in one.levels)
        name = "entry" if entry else "record"
        number = self._next[name]
        self._next[name] = number + 1
        return number

    def _set(self, record: Record, values: Mapping[int, Kept], account: int, action: str) -> bool:
        changed = False
        for field_id, new in values.items():
            name = str(field_id)
            old = record.values.get(name)
            if old == new:
                continue
            changed = True
            if new is None:
                record.values.pop(name)
            else:
                record.values[name] = new
            self._indexes.point(record.id, name, old, new)
            self.history.append(Change(record.id, action, field_id, old, new, account))
        return changed

    def _stamp(self, record: Record, account: int) -> None:
        record.version += 1
        record.updated, record.updated_by = self.now(), account

    def _redirect(self, old: int, new: int | None) -> None:
        """Let every field that names a record name the other, or none."""
        pointing = {
            str(one.id)
            for level in self._tenant.levels()
            for one in level.fields
            if one.type in (Type.REFERENCE, Type.SUBFORM)
        }
        for record in self._records.values():
            record.parent = new or 0 if record.parent == old else record.parent
            for name in pointing & record.values.keys():
                ids = record.values[name]
                if old in ids:
                    kept_ids = [new if one == old else one for one in ids if one != old or new is not None]
                    record.values[name] = kept_ids
                    if not kept_ids:
                        del record.values[name]
        self._indexes = Indexes(self._records.values())


def _rest(change: Change) -> tuple[str, int, Kept, Kept, int]:
    return change.action, change.field, change.old, change.new, change.account
