"""Tables as a SQLite file that any tool opens: plain tables with foreign keys, and views of what is asked most."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path

from connector.model.fields import FieldType
from connector.report.tables.cells import storable
from connector.report.tables.table import Cell, Table
from connector.state.sqlite.library import sqlite_utils

_BATCH = 5_000
INVENTORY_VIEWS: Mapping[str, str] = {
    "production": """SELECT m.connection, m.model, v.version, v.production_aliases, v.approval_in_force,
        v.approval_status, v.approved_by, v.approval_date, v.approval_expiry, m.risk_classification, m.model_owner
        FROM versions v JOIN models m ON m.id = v.model_id WHERE v.production_aliases IS NOT NULL""",
    "unapproved_in_production": "SELECT * FROM production WHERE approval_in_force = 'no'",
    "open_issues": """SELECT i.connection, i.model, i.version, i.number, i.title, i.severity, i.state, i.due, i.overdue,
        i.assignee, m.risk_classification, m.model_owner FROM issues i JOIN models m ON m.id = i.model_id
        WHERE i.is_open = 'yes'""",
    "findings_by_severity": """SELECT connection, severity, control, title, count(*) AS findings FROM findings
        WHERE waived = 'no' GROUP BY connection, severity, control, title""",
    "models_by_tier": """SELECT connection, coalesce(risk_classification, 'unclassified') AS tier, count(*) AS models,
        sum(production_versions IS NOT NULL) AS in_production, sum(open_issues) AS open_issues
        FROM models GROUP BY connection, tier""",
    "reviews_due": """SELECT connection, model, risk_classification, model_owner, next_review_due FROM models
        WHERE next_review_due IS NOT NULL""",
}
"""What consolidated reporting asks most, of the inventory's tables."""


def write_database(tables: Iterable[Table], path: Path, views: Mapping[str, str]) -> None:
    """Write the tables into ``path``, a file that is empty or not there yet. A table comes behind those that it refers
    to. The same report is the same file.
    """
    with closing(sqlite3.connect(path)) as connection:
        # The file takes another's place when it is whole; until then nothing of it has to be durable.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        database = sqlite_utils().Database(connection)
        for table in tables:
            _create(database, table)
            _fill(connection, table)
        for name, query in views.items():
            database.create_view(name, query)
        for table_name, key in _indices(database):
            database[table_name].create_index([key])
        connection.commit()
        connection.execute("PRAGMA optimize")


def _create(database: object, table: Table) -> None:
    keys = [(column.key, column.refers_to, "id") for column in table.columns if column.refers_to]
    columns = {column.key: int if column.type is FieldType.INTEGER else str for column in table.columns}
    identified = any(column.key == "id" for column in table.columns)
    database[table.name].create(columns, pk="id" if identified else None, foreign_keys=keys)  # type: ignore[index]


def _fill(connection: sqlite3.Connection, table: Table) -> None:
    names = ", ".join(f'"{column.key}"' for column in table.columns)
    places = ", ".join("?" * len(table.columns))
    statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({places})'  # noqa: S608 - our own names
    rows = ([_stored(cell) for cell in row] for row in table.rows)
    while batch := list(islice(rows, _BATCH)):
        connection.executemany(statement, batch)


def _stored(cell: Cell) -> Cell:
    return storable(cell) if isinstance(cell, str) else cell


def _indices(database: object) -> Iterator[tuple[str, str]]:
    for table in database.tables:  # type: ignore[attr-defined]
        for foreign in table.foreign_keys:
            yield table.name, foreign.column
