"""A connection's mapping with its registry's settings: both directions between native and canonical."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.mapping import grc_side, registry_side
from connector.mapping.connection import ConnectionMapping
from connector.mapping.grc_write import grc_values
from connector.mapping.sources import RegistrySettings
from connector.model.errors import Rejected
from connector.model.fields import Entity, Field, Location, Value
from connector.model.grc import Json, Record
from connector.model.policy import VersionsMode
from connector.model.registry import ModelVersion, RegisteredModel
from connector.model.views import GrcView, Issue, RegistryView


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates single objects, as fresh reads and writes need it."""

    mapping: ConnectionMapping
    settings: RegistrySettings
    _fields: Mapping[tuple[Entity, str], Field] = field(init=False)

    def __post_init__(self) -> None:
        known = {(entity, one.name): one for entity in Entity for one in self.mapping.fields(entity)}
        object.__setattr__(self, "_fields", known)

    @property
    def versions(self) -> VersionsMode:
        """Return how the GRC holds versions."""
        return self.mapping.versions

    def model_view(self, model: RegisteredModel) -> RegistryView:
        """Return a registered model in canonical terms."""
        return registry_side.model_views(self.mapping, model, self.settings)[0]

    def version_view(self, version: ModelVersion, model: RegisteredModel) -> RegistryView:
        """Return a version in canonical terms."""
        return registry_side.version_view(self.mapping, model, version, self.settings)

    def record_view(self, record: Record) -> GrcView:
        """Return a model's or version's own record in canonical terms."""
        if record.entity is Entity.VERSION:
            return grc_side.version_view(self.mapping, record)
        return grc_side.model_view(self.mapping, record)

    def virtual_view(self, record: Record) -> GrcView:
        """Return the governed version that a model record speaks of; without fields where it names none."""
        view = grc_side.virtual_version(self.mapping, record, self.settings.keys)
        return view or GrcView(Entity.VERSION, record.id, None, revision=record.revision, virtual=True)

    def issue(self, record: Record) -> Issue:
        """Return an issue in canonical terms."""
        return grc_side.issue(self.mapping, record)

    def native(self, entity: Entity, values: Mapping[str, Value]) -> dict[str, Json]:
        """Return platform fields and native values for canonical ones; raises Rejected naming a field."""
        return grc_values(self.mapping, entity, values)

    def place(self, entity: Entity, name: str) -> Location:
        """Return where in MLflow a canonical field is written. Raises Rejected where it cannot be."""
        declared = self._fields.get((entity, name))
        if declared is None or not declared.registry_writable:
            raise Rejected(f"{name} of a {entity} cannot be written in MLflow", field=name)
        return declared.locations[0]
