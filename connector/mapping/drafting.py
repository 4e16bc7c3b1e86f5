"""What a mapping for a platform may say, field by field, with how sure that is. Pure: :mod:`connector.mapping.skeleton`
writes it down.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connector.mapping.check import OPENED_WITH
from connector.mapping.choosing import Choice, choices_of, kept_choices
from connector.mapping.inventory import Inventory, InventoryField, PlainField
from connector.mapping.likeness import Offered
from connector.mapping.matching import Match, matches
from connector.mapping.platform import MIN_LENGTH, MappedField, Opening, Place, PlatformMapping
from connector.model.fields import Entity, FieldType
from connector.model.grc import Json, SchemaField
from connector.model.policy import VersionsMode

_TEXTS = (FieldType.STRING, FieldType.TEXT)
_JSON = (FieldType.LIST, FieldType.MAP)
_REQUIRED = {Entity.MODEL: ("key",), Entity.VERSION: ("key", "version")}


class Found(StrEnum):
    """How a canonical field came out."""

    FILLED = "filled in"
    UNSURE = "unsure"
    MISSING = "to be created"
    UNTOLD = "as before"
    """The platform tells nothing of this entity; the mapping in use says so."""


@dataclass(frozen=True, slots=True)
class DraftField:
    """One line or block of the mapping: ``settings`` are the keys of a mapped field, without its value map."""

    name: str
    found: Found
    settings: Mapping[str, Json]
    choices: tuple[Choice, ...] = ()
    spare: tuple[Offered, ...] = ()
    """Choices of the platform that no value stands for."""
    seen: tuple[SchemaField, ...] = ()
    """The platform's field, or the candidates."""
    declared: PlainField | None = None
    needed: bool = False
    """The mapping cannot do without it: it is named even where it is to be created."""


@dataclass(frozen=True, slots=True)
class DraftSection:
    """One entity. ``version_fields`` are those of a governed version; ``opening`` says how its issues are opened, where
    all that this needs is filled in.
    """

    entity: Entity
    identity: tuple[DraftField, ...] = ()
    hash: bool = False
    fields: tuple[DraftField, ...] = ()
    version_fields: tuple[DraftField, ...] = ()
    opening: Opening | None = None

    @property
    def everything(self) -> tuple[DraftField, ...]:
        """All its fields, identity first."""
        return (*self.identity, *self.fields, *self.version_fields)


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole mapping but for the adapter's section; ``retire`` has what the filled-in fields can hold."""

    platform: str
    adapter: str
    versions: VersionsMode
    sections: tuple[DraftSection, ...]
    retire: Mapping[Entity, Mapping[str, str]] = field(default_factory=dict)

    def count(self, found: Found) -> int:
        """How many fields came out so."""
        return sum(one.found is found for section in self.sections for one in section.everything)


def draft(mapping: PlatformMapping, inventory: Inventory, offered: Mapping[Entity, Sequence[SchemaField]]) -> Draft:
    """What the platform's fields make of the mapping in use: per entity that this has, or that ``offered`` describes.
    An entity that ``offered`` lacks stays as it is.
    """
    entities = [one for one in Entity if one in offered or getattr(mapping.entities, one.value) is not None]
    sections = tuple(_section(mapping, inventory, entity, offered.get(entity)) for entity in entities)
    retire = {entity: _retire(mapping, sections, entity) for entity in (Entity.MODEL, Entity.VERSION)}
    return Draft(
        mapping.platform,
        mapping.adapter,
        mapping.versions,
        sections,
        {entity: values for entity, values in retire.items() if values},
    )


def _section(
    mapping: PlatformMapping, inventory: Inventory, entity: Entity, offered: Sequence[SchemaField] | None
) -> DraftSection:
    places = mapping.identity_of(entity)
    identity = _identity(entity, places, offered)
    left = _without(offered, identity)
    fields = _fields(_drafted(inventory, entity, mapping.fields_of(entity)), mapping.fields_of(entity), left)
    governed: tuple[DraftField, ...] = ()
    if entity is Entity.MODEL and mapping.versions is not VersionsMode.RECORDS:
        own = mapping.entities.model.version_fields
        wanted = _drafted(inventory, Entity.VERSION, own)
        if mapping.versions is VersionsMode.NONE:
            wanted = {name: one for name, one in wanted.items() if name in own}
        governed = _fields(wanted, own, _without(left, fields))
    section = getattr(mapping.entities, entity.value)
    hashed = bool(getattr(getattr(section, "identity", None), "hash", False))
    opening = getattr(section, "opening", None) if _can_open(identity, fields) else None
    return DraftSection(entity, identity, hashed, fields, governed, opening)


