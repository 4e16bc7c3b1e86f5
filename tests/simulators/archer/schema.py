"""What a configured Archer instance is made of: applications, their levels and fields, values lists, accounts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cache

_NAMES = uuid.UUID("5c7e4f2e-7a1b-4b0e-9a57-6f0c3f1d2a10")


@cache
def guid_of(*parts: object) -> str:
    """The GUID of a thing, the same in every process."""
    return str(uuid.uuid5(_NAMES, "/".join(map(str, parts))))


class Type(IntEnum):
    """Field types by their numbers in the API."""

    TEXT = 1
    NUMERIC = 2
    DATE = 3
    VALUES = 4
    TRACKING = 6
    LINKS = 7
    USERS = 8
    REFERENCE = 9
    ATTACHMENT = 11
    IMAGE = 12
    IP = 19
    STATUS = 20
    FIRST_PUBLISHED = 21
    LAST_UPDATED = 22
    RELATED = 23
    SUBFORM = 24


SYSTEM_TYPES = frozenset({Type.TRACKING, Type.STATUS, Type.FIRST_PUBLISHED, Type.LAST_UPDATED})
"""Set by the platform alone."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a values list; ``common`` is the mock GRC's word for it."""

    id: int
    name: str
    alias: str
    common: str = ""
    number: int | None = None
    parent: int | None = None
    active: bool = True
    selectable: bool = True

    @property
    def guid(self) -> str:
        return guid_of("value", self.id)


@dataclass(frozen=True, slots=True)
class ValuesList:
    """A values list."""

    id: int
    name: str
    alias: str
    values: tuple[Value, ...]

    @property
    def guid(self) -> str:
        return guid_of("valueslist", self.id)

    def value(self, value_id: int) -> Value | None:
        """The value with this id."""
        return next((one for one in self.values if one.id == value_id), None)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a level. ``common`` is the mock GRC's name for it (empty: it has none).

    ``rich``: a text area whose text is HTML. ``max_length``: in characters, 0 for no limit. ``timed``: a date with a
    time. ``multiple``: takes several values. ``to_level``: where references, related records or sub-form entries are;
    ``opposite``: of related records the reference field at the other end. ``prefix``: before a tracking id on a page.
    ``private``: shown only to the accounts that :class:`Account` names.
    """

    id: int
    level: int
    type: Type
    name: str
    alias: str
    common: str = ""
    required: bool = False
    key: bool = False
    calculated: bool = False
    read_only: bool = False
    active: bool = True
    private: bool = False
    rich: bool = False
    max_length: int = 0
    timed: bool = False
    multiple: bool = False
    values_list: int | None = None
    to_level: int | None = None
    opposite: int | None = None
    prefix: str = ""

    @property
    def guid(self) -> str:
        return guid_of("field", self.id)

    @property
    def writable(self) -> bool:
        """Whether a write of content can change it."""
        return not (self.calculated or self.read_only or self.type in SYSTEM_TYPES)


@dataclass(frozen=True, slots=True)
class Level:
    """A level of an application. A record of a level with a ``parent`` level belongs to a record of that level.
    ``kind`` is the mock GRC's kind of its records, empty for what the mock has not.
    """

    id: int
    module: int
    name: str
    alias: str
    fields: tuple[Field, ...]
    parent: int | None = None
    kind: str = ""

    @property
    def guid(self) -> str:
        return guid_of("level", self.id)


@dataclass(frozen=True, slots=True)
class Application:
    """An application, or the hidden one of a sub-form."""

    id: int
    name: str
    alias: str
    levels: tuple[Level, ...]
    subform: bool = False

    @property
    def guid(self) -> str:
        return guid_of("module", self.id)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of accounts."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Account:
    """A user account. ``zone`` (IANA) and ``locale`` (``en-US``, ``en-GB``, ``de-DE``) rule how it writes and reads
    dates. ``modules`` are the applications it may read (None: all), ``reads_only`` those it may not write,
    ``private`` whether it sees private fields.
    """

    id: int
    username: str
    email: str
    first: str
    last: str
    password: str
    role: str = ""
    zone: str = "UTC"
    locale: str = "en-US"
    active: bool = True
    groups: tuple[int, ...] = ()
    modules: frozenset[int] | None = None
    reads_only: frozenset[int] = frozenset()
    private: bool = False

    def reads(self, module: int) -> bool:
        """Whether the account may read an application."""
        return self.modules is None or module in self.modules

    def writes(self, module: int) -> bool:
        """Whether the account may create and change content of an application."""
        return self.reads(module) and module not in self.reads_only

    def sees(self, one: Field) -> bool:
        """Whether the account may see a field at all."""
        return self.private or not one.private


@dataclass(frozen=True, slots=True)
class Transition:
    """An action that a workflow node offers."""

    id: str
    name: str
    code: int
    to_node: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a workflow; a record in it has the ``status`` value in the workflow's field."""

    id: str
    name: str
    status: int
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """The Advanced Workflow of a level: its nodes, the first one first, and the values-list field that follows it."""

    level: int
    field: int
    nodes: tuple[Node, ...]

    def node_of(self, status: int | None) -> Node:
        """The node that a record with this status is in."""
        return next((node for node in self.nodes if node.status == status), self.nodes[0])


