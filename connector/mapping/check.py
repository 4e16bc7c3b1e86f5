"""A platform mapping held against the inventory: names, values and modes that do not fit, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.mapping.complaints import Complaint, KeyPath, nearest
from connector.mapping.inventory import Inventory, InventoryField, PlainField
from connector.mapping.platform import MappedField, PlatformMapping
from connector.mapping.yamlfile import Document
from connector.model.fields import Entity, FieldType
from connector.model.policy import VersionsMode

OPENED_WITH: Mapping[str, tuple[str, ...]] = {
    "title": (),
    "severity": ("critical", "high", "medium", "low"),
    "state": ("open", "closed"),
}
"""The fields that the issue of a finding is opened with, and the values that are written to them."""
_OTHER_LEVEL = {Entity.MODEL: Entity.VERSION, Entity.VERSION: Entity.MODEL}


def check_mapping(platform: PlatformMapping, inventory: Inventory, document: Document) -> list[Complaint]:
    """Every way in which the mapping contradicts the inventory or itself."""
    found: list[tuple[KeyPath, str, str]] = list(_versions_mode(platform))
    for path, entity, fields in _sections(platform):
        for name, mapped in fields.items():
            found += _field(inventory, entity, name, mapped, (*path, name))
    found += _one_field_each(platform)
    found += _opening(platform, inventory)
    found += _retire(platform, inventory)
    return [Complaint(document.line(path), path, what, remedy) for path, what, remedy in found]


def _sections(platform: PlatformMapping) -> Iterator[tuple[KeyPath, Entity, Mapping[str, MappedField]]]:
    for entity in Entity:
        section = getattr(platform.entities, entity.value)
        if section is not None:
            yield ("entities", entity.value, "fields"), entity, section.fields
    yield ("entities", "model", "version_fields"), Entity.VERSION, platform.entities.model.version_fields


def _versions_mode(platform: PlatformMapping) -> Iterator[tuple[KeyPath, str, str]]:
    model, version = platform.entities.model, platform.entities.version
    governed_version = model.identity.governed_version
    if platform.versions is VersionsMode.RECORDS:
        if version is None:
            yield ("entities",), "`versions: records` needs entities.version", "Describe the records of versions."
        if model.version_fields:
            path: KeyPath = ("entities", "model", "version_fields")
            yield (
                path,
                "`versions: records` has the version's fields elsewhere",
                "Move them to entities.version.fields.",
            )
    elif version is not None:
        what = f"`versions: {platform.versions}` has no version records"
        yield ("entities", "version"), what, "Remove it, or set `versions: records`."
    path = ("entities", "model", "identity")
    if platform.versions is VersionsMode.GOVERNED and governed_version is None:
        remedy = "Name the field that holds the governed version."
        yield path, "`versions: governed` needs identity.governed_version", remedy
    if platform.versions is not VersionsMode.GOVERNED and governed_version is not None:
        yield (*path, "governed_version"), "belongs to `versions: governed`", "Remove it, or set that mode."
    if version is not None and version.identity.hash != model.identity.hash:
        remedy = "Set it in both places or in none."
        yield ("entities", "version", "identity"), "hash must be the same for models and versions", remedy


def _field(
    inventory: Inventory, entity: Entity, name: str, mapped: MappedField, path: KeyPath
) -> Iterator[tuple[KeyPath, str, str]]:
    known = inventory.of(entity)
    field = known.get(name)
    if field is None:
        yield path, f"the inventory has no such field for a {entity}", _hint(inventory, entity, name)
        return
    if isinstance(field, InventoryField) and field.derived:
        yield path, "the connector works this field out itself", "Remove it from the mapping."
    yield from _values(field, mapped, path)
    if mapped.max_length and mapped.write_as == "native" and field.type not in (FieldType.STRING, FieldType.TEXT):
        yield (*path, "max_length"), f"a {field.type} sent as such cannot be cut", "Remove it, or add `write_as: text`."


def _hint(inventory: Inventory, entity: Entity, name: str) -> str:
    other = _OTHER_LEVEL.get(entity)
    if other is not None and name in inventory.of(other):
        return f"It is a field of a {other}."
    return nearest(name, inventory.of(entity))


def _values(field: PlainField, mapped: MappedField, path: KeyPath) -> Iterator[tuple[KeyPath, str, str]]:
    if field.type is not FieldType.CHOICE:
        return
    for key in ("values", "read_values", "write_values"):
        if _is_turned(field, key, getattr(mapped, key) or {}):
            order = "the platform's value first" if key == "read_values" else "the field's value first"
            yield (
                (*path, key),
                f"{key} is the wrong way round",
                f"Write {order}, and what it stands for after the colon.",
            )
            return
    named = [((*path, key, name), name) for key in ("values", "write_values") for name in getattr(mapped, key) or ()]
    named += [((*path, "read_values", native), name) for native, name in (mapped.read_values or {}).items()]
    for place, name in named:
        if name not in field.values:
            yield place, f"'{name}' is no value of the field", nearest(name, field.values)


def _is_turned(field: PlainField, key: str, words: Mapping[str, object]) -> bool:
    """Whether a value map has the field's values where the platform's belong, and the other way round."""
    ours, theirs = set(words), {str(native) for native in words.values()}
    if key == "read_values":
        ours, theirs = theirs, ours
    known = set(field.values)
    return bool(words) and theirs <= known and not ours & known


def _one_field_each(platform: PlatformMapping) -> Iterator[tuple[KeyPath, str, str]]:
    """Two canonical fields written to one platform field would overwrite each other for ever."""
    taken: dict[tuple[str, str], str] = {}
    for path, _, fields in _sections(platform):
        section = str(path[1])
        identity = platform.identity_of(Entity(section))
        taken |= {(section, place.write_name): name for name, place in identity.items() if place.write_name}
        for name, mapped in fields.items():
            target = mapped.write_name if mapped.writable else None
            first = taken.setdefault((section, target), name) if target else name
            if first != name:
                yield (*path, name), f"is written to '{target}', where '{first}' is written already", "Name another."


def _opening(platform: PlatformMapping, inventory: Inventory) -> Iterator[tuple[KeyPath, str, str]]:
    """What is lacking to open, close and find again the issues of findings."""
    issue = platform.entities.issue
    if issue is None or issue.opening is None:
        return
    for name in ("key", "parent"):
        place = platform.identity_of(Entity.ISSUE).get(name)
        if place is None or place.write_name is None:
            what = f"`opening` needs identity.{name}, a field that can be written"
            yield ("entities", "issue", "opening"), what, "Name it, or remove `opening`."
    for name, needed in OPENED_WITH.items():
        mapped = issue.fields.get(name)
        if mapped is None or mapped.write_name is None or not mapped.writable:
            what = f"`opening` needs the field {name}, and that it can be written"
            yield ("entities", "issue", "opening"), what, "Name it under entities.issue.fields, or remove `opening`."
            continue
        known = inventory.of(Entity.ISSUE).get(name)
        words = needed if mapped.writing is not None and known is not None else ()
        for word in words:
            if word not in (mapped.writing or {}):
                what = f"the value map has no word for '{word}', which `opening` writes"
                yield ("entities", "issue", "fields", name), what, "Add it."


def _retire(platform: PlatformMapping, inventory: Inventory) -> Iterator[tuple[KeyPath, str, str]]:
    for entity in (Entity.MODEL, Entity.VERSION):
        values = platform.retire.of(entity)
        if values and entity is Entity.VERSION and platform.versions is not VersionsMode.RECORDS:
            yield ("retire", "version"), f"`versions: {platform.versions}` has no version records", "Remove it."
            continue
        for name, value in values.items():
            yield from _retired_field(platform, inventory, entity, name, value)


def _retired_field(
    platform: PlatformMapping, inventory: Inventory, entity: Entity, name: str, value: str
) -> Iterator[tuple[KeyPath, str, str]]:
    path: KeyPath = ("retire", entity.value, name)
    mapped, field = platform.fields_of(entity).get(name), inventory.of(entity).get(name)
    if mapped is None or field is None:
        yield path, f"the mapping names no such field for a {entity}", nearest(name, platform.fields_of(entity))
        return
    if not mapped.writable or mapped.write_name is None:
        yield path, "the field cannot be written", "Choose another, or declare it writable."
    if field.type is FieldType.CHOICE and value not in field.values:
        yield path, f"'{value}' is no value of the field", nearest(value, field.values)
    elif mapped.writing is not None and value not in mapped.writing:
        yield path, f"the value map has no word for '{value}'", f"Add it to entities.{entity}.fields.{name}."
