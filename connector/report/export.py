"""The reconciliation report as files: JSON for machines, CSV for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, TextIO

from connector.audit.export import safe_cell
from connector.controls import BASIS, TITLES
from connector.report.rows import FieldRow, ObjectRow, Report

COLUMNS = (
    "connection", "taken_at", "complete", "entity", "model", "version", "record_id", "object_status", "field", "owner",
    "in_mlflow", "in_grc", "status", "note", "key",
)  # fmt: skip


def document(report: Report) -> dict[str, Any]:
    """The report as one JSON object, with what each control that found something looks for, and rests on."""
    controls = sorted({finding.control for finding in report.findings})
    # The joined view repeats what the objects tell.
    told = asdict(replace(report, inventory=None))
    del told["inventory"]
    basis = {control: BASIS[control] for control in controls}
    return told | {"controls": {control: TITLES[control] for control in controls}, "basis": basis}


def write_csv(reports: Sequence[Report], stream: TextIO) -> int:
    """One row a field, and one for an object that only one side has; returns the number of rows below the header. No
    cell can be taken for a formula.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for report in reports:
        for row in report.objects:
            for cells in _rows(report, row):
                writer.writerow([safe_cell(cell) for cell in cells])
                count += 1
    return count


def _rows(report: Report, row: ObjectRow) -> list[tuple[object, ...]]:
    complete = "yes" if report.complete else "no"
    head = (report.connection, report.taken_at, complete, row.entity, row.name, row.version, row.record_id, row.status)
    fields = row.fields or (FieldRow("", None, None, row.status, note=row.note),)
    return [(*head, f.field, f.owner, f.registry, f.grc, f.status, f.note, row.key) for f in fields]
