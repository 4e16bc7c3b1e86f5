"""What a kind of record and a field of it are, and which values a field takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = Any
Resolve: TypeAlias = Callable[[str, str], str | None]
"""``(kind, text) -> id``: the id (of a user the e-mail) that the text names among the records of a kind, or None."""

USERS = "users"


class Type(StrEnum):
    """How a field's values look in JSON."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    """``2026-03-31``"""
    TIME = "time"
    """ISO 8601 with an offset."""
    CHOICE = "choice"
    USER = "user"
    """The e-mail of a user."""
    REFERENCE = "reference"
    """The id of another record."""
    LIST = "list"
    """An array of texts."""
    OBJECTS = "objects"
    """An array of objects."""
    MAP = "map"
    """An object."""


class Unfit(Exception):
    """A field does not take a value; the message says why."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field. ``max_length`` counts characters of a text, of each item of a list. A ``read_only`` one is set by the
    platform's own rules alone.
    """

    name: str
    type: Type = Type.STRING
    max_length: int = 255
    choices: tuple[str, ...] = ()
    refers_to: str = ""
    required: bool = False
    read_only: bool = False

    @property
    def empty(self) -> Json:
        """What the field holds before anything was written."""
        return {Type.LIST: [], Type.OBJECTS: [], Type.MAP: {}}.get(self.type)

    def described(self) -> dict[str, Json]:
        """The field as ``/api/v1/schema`` tells it."""
        length = self.max_length if self.type in (Type.STRING, Type.LIST) else None
        return {
            "name": self.name,
            "type": str(self.type),
            "max_length": length,
            "choices": list(self.choices),
            "required": self.required,
            "read_only": self.read_only,
        }


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record. ``prefix`` starts its ids: ``MDL0001001``."""

    name: str
    prefix: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)


def clean(spec: FieldSpec, value: Json, resolve: Resolve) -> Json:
    """Return the value as the field stores it; raises Unfit with the reason where it does not take it."""
    if value is None:
        if spec.required:
            raise Unfit("must not be empty")
        return spec.empty
    return _CLEANERS[spec.type](spec, value, resolve)


def _string(spec: FieldSpec, value: Json, _: Resolve) -> str:
    if not isinstance(value, str):
        raise Unfit("must be a text")
    if len(value) > spec.max_length:
        raise Unfit(f"has {len(value)} characters, {spec.max_length} at most")
    return value


def _integer(_spec: FieldSpec, value: Json, _: Resolve) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unfit("must be a whole number")
    return value


def _boolean(_spec: FieldSpec, value: Json, _: Resolve) -> bool:
    if not isinstance(value, bool):
        raise Unfit("must be true or false")
    return value


def _date(_spec: FieldSpec, value: Json, _: Resolve) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise Unfit("must be a date such as 2026-03-31") from None


def _time(_spec: FieldSpec, value: Json, _: Resolve) -> str:
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unfit("must be a time such as 2026-03-31T12:00:00Z") from None
    if parsed.tzinfo is None:
        raise Unfit("must have an offset from UTC, such as 2026-03-31T12:00:00Z")
    return str(value)


def _choice(spec: FieldSpec, value: Json, _: Resolve) -> str:
    if value not in spec.choices:
        raise Unfit(f"must be one of {', '.join(spec.choices)}")
    return str(value)


def _user(_spec: FieldSpec, value: Json, resolve: Resolve) -> str:
    email = resolve(USERS, value) if isinstance(value, str) else None
    if email is None:
        raise Unfit("is not the e-mail of a user")
    return email


def _reference(spec: FieldSpec, value: Json, resolve: Resolve) -> str:
    found = resolve(spec.refers_to, value) if isinstance(value, str) else None
    if found is None:
        raise Unfit(f"is not the id of one of the {spec.refers_to}")
    return found


def _list(spec: FieldSpec, value: Json, resolve: Resolve) -> list[str]:
    if not isinstance(value, list):
        raise Unfit("must be an array")
    return [_string(spec, item, resolve) for item in value]


def _objects(_spec: FieldSpec, value: Json, _: Resolve) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unfit("must be an array of objects")
    return value


def _map(_spec: FieldSpec, value: Json, _: Resolve) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Unfit("must be an object")
    return value


_CLEANERS: dict[Type, Callable[[FieldSpec, Json, Resolve], Json]] = {
    Type.STRING: _string,
    Type.INTEGER: _integer,
    Type.BOOLEAN: _boolean,
    Type.DATE: _date,
    Type.TIME: _time,
    Type.CHOICE: _choice,
    Type.USER: _user,
    Type.REFERENCE: _reference,
    Type.LIST: _list,
    Type.OBJECTS: _objects,
    Type.MAP: _map,
}
