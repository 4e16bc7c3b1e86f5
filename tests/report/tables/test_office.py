"""Workbooks, opened by LibreOffice where it is installed; ``.ci/full`` sees to that on Debian."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from connector.report.tables import inventory
from connector.report.tables.workbook import write_workbook
from tests.report.tables.nasty import ALL
from tests.report.tables.reports import NOW, a_report

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Comma, quotes, UTF-8, values as they are shown, one file for each sheet."""


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_every_sheet_opens_and_no_text_was_computed(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    texts = [text for text in ALL if "\r" not in text]
    write_workbook(inventory.sheets([a_report(text) for text in texts], NOW), book, NOW)
    command = [str(OFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--norestore"]
    command += ["--convert-to", EVERY_SHEET, "--outdir", str(tmp_path), str(book)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "book-models.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[2:]
    shown = {"\x00": "\\x00", "\x07bell": "\\x07bell", "\ud800": "\\ud800", "\ufffe": "\\ufffe"}
    assert [row[2] for row in rows[::2]] == [shown.get(text, text) for text in texts]
    names = {path.name for path in tmp_path.glob("book-*.csv")}
    sheets = ("models", "versions", "issues", "findings", "approvals", "fields", "about")
    assert names == {f"book-{name}.csv" for name in sheets}
