"""The tables of docs/performance.md are what the committed results say. Nothing is measured here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import RESULTS
from benchmarks.table import BEGIN, document, tables

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
FOUND = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_the_tables_are_those_of_the_results() -> None:
    assert document(DOCUMENT, FOUND) == DOCUMENT, "run: python -m benchmarks table --into docs/performance.md"


def test_every_part_was_measured() -> None:
    text = tables(FOUND)
    assert text.count("### ") == 5
    assert "| 10,000 | off |" in text
    assert "| 10,000 | on |" in text


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no lines"):
        document("# Performance\n", FOUND)


def test_an_idle_cycle_asked_for_no_single_object_and_wrote_nothing() -> None:
    for one in FOUND["idle"].values():
        assert (one["point_reads"], one["operations"], one["status"]) == (0, 0, ["clean"])
        assert one["requests"] == one["pages"]
        assert one["peak_mb"] < 400


def test_what_was_read_before_the_mark_stays() -> None:
    assert document(DOCUMENT, FOUND).startswith(DOCUMENT.partition(BEGIN)[0])
