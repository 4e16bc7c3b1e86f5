"""Markdown, read by the reference implementation's rules as far as a test of texts needs them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

import pytest

from connector.report.tables.document import markdown
from connector.report.tables.markdown import LONGEST, inline, table
from tests.report.tables.nasty import ALL, MARKUP
from tests.report.tables.reports import a_reconciliation

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ALL, ids=ascii)
def test_no_text_brings_markup(text: str) -> None:
    shown = inline(text)
    shown.encode("utf-8")
    # Where escapes and entities are letters, there is nothing that Markdown obeys.
    bare = re.sub(r"\\[\\*_\[\]~$+\-=.)]|&#\d+;|&(amp|lt|gt);", "x", shown)
    assert not set(bare) & set("*_[]<>|`~$@#&")
    assert "\n" not in shown
    assert "://" not in bare
    assert not re.match(r"\s*([#+\-=>]|\d+[.)]\s)", bare)
    assert not re.search(r"(?i)\bwww\.", bare)


def test_every_line_of_the_document_is_one_of_ours() -> None:
    """A text that broke out would begin a line, or end a cell."""
    for text in MARKUP:
        lines = markdown([a_reconciliation(text)], NOW).splitlines()
        assert all(line == "" or line.startswith(("# ", "## ", "| ", "Observed at ")) for line in lines), text
        widths = [[line.count("|") for line in block] for block in _blocks(lines)]
        assert all(len(set(block)) == 1 for block in widths)


def test_it_says_what_stands_and_what_was_accepted() -> None:
    text = markdown([a_reconciliation()], NOW)
    assert "Observed at 2026-04-01T08:30:00.000Z, 3 h 30 min ago, under text." in text
    assert "| findings: critical | 1 |" in text
    assert "findings: medium" not in text
    assert "SR 26-2 V; E-23 appendix 1 |" in text
    accepted = text[text.index("## Accepted findings") : text.index("## What does not agree")]
    assert "C13" in accepted
    assert "2026-12-31" in accepted
    assert "C13" not in text[: text.index("## Accepted findings")]
    differing = text[text.index("## What does not agree") :]
    assert "purpose" in differing
    assert "tier" not in differing
    assert "a sheet" in differing


def test_a_long_value_is_cut_and_told() -> None:
    shown = table(("value",), [("x" * 10_000,)])
    assert "... (10,000 characters)" in shown
    assert len(shown) < LONGEST + 100


def test_an_inconclusive_report_says_so_first() -> None:
    text = markdown([replace(a_reconciliation(), complete=False, gaps=("models of the GRC",))], NOW)
    assert "**Inconclusive**: not read to the end: models of the GRC." in text


def _blocks(lines: list[str]) -> list[list[str]]:
    """The tables among the lines."""
    groups = groupby(lines, key=lambda line: line.startswith("| "))
    return [list(block) for is_table, block in groups if is_table]
