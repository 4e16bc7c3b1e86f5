"""Rows as the Table API tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.simulators.servicenow.answer import Caller
from tests.simulators.servicenow.dictionary import Column, Table, Type
from tests.simulators.servicenow.store import Row, Store
from tests.simulators.servicenow.values import shown

_REFERS = (Type.REFERENCE, Type.DOCUMENT)


@dataclass(frozen=True)
class Walk:
    """Follows dot-walked columns from the rows of one table."""

    store: Store
    table: Table

    def column(self, path: str) -> Column | None:
        """The column at the end of a path, or None."""
        table: Table | None = self.table
        *steps, last = path.split(".")
        for step in steps:
            through = table.columns.get(step) if table else None
            table = self.store.tables.get(through.reference) if through and through.reference else None
        return table.columns.get(last) if table else None

    def type(self, path: str) -> Type | None:
        """The type of the column at the end of a path, or None."""
        column = self.column(path)
        return column.type if column else None

    def holders(self, path: str) -> list[tuple[str, str]]:
        """Each table and column that a path passes."""
        passed, table = [], self.table
        for step in path.split("."):
            passed.append((table.name, step))
            column = table.columns.get(step)
            table = self.store.tables.get(column.reference, table) if column else table
        return passed

    def value(self, row: Row, path: str) -> str:
        """The value at the end of a path; empty where the way breaks off."""
        first, _, rest = path.partition(".")
        value = row.get(first, "")
        if not rest:
            return value
        column = self.table.columns.get(first)
        target = self.store.row(column.reference, value) if column and column.reference in self.store.tables else None
        return Walk(self.store, self.store.tables[column.reference]).value(target, rest) if column and target else ""


@dataclass(frozen=True)
class Form:
    """How rows are told: the parameters ``sysparm_fields``, ``_display_value`` and ``_exclude_reference_link``.
    A parameter that makes no sense counts as absent.
    """

    walk: Walk
    caller: Caller
    host: str
    params: Mapping[str, str]

    def told(self, row: Row) -> dict[str, Any]:
        """One row. Columns that the caller may not see are left out."""
        with self.walk.store.lock:
            return {path: tell(row) for path, tell in self._tellers}

    @cached_property
    def _tellers(self) -> list[tuple[str, Callable[[Row], Any]]]:
        asked = [name.strip() for name in self.params.get("sysparm_fields", "").split(",") if name.strip()]
        found = ((path, self.walk.column(path)) for path in asked or self.walk.table.columns)
        return [(path, self._teller(path, column)) for path, column in found if column and self._readable(path)]

    def _readable(self, path: str) -> bool:
        access = self.caller.access
        *way, (last_table, last) = self.walk.holders(path)
        reached = not way or last_table not in access.hidden_tables
        return reached and all(access.reads(table, column) for table, column in (*way, (last_table, last)))

    def _teller(self, path: str, column: Column) -> Callable[[Row], Any]:
        value = self._value(path)
        mode = self.params.get("sysparm_display_value", "false")
        if column.type in _REFERS:
            linked = self.params.get("sysparm_exclude_reference_link") != "true"
            return lambda row: self._reference(_Pointer(column, row, value(row)), mode, linked=linked)
        locale = self.caller.locale
        if mode == "true":
            return lambda row: shown(column, value(row), locale)
        if mode == "all":
            return lambda row: {"display_value": shown(column, value(row), locale), "value": value(row)}
        return value

    def _value(self, path: str) -> Callable[[Row], str]:
        return (lambda row: self.walk.value(row, path)) if "." in path else (lambda row: row.get(path, ""))

    def _reference(self, pointer: _Pointer, mode: str, *, linked: bool) -> Any:
        link = {"link": f"{self.host}/api/now/table/{pointer.table}/{pointer.value}"} if linked else {}
        if not pointer.value:
            return {"display_value": None, "value": ""} if mode == "all" else ""
        if mode == "all":
            return {"display_value": self._display(pointer), **link, "value": pointer.value}
        told = {"display_value": self._display(pointer)} if mode == "true" else {"value": pointer.value}
        return {**told, **link} if linked else next(iter(told.values()))

    def _display(self, pointer: _Pointer) -> str:
        target = self.walk.store.tables.get(pointer.table)
        row = self.walk.store.row(pointer.table, pointer.value) if target else None
        return row.get(target.display, "") if target and row else ""


@dataclass(frozen=True)
class _Pointer:
    """A reference in a row, and the table that it points into."""

    column: Column
    row: Row
    value: str

    @property
    def table(self) -> str:
        return self.row.get("source_table", "") if self.column.type is Type.DOCUMENT else self.column.reference
