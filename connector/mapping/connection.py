"""The mapping as one connection uses it: inventory, platform, owners and tag prefix put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from adapters.base import EntityFields
from connector.mapping.inventory import Inventory, InventoryField
from connector.mapping.keys import Keys
from connector.mapping.platform import MappedField, Opening, Place, PlatformMapping
from connector.model.fields import ConflictRule, Entity, Field, Location, LocationKind, Owner, Value
from connector.model.grc import Json
from connector.model.policy import VersionsMode
from connector.model.tags import DESCRIPTION_LIMIT, TAG_LIMIT, Tags
from connector.model.used_mapping import FieldMapping, UsedMapping
from connector.model.workspaces import NO_WORKSPACES, Workspaces

_RUN_KINDS = (LocationKind.RUN_PARAM, LocationKind.RUN_METRIC, LocationKind.RUN_TAG)
_LIMITS = {LocationKind.TAG: TAG_LIMIT, LocationKind.DESCRIPTION: DESCRIPTION_LIMIT}
_RUN_ATTRIBUTES = ("datasets",)


@dataclass(frozen=True)
class ConnectionMapping:
    """What a connection maps, and how.

    ``options`` is the section named after the adapter, validated where its model was given. ``owners`` are the
    connection's own.
    """

    file: str
    platform: PlatformMapping
    inventory: Inventory
    tags: Tags
    options: Json
    owners: Mapping[str, Owner] = field(default_factory=dict)
    run_fields: bool = True

    @property
    def adapter(self) -> str:
        """The name of the adapter's entry point."""
        return self.platform.adapter

    @property
    def versions(self) -> VersionsMode:
        return self.platform.versions

    def fields(self, entity: Entity) -> tuple[Field, ...]:
        """The canonical fields in use, in the inventory's order: those that the platform mapping names, and those
        that controls need in any case (``in_grc`` false). For issues, approval steps and users: those named.
        """
        return self._fields[entity]

    @cached_property
    def _fields(self) -> Mapping[Entity, tuple[Field, ...]]:
        return {entity: self._make_fields(entity) for entity in Entity}

    def _make_fields(self, entity: Entity) -> tuple[Field, ...]:
        if entity in (Entity.MODEL, Entity.VERSION):
            made = (self._field(entity, name, declared) for name, declared in self.inventory.at(entity))
            return tuple(one for one in made if one is not None)
        declared_fields, named = self.inventory.of(entity), self.platform.fields_of(entity)
        return tuple(
            Field(name=name, type=one.type, owner=Owner.GRC, level=entity, values=one.values, grc_writable=False)
            for name, one in declared_fields.items()
            if name in named
        )

    def mapped(self, entity: Entity, name: str) -> MappedField | None:
        """How the platform names a field; None where it does not."""
        return self.platform.fields_of(entity).get(name)

    def read_fields(self, entity: Entity) -> Sequence[tuple[Field, MappedField]]:
        """The fields in use that the platform names, each with how."""
        return self._read_fields[entity]

    @cached_property
    def _read_fields(self) -> Mapping[Entity, Sequence[tuple[Field, MappedField]]]:
        return {
            entity: [(one, mapped) for one in self.fields(entity) if (mapped := self.mapped(entity, one.name))]
            for entity in Entity
        }

    def place(self, entity: Entity, name: str) -> Place | None:
        """Where the platform holds an identity field; None where it does not."""
        return self._places[entity].get(name)

    @cached_property
    def _places(self) -> Mapping[Entity, Mapping[str, Place]]:
        return {entity: self.platform.identity_of(entity) for entity in Entity}

    def version_field(self, name: str) -> Field:
        """A field of versions as the inventory defines it, whether or not it is in use."""
        declared = self.inventory.fields[name]
        return Field(name, declared.type, self.owner(name), Entity.VERSION, values=declared.values)

    def owner(self, name: str) -> Owner:
        """Who owns a field of models or versions in this connection."""
        return self.owners.get(name, self.inventory.fields[name].owner)

    @property
    def retire(self) -> Mapping[Entity, Mapping[str, Value]]:
        """Canonical values that a record gets when its registry object was deleted."""
        return {entity: dict(self.platform.retire.of(entity)) for entity in (Entity.MODEL, Entity.VERSION)}

    @property
    def entities(self) -> Mapping[Entity, EntityFields]:
        """What the adapter is to read, per entity that the platform has."""
        present = (entity for entity in Entity if getattr(self.platform.entities, entity.value) is not None)
        return {entity: self._entity_fields(entity) for entity in present}

    @property
    def identity(self) -> Mapping[Entity, frozenset[str]]:
        """The identity fields with a place on the platform, as ``identity.<name>``, per entity. A governed version
        has that of its model's record which names it.
        """
        names = {
            entity: frozenset(f"identity.{name}" for name in self.platform.identity_of(entity)) for entity in Entity
        }
        if self.versions is VersionsMode.GOVERNED:
            names[Entity.VERSION] = frozenset({"identity.governed_version"})
        return names

    def record_entity(self, entity: Entity) -> Entity:
        """The kind of record that holds ``entity``: a governed version stands in its model's record."""
        governed = entity is Entity.VERSION and self.versions is VersionsMode.GOVERNED
        return Entity.MODEL if governed else entity

    @property
    def opening(self) -> Opening | None:
        """How issues are opened for findings; None where this platform's mapping cannot."""
        issue = self.platform.entities.issue
        return issue.opening if issue is not None else None

    def without_opening(self) -> ConnectionMapping:
        """This mapping without what only the issues of findings need."""
        return replace(self, platform=self.platform.without_opening())

    def opens_with(self, name: str) -> bool:
        """Whether a field of issues is written when one is opened or closed."""
        mapped = self.mapped(Entity.ISSUE, name)
        return mapped is not None and mapped.writable and mapped.write_name is not None

    @property
    def used(self) -> UsedMapping:
        """What the memory of agreements rests on: where each field stands, and who owns it."""
        fields = {entity: self._used_fields(entity) for entity in (Entity.MODEL, Entity.VERSION)}
        return UsedMapping(self.tags.prefix, self.versions, fields)

    def _used_fields(self, entity: Entity) -> dict[str, FieldMapping]:
        record, fields = self.record_entity(entity), self.platform.fields_of(entity)
        return {
            one.name: FieldMapping(one.owner, tuple(map(str, one.locations)), f"{record}.{fields[one.name].read_name}")
            for one in self.fields(entity)
            if one.in_grc
        }

    def keys(self, registry_id: str, served: Workspaces = NO_WORKSPACES) -> Keys:
        """What makes the correlation keys of this connection."""
        hashed = self.platform.entities.model.identity.hash
        return Keys(registry_id, served.only, hashed, served if served.several else None)

    def _field(self, level: Entity, name: str, declared: InventoryField) -> Field | None:
        mapped = self.mapped(level, name)
        if mapped is None and not declared.always:
            return None
        owner = self.owner(name)
        locations = self._locations(name, declared, owner)
        if not locations:
            return None
        return Field(
            name=name,
            type=declared.type,
            owner=owner,
            level=level,
            rule=declared.rule if declared.owner is Owner.SHARED else ConflictRule.MANUAL,
            values=declared.values,
            locations=locations,
            in_grc=mapped is not None,
            grc_writable=mapped is not None and mapped.writable and mapped.write_name is not None,
            registry_limit=_LIMITS.get(locations[0].kind),
            grc_limit=mapped.max_length if mapped is not None else None,
            asked_by=declared.asked_by,
        )

    def _locations(self, name: str, declared: InventoryField, owner: Owner) -> tuple[Location, ...]:
        places = declared.locations(name, owner, self.tags.prefix)
        return places if self.run_fields else tuple(place for place in places if not needs_run(place))

    def _entity_fields(self, entity: Entity) -> EntityFields:
        section = getattr(self.platform.entities, entity.value)
        mapped = [*section.fields.values(), *getattr(section, "version_fields", {}).values()]
        identity = self.platform.identity_of(entity)
        names = {place.read_name for place in [*mapped, *identity.values()]}
        key = identity.get("key")
        return EntityFields(tuple(sorted(names)), key.read_name if key is not None else None)


def needs_run(location: Location) -> bool:
    """Whether a place can only be read with the data of the version's run."""
    return location.kind in _RUN_KINDS or (location.kind is LocationKind.ATTRIBUTE and location.key in _RUN_ATTRIBUTES)
