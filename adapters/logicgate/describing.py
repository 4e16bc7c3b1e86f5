"""What ``discover`` tells: the mapped workflows with steps, fields and option texts, and which others there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.logicgate.catalogue import BUILD, Ambiguous, Catalogue, FieldInfo, near
from adapters.logicgate.layout import LINKED, OWN
from adapters.logicgate.options import STEP, Options
from adapters.logicgate.reading import Reader
from adapters.logicgate.values import CALCULATED
from connector.model.errors import ConfigError, Rejected
from connector.model.fields import Entity
from connector.model.grc import Container, Schema, SchemaField

STATES = ("INACTIVE", "NOT_ASSIGNED", "ASSIGNED", "IN_PROGRESS", "COMPLETE")
STEP_TYPES = ("ORIGIN", "CHAIN", "END")


class Describer:
    """Describes one environment as the token's user sees it."""

    def __init__(self, catalogue: Catalogue, reader: Reader, options: Options) -> None:
        self._catalogue, self._reader, self._options = catalogue, reader, options

    def schema(self, containers: Sequence[str]) -> Schema:
        """All of it. Raises Rejected for a container of an unknown name, and where the token may not look any up."""
        entities = {entity: self._entity(entity) for entity in self._options.workflows}
        return Schema({entity: fields for entity, fields in entities.items() if fields}, self._containers(containers))

    def fields(self, entity: Entity) -> list[FieldInfo] | None:
        """The fields of an entity's workflow; None where the token may not look them up."""
        return self._catalogue.fields(self._catalogue.workflow_id(entity))

    def _entity(self, entity: Entity) -> tuple[SchemaField, ...]:
        """Mapped fields by the mapping's name, the others by their own; without the permission, what records show.
        Nothing of a workflow that is not there: what there is stands among the containers.
        """
        try:
            workflow_id = self._catalogue.workflow_id(entity)
        except ConfigError:
            return ()
        known, mapped = self._catalogue.fields(workflow_id), self._reader.layouts[entity].fields
        if known is None:
            next(self._reader.raw_records(entity), None)
        names: dict[str, str] = {}
        described = []
        for name in mapped:
            info = self._found(entity, name)
            if info is not None:
                names[info.id] = name
                described.append(_described(name, info))
        others = (info for info in known or () if info.id not in names)
        return (*described, *(_described(info.name, info) for info in others), *self._own(entity, workflow_id))

    def _found(self, entity: Entity, name: str) -> FieldInfo | None:
        try:
            info = self._catalogue.field(entity, name)
        except Ambiguous:
            return None
        options = {one.id: one.options for one in self.fields(entity) or ()}
        if info is None or info.options:
            return info
        return FieldInfo(info.id, info.name, info.label, info.type, options.get(info.id, ()), info.required)

    def _own(self, entity: Entity, workflow_id: str) -> Iterator[SchemaField]:
        """What a record tells of itself, and its links. Written are steps and links that the options allow."""
        chosen = self._catalogue.workflow(entity)
        steps = tuple(step.name for step in self._catalogue.steps(workflow_id) or ())
        choices = {STEP: steps, "record.status": STATES, "record.step_type": STEP_TYPES}
        for name in OWN:
            writable = name == STEP and bool(chosen.moves)
            yield SchemaField(name, "RECORD", writable, choices=choices.get(name, ()), label="of the record itself")
        for other in self._options.workflows:
            if other is not entity:
                yield SchemaField(f"{LINKED}{other}", "LINK", other in chosen.links, label="ids of linked records")

    def _containers(self, wanted: Sequence[str]) -> tuple[Container, ...]:
        try:
            workflows = self._catalogue.workflows()
        except ConfigError:
            if wanted:
                raise
            workflows = None
        if workflows is None:
            if wanted:
                raise Rejected(f"Workflows are not shown: {BUILD}.", remedy="sign in as a user who has it, once.")
            return ()
        asked = set()
        for name in wanted:
            found = [one.id for one in workflows if name in (one.id, one.name)]
            if not found:
                remedy = near(name, (one.name for one in workflows))
                raise Rejected(f"LogicGate shows no workflow '{name}' to the token's user.", remedy=remedy)
            asked |= set(found)
        return tuple(
            Container(one.name, "workflow", f"id {one.id}", self._all(one.id) if one.id in asked else ())
            for one in workflows
        )

    def _all(self, workflow_id: str) -> tuple[SchemaField, ...]:
        fields = self._catalogue.fields(workflow_id) or ()
        steps = self._catalogue.steps(workflow_id) or ()
        return (
            *(_described(info.name, info) for info in fields),
            *(SchemaField(f"step {one.name}", one.kind, writable=False, label=f"id {one.id}") for one in steps),
        )


def _described(name: str, info: FieldInfo) -> SchemaField:
    label = f"{info.label} (id {info.id})"
    writable = info.type not in CALCULATED
    return SchemaField(name, info.type or "unknown", writable, None, info.options, label, info.required)
