"""The canonical inventory as declared in ``mappings/inventory.yaml``: every field, defined once, for every platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connector.mapping.complaints import Complaint, complain
from connector.mapping.validation import Strict, validate
from connector.mapping.yamlfile import Document, read_yaml
from connector.model.fields import ConflictRule, Entity, FieldType, Location, LocationKind, Owner
from connector.model.grc import Json
from connector.model.tags import Tags


def _is_level(value: Entity) -> Entity:
    if value not in (Entity.MODEL, Entity.VERSION):
        raise ValueError("the level should be model or version")
    return value


Level: TypeAlias = Annotated[Entity, AfterValidator(_is_level)]
FIELD_NAME = r"^[a-z][a-z0-9_]*$"
FieldName: TypeAlias = Annotated[str, Field(pattern=FIELD_NAME)]
_KEYED = (
    LocationKind.TAG,
    LocationKind.ATTRIBUTE,
    LocationKind.RUN_PARAM,
    LocationKind.RUN_METRIC,
    LocationKind.RUN_TAG,
)

TAKEN_REMEDY = "Give it another name, or another place with in_mlflow."

MODEL_ATTRIBUTES = frozenset({"created", "last_updated", "registry", "workspace"})
VERSION_ATTRIBUTES = MODEL_ATTRIBUTES | {"aliases", "datasets", "run_id", "source", "stage", "status", "version"}


def parse_location(text: str) -> Location:
    """Read ``tag:KEY``, ``description`` and so on. Raises ValueError naming what is allowed."""
    kind_text, _, key = text.partition(":")
    try:
        kind = LocationKind(kind_text)
    except ValueError:
        known = ", ".join(f"{one}:KEY" if one in _KEYED else str(one) for one in LocationKind)
        raise ValueError(f"'{text}' is no place in MLflow Remedy: Use one of {known}.") from None
    if bool(key) != (kind in _KEYED):
        raise ValueError(f"'{text}' {'needs a key after the colon' if kind in _KEYED else 'takes no key'}")
    if kind is LocationKind.ATTRIBUTE and key not in VERSION_ATTRIBUTES:
        raise ValueError(f"'{key}' is no attribute Remedy: Use one of {', '.join(sorted(VERSION_ATTRIBUTES))}.")
    return Location(kind, key)


def _listed(value: Json) -> Json:
    return value if isinstance(value, list | tuple) else [value]


class PlainField(Strict):
    """A field of what the GRC alone holds: issues, approval steps, users."""

    type: FieldType
    values: tuple[str, ...] = ()
    description: str = ""

    @model_validator(mode="after")
    def _choices(self) -> Self:
        if (self.type is FieldType.CHOICE) != bool(self.values):
            raise ValueError("values belong to a choice, and a choice needs them")
        if len(set(self.values)) != len(self.values):
            raise ValueError("a value is listed twice")
        return self


class InventoryField(PlainField):
    """A field of a model or a version.

    ``values`` of a choice run from the most severe to the least where there is a severity, else in natural order.
    ``in_mlflow`` are places tried in order (``{prefix}`` stands for the connection's tag prefix); without it a
    GRC-owned field stands at the tag ``{prefix}<name>`` and any other at the tag of its name. ``derived``: the
    connector works the value out itself, so no mapping may name the field. ``always``: read from MLflow even where
    the platform has no such field, because controls need it.
    """

    level: Annotated[
        tuple[Level, ...],
        BeforeValidator(_listed, json_schema_input_type=Level | tuple[Level, ...]),
        Field(min_length=1),
    ]
    owner: Owner
    rule: ConflictRule = ConflictRule.MANUAL
    in_mlflow: Annotated[tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...])] = ()
    asked_by: tuple[str, ...] = ()
    derived: bool = False
    always: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.rule is ConflictRule.HIGHEST and self.type is not FieldType.CHOICE:
            raise ValueError("the rule 'highest' needs a choice with ordered values")
        if "rule" in self.model_fields_set and self.owner is not Owner.SHARED:
            raise ValueError("a rule belongs to a shared field; an owned one goes by its owner")
        for text in self.in_mlflow:
            location = parse_location(text)
            if location.kind is LocationKind.ATTRIBUTE and Entity.MODEL in self.level:
                _must_be_model_attribute(location.key)
        return self

    def locations(self, name: str, owner: Owner, prefix: str) -> tuple[Location, ...]:
        """Where the field stands for this owner and prefix."""
        if self.derived and not self.in_mlflow:
            return ()
        default = f"tag:{prefix}{name}" if owner is Owner.GRC else f"tag:{name}"
        texts = self.in_mlflow or (default,)
        return tuple(parse_location(text.replace("{prefix}", prefix)) for text in texts)


def _must_be_model_attribute(key: str) -> None:
    if key not in MODEL_ATTRIBUTES:
        raise ValueError(f"a registered model has no attribute '{key}'")


class Inventory(Strict):
    """All canonical fields. ``issue``, ``approval_step`` and ``user`` are what the GRC alone holds."""

    extends: Literal["default"] | None = None
    fields: dict[FieldName, InventoryField] = Field(default_factory=dict)
    issue: dict[FieldName, PlainField] = Field(default_factory=dict)
    approval_step: dict[FieldName, PlainField] = Field(default_factory=dict)
    user: dict[FieldName, PlainField] = Field(default_factory=dict)

    def at(self, level: Entity) -> Iterator[tuple[str, InventoryField]]:
        """Yield the fields of one level by name."""
        return ((name, one) for name, one in self.fields.items() if level in one.level)

    def of(self, entity: Entity) -> Mapping[str, PlainField]:
        """Return every field that records of ``entity`` can have."""
        if entity in (Entity.MODEL, Entity.VERSION):
            return dict(self.at(entity))
        plain: Mapping[str, PlainField] = getattr(self, entity.value)
        return plain

    def over(self, base: Inventory) -> Inventory:
        """Return ``base`` with this inventory's fields added or put in the place of its own."""
        parts = ("fields", "issue", "approval_step", "user")
        return Inventory.model_construct(None, **{part: getattr(base, part) | getattr(self, part) for part in parts})


@lru_cache(maxsize=1)
def default_inventory() -> Inventory:
    """The inventory that comes with mlflow-grc."""
    with resources.as_file(resources.files("mappings") / "inventory.yaml") as path:
        return _read(read_yaml(path))


def load_inventory(path: Path | None = None) -> Inventory:
    """The inventory of ``path``, or the default one. With ``extends: default`` a file adds its fields to that.

    Raises ConfigError with every problem of the file.
    """
    if path is None:
        return default_inventory()
    return _read(read_yaml(path, remedy="Correct `inventory` in mlflow-grc.yaml."))


def _read(document: Document) -> Inventory:
    own = validate(Inventory, document)
    inventory = own.over(default_inventory()) if own.extends else own
    complain(document.file, [*_twice_in_mlflow(inventory, document), *_among_our_tags(inventory, document)])
    return inventory


def taken_place(name: str, field: InventoryField, owner: Owner, prefix: str) -> Location | None:
    """The first of the field's places that is a tag of the connector's own: it would be read as what it is not, and
    written in turns.
    """
    places = () if field.derived else field.locations(name, owner, prefix)
    tags = Tags(prefix)
    return next((one for one in places if one.kind is LocationKind.TAG and tags.is_taken(one.key)), None)


def _among_our_tags(inventory: Inventory, document: Document) -> Iterator[Complaint]:
    for name, field in inventory.fields.items():
        place = taken_place(name, field, field.owner, "{prefix}")
        if place is not None:
            path = ("fields", name)
            what = f"stands at {place}, which is among the connector's own tags"
            yield Complaint(document.line(path), path, what, TAKEN_REMEDY)


def _twice_in_mlflow(inventory: Inventory, document: Document) -> Iterator[Complaint]:
    """Two fields written to one place of the same object would overwrite each other for ever."""
    taken: dict[tuple[Entity, Location], str] = {}
    for name, field in inventory.fields.items():
        location = next(iter(field.locations(name, field.owner, "{prefix}")), None)
        for level in field.level if location is not None and location.writable else ():
            first = taken.setdefault((level, location), name) if location else name
            if first != name:
                path = ("fields", name)
                what = f"stands at {location} of a {level}, where '{first}' stands already"
                yield Complaint(document.line(path), path, what, "Give it another place with in_mlflow.")
