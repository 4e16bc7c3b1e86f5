"""A platform mapping as declared in ``mappings/<platform>.yaml``: how one platform names the canonical fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from connector.mapping.inventory import FieldName
from connector.mapping.validation import Strict
from connector.model.fields import Entity
from connector.model.grc import Json
from connector.model.policy import VersionsMode

Scalar: TypeAlias = str | bool | int | float
MIN_LENGTH = 40
"""The shortest limit that leaves room for the mark of a cut copy."""


def _long_form(value: Json) -> Json:
    return {"field": value} if isinstance(value, str) else value


class Place(Strict):
    """A platform field: ``field`` for both directions, or ``read`` and ``write`` where they differ."""

    field: str | None = None
    read: str | None = None
    write: str | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.field is None and self.read is None:
            raise ValueError("name the platform's field as `field`, or as `read` and `write`")
        if self.field is not None and (self.read is not None or self.write is not None):
            raise ValueError("`field` stands for both directions; leave it out beside `read` and `write`")
        return self

    @cached_property
    def read_name(self) -> str:
        """The field as it is read."""
        return self.read or self.field or ""

    @property
    def write_name(self) -> str | None:
        """The field as it is written; None where only ``read`` is given."""
        return self.write or self.field


class MappedField(Place):
    """A canonical field on the platform.

    ``values`` maps canonical values to the platform's, for both directions. Where a platform reads and writes
    different ones, ``read_values`` maps the platform's to canonical ones and ``write_values`` canonical ones to the
    platform's. ``write_as: text`` sends lists, maps, numbers and booleans as text. ``max_length`` is in characters.
    """

    values: dict[str, Scalar] | None = None
    read_values: dict[str, str] | None = None
    write_values: dict[str, Scalar] | None = None
    writable: bool = True
    write_as: Literal["native", "text"] = "native"
    max_length: int | None = Field(default=None, ge=MIN_LENGTH)

    @model_validator(mode="after")
    def _one_map_per_direction(self) -> Self:
        if self.values is not None and self.read_values is not None and self.write_values is not None:
            raise ValueError("`values` has no effect beside `read_values` and `write_values`")
        if self.values is not None and self.read_values is None:
            natives = [text_of(native).casefold() for native in self.values.values()]
            if len(set(natives)) < len(natives):
                raise ValueError("two values map to one of the platform's, so it could not be read back")
        return self

    @cached_property
    def reading(self) -> Mapping[str, str] | None:
        """Platform's value, as text, to canonical value; None: no map, the values are canonical."""
        if self.read_values is not None:
            return self.read_values
        return None if self.values is None else {text_of(native): name for name, native in self.values.items()}

    @property
    def writing(self) -> Mapping[str, Scalar] | None:
        """Canonical value to the platform's; None: no map."""
        return self.write_values if self.write_values is not None else self.values


def text_of(native: Scalar) -> str:
    """A native scalar as the text that value maps compare: ``true``, ``1``, ``1.5``."""
    if isinstance(native, bool):
        return "true" if native else "false"
    if isinstance(native, float) and native.is_integer():
        return str(int(native))
    return str(native)


Placed: TypeAlias = Annotated[Place, BeforeValidator(_long_form, json_schema_input_type=str | Place)]
Mapped: TypeAlias = Annotated[MappedField, BeforeValidator(_long_form, json_schema_input_type=str | MappedField)]


class Identity(Strict):
    """The fields that tie a record to its registry object. ``hash``: the key is written hashed."""

    key: Placed
    instance: Placed | None = None
    name: Placed | None = None
    created: Placed | None = None
    hash: bool = False

    def places(self) -> Iterator[tuple[str, Place]]:
        """Yield each identity field that the mapping names, with its place."""
        return ((name, value) for name, value in self if isinstance(value, Place))


class ModelIdentity(Identity):
    """Identity of a model record; ``governed_version`` only where ``versions: governed``."""

    governed_version: Placed | None = None


class VersionIdentity(Identity):
    """Identity of a version record; ``parent`` refers to the model record."""

    version: Placed
    parent: Placed | None = None


