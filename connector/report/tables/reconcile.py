"""The reconciliation report as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from connector.model.fields import FieldType
from connector.report.rows import FieldRow, ObjectRow, Report, Status
from connector.report.tables.about import about_table, made, observed
from connector.report.tables.details import FINDINGS, finding_cells
from connector.report.tables.table import Cell, Column, Table

_TEXT = FieldType.TEXT
FIELDS = (
    Column("connection", "Connection"),
    Column("taken_at", "Observed at", width=24),
    Column("complete", "Complete", width=9),
    Column("entity", "Level", width=9),
    Column("model", "Model", width=30),
    Column("version", "Version", width=8),
    Column("record_id", "GRC record"),
    Column("object_status", "Object", width=14),
    Column("field", "Field", width=24),
    Column("owner", "Owner", width=9),
    Column("in_mlflow", "In MLflow", type=_TEXT, width=40),
    Column("in_grc", "In the GRC", type=_TEXT, width=40),
    Column("status", "Status", width=14),
    Column("note", "Note", type=_TEXT, width=40),
    Column("key", "Correlation key", width=30),
)
"""A row for each field, and one for an object that only one side has."""
OBJECTS = (
    Column("connection", "Connection"),
    Column("entity", "Level", width=9),
    Column("model", "Model", width=30),
    Column("version", "Version", width=8),
    Column("record_id", "GRC record"),
    Column("status", "Status", width=14),
    Column("note", "Note", type=_TEXT, width=50),
    Column("agree", "Fields that agree", type=FieldType.INTEGER, width=10),
    Column("fields", "Fields compared", type=FieldType.INTEGER, width=10),
    Column("key", "Correlation key", width=30),
)


def fields_table(reports: Sequence[Report], *, agreeing: bool = True) -> Table:
    """Every field of every object on both sides; without those that are ``agreeing``, where there is nothing to do."""
    return Table("fields", "Fields", FIELDS, _fields(reports, agreeing=agreeing))


def _fields(reports: Sequence[Report], *, agreeing: bool) -> Iterator[tuple[Cell, ...]]:
    for report in reports:
        for row in report.objects:
            if agreeing or row.status not in _AT_REST:
                yield from _of_object(report, row, agreeing=agreeing)


def _of_object(report: Report, row: ObjectRow, *, agreeing: bool) -> Iterator[tuple[Cell, ...]]:
    complete = "yes" if report.complete else "no"
    where = report.connection, report.taken_at, complete, str(row.entity), row.name, row.version, row.record_id
    for each in row.fields or (FieldRow("", None, None, row.status, note=row.note),):
        if agreeing or each.status is not Status.AGREE:
            told = each.field, each.owner, each.registry, each.grc, str(each.status), each.note
            yield (*where, str(row.status), *told, row.key)


def objects_table(reports: Sequence[Report]) -> Table:
    """Every object, and how it stands."""
    return Table("objects", "Objects", OBJECTS, _objects(reports))


def _objects(reports: Sequence[Report]) -> Iterator[tuple[Cell, ...]]:
    for report in reports:
        for row in report.objects:
            where = report.connection, str(row.entity), row.name, row.version, row.record_id
            agreeing = sum(each.status is Status.AGREE for each in row.fields)
            yield (*where, str(row.status), row.note, agreeing, len(row.fields), row.key)


def findings_table(reports: Sequence[Report]) -> Table:
    """What the controls found."""
    columns = tuple(column for column in FINDINGS if not column.internal)
    rows = ((report.connection, *finding_cells(finding)) for report in reports for finding in report.findings)
    return Table("findings", "Findings", columns, rows)


_AT_REST = (Status.AGREE, Status.RETIRED)
PARTS: Mapping[str, Callable[[Sequence[Report]], Table]] = {"fields": fields_table, "findings": findings_table}
"""The tables that a file which holds one table may hold, by name."""


def sheets(reports: Sequence[Report], configuration: str, now: datetime, *, all_fields: bool = False) -> list[Table]:
    """The tables of a workbook: what waits for somebody first. Of the fields those that do not agree, unless
    ``all_fields`` are asked for.
    """
    about = about_table((report.connection, [*_about(report, configuration, now)]) for report in reports)
    return [findings_table(reports), objects_table(reports), fields_table(reports, agreeing=all_fields), about]


def _about(report: Report, configuration: str, now: datetime) -> Iterator[tuple[str, str]]:
    yield from observed(report.taken_at, report.gaps, now, report.swept_at, report.held_back)
    yield "profile", report.profile
    yield "configuration hash", configuration
    for what, counts in report.counts.items():
        yield what, ", ".join(f"{number:,} {status}" for status, number in counts.items()) or "none"
    yield (
        "waiting for a person",
        ", ".join(f"{number:,} {what}" for what, number in report.waiting.items() if number) or "nothing",
    )
    yield from made(now)
