"""What a table and a column are: the instance's data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Type(StrEnum):
    """The types of columns, by their internal names."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    DATE = "glide_date"
    """``2026-03-31``"""
    TIME = "glide_date_time"
    """``2026-03-31 12:00:00``, in UTC"""
    REFERENCE = "reference"
    """The sys_id of a row of another table."""
    DOCUMENT = "document_id"
    """The sys_id of a row of the table that ``source_table`` of the same row names."""
    JOURNAL = "journal_input"
    """Reads as nothing; what is written is appended to the journal."""
    GUID = "GUID"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``choices`` maps each value to its label; ``reference`` is the table referred to. ``read_only``:
    nobody writes it over the Table API.
    """

    name: str
    label: str
    type: Type = Type.STRING
    max_length: int = 40
    choices: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    default: str = ""
    read_only: bool = False


_SYSTEM = (
    Column("sys_id", "Sys ID", Type.GUID, 32, read_only=True),
    Column("sys_created_on", "Created", Type.TIME, read_only=True),
    Column("sys_created_by", "Created by", read_only=True),
    Column("sys_updated_on", "Updated", Type.TIME, read_only=True),
    Column("sys_updated_by", "Updated by", read_only=True),
    Column("sys_mod_count", "Updates", Type.INTEGER, read_only=True),
)
SYSTEM = frozenset(column.name for column in _SYSTEM)
"""The columns that the platform itself keeps in every row."""


@dataclass(frozen=True)
class Table:
    """One table. ``own`` are its columns beside the platform's and its ``parent``'s; ``display`` names the column that
    stands for a row; ``prefix`` starts its numbers (``ISS0010001``).
    """

    name: str
    label: str
    own: tuple[Column, ...] = ()
    parent: Table | None = None
    display: str = "sys_id"
    prefix: str = ""

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every column by name."""
        inherited = self.parent.columns.values() if self.parent else _SYSTEM
        return {column.name: column for column in (*inherited, *self.own)}

    @cached_property
    def lineage(self) -> frozenset[str]:
        """The table's own name and those of the tables that it extends."""
        return frozenset({self.name}) | (self.parent.lineage if self.parent else frozenset())


def text(name: str, label: str, length: int = 4000) -> Column:
    """A text of up to ``length`` characters."""
    return Column(name, label, max_length=length)


def choice(name: str, label: str, choices: Mapping[str, str], default: str = "") -> Column:
    """A choice of values with labels."""
    return Column(name, label, Type.CHOICE, choices=choices, default=default)


def reference(name: str, label: str, table: str) -> Column:
    """A reference to a row of ``table``."""
    return Column(name, label, Type.REFERENCE, 32, reference=table)


def user(name: str, label: str) -> Column:
    """A reference to a user."""
    return reference(name, label, "sys_user")


def date(name: str, label: str) -> Column:
    """A date."""
    return Column(name, label, Type.DATE)


def time(name: str, label: str) -> Column:
    """A time, in UTC."""
    return Column(name, label, Type.TIME)


def whole(name: str, label: str) -> Column:
    """A whole number of 32 bits."""
    return Column(name, label, Type.INTEGER)


def flag(name: str, label: str, default: str = "false") -> Column:
    """True or false."""
    return Column(name, label, Type.BOOLEAN, default=default)