class IssueIdentity(Strict):
    """What an issue belongs to: references to the model's and the version's records. ``key`` is where one that is
    opened for a finding says so.
    """

    key: Placed | None = None
    parent: Placed | None = None
    version: Placed | None = None

    def places(self) -> Iterator[tuple[str, Place]]:
        """Yield each identity field that the mapping names, with its place."""
        return ((name, value) for name, value in self if isinstance(value, Place))


class ModelEntity(Strict):
    """Model records. ``version_fields`` are fields of the version that the record governs (``versions: governed``);
    with ``versions: none`` they are read only to notice an approval that belongs to no version.
    """

    identity: ModelIdentity
    fields: dict[FieldName, Mapped] = Field(default_factory=dict)
    version_fields: dict[FieldName, Mapped] = Field(default_factory=dict)


class VersionEntity(Strict):
    """Version records."""

    identity: VersionIdentity
    fields: dict[FieldName, Mapped] = Field(default_factory=dict)


class Opening(Strict):
    """How issues are opened for findings. ``due_days``: days that a finding of each severity leaves for remediation;
    none for a severity that is not named.
    """

    due_days: dict[Literal["critical", "high", "medium", "low"], PositiveInt] = Field(
        default={"critical": 30, "high": 60, "medium": 90, "low": 180}
    )


class IssueEntity(Strict):
    """Issues: read, and commented on. Those for findings are written too, where ``opening`` says how."""

    identity: IssueIdentity = IssueIdentity()
    opening: Opening | None = None
    fields: dict[FieldName, Mapped] = Field(default_factory=dict)


WRITTEN_ONLY = frozenset({"description", "resolution"})
"""Fields of issues that are written where one is opened or closed, and never read."""


class PlainEntity(Strict):
    """Records that are only read."""

    fields: dict[FieldName, Mapped] = Field(default_factory=dict)


class Entities(Strict):
    """What the platform holds."""

    model: ModelEntity
    version: VersionEntity | None = None
    issue: IssueEntity | None = None
    approval_step: PlainEntity | None = None
    user: PlainEntity | None = None


class Retire(Strict):
    """Canonical values that a record is given when its registry object was deleted."""

    model: dict[FieldName, str] = Field(default_factory=dict)
    version: dict[FieldName, str] = Field(default_factory=dict)

    def of(self, entity: Entity) -> Mapping[str, str]:
        """Return the values for one entity; empty where its records are never retired."""
        return {Entity.MODEL: self.model, Entity.VERSION: self.version}.get(entity, {})


class Beginning(Strict):
    """What ``mlflow-grc init`` writes into a connection of this mapping, for the admin to complete: settings of
    ``connections.NAME`` that differ from one platform to the next.
    """

    url: str = "https://grc.example.com"
    auth: dict[str, Json] = Field(default={"type": "bearer", "token": {"env": "GRC_TOKEN"}})
    one_off_auth: dict[str, Json] | None = None
    variables: dict[str, str] = Field(default_factory=dict)


class PlatformMapping(Strict):
    """The whole file, but for the section of the adapter's options."""

    platform: str = Field(min_length=1)
    adapter: str = Field(min_length=1)
    versions: VersionsMode
    connection: Beginning = Beginning()
    retire: Retire = Retire()
    entities: Entities

    def without_opening(self) -> PlatformMapping:
        """This mapping without what only the issues of findings need: their key, and the texts that they are given."""
        issue = self.entities.issue
        if issue is None or issue.opening is None:
            return self
        identity = issue.identity.model_copy(update={"key": None})
        fields = {name: mapped for name, mapped in issue.fields.items() if name not in WRITTEN_ONLY}
        without = issue.model_copy(update={"opening": None, "identity": identity, "fields": fields})
        return self.model_copy(update={"entities": self.entities.model_copy(update={"issue": without})})

    def fields_of(self, entity: Entity) -> Mapping[str, MappedField]:
        """Return the fields named for an entity; versions of a governed mapping stand in the model's record."""
        if entity is Entity.VERSION and self.versions is VersionsMode.GOVERNED:
            return self.entities.model.version_fields
        section = getattr(self.entities, entity.value)
        return section.fields if section is not None else {}

    def identity_of(self, entity: Entity) -> Mapping[str, Place]:
        """Return the identity fields named for an entity."""
        section = getattr(self.entities, entity.value)
        identity = getattr(section, "identity", None)
        return dict(identity.places()) if identity is not None else {}
