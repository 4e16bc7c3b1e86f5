"""A mapping held against what the platform says that it has: fields, choices, lengths. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.mapping.complaints import nearest
from connector.mapping.connection import ConnectionMapping
from connector.mapping.inventory import InventoryField
from connector.mapping.platform import MappedField, Place, text_of
from connector.model.fields import Entity, FieldType, Owner
from connector.model.grc import Problem, Schema, SchemaField
from connector.model.tags import DESCRIPTION_LIMIT

KEY_LENGTH = 120
"""Characters that a correlation key with a name of usual length takes, or that of a finding; a hashed one takes 47."""
HASHED_KEY_LENGTH = 47
_REQUIRED = {Entity.MODEL: ("key",), Entity.VERSION: ("key", "version")}
ISSUE_WRITES = frozenset({"key", "parent", "version", "title", "severity", "state", "due", "description", "resolution"})
"""What is written of an issue that is opened for a finding: fields, and what says whose it is."""
_ADVISED: Mapping[str, str] = {
    "instance": "a record of another installation could not be told from one of ours",
    "name": "people in the GRC would not see which registered model a record stands for",
    "created": "a model that was deleted and created anew under its name would be harder to tell from the old one",
    "parent": "a version's record would not say which model it belongs to",
}


def misfits(mapping: ConnectionMapping, schema: Schema) -> Iterator[Problem]:
    """Yield every way in which the mapping does not fit the platform; an entity that it does not describe is left
    out.
    """
    for entity in Entity:
        section = getattr(mapping.platform.entities, entity.value)
        if section is None:
            continue
        yield from _unmapped_identity(mapping, entity)
        described = {field.name: field for field in schema.entities.get(entity, ())}
        if described:
            yield from _identity(mapping, entity, described)
            yield from _fields(mapping, entity, section.fields, "fields", described)
            yield from _fields(mapping, entity, getattr(section, "version_fields", {}), "version_fields", described)


def _unmapped_identity(mapping: ConnectionMapping, entity: Entity) -> Iterator[Problem]:
    if entity not in _REQUIRED:
        return
    named = mapping.platform.identity_of(entity)
    wanted = [name for name in _ADVISED if name != "parent" or entity is Entity.VERSION]
    for name in wanted:
        if name not in named:
            where = _where(mapping, entity, "identity", name)
            yield Problem(where, f"not mapped: {_ADVISED[name]}", "Give it a field of the platform.", fatal=False)


def _identity(mapping: ConnectionMapping, entity: Entity, described: Mapping[str, SchemaField]) -> Iterator[Problem]:
    for name, place in mapping.platform.identity_of(entity).items():
        where = _where(mapping, entity, "identity", name)
        yield from _known(where, place, described, writable=entity in _REQUIRED or _is_written(mapping, entity, name))
        found = described.get(place.write_name or "")
        if name == "key" and found is not None and found.max_length is not None:
            hashed = mapping.platform.entities.model.identity.hash and entity is not Entity.ISSUE
            if found.max_length < (HASHED_KEY_LENGTH if hashed else KEY_LENGTH):
                what = f"the platform's field '{found.name}' holds {found.max_length} characters, too few for a key"
                yield Problem(where, what, _longer_key(entity, hashed=hashed))


def _longer_key(entity: Entity, *, hashed: bool) -> str:
    if entity is Entity.ISSUE:
        return f"Use a field of at least {KEY_LENGTH}: the keys of findings are never hashed."
    remedy = "Use a longer field" if hashed else "Set `hash: true` beside it"
    return f"{remedy}: at least {HASHED_KEY_LENGTH} are needed then."


def _is_written(mapping: ConnectionMapping, entity: Entity, name: str) -> bool:
    """Whether a field of issues is written when one is opened or closed for a finding."""
    return entity is Entity.ISSUE and mapping.opening is not None and name in ISSUE_WRITES


def _fields(
    mapping: ConnectionMapping,
    entity: Entity,
    fields: Mapping[str, MappedField],
    part: str,
    described: Mapping[str, SchemaField],
) -> Iterator[Problem]:
    known = mapping.inventory.fields if part == "version_fields" else mapping.inventory.of(entity)
    for name, mapped in fields.items():
        where = _where(mapping, entity, part, name)
        writes = (entity in _REQUIRED or _is_written(mapping, entity, name)) and mapped.writable
        yield from _known(where, mapped, described, writable=writes)
        declared = known.get(name)
        read = described.get(mapped.read_name)
        if writes and isinstance(declared, InventoryField) and declared.owner is not Owner.GRC:
            yield from _one_way(where, mapped)
        if read is not None and read.choices:
            yield from _choices(where, mapped, read)
        write = described.get(mapped.write_name or "")
        if write is not None and writes and declared is not None:
            yield from _length(where, mapped, write, declared.type)


def _known(where: str, place: Place, described: Mapping[str, SchemaField], *, writable: bool) -> Iterator[Problem]:
    for name in dict.fromkeys(filter(None, (place.read_name, place.write_name if writable else None))):
        if name not in described:
            yield Problem(where, f"the platform has no field '{name}'", nearest(name, described))
        elif writable and name == place.write_name and not described[name].writable:
            remedy = "Declare it `writable: false`, or have the account allowed to write it."
            yield Problem(where, f"the platform's field '{name}' cannot be written", remedy)


def _choices(where: str, mapped: MappedField, field: SchemaField) -> Iterator[Problem]:
    offered = {choice.casefold(): choice for choice in field.choices}
    read = {native.casefold() for native in mapped.reading or {}}
    unread = [choice for folded, choice in offered.items() if mapped.reading is not None and folded not in read]
    if unread:
        what = f"the map has no word for the platform's {', '.join(map(repr, unread))}"
        remedy = "Add it to values (or read_values); until then a record that holds it is quarantined."
        yield Problem(where, what, remedy, fatal=False)
    for name, native in (mapped.writing or {}).items():
        if text_of(native).casefold() not in offered:
            what = f"the platform has no choice '{text_of(native)}', which stands for {name}"
            yield Problem(where, what, nearest(text_of(native), field.choices))


def _one_way(where: str, mapped: MappedField) -> Iterator[Problem]:
    words = {*(mapped.reading or {}).values()} - set(mapped.write_values or {})
    if words and mapped.write_values is not None:
        what = f"{', '.join(sorted(map(repr, words)))} can be read, and write_values has no word to write it"
        remedy = "Add it to write_values; until then a model that has it is not written to the GRC."
        yield Problem(where, what, remedy, fatal=False)


def _length(where: str, mapped: MappedField, field: SchemaField, kind: FieldType) -> Iterator[Problem]:
    held, declared = field.max_length, mapped.max_length
    if held is None:
        return
    if declared is not None and declared > held:
        what = f"max_length is {declared}, but the platform's field '{field.name}' holds {held} characters"
        yield Problem(where, what, f"Set max_length: {held}.")
    elif declared is None and kind in (FieldType.STRING, FieldType.TEXT) and held < DESCRIPTION_LIMIT:
        what = f"the platform's field '{field.name}' holds {held} characters; a longer text would be refused"
        yield Problem(where, what, f"Set max_length: {held}, so that it is cut and marked.", fatal=False)


def _where(mapping: ConnectionMapping, entity: Entity, part: str, name: str) -> str:
    return f"{mapping.file}: entities.{entity}.{part}.{name}"
