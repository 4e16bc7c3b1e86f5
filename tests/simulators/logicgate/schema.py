"""What an admin builds in LogicGate: applications, workflows, steps and fields. Ids are eight hexadecimal digits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """The types of the vendor's API description that the tenant uses, and one that no release has named yet."""

    TEXT = "TEXT"
    TEXT_AREA = "TEXT_AREA"
    NUMBER = "NUMBER"
    DATE = "DATE"
    USER = "USER"
    SELECT = "SELECT"
    RADIO = "RADIO"
    MULTI_SELECT = "MULTI_SELECT"
    CALCULATION = "CALCULATION"
    LATER = "GENERATED_SUMMARY"


ONE_OPTION = frozenset({FieldType.SELECT, FieldType.RADIO})
OPTIONS = ONE_OPTION | {FieldType.MULTI_SELECT}
COMPUTED = frozenset({FieldType.CALCULATION, FieldType.LATER})
_VALUE_TYPES = {
    FieldType.TEXT: "TEXT",
    FieldType.TEXT_AREA: "TEXT",
    FieldType.NUMBER: "NUMBER",
    FieldType.DATE: "DATE",
    FieldType.USER: "USER",
    FieldType.CALCULATION: "NUMBER",
}
"""Only ``OPTION`` stands in an example of the vendor's; the others are inferred from it."""


def short_id(*parts: object) -> str:
    """An id that is the same in every run."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Option:
    """A choice; ``number`` is what reports calculate with."""

    id: str
    text: str
    number: float


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a workflow. ``currency`` precedes a number's text; ``default`` is an option's text; ``label`` is what
    the form says, where that is not the name.
    """

    id: str
    name: str
    type: FieldType
    options: tuple[Option, ...] = ()
    required: bool = False
    currency: str = ""
    default: str = ""
    label: str = ""

    @property
    def value_type(self) -> str:
        """The type of its values."""
        return "OPTION" if self.type in OPTIONS else _VALUE_TYPES.get(self.type, "OTHER")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a workflow; ``kind`` is ORIGIN, CHAIN or END."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a record goes by itself when a field holds an option: the workflow's own routing."""

    field: str
    steps: Mapping[str, str]
    """Option text to name of the step."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """Where the records of one kind are. ``prefix`` starts the names of records."""

    id: str
    name: str
    prefix: str
    kind: str
    steps: tuple[Step, ...]
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    """By name."""
    routing: Routing | None = None

    @property
    def origin(self) -> Step:
        """Where records begin."""
        return next(step for step in self.steps if step.kind == "ORIGIN")

    def step(self, name_or_id: str) -> Step:
        """A step by name or id; KeyError for another."""
        found = next((step for step in self.steps if name_or_id in (step.name, step.id)), None)
        if found is None:
            raise KeyError(name_or_id)
        return found

    def by_id(self, field_id: str) -> FieldSpec | None:
        """A field by its id."""
        return next((spec for spec in self.fields.values() if spec.id == field_id), None)


@dataclass(frozen=True, slots=True)
class Application:
    """A solution with its workflows."""

    id: str
    name: str
    type: str
    workflows: tuple[Workflow, ...]

    def by_kind(self, kind: str) -> Workflow:
        """The workflow of a kind of record; KeyError for a kind that has none."""
        found = next((one for one in self.workflows if one.kind == kind), None)
        if found is None:
            raise KeyError(kind)
        return found

    def by_id(self, workflow_id: str) -> Workflow:
        """A workflow by id; KeyError for another."""
        found = next((one for one in self.workflows if one.id == workflow_id), None)
        if found is None:
            raise KeyError(workflow_id)
        return found

    def all_fields(self) -> Iterator[tuple[Workflow, FieldSpec]]:
        """Every field with its workflow."""
        for workflow in self.workflows:
            for spec in workflow.fields.values():
                yield workflow, spec


class Permission(StrEnum):
    """What a role of LogicGate may do through the API."""

    READ = "read"
    WRITE = "write"
    BUILD = "build"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the tenant. ``locale`` forms the text of dates and numbers that this user is shown."""

    id: str
    email: str
    name: str
    permissions: frozenset[Permission]
    locale: str = "en-US"