def _can_open(identity: Sequence[DraftField], fields: Sequence[DraftField]) -> bool:
    """Whether all that opening an issue needs is filled in, with each word that it writes."""
    filled = {one.name: one for one in (*identity, *fields) if one.found in (Found.FILLED, Found.UNTOLD)}
    if not filled.keys() >= {"key", "parent", *OPENED_WITH}:
        return False
    words = {name: {each.value for each in filled[name].choices if each.native is not None} for name in OPENED_WITH}
    return all(not filled[name].choices or words[name].issuperset(needed) for name, needed in OPENED_WITH.items())


def _drafted(inventory: Inventory, entity: Entity, mapped: Container[str]) -> dict[str, PlainField]:
    """The canonical fields that a mapping may name. The registered name has its place among the identity."""
    return {
        name: one
        for name, one in inventory.of(entity).items()
        if name in mapped or not (isinstance(one, InventoryField) and (one.derived or one.in_mlflow == ("name",)))
    }


def _without(offered: Sequence[SchemaField] | None, drafted: Sequence[DraftField]) -> Sequence[SchemaField] | None:
    taken = {one.seen[0].name for one in drafted if one.found is Found.FILLED and one.seen}
    return None if offered is None else [each for each in offered if each.name not in taken]


def _identity(
    entity: Entity, places: Mapping[str, Place], offered: Sequence[SchemaField] | None
) -> tuple[DraftField, ...]:
    if offered is None:
        return tuple(DraftField(name, Found.UNTOLD, _settings(place)) for name, place in places.items())
    found = matches([place.read_name for place in places.values()], offered)
    return tuple(_tied(entity, name, place, found[place.read_name]) for name, place in places.items())


def _tied(entity: Entity, name: str, place: Place, match: Match) -> DraftField:
    if match.field is None:
        needed = name in _REQUIRED.get(entity, ())
        return DraftField(name, Found.MISSING, _settings(place), seen=match.candidates, needed=needed)
    same = match.field.name == place.read_name
    return DraftField(
        name, Found.FILLED, _settings(place) if same else {"field": match.field.name}, seen=(match.field,)
    )


def _fields(
    declared: Mapping[str, PlainField], mapped: Mapping[str, MappedField], offered: Sequence[SchemaField] | None
) -> tuple[DraftField, ...]:
    if offered is None:
        return tuple(
            DraftField(name, Found.UNTOLD, _settings(mapped[name]), kept_choices(mapped[name]))
            for name in declared
            if name in mapped
        )
    found = matches(tuple(declared), offered, mapped)
    return tuple(_field(name, one, mapped.get(name), found[name]) for name, one in declared.items())


def _field(name: str, declared: PlainField, mapped: MappedField | None, match: Match) -> DraftField:
    if match.field is not None:
        return _filled(name, declared, mapped if match.mapped else None, match.field)
    if match.candidates:
        first = _filled(name, declared, None, match.candidates[0])
        return DraftField(name, Found.UNSURE, first.settings, first.choices, first.spare, match.candidates, declared)
    return DraftField(name, Found.MISSING, {"field": mapped.read_name if mapped else name}, declared=declared)


def _filled(name: str, declared: PlainField, mapped: MappedField | None, seen: SchemaField) -> DraftField:
    settings = _settings(mapped) if mapped is not None else _settings_for(declared, seen)
    choices, spare = choices_of(declared, mapped, seen)
    return DraftField(name, Found.FILLED, settings, choices, spare, (seen,), declared)


def _settings(place: Place) -> dict[str, Json]:
    return place.model_dump(exclude_unset=True, exclude_none=True, exclude={"values"})


def _settings_for(declared: PlainField, seen: SchemaField) -> dict[str, Json]:
    settings: dict[str, Json] = {"field": seen.name}
    textual = any(word in seen.type.casefold() for word in ("string", "text", "html", "json"))
    as_text = declared.type in _JSON and textual
    if as_text:
        settings["write_as"] = "text"
    if seen.max_length is not None and seen.max_length >= MIN_LENGTH and (declared.type in _TEXTS or as_text):
        settings["max_length"] = seen.max_length
    if not seen.writable and isinstance(declared, InventoryField):
        settings["writable"] = False
    return settings


def _retire(mapping: PlatformMapping, sections: Sequence[DraftSection], entity: Entity) -> dict[str, str]:
    """What the mapping in use retires records with, as far as the drafted fields can hold it."""
    fields = {one.name: one for section in sections if section.entity is entity for one in section.fields}
    return {
        name: value
        for name, value in mapping.retire.of(entity).items()
        if name in fields and _holds(fields[name], value)
    }


def _holds(one: DraftField, value: str) -> bool:
    if one.found not in (Found.FILLED, Found.UNTOLD) or one.settings.get("writable") is False:
        return False
    return not one.choices or any(each.value == value and each.native is not None for each in one.choices)
