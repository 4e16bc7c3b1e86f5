"""What a user may see and do, and what else the instance's admin has laid down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.simulators.servicenow import errors
from tests.simulators.servicenow.dictionary import Column
from tests.simulators.servicenow.store import Row

ColumnName: TypeAlias = tuple[str, str]
"""Table and column."""


@dataclass
class Access:
    """The access rules for one user. Everything is allowed that is not named here.

    ``hidden_tables`` answer as if they were empty. ``hidden_columns`` are left out of rows and may not stand in a
    query; ``fixed_columns`` keep their values whatever is written. ``no_ranges``: columns that may not be looked for
    in ranges. ``hides`` and ``locks`` say of a row whether it is not shown, and whether it is not to be changed.
    ``no_inserts``: tables that take no new row. ``no_deletes``: no row is deleted at all.
    """

    hidden_tables: set[str] = field(default_factory=set)
    hidden_columns: set[ColumnName] = field(default_factory=set)
    fixed_columns: set[ColumnName] = field(default_factory=set)
    no_ranges: set[ColumnName] = field(default_factory=set)
    no_inserts: set[str] = field(default_factory=set)
    no_deletes: bool = False
    hides: Callable[[str, Row], bool] = lambda _table, _row: False
    locks: Callable[[str, Row], bool] = lambda _table, _row: False

    def shows(self, table: str, row: Row) -> bool:
        """Whether the user sees a row."""
        return table not in self.hidden_tables and not self.hides(table, row)

    def reads(self, table: str, column: str) -> bool:
        """Whether the user sees a column."""
        return (table, column) not in self.hidden_columns

    def writes(self, table: str, column: Column) -> bool:
        """Whether what the user writes into a column is kept."""
        return not column.read_only and (table, column.name) not in self.fixed_columns | self.hidden_columns


@dataclass(frozen=True)
class BusinessRule:
    """A script that runs before a write over the API: ``aborts`` gets the caller's user name, the row before (None: a
    new one) and after, and returns why it stops the write, or None.
    """

    name: str
    sys_id: str
    table: str
    aborts: Callable[[str, Row | None, Row], str | None]


@dataclass
class Rules:
    """What holds for everybody. ``mandatory``: per table the columns that a data policy asks for."""

    business: list[BusinessRule] = field(default_factory=list)
    mandatory: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def judge(self, table: str, columns: dict[str, Column], user: str, before: Row | None, after: Row) -> None:
        """Raise Refused where a rule stops the write."""
        missing = [columns[name].label for name in self.mandatory.get(table, ()) if not after.get(name)]
        if missing:
            raise errors.data_policy(missing)
        for rule in self.business:
            why = rule.aborts(user, before, after) if rule.table == table else None
            if why is not None:
                raise errors.aborted(table, rule.name, rule.sys_id, why)
