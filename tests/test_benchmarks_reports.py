"""What reports cost: the committed result keeps to what was promised, and the table is the result's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.reports.command import REPORTS, RESULTS
from benchmarks.reports.table import document

DOCUMENT = (Path(__file__).parents[1] / "docs" / "performance.md").read_text(encoding="utf-8")
FOUND = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_the_table_is_that_of_the_result() -> None:
    assert document(DOCUMENT, FOUND) == DOCUMENT, "run: python -m benchmarks reports --into docs/performance.md"


def test_every_report_was_measured_at_ten_thousand_models() -> None:
    assert FOUND["models"] == 10_000
    assert len(FOUND["reports"]) == len(REPORTS)


def test_no_report_took_more_than_was_promised() -> None:
    assert all(one["peak_mb"] < 500 for one in FOUND["reports"])
    assert all(one["cpu_seconds"] < 30 for one in FOUND["reports"])


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no lines"):
        document("# Performance\n", FOUND)
