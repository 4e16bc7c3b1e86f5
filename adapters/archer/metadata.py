"""What a tenant has: applications, their levels, fields and values lists, found by GUID, then alias, then name.

Names and aliases diverge over the years, so that one text can be the alias of one field and the name of another: the
order decides, and a text that two carry in the same way is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeVar

from adapters.archer.envelope import at
from connector.model.grc import Json


class Kind(IntEnum):
    """Field types by Archer's numbers."""

    TEXT = 1
    NUMERIC = 2
    DATE = 3
    VALUES_LIST = 4
    TRACKING_ID = 6
    LINKS = 7
    USERS = 8
    CROSS_REFERENCE = 9
    ATTACHMENT = 11
    IMAGE = 12
    IP_ADDRESS = 19
    RECORD_STATUS = 20
    FIRST_PUBLISHED = 21
    LAST_UPDATED = 22
    RELATED_RECORDS = 23
    SUB_FORM = 24


READ_ONLY = frozenset(
    {Kind.TRACKING_ID, Kind.RECORD_STATUS, Kind.FIRST_PUBLISHED, Kind.LAST_UPDATED, Kind.ATTACHMENT, Kind.IMAGE}
)
"""Set by Archer itself, or files, which are not written."""
TIMES = frozenset({Kind.DATE, Kind.FIRST_PUBLISHED, Kind.LAST_UPDATED})
REFERENCES = frozenset({Kind.CROSS_REFERENCE, Kind.RELATED_RECORDS})


class Named(Protocol):
    """What is found by GUID, alias or name."""

    @property
    def id(self) -> int: ...
    @property
    def guid(self) -> str: ...
    @property
    def alias(self) -> str: ...
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True, slots=True)
class Definition:
    """An application, a level or a value: what they all have."""

    id: int
    guid: str
    alias: str
    name: str
    active: bool = True
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field. ``kind`` is Archer's type number, of a type that is not known here too; ``max_length`` in characters
    where the definition tells it.
    """

    id: int
    guid: str
    alias: str
    name: str
    kind: int
    required: bool = False
    key: bool = False
    calculated: bool = False
    content_read_only: bool = False
    values_list: int | None = None
    max_length: int | None = None

    @property
    def writable(self) -> bool:
        """Whether an API account may set it at all."""
        known = self.kind in set(Kind)
        return known and self.kind not in READ_ONLY and not self.calculated and not self.content_read_only

    @property
    def type_name(self) -> str:
        """The type in words."""
        return Kind(self.kind).name.lower() if self.kind in set(Kind) else f"type {self.kind}"


@dataclass(frozen=True, slots=True)
class Level:
    """A level of an application with its active fields. ``top_fields`` are those of the level above, where there is
    one: results are paged, and sorted, by the records of the topmost.
    """

    application: Definition
    id: int
    name: str
    fields: tuple[FieldDefinition, ...]
    top_fields: tuple[FieldDefinition, ...] = ()

    @property
    def sortable(self) -> tuple[FieldDefinition, ...]:
        """The fields that a search can be sorted by."""
        return self.top_fields or self.fields


class Ambiguous(Exception):
    """Two things carry the text in the same way; ``ids`` are theirs."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(", ".join(map(str, ids)))
        self.ids = tuple(ids)


def resolve(wanted: str, among: Sequence[T]) -> T | None:
    """The one that ``wanted`` means: by GUID, by alias, by name, each first as written, then whatever its case.
    Raises Ambiguous.
    """
    ways: tuple[Callable[[Named], str], ...] = (lambda one: one.guid, lambda one: one.alias, lambda one: one.name)
    for way in ways:
        for fold in (str, _folded):
            found = [one for one in among if way(one) and fold(way(one)) == fold(wanted)]
            if len(found) > 1:
                raise Ambiguous([one.id for one in found])
            if found:
                return found[0]
    return None


def near(wanted: str, among: Iterable[Named]) -> str:
    """What there is beside ``wanted``, the most alike first."""
    labels = {text for one in among for text in (one.alias, one.name) if text}
    folded = {_folded(label): label for label in labels}
    close = difflib.get_close_matches(_folded(wanted), list(folded), n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(repr(folded[one]) for one in close)}?"
    listed = ", ".join(sorted(labels)[:20])
    return f"There are: {listed}." if listed else "There is none that the account may see."


def _folded(text: str) -> str:
    return text.strip().strip("{}").casefold()


def definition(raw: Json) -> Definition | None:
    """An application, a level or a value as the server tells it; None for what has no id."""
    ident = number(at(raw, "Id"))
    if ident is None:
        return None
    return Definition(
        id=ident,
        guid=text(at(raw, "Guid")),
        alias=text(at(raw, "Alias")),
        name=text(at(raw, "Name")) or text(at(raw, "ModuleName")),
        active=at(raw, "IsActive") is not False and at(raw, "IsSelectable") is not False,
        parent_id=number(at(raw, "ParentId")),
    )


def field_definition(raw: Json) -> FieldDefinition | None:
    """A field as the server tells it; None for one without an id, or that is switched off."""
    ident, kind = number(at(raw, "Id")), number(at(raw, "Type"))
    if ident is None or kind is None or at(raw, "IsActive") is False:
        return None
    return FieldDefinition(
        id=ident,
        guid=text(at(raw, "Guid")),
        alias=text(at(raw, "Alias")),
        name=text(at(raw, "Name")),
        kind=kind,
        required=at(raw, "IsRequired") is True,
        key=at(raw, "IsKey") is True,
        calculated=at(raw, "IsCalculated") is True,
        content_read_only=at(raw, "IsContentReadOnly") is True,
        values_list=number(at(raw, "RelatedValuesListId")),
        max_length=number(at(raw, "MaxLength")) or None,
    )


def number(raw: Json) -> int | None:
    """A whole number, given as one or as digits."""
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, int):
        return raw
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    digits = raw.strip() if isinstance(raw, str) else ""
    return int(digits) if digits.isascii() and digits.isdecimal() else None


def text(raw: Json) -> str:
    """Text, empty where there is none."""
    return raw.strip() if isinstance(raw, str) else ""


def values_of(raw: Iterable[Json]) -> Mapping[int, Definition]:
    """The values of a list by id. Some releases nest a value in ``Data`` and its children beside it."""
    found: dict[int, Definition] = {}
    for one in raw:
        inner = at(one, "Data")
        value = definition(inner if inner is not None else one)
        if value is not None:
            found[value.id] = value
        found.update(values_of(at(one, "Children") or ()))
    return found
