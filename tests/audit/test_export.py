"""The exports: JSON Lines that an auditor checks with one copied file, and a table that spreadsheets do not run."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from connector.audit import offline, verify_lines, write_csv, write_jsonl
from connector.audit.export import COLUMNS
from connector.model.state import AuditEntry
from tests.audit.test_chain import CREDIT, numbered, trail

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "\uff1d1+1"]


def jsonl(entries) -> str:
    stream = io.StringIO()
    assert write_jsonl(entries, stream) == len(entries)
    return stream.getvalue()


def test_lines_are_the_entries_and_check_out():
    entries = trail([AuditEntry("t", "run", "bank", "write", None, CREDIT, "tier", None, "é\n\u2028\ud800")])
    text = jsonl(entries)
    assert text.isascii()
    (line,) = text.splitlines()
    found = json.loads(line)
    assert found["new"] == "é\n\u2028\ud800"
    assert (found["sequence"], found["hash"], found["old"]) == (1, entries[0].hash, None)
    assert verify_lines(text.splitlines(), str(entries[0].head)).ok


def test_a_changed_export_does_not():
    lines = jsonl(numbered(5)).splitlines()
    assert verify_lines([*lines[:2], lines[2].replace('"new":"2"', '"new":"9"'), *lines[3:]]).broken_at == 3
    assert verify_lines([*lines[:2], *lines[3:]]).broken_at == 3
    assert verify_lines([*lines[:2], "not json", *lines[2:]]).broken_at == 3
    assert verify_lines([*lines[:2], "[1]", *lines[2:]]).broken_at == 3
    assert verify_lines([*lines, ""]).ok
    assert verify_lines(lines[:4], str(numbered(5)[-1].head)).reason.startswith("cut at the end")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return Path(shutil.copy(offline.__file__, tmp_path / "check.py"))


def check(script: Path, *arguments: object) -> tuple[int, str]:
    command = [sys.executable, "-I", "-S", str(script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_copied_file_checks_an_export_alone(script: Path, tmp_path: Path):
    export, entries = tmp_path / "export.jsonl", numbered(3)
    export.write_text(jsonl(entries))
    code, shown = check(script, export)
    assert (code, shown) == (0, f"3 entries, end {entries[-1].head}: consistent; end not anchored\n")
    assert check(script, export, entries[-1].head)[1].endswith("consistent; end anchored\n")
    export.write_text(jsonl(entries[:2]))
    code, shown = check(script, export, entries[-1].head)
    assert code == 1
    assert "broken at entry 3: cut at the end" in shown


def test_a_spreadsheet_finds_no_formula():
    entries = trail(
        [AuditEntry("t", "run", "bank", text, None, CREDIT, text, text, text, text, text) for text in FORMULAS]
    )
    stream = io.StringIO()
    assert write_csv(entries, stream) == len(FORMULAS)
    stream.seek(0)
    table = list(csv.DictReader(io.StringIO(stream.getvalue(), newline="")))
    assert tuple(table[0]) == COLUMNS
    for row, text in zip(table, FORMULAS, strict=True):
        assert {row[name] for name in ("action", "field", "old", "new", "rule", "actor")} == {f"'{text}"}
    for cell in (cell for row in table for cell in row.values()):
        assert cell.lstrip(" ")[:1] not in tuple("=+-@\t\r\n")


def test_plain_cells_stay_as_they_are():
    stream = io.StringIO()
    write_csv(trail([AuditEntry("t", "r", "bank", "write", None, CREDIT, "tier", None, 'a "b", c')]), stream)
    (row,) = csv.DictReader(io.StringIO(stream.getvalue()))
    assert (row["new"], row["old"], row["side"], row["version"]) == ('a "b", c', "", "", "2")
