"""Tables as CSV, opened by Python's reader and looked at as a spreadsheet would."""

from __future__ import annotations

import csv
import io
from itertools import chain

import pytest

from connector.report.tables import inventory, reconcile
from connector.report.tables.cells import for_csv
from connector.report.tables.csvfile import write_csv
from connector.report.tables.table import Table
from tests.report.tables.nasty import ALL, FORMULAS
from tests.report.tables.reports import a_reconciliation, a_report


def read(table: Table) -> list[dict[str, str]]:
    stream = io.StringIO(newline="")
    write_csv(table, stream)
    stream.getvalue().encode("utf-8")
    return list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))


@pytest.mark.parametrize("text", ALL, ids=ascii)
def test_no_cell_of_any_table_is_a_formula_and_every_text_can_be_written(text: str) -> None:
    reports, reconciliations = [a_report(text)], [a_reconciliation(text)]
    tables = [make(reports) for make in inventory.PARTS.values()]
    tables += [make(reconciliations) for make in reconcile.PARTS.values()]
    for table in tables:
        cells = list(chain.from_iterable(row.values() for row in read(table)))
        assert [
            cell for cell in cells if cell.lstrip(" ").startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
        ] == []
        assert not any("\x00" in cell or "\x07" in cell for cell in cells)


def test_what_was_made_safe_is_there_behind_an_apostrophe() -> None:
    for text in FORMULAS:
        assert read(inventory.PARTS["inventory"]([a_report(text)]))[0]["model"] == "'" + text.replace("\r", "\n")


def test_a_lone_carriage_return_begins_no_row() -> None:
    """The csv module does not quote it where rows end in a line feed, and readers end the row there."""
    assert for_csv("a\r=1+1") == "a\n=1+1"
    assert [for_csv(value) for value in (None, 0, -1, 2.5, "-1")] == ["", "0", "-1", "2.5", "'-1"]


def test_one_table_has_models_and_versions_each_with_what_is_its_own() -> None:
    rows = read(inventory.PARTS["inventory"]([a_report()]))
    assert [(row["level"], row["model"], row["version"]) for row in rows] == [
        ("model", "text", ""),
        ("version", "text", "1"),
        ("version", "text", "2"),
        ("model", "a sheet", ""),
    ]
    model, first, second, alone = rows
    assert (model["production_versions"], model["open_issues"], model["max_issue_severity"]) == (
        "2 (champion, production)",
        "2",
        "high",
    )
    assert (first["approval_in_force"], second["approval_in_force"]) == ("no", "yes")
    assert (second["risk_classification"], second["model_owner"], second["open_issues"]) == ("high", "text", "1")
    assert (alone["in_mlflow"], alone["record_id"], alone["open_issues"]) == ("no", "M2", "0")
    assert (model["findings"], second["findings"]) == ("1", "1")


def test_a_banks_own_field_keeps_a_column_of_its_own() -> None:
    (row, *_) = read(inventory.PARTS["models"]([a_report()]))
    assert row["field_id"] == "text"
    assert "id" not in row


def test_the_rows_of_the_reconciliation_are_those_of_old() -> None:
    (row, *_) = read(reconcile.PARTS["fields"]([a_reconciliation()]))
    assert list(row) == [
        "connection", "taken_at", "complete", "entity", "model", "version", "record_id", "object_status", "field",
        "owner", "in_mlflow", "in_grc", "status", "note", "key",
    ]  # fmt: skip


def test_findings_say_who_accepted_them() -> None:
    first, second = read(reconcile.PARTS["findings"]([a_reconciliation()]))
    assert (first["control"], first["waived"], first["waiver_by"]) == ("C01", "no", "")
    assert first["rests_on"] == "SR 26-2 V; E-23 appendix 1"
    assert (second["control"], second["waived"], second["waiver_expires"]) == ("C13", "yes", "2026-12-31")
