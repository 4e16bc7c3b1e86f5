"""Rows as the Table API tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
            return {path: self._member(row, path, column) for path, column in self._shown()}

    def _shown(self) -> list[tuple[str, Column]]:
        asked = [name.strip() for name in self.params.get("sysparm_fields", "").split(",") if name.strip()]
        found = ((path, self.walk.column(path)) for path in asked or self.walk.table.columns)
        return [(path, column) for path, column in found if column and self._readable(path)]

    def _readable(self, path: str) -> bool:
        access = self.caller.access
        *way, (last_table, last) = self.walk.holders(path)
        reached = not way or last_table not in access.hidden_tables
        return reached and all(access.reads(table, column) for table, column in (*way, (last_table, last)))

    def _member(self, row: Row, path: str, column: Column) -> Any:
        value = "" if column.type is Type.JOURNAL else self.walk.value(row, path)
        mode = self.params.get("sysparm_display_value", "false")
        link = None if self.params.get("sysparm_exclude_reference_link") == "true" else self._link(row, column, value)
        if mode == "all":
            empty_reference = column.type in _REFERS and not value
            display = None if empty_reference else self._display(row, column, value)
            return {"display_value": display, **({"link": link} if link else {}), "value": value}
        if mode == "true":
            display = self._display(row, column, value)
            return {"display_value": display, "link": link} if link else display
        return {"link": link, "value": value} if link else value

    def _display(self, row: Row, column: Column, value: str) -> str:
        target = self._target(row, column)
        if not value or target is None:
            return shown(column, value, self.caller.locale)
        found = self.walk.store.row(target.name, value)
        return shown(column, value, self.caller.locale, {value: found.get(target.display, "") if found else ""})

    def _link(self, row: Row, column: Column, value: str) -> str | None:
        name = row.get("source_table", "") if column.type is Type.DOCUMENT else column.reference
        return f"{self.host}/api/now/table/{name}/{value}" if column.type in _REFERS and value else None

    def _target(self, row: Row, column: Column) -> Table | None:
        name = row.get("source_table", "") if column.type is Type.DOCUMENT else column.reference
        return self.walk.store.tables.get(name)
