"""The inventory as the tables of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from connector.report.inventory import InventoryReport
from connector.report.tables import details
from connector.report.tables.about import about_table, inventory_about
from connector.report.tables.objects import models_table, objects_table, versions_table
from connector.report.tables.table import Table

Making = Callable[[Sequence[InventoryReport]], Table]
PARTS: Mapping[str, Making] = {
    "inventory": objects_table,
    "models": models_table,
    "versions": versions_table,
    "issues": details.issues_table,
    "findings": details.findings_table,
    "approvals": details.approvals_table,
    "fields": details.fields_table,
}
"""The tables that a file which holds one table may hold, by name."""
_SHEETS = ("models", "versions", "issues", "findings", "approvals", "fields")


def sheets(reports: Sequence[InventoryReport], now: datetime) -> list[Table]:
    """The tables for people to read."""
    made = [PARTS[name](reports).for_people() for name in _SHEETS]
    return [*made, about_table(inventory_about(reports, now))]


def database(reports: Sequence[InventoryReport], now: datetime) -> list[Table]:
    """The tables for programs to read: tied to each other, both sides of every field among them. A table comes behind
    those that it refers to.
    """
    made = [PARTS[name](reports) for name in _SHEETS]
    return [*made, details.values_table(reports), about_table(inventory_about(reports, now), "meta")]
