"""Workbooks, opened by a second library."""

from __future__ import annotations

import builtins
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connector.model.errors import RunAborted
from connector.model.fields import FieldType
from connector.report.tables import inventory, reconcile
from connector.report.tables.table import Column, Table
from connector.report.tables.workbook import write_workbook
from tests.report.tables.nasty import ALL
from tests.report.tables.reports import NOW, a_reconciliation, a_report


def written(tmp_path: Path, tables: list[Table], **options: Any) -> Path:
    path = tmp_path / "book.xlsx"
    write_workbook(tables, path, NOW, **options)
    return path


def one_text(text: str, type: FieldType = FieldType.STRING) -> Table:  # noqa: A002
    return Table("texts", "Texts", (Column("model", "Model", type=type),), [(text,)])


def test_it_has_a_sheet_for_each_table_and_its_headlines(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path, inventory.sheets([a_report(), a_report(connection="two")], NOW)))
    assert book.sheetnames == ["models", "versions", "issues", "findings", "approvals", "fields", "about"]
    models = book["models"]
    head = {cell.value: cell.column - 1 for cell in models[2]}
    assert [row[head["Connection"]].value for row in models.iter_rows(min_row=3)] == ["bank", "bank", "two", "two"]
    assert models.freeze_panes == "D3"
    assert models.auto_filter.ref == f"A2:{models.cell(6, models.max_column).coordinate}"
    bands = [cell.value for cell in models[1] if cell.value]
    regimes = ("SR 11-7", "SS1/23", "E-23", "SR 26-2", "EU AI Act", "FDA")
    asking = [f"Asked for by {regime}" for regime in regimes]
    assert bands == ["At a glance", *asking, "The bank's policy", "Other"]
    about = {row[1].value: row[2].value for row in book["about"].iter_rows() if row[0].value == "two"}
    assert about["age"] == "3 h 30 min"
    assert about["complete"] == "yes"
    assert about["configuration hash"] == "abc"
    assert about["profile"].startswith("sr-11-7: ")
    assert "profile in effect" not in about


def test_dates_and_numbers_are_such(tmp_path: Path) -> None:
    models = openpyxl.load_workbook(written(tmp_path, inventory.sheets([a_report()], NOW)))["models"]
    row = {title.value: cell.value for title, cell in zip(models[2], models[3], strict=True)}
    assert row["Next review due"] == datetime(2026, 9, 30)  # noqa: DTZ001 - as a workbook has it
    assert (row["Open issues"], row["Review frequency"]) == (2, 12)


@pytest.mark.parametrize(("text", "kept"), [("0012", "0012"), ("1e5", "1e5"), ("nan", "nan"), ("9" * 16, "9" * 16)])
def test_what_only_looks_like_a_number_stays_a_text(tmp_path: Path, text: str, kept: str) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, [one_text(text, FieldType.INTEGER)]))["texts"]
    assert sheet["A2"].value == kept


@pytest.mark.parametrize("text", ["1899-12-31", "1900-02-29", "soon", "=TODAY()"])
def test_what_is_no_date_of_excels_stays_a_text(tmp_path: Path, text: str) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, [one_text(text, FieldType.DATE)]))["texts"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == (text, "s")


def test_no_text_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    others = reconcile.sheets([a_reconciliation(text) for text in ALL], "abc", NOW)
    tables = [*inventory.sheets([a_report(text) for text in ALL], NOW)]
    tables += [Table(f"r-{one.name}", one.title, one.columns, one.rows) for one in others]
    book = openpyxl.load_workbook(written(tmp_path, tables))
    assert len(book.sheetnames) == 11
    for sheet in book:
        for row in sheet.iter_rows():
            assert [cell.value for cell in row if cell.data_type not in ("s", "n", "d")] == []
            assert [cell.value for cell in row if cell.hyperlink is not None] == []


def test_a_risky_text_stays_a_text_when_somebody_edits_it(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, [one_text("=1+1")]))["texts"]
    assert (sheet["A2"].value, sheet["A2"].quotePrefix) == ("=1+1", True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x07b", "a\\x07b"),
        ("\ud800", "\\ud800"),
        ("\ufffe", "\\ufffe"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_characters_that_xml_forbids_are_shown_as_escapes(tmp_path: Path, text: str, shown: str) -> None:
    assert openpyxl.load_workbook(written(tmp_path, [one_text(text)]))["texts"]["A2"].value == shown


def test_a_text_that_looks_like_an_escape_of_excels_comes_out_as_it_is(tmp_path: Path) -> None:
    from openpyxl.utils.escape import unescape

    value = openpyxl.load_workbook(written(tmp_path, [one_text("_x0041_")]))["texts"]["A2"].value
    assert unescape(value) == "_x0041_"
    assert value != "_x0041_"


@pytest.mark.parametrize("letter", ["x", "\U0001f600"])
def test_a_cell_too_long_is_cut_and_told(tmp_path: Path, letter: str) -> None:
    book = openpyxl.load_workbook(written(tmp_path, [one_text(letter * 40_000)]))
    value = book["texts"]["A2"].value
    assert len(value.encode("utf-16-le")) // 2 <= 32_767
    assert "cut: 40,000 characters in all" in value
    assert [cell.value for cell in book["cut"][2]] == ["texts", 2, "Model"]


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    rows = [(str(number),) for number in range(5)]
    table = Table("texts", "Texts", (Column("model", "Model"),), rows)
    book = openpyxl.load_workbook(written(tmp_path, [table], row_limit=3))
    assert [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book] == [["0", "1"], ["2", "3"], ["4"]]
    assert book.sheetnames == ["texts", "texts 2", "texts 3"]


def test_the_same_report_is_the_same_file(tmp_path: Path) -> None:
    contents = []
    for name in "ab":
        (tmp_path / name).mkdir()
        contents.append(written(tmp_path / name, inventory.sheets([a_report()], NOW)).read_bytes())
    assert contents[0] == contents[1]


def test_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "xlsxwriter":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(RunAborted, match=r"not installed\. Remedy: install it with `pip install 'mlflow-grc\[xlsx\]'`"):
        write_workbook([], tmp_path / "book.xlsx", NOW)


def test_nothing_in_the_file_reaches_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(written(tmp_path, inventory.sheets([a_report("http://evil.example")], NOW))) as archive:
        names = archive.namelist()
        relations = [archive.read(name).decode() for name in names if name.endswith(".rels")]
    assert not any("External" in text for text in relations)
    assert not [name for name in names if "external" in name.lower() or name.endswith(".bin")]
