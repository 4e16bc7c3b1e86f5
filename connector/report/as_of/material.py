"""Both sides as they were known at a moment: objects from the observation journal, links and decisions from the trail.

An object that the trail ties to nothing is tied by what it carries itself, as the engine finds it when the state was
lost: its record's correlation key, the model's identity tag, the version's reference. What waited for a person then
(conflicts, quarantine, fuses) is not remembered and left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connector.mapping.connection import ConnectionMapping
from connector.mapping.keys import parse_version_ref
from connector.model.fields import Entity, Owner, Side, Value
from connector.model.policy import VersionsMode
from connector.model.state import Base, Link, LinkState
from connector.model.tags import Tags
from connector.model.views import ObjectRef
from connector.report.as_of.moment import Moment
from connector.report.as_of.standing import Standing, standing_of
from connector.report.as_of.ties import Ties, ties_until
from connector.report.material import LISTINGS, Material, Seen
from connector.state.base import StateReader

Objects = Mapping[str, Seen]
_TAG = "tag:"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The material of a moment, and between which observations the moment stands."""

    material: Material
    standing: Standing


def from_journal(store: StateReader, connection: str, mapping: ConnectionMapping, moment: Moment) -> AsOf:
    """The material as of a moment, read under the connection's present mapping. Raises RunAborted where nothing had
    been observed by then.
    """
    standing = standing_of(store, connection, moment)
    objects = {each: _objects(store, connection, *each, moment) for each in LISTINGS}
    with_records = mapping.versions is VersionsMode.RECORDS
    grcs_own = frozenset(field.name for field in mapping.fields(Entity.VERSION) if field.owner is Owner.GRC)
    ties = ties_until(store, connection, moment.at, decisions=not with_records, grcs_own=grcs_own)
    entities = (Entity.MODEL, Entity.VERSION) if with_records else (Entity.MODEL,)
    links: dict[str, Link] = {}
    for entity in entities:
        links |= _links(entity, objects[Side.REGISTRY, entity], objects[Side.GRC, entity], ties, mapping.tags)
    material = Material(
        connection=connection,
        taken_at=standing.before,
        gaps=standing.gaps,
        registry={entity: found for (side, entity), found in objects.items() if side is Side.REGISTRY},
        grc={entity: found for (side, entity), found in objects.items() if side is Side.GRC},
        links=links,
        incomplete=standing.incomplete,
    )
    if not with_records:
        decisions = _decisions(material, mapping, ties, store.bases(connection))
        material = replace(material, bases=decisions)
    return AsOf(material, standing)


def _decisions(
    material: Material, mapping: ConnectionMapping, ties: Ties, now: Mapping[str, Mapping[str, Base]]
) -> dict[str, dict[str, Base]]:
    """What the GRC had decided of each version without a record of its own, as base pairs: what the connector wrote,
    else what the version carries, where both sides still agree on it. Anybody may write a tag: it proves nothing alone.
    """
    model_keys = {seen.fields.get("identity.name"): key for key, seen in material.registry[Entity.MODEL].items()}
    fields = [field.name for field in mapping.fields(Entity.VERSION) if field.in_grc]
    found: dict[str, dict[str, Base]] = {}
    for key, seen in material.registry[Entity.VERSION].items():
        link = material.links.get(model_keys.get(seen.fields.get("identity.name")) or "")
        if link is None:
            continue
        known = ties.decided.get((link.record_id, seen.fields.get("identity.version") or ""), {})
        for name in fields:
            held, agreed = seen.fields.get(name), now.get(key, {}).get(name)
            if name in known:
                found.setdefault(key, {})[name] = Base(held, known[name])
            elif held is not None and agreed is not None and agreed.grc == held:
                found.setdefault(key, {})[name] = Base(held, held)
    return found


def _objects(store: StateReader, connection: str, side: Side, entity: Entity, moment: Moment) -> Objects:
    found: dict[str, tuple[str, dict[str, Value]]] = {}
    for change in store.changes(connection, side, entity, until=moment.at):
        if not change.present:
            found.pop(change.id, None)
            continue
        fields = found.get(change.id, ("", {}))[1]
        fields.update(change.changed)
        found[change.id] = change.name, fields
    return {
        key: Seen(name, {field: value for field, value in fields.items() if value is not None})
        for key, (name, fields) in sorted(found.items())
    }


def _links(entity: Entity, registry: Objects, records: Objects, ties: Ties, tags: Tags) -> dict[str, Link]:
    tied = {key: record_id for (kind, key), record_id in ties.records.items() if kind is entity}
    # Where two objects that are there have had one record, which is there too, it is the latter's.
    last = {record_id: key for key, record_id in tied.items() if key in registry and record_id in records}
    tied = {key: record_id for key, record_id in tied.items() if key not in registry or last.get(record_id, key) == key}
    unknown = {key: seen for key, seen in registry.items() if not ties.knows(entity, key)}
    tied |= _carried(entity, unknown, records, tied, tags)
    links = {}
    for key, record_id in tied.items():
        if key in registry or record_id in records:
            ended = key not in registry and (entity, key) in ties.retired
            state = LinkState.RETIRED if ended else LinkState.LIVE
            if record_id not in records:
                state = LinkState.RECORD_GONE
            seen = registry.get(key) or records[record_id]
            links[key] = Link(_ref(entity, key, seen), record_id, state)
    return links


def _carried(entity: Entity, unknown: Objects, records: Objects, tied: Mapping[str, str], tags: Tags) -> dict[str, str]:
    """The record of each object that the trail never tied, by the marks on both, where no other object has it."""
    taken = {record_id for key, record_id in tied.items() if key != f"grc:{record_id}"}
    by_key: dict[Value, list[str]] = {}
    for record_id, record in records.items():
        by_key.setdefault(record.fields.get("identity.key"), []).append(record_id)
    found: dict[str, str] = {}
    for key, seen in unknown.items():
        keyed = by_key.get(key, ())
        record_id = keyed[0] if len(keyed) == 1 else _named(entity, seen, records, tags)
        if record_id in records and record_id not in taken:
            found[key] = record_id
            taken.add(record_id)
    return found


def _named(entity: Entity, seen: Seen, records: Objects, tags: Tags) -> str:
    """The record that the object's own tag names, where that was made for this very object: a tag can be copied."""
    if entity is Entity.MODEL:
        record_id = seen.fields.get(_TAG + tags.record_id) or ""
        told = records[record_id].fields if record_id in records else {}
        created, key = told.get("identity.created"), told.get("identity.key")
        if created is None:
            return record_id if _TAG + tags.placeholder in seen.fields and key is None else ""
        return record_id if created == seen.fields.get("identity.created") else ""
    ref = parse_version_ref(seen.fields.get(_TAG + tags.version_ref) or "")
    if ref is None or (ref.version, str(ref.created_ms)) != _identity(seen):
        return ""
    return ref.record_id


def _identity(seen: Seen) -> tuple[Value, Value]:
    return seen.fields.get("identity.version"), seen.fields.get("identity.created")


def _ref(entity: Entity, key: str, seen: Seen) -> ObjectRef:
    version = seen.fields.get("identity.version") if entity is Entity.VERSION else None
    return ObjectRef(entity, key, seen.fields.get("identity.name") or seen.name, version)
