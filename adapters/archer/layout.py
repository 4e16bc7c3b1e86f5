"""How the records of one entity lie in Archer: its level, and the field behind each of the mapping's names."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.archer.catalogue import Catalogue
from adapters.archer.metadata import Ambiguous, FieldDefinition, Kind, Level, near, resolve
from adapters.archer.options import FieldOptions, LevelOptions, Options
from adapters.base import EntityFields
from connector.model.errors import ConfigError
from connector.model.fields import Entity

_AS_IT_IS = FieldOptions()


@dataclass(frozen=True, slots=True)
class Mapped:
    """A field by the mapping's name, with its definition and what the options say of it."""

    name: str
    definition: FieldDefinition
    options: FieldOptions = _AS_IT_IS

    @property
    def kind(self) -> int:
        """Archer's type number."""
        return self.definition.kind


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that no field of the level carries, and why."""

    name: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Layout:
    """``fields`` by the mapping's name. ``updated``, ``order`` and ``label`` are the Last Updated field, the one to
    sort by, and the one that stands for a record where another refers to it; None where the level has none.
    """

    entity: Entity
    level: Level
    options: LevelOptions
    fields: Mapping[str, Mapped]
    key: Mapped | None
    updated: FieldDefinition | None
    order: FieldDefinition | None
    label: FieldDefinition | None
    missing: tuple[Missing, ...] = field(default=())

    def whole(self) -> Layout:
        """This layout. Raises ConfigError with every name that no field carries."""
        if self.missing:
            names = "; ".join(f"{one.what}. {one.remedy}" for one in self.missing)
            raise ConfigError(
                f"The mapping does not fit level {self.level.name} of {self.level.application.name}: {names}",
                key=f"entities.{self.entity}",
                remedy="correct the names, or let the account's access role see the fields.",
            )
        return self


class Layouts:
    """The layout of each declared entity, worked out anew when the definitions were read anew."""

    def __init__(self, catalogue: Catalogue, options: Options, entities: Mapping[Entity, EntityFields]) -> None:
        self._catalogue, self._options, self._entities = catalogue, options, entities
        self._lock = threading.Lock()
        self._made: dict[Entity, Layout] = {}

    def declared(self, entity: Entity) -> bool:
        """Whether the options tell where the entity's records are."""
        return entity in self._options.levels

    def of(self, entity: Entity) -> Layout:
        """The layout with all of its fields. Raises ConfigError."""
        return self.seen(entity).whole()

    def seen(self, entity: Entity) -> Layout:
        """The layout with what there is of it. Raises ConfigError where there is no such level."""
        wanted = self._options.levels.get(entity)
        if wanted is None:
            raise ConfigError(
                f"The mapping does not say which application holds the {entity} records.",
                key=f"archer.levels.{entity}",
                remedy="declare the level.",
            )
        level = self._catalogue.level(entity, wanted)
        with self._lock:
            made = self._made.get(entity)
            if made is None or made.level is not level:
                made = _layout(entity, level, wanted, self._entities.get(entity, EntityFields()))
                self._made[entity] = made
            return made


def _layout(entity: Entity, level: Level, options: LevelOptions, wanted: EntityFields) -> Layout:
    fields: dict[str, Mapped] = {}
    missing: list[Missing] = []
    names = dict.fromkeys((*wanted.fields, *((wanted.key_field,) if wanted.key_field else ())))
    for name in names:
        own = options.fields.get(name, _AS_IT_IS)
        found = find_field(own.field or name, level.fields)
        if isinstance(found, Missing):
            missing.append(Missing(name, found.what, found.remedy))
        else:
            fields[name] = Mapped(name, found, own)
    order = (Kind.TRACKING_ID, Kind.FIRST_PUBLISHED)
    return Layout(
        entity=entity,
        level=level,
        options=options,
        fields=fields,
        key=fields.get(wanted.key_field) if wanted.key_field else None,
        updated=_system(options.updated, (Kind.LAST_UPDATED,), level.fields, missing),
        order=_system(options.order, order, level.sortable, missing),
        label=next((one for one in level.fields if one.key), None),
        missing=tuple(missing),
    )


def find_field(wanted: str, among: Sequence[FieldDefinition]) -> FieldDefinition | Missing:
    """A field by GUID, alias or name."""
    try:
        found = resolve(wanted, among)
    except Ambiguous as error:
        return Missing(wanted, f"several fields are called '{wanted}' (ids {error})", "name it by its GUID.")
    if found is None:
        return Missing(wanted, f"there is no field '{wanted}' that the account sees", near(wanted, among))
    return found


def _system(
    named: str | None, kinds: tuple[Kind, ...], among: Sequence[FieldDefinition], missing: list[Missing]
) -> FieldDefinition | None:
    if named is not None:
        found = find_field(named, among)
        if isinstance(found, Missing):
            missing.append(found)
            return None
        return found
    return next((one for kind in kinds for one in among if one.kind == kind), None)
