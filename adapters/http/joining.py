"""Records some of whose fields the API keeps in other resources: one related record for each.

A record and its related ones are made by separate requests, so a run that is killed between them leaves a record
without its key. Where the mapping names fields that tell whose it is, the next creation takes up such a half, known
from the last listing, rather than making a second one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

from adapters.http.options import Related
from adapters.http.reading import Reader, only
from adapters.http.writing import Writer
from connector.model.errors import (
    AuthError,
    DuplicateKey,
    IncompleteSnapshot,
    MlflowGrcError,
    OutcomeUnknown,
    Retriable,
)
from connector.model.grc import Json, Record, Write

RECORD = "_record"
"""The name under which a related record tells which record it belongs to."""


class RelatedRecords:
    """One related resource: at most one of its records for each of the main ones."""

    def __init__(self, name: str, spec: Related, reader: Reader) -> None:
        self.name, self.spec, self.reader = name, spec, reader
        self._writer = Writer(reader)

    @property
    def holds_key(self) -> bool:
        """Whether the correlation key stands here."""
        return self.reader.shape.key_field is not None

    def all(self) -> Mapping[str, Record]:
        """Every related record by the id of the one that it belongs to. Raises IncompleteSnapshot."""
        found: dict[str, Record] = {}
        for record in self.reader.records():
            owner = _owner(record)
            if owner in found:
                raise IncompleteSnapshot(
                    f"The record {owner} has more than one related record at {self.spec.list.path}.",
                    remedy=f"leave all but one of them out by related.{self.name}.list.params.",
                )
            if owner is not None:
                found[owner] = record
        return found

    def of(self, record_id: str) -> Record | None:
        """The related record of one."""
        return only(self.reader.carrying(RECORD, record_id, self.spec.of), self.reader.shape, record_id)

    def write(self, record_id: str, values: Mapping[str, Json]) -> Record:
        """Set fields that stand here: of the related record that there is, or of a new one."""
        shape, there = self.reader.shape, self.of(record_id)
        if there is not None:
            return self._writer.update(Write(shape.entity, there.id, values))
        key = values.get(shape.key_field) if shape.key_field else None
        return self._writer.create(Write(shape.entity, None, {**values, RECORD: record_id}, key=key))

    def merged(self, record: Record, related: Record | None) -> Record:
        """The record with the fields that stand here."""
        values = {name: related.values.get(name) if related else None for name in self.spec.fields}
        return replace(record, values={**record.values, **values})


class Joined:
    """The records of one resource with all their fields, wherever these stand."""

    def __init__(self, reader: Reader, related: Mapping[str, RelatedRecords], key_field: str | None) -> None:
        self.reader, self.related, self._key_field = reader, dict(related), key_field
        self._writer = Writer(reader)
        self._keyed = next((one for one in self.related.values() if one.holds_key), None)
        self._lock = threading.Lock()
        self._halves: dict[str, Record] = {}

    def records(self, since: str | None) -> Iterator[Record]:
        """Every record once. Raises IncompleteSnapshot."""
        # The related ones first: a record made in between is seen without them, not they without it.
        tables = {name: one.all() for name, one in self.related.items()}
        halves: dict[str, Record] = {}
        for record in self.reader.records(since):
            whole_record = record
            for name, one in self.related.items():
                whole_record = one.merged(whole_record, tables[name].get(record.id))
            if self._keyed is not None and record.id not in tables[self._keyed.name]:
                halves[record.id] = whole_record
            yield whole_record
        with self._lock:
            self._halves = halves

    def get(self, record_id: str) -> Record | None:
        """One record afresh; None when it definitely does not exist."""
        record = self.reader.get(record_id)
        return None if record is None else self._complete(record)

    def find(self, key: str) -> Record | None:
        """The record that carries ``key``. Raises DuplicateKey."""
        if self._keyed is None:
            found = self.reader.find(key)
            return None if found is None else self._complete(found)
        shape = self._keyed.reader.shape
        rows = self._keyed.reader.carrying(shape.key_field or "", key, self._keyed.spec.find)
        owners = tuple(dict.fromkeys(owner for row in rows if (owner := _owner(row)) is not None))
        found_records = [record for owner in owners if (record := self.get(owner)) is not None]
        return only(found_records, self.reader.shape, key)

    def create(self, write: Write) -> Record:
        """Create a record and its related ones; a half that an interrupted run left is taken up."""
        own, elsewhere = self._parted(write.values)
        main = replace(write, values=own, key=None if self._keyed else write.key)
        record = self._half(own) or self._writer.create(main)
        return self._write_related(record, elsewhere)

    def update(self, write: Write) -> Record:
        """Change the given fields, each where it stands."""
        assert write.id is not None
        own, elsewhere = self._parted(write.values)
        record = self._writer.update(replace(write, values=own)) if own or not elsewhere else self._present(write.id)
        return self._write_related(record, elsewhere)

    def _write_related(self, record: Record, elsewhere: Mapping[str, Mapping[str, Json]]) -> Record:
        try:
            for name, values in elsewhere.items():
                self.related[name].write(record.id, values)
            # A platform may count a change of the related record as one of the record, so that is read again.
            return self._complete(self._present(record.id) if elsewhere else record)
        except (AuthError, OutcomeUnknown):
            raise
        except MlflowGrcError as error:
            # Part of it stands: that is no refusal of the whole.
            failed = OutcomeUnknown(
                f"The {record.entity} {record.id} was written, but not all of its fields: {error.message}",
                remedy=error.remedy,
            )
        raise failed

    def _complete(self, record: Record) -> Record:
        for one in self.related.values():
            try:
                record = one.merged(record, one.of(record.id))
            except DuplicateKey as error:
                failed = Retriable(error.message, remedy=f"keep one at {one.spec.list.path}.")
            else:
                continue
            raise failed
        return record

    def _present(self, record_id: str) -> Record:
        record = self.reader.get(record_id)
        if record is None:
            raise OutcomeUnknown(f"The record {record_id} does not exist.", remedy="it is looked up in the next run.")
        return record

    def _half(self, own: Mapping[str, Json]) -> Record | None:
        """A record without a key that the fields of ``resume`` show to be the one that is to be made, read afresh."""
        resume = self._keyed.spec.resume if self._keyed else ()
        wanted = {name: own[name] for name in resume if own.get(name) not in (None, "")}
        if not resume or len(wanted) < len(resume):
            return None
        with self._lock:
            found = next((half.id for half in self._halves.values() if _holds(half, wanted)), None)
            self._halves.pop(found or "", None)
        record = self.get(found) if found else None
        unkeyed = record is not None and record.values.get(self._key_field or "") in (None, "")
        return record if record is not None and unkeyed and _holds(record, wanted) else None

    def _parted(self, values: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, dict[str, Json]]]:
        """The values by where they stand: the record's own, and those of each related resource."""
        elsewhere = {
            name: {field: values[field] for field in one.spec.fields if field in values}
            for name, one in self.related.items()
        }
        taken = {field for part in elsewhere.values() for field in part}
        own = {name: value for name, value in values.items() if name not in taken}
        return own, {name: part for name, part in elsewhere.items() if part}


def _holds(record: Record, values: Mapping[str, Json]) -> bool:
    return all(record.values.get(name) == value for name, value in values.items())


def _owner(record: Record) -> str | None:
    owner = record.values.get(RECORD)
    return str(owner) if isinstance(owner, str | int) and not isinstance(owner, bool) else None