@dataclass(slots=True)
class Tenant:
    """An instance as its administrators configured it."""

    instance: str
    applications: tuple[Application, ...]
    lists: dict[int, ValuesList]
    accounts: dict[int, Account]
    groups: dict[int, Group] = field(default_factory=dict)
    workflows: tuple[Workflow, ...] = ()
    version: str = "2024.06"
    _indexed: tuple[Application, ...] = field(default=(), repr=False)
    _levels: dict[int, Level] = field(default_factory=dict, repr=False)
    _fields: dict[int, Field] = field(default_factory=dict, repr=False)

    def levels(self) -> Iterator[Level]:
        """Every level."""
        for application in self.applications:
            yield from application.levels

    def application(self, module: int) -> Application | None:
        """The application with this module id."""
        return next((one for one in self.applications if one.id == module), None)

    def level(self, level_id: int) -> Level | None:
        """The level with this id."""
        self._index()
        return self._levels.get(level_id)

    def level_of(self, kind: str) -> Level:
        """The level that holds a kind of the mock GRC's; KeyError."""
        for level in self.levels():
            if level.kind == kind:
                return level
        raise KeyError(kind)

    def field(self, field_id: int) -> Field | None:
        """The field with this id."""
        self._index()
        return self._fields.get(field_id)

    def named(self, kind: str, common: str) -> Field:
        """The field of a kind by the mock GRC's name for it; KeyError."""
        for one in self.level_of(kind).fields:
            if one.common == common:
                return one
        raise KeyError(f"{kind}.{common}")

    def titled(self, module: str, level: str, name: str) -> Field:
        """The field by the names that people see; KeyError."""
        for application in self.applications:
            for of in application.levels:
                for one in of.fields:
                    if (application.name, of.name, one.name) == (module, level, name):
                        return one
        raise KeyError(f"{module}/{level}/{name}")

    def account(self, email: str) -> Account | None:
        """The active account with this e-mail."""
        wanted = email.casefold()
        return next((one for one in self.accounts.values() if one.active and one.email.casefold() == wanted), None)

    def workflow(self, level: int) -> Workflow | None:
        """The workflow of a level."""
        return next((one for one in self.workflows if one.level == level), None)

    def change(self, account_id: int, **changes: object) -> Account:
        """Give an account other settings and return it."""
        changed = replace(self.accounts[account_id], **changes)  # type: ignore[arg-type]
        self.accounts[account_id] = changed
        return changed

    def _index(self) -> None:
        """Look levels and fields up once for each configuration."""
        if self._indexed is not self.applications:
            self._levels = {level.id: level for level in self.levels()}
            self._fields = {one.id: one for level in self.levels() for one in level.fields}
            self._indexed = self.applications

    def change_field(self, field_id: int, **changes: object) -> Field:
        """Configure a field otherwise, as an administrator does, and return it; KeyError."""
        found = self.field(field_id)
        if found is None:
            raise KeyError(field_id)
        changed = replace(found, **changes)  # type: ignore[arg-type]

        def of(level: Level) -> Level:
            return replace(level, fields=tuple(changed if one.id == field_id else one for one in level.fields))

        self.applications = tuple(
            replace(one, levels=tuple(of(level) for level in one.levels)) for one in self.applications
        )
        return changed
