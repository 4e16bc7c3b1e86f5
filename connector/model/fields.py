"""The vocabulary of fields: what an entity, an owner, a rule and a canonical value are.

A **canonical value** is text or ``None``. One representation for both sides keeps the merge, the base, the journals
and the audit trail free of types: lists are sorted JSON arrays, maps JSON objects with sorted keys, times ISO 8601
in UTC, users e-mails, booleans ``true``/``false``; ``""``, ``[]``, ``{}`` and null are all ``None``. The mapping
layer (:mod:`connector.mapping`) is the only place that converts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | None


class Entity(StrEnum):
    """The kinds of object a GRC holds for us."""

    MODEL = "model"
    VERSION = "version"
    ISSUE = "issue"
    APPROVAL_STEP = "approval_step"
    USER = "user"


class Side(StrEnum):
    """The two sides of a connection."""

    REGISTRY = "registry"
    GRC = "grc"


class Owner(StrEnum):
    """Who decides a field's value."""

    MLFLOW = "mlflow"
    GRC = "grc"
    SHARED = "shared"
    COMPUTED = "computed"


class ConflictRule(StrEnum):
    """What happens when both sides changed a shared field to different values."""

    HIGHEST = "highest"
    MLFLOW = "mlflow"
    GRC = "grc"
    MANUAL = "manual"


class FieldType(StrEnum):
    """How a value is normalised and compared."""

    STRING = "string"
    TEXT = "text"
    CHOICE = "choice"
    USER = "user"
    DATE = "date"
    TIME = "time"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    MAP = "map"


class LocationKind(StrEnum):
    """Where in MLflow a field stands."""

    NAME = "name"
    DESCRIPTION = "description"
    TAG = "tag"
    ATTRIBUTE = "attribute"
    RUN_PARAM = "run.param"
    RUN_METRIC = "run.metric"
    RUN_TAG = "run.tag"
    ALIASES = "aliases"


@dataclass(frozen=True, slots=True)
class Location:
    """One place in MLflow; ``key`` is the tag, attribute, parameter or metric (globs for metrics), else empty."""

    kind: LocationKind
    key: str = ""

    @property
    def writable(self) -> bool:
        """Whether the connector may write there: tags and descriptions, nothing else."""
        return self.kind in (LocationKind.TAG, LocationKind.DESCRIPTION)

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}" if self.key else str(self.kind)


@dataclass(frozen=True, slots=True)
class Field:
    """A canonical field as one connection uses it: the inventory's definition, the connection's owner and tag prefix
    and the platform's limits applied.

    ``values`` of a choice run from the most severe to the least; ``highest`` uses that order. ``locations`` are tried
    in order on read; a write goes to the first. ``in_grc`` says whether the platform mapping names the field,
    ``grc_writable`` whether it may be written there. Limits are in characters (``None``: no limit).
    """

    name: str
    type: FieldType
    owner: Owner
    level: Entity
    rule: ConflictRule = ConflictRule.MANUAL
    values: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()
    in_grc: bool = True
    grc_writable: bool = True
    registry_limit: int | None = None
    grc_limit: int | None = None
    asked_by: tuple[str, ...] = ()

    @property
    def registry_writable(self) -> bool:
        """Whether the connector can write the field in MLflow."""
        return bool(self.locations) and self.locations[0].writable

    def limit(self, side: Side) -> int | None:
        """How many characters a value may have on this side."""
        return self.registry_limit if side is Side.REGISTRY else self.grc_limit

    def rank(self, value: Value) -> int:
        """Severity of a choice: higher is more severe; an empty or unknown value is below all."""
        if value is None or value not in self.values:
            return -1
        return len(self.values) - 1 - self.values.index(value)
