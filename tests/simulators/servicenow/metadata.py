"""The rows of ``sys_dictionary`` and ``sys_choice``: the data dictionary told as data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from tests.simulators.servicenow.dictionary import Column, Table

_STAMP = {
    "sys_created_on": "2026-01-05 08:00:00",
    "sys_created_by": "admin",
    "sys_updated_on": "2026-01-05 08:00:00",
    "sys_updated_by": "admin",
    "sys_mod_count": "0",
}


def dictionary_rows(tables: Mapping[str, Table]) -> list[dict[str, str]]:
    """A row for every column that a table itself defines; those that it inherits stand at its parent."""
    return [_entry(table, column) for table, column in _defined(tables)]


def choice_rows(tables: Mapping[str, Table]) -> list[dict[str, str]]:
    """A row for every value of a choice."""
    return [
        _row(
            {"name": table, "element": column.name, "value": value, "label": label, "inactive": "false"},
            f"{table}.{column.name}={value}",
        )
        for table, column in _defined(tables)
        for value, label in column.choices.items()
    ]


def _defined(tables: Mapping[str, Table]) -> Iterator[tuple[str, Column]]:
    for table in tables.values():
        for column in table.own if table.parent else table.columns.values():
            yield table.name, column


def _entry(table: str, column: Column) -> dict[str, str]:
    told = {
        "name": table,
        "element": column.name,
        "column_label": column.label,
        "internal_type": "string" if column.choices else str(column.type),
        "max_length": str(column.max_length),
        "reference": column.reference,
        "read_only": str(column.read_only).lower(),
        "mandatory": "false",
    }
    return _row(told, f"{table}.{column.name}")


def _row(values: dict[str, str], name: str) -> dict[str, str]:
    return {"sys_id": hashlib.sha256(name.encode()).hexdigest()[:32], **_STAMP, **values}
