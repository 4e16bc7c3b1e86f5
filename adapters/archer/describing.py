"""What ``discover`` tells: the fields and values of the mapped levels, and which applications there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.archer import people
from adapters.archer.catalogue import Catalogue
from adapters.archer.choices import Choices
from adapters.archer.layout import Layout, Layouts, Mapped
from adapters.archer.metadata import Ambiguous, Definition, FieldDefinition, Kind, near, resolve
from adapters.base import EntityFields
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Container, Schema, SchemaField


class Describer:
    """Describes one instance as the account sees it."""

    def __init__(
        self, catalogue: Catalogue, layouts: Layouts, choices: Choices, entities: dict[Entity, EntityFields]
    ) -> None:
        self._catalogue, self._layouts, self._choices, self._entities = catalogue, layouts, choices, entities

    def schema(self, containers: Sequence[str]) -> Schema:
        """All of it. Raises Rejected for a container of an unknown name."""
        entities = {entity: self._fields(entity) for entity in self._entities if self._is_described(entity)}
        return Schema(entities, tuple(self._containers(containers)))

    def _is_described(self, entity: Entity) -> bool:
        return entity is Entity.USER or self._layouts.declared(entity)

    def _fields(self, entity: Entity) -> tuple[SchemaField, ...]:
        """The level's fields: mapped ones by the mapping's name, the others by their alias."""
        if entity is Entity.USER:
            return tuple(SchemaField(name, "text", writable=False) for name in people.FIELDS)
        layout = self._layouts.seen(entity)
        mapped = [self._described(one, layout) for one in layout.fields.values()]
        taken = {one.definition.id for one in layout.fields.values()}
        others = (Mapped(one.alias or one.name, one) for one in layout.level.fields if one.id not in taken)
        return (*mapped, *(self._described(one) for one in others))

    def _described(self, mapped: Mapped, layout: Layout | None = None) -> SchemaField:
        definition, workflow = mapped.definition, layout.options.workflow if layout else None
        by_action = workflow is not None and workflow.field == mapped.name
        choices = self._choices.offered(mapped) if definition.kind == Kind.VALUES_LIST else ()
        return SchemaField(
            name=mapped.name,
            type=definition.type_name,
            writable=definition.writable or by_action,
            max_length=definition.max_length if definition.kind == Kind.TEXT else None,
            choices=tuple(word for word, _ in choices),
            label=definition.name,
            required=definition.required,
            choice_labels=tuple(label for _, label in choices),
        )

    def _containers(self, wanted: Sequence[str]) -> Iterator[Container]:
        applications = self._catalogue.applications()
        asked = {self._named(name, applications).id for name in wanted}
        for application in applications:
            if application.id in asked:
                yield from self._levels(application)
            else:
                yield Container(application.alias or application.name, "application", application.name)

    @staticmethod
    def _named(name: str, applications: Sequence[Definition]) -> Definition:
        try:
            found = resolve(name.partition("/")[0], applications)
        except Ambiguous as error:
            raise Rejected(
                f"More than one application is called '{name}' (ids {error}).", remedy="give its GUID."
            ) from None
        if found is None:
            raise Rejected(f"There is no application '{name}' that the account sees.", remedy=near(name, applications))
        return found

    def _levels(self, application: Definition) -> Iterator[Container]:
        levels = self._catalogue.levels_of(application)
        for level in levels:
            own = application.alias or application.name
            name = own if len(levels) == 1 else f"{own}/{level.name}"
            fields = self._catalogue.fields_of(level.id)
            yield Container(name, "level", f"{application.name}, {level.name}", tuple(map(self._alone, fields)))

    def _alone(self, field: FieldDefinition) -> SchemaField:
        return self._described(Mapped(field.alias or field.name, field))
