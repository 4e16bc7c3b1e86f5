"""Reads: all records of an entity, one by id, one by key. The newer API only: the older one opens what it reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from adapters.base import EntityFields
from adapters.logicgate.catalogue import Catalogue
from adapters.logicgate.keys import KeyIndex
from adapters.logicgate.layout import LINKED, Layout, updated_ms
from adapters.logicgate.listing import Walker
from adapters.logicgate.options import Options
from adapters.logicgate.values import Codec, milliseconds
from adapters.logicgate.wire import Wire
from connector.model.errors import AccessDenied, ConfigError, DuplicateKey, IncompleteSnapshot, Retriable
from connector.model.fields import Entity
from connector.model.grc import Json, Record

T = TypeVar("T")


class Reader:
    """Reads the mapped entities of one environment."""

    def __init__(
        self,
        wire: Wire,
        catalogue: Catalogue,
        codec: Codec,
        options: Options,
        entities: Mapping[Entity, EntityFields],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire, self._catalogue, self._options, self._clock = wire, catalogue, options, clock
        self._entities = entities
        self.layouts = {
            entity: Layout(entity, _names(entities.get(entity)), catalogue, codec, wire.site)
            for entity in options.workflows
        }
        self._walker = Walker(wire, options.page_size, options.attempts)
        self._indexes = {entity: KeyIndex() for entity in options.workflows}
        self._links: dict[tuple[str, str], tuple[int, float, Json]] = {}
        self._links_lock = threading.Lock()

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        """Every record, or those changed since; raises IncompleteSnapshot."""
        keys: dict[str, Json] = {}
        latest = 0
        for raw in self.raw_records(entity, since):
            record = self._record(entity, raw)
            keys[record.id], latest = self._key(entity, record), max(latest, updated_ms(raw))
            yield record
        if since is None:
            self._indexes[entity].replace(keys, latest)

    def raw_records(self, entity: Entity, since: str | None = None) -> Iterator[dict[str, Json]]:
        """The same as LogicGate sends it. Raises ConfigError for a ``since`` that is no time."""
        workflow_id = self._catalogue.workflow_id(entity)
        params: dict[str, Json] = {"workflow-id": workflow_id}
        if since is not None:
            moment = milliseconds(since)
            if moment is None:
                raise ConfigError(f"{since!r} is no time of LogicGate's.", remedy="list everything.")
            params["updated-min"] = max(moment - self._options.overlap_seconds * 1000, 0)
        for raw in self._walker.records("records", params, workflow_id):
            self._catalogue.learn(entity, raw)
            yield raw

    def get(self, entity: Entity, record_id: str) -> Record | None:
        """One record, afresh; None where there certainly is none. Raises AccessDenied where that is not certain."""
        raw = self.raw(entity, record_id)
        if raw is None and record_id and not self._options.sees_all:
            raise AccessDenied(
                f"The {entity} {record_id} is not found: it was deleted, or is hidden from the token's user.",
                remedy="where an entitlement shows the user all records of the workflow, set logicgate.sees_all: true.",
            )
        return None if raw is None else self._noted(entity, raw)

    def raw(self, entity: Entity, record_id: str) -> dict[str, Json] | None:
        """The same as LogicGate sends it. Raises AccessDenied for a record of another workflow."""
        chosen = self._catalogue.workflow(entity)
        # No record has an empty id, and its address would be that of the list.
        raw = self._wire.record(record_id) if record_id else None
        if raw is None:
            return None
        workflow = raw.get("workflow")
        place = workflow if isinstance(workflow, dict) else {}
        if place and not {chosen.id, chosen.workflow} & {place.get("id"), place.get("name")}:
            raise AccessDenied(
                f"Record {record_id} is of the workflow '{place.get('name')}', not of '{chosen.workflow}'.",
                remedy=f"link another record, or correct logicgate.workflows.{entity}.",
            )
        self._catalogue.learn(entity, raw)
        return raw

    def find(self, entity: Entity, key: str) -> Record | None:
        """The one record with the key. Lists whatever changed since the last whole listing; raises DuplicateKey."""
        self._catalogue.workflow(entity)
        index = self._indexes[entity]
        with index.lock:
            since = None if index.watermark is None else str(index.watermark)
            for record in _whole(self.records(entity, since)):
                index.note(record.id, self._key(entity, record), milliseconds(record.updated_at) or 0)
            candidates = index.ids(key)
        # A key that was changed or deleted in the meantime is not this one's any more.
        read = [raw for record_id in candidates if (raw := self.raw(entity, record_id)) is not None]
        found = [one for one in (self._noted(entity, raw) for raw in read) if self._key(entity, one) == key]
        if len(found) > 1:
            ids = tuple(one.id for one in found)
            raise DuplicateKey(
                f"The {entity} records {', '.join(ids)} carry the same key.",
                key=key,
                ids=ids,
                remedy="empty the key field of all but one.",
            )
        return found[0] if found else None

    def note(self, entity: Entity, raw: Mapping[str, Json]) -> Record:
        """A record that was read back after a write."""
        self._catalogue.learn(entity, raw)
        return self._noted(entity, raw)

    def _noted(self, entity: Entity, raw: Mapping[str, Json]) -> Record:
        record = self._record(entity, raw)
        self._indexes[entity].note(record.id, self._key(entity, record), 0)
        return record

    def _record(self, entity: Entity, raw: Mapping[str, Json]) -> Record:
        layout = self.layouts[entity]
        return layout.record(raw, {name: self._linked(name, raw) for name in layout.links})

    def _key(self, entity: Entity, record: Record) -> Json:
        fields = self._entities.get(entity)
        return record.values.get(fields.key_field) if fields and fields.key_field else None

    def _linked(self, name: str, raw: Mapping[str, Json]) -> Json:
        """The ids of the records of another entity that a record is linked with: one, a list of several, None."""
        record_id, updated = str(raw["id"]), updated_ms(raw)
        with self._links_lock:
            known = self._links.get((record_id, name))
        if known is not None and known[0] == updated and self._clock() - known[1] < self._options.links_seconds:
            return known[2]
        workflow_id = self._catalogue.workflow_id(Entity(name.removeprefix(LINKED)))
        path = f"records/{record_id}/linked"
        listed = _whole(self._walker.records(path, {"workflow-id": workflow_id}, workflow_id))
        ids = [str(one["id"]) for one in listed]
        found: Json = None if not ids else ids[0] if len(ids) == 1 else sorted(ids)
        with self._links_lock:
            self._links[record_id, name] = updated, self._clock(), found
        return found

    def forget_links(self, record_id: str) -> None:
        """The links of a record were changed."""
        with self._links_lock:
            self._links = {key: known for key, known in self._links.items() if key[0] != record_id}


def _whole(listing: Iterable[T]) -> list[T]:
    """All of it at once. Raises Retriable where it is incomplete: a single answer cannot say so otherwise."""
    try:
        return list(listing)
    except IncompleteSnapshot as error:
        failed = Retriable(error.message, remedy=error.remedy)
    raise failed


def _names(fields: EntityFields | None) -> tuple[str, ...]:
    if fields is None:
        return ()
    return (*fields.fields, *([fields.key_field] if fields.key_field else []))
