"""A table as CSV."""

from __future__ import annotations

import csv
from typing import TextIO

from connector.report.tables.cells import for_csv
from connector.report.tables.table import Table


def write_csv(table: Table, stream: TextIO) -> int:
    """One row below the header for each of the table's; returns their number. No cell can be taken for a formula."""
    shown = table.for_people()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.key for column in shown.columns])
    count = 0
    for row in shown.rows:
        writer.writerow([for_csv(cell) for cell in row])
        count += 1
    return count
