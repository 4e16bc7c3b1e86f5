"""The reconciliation report as JSON, written a piece at a time."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace

import pytest

from connector.report.export import document, write_json
from tests.report.tables.nasty import ALL
from tests.report.tables.reports import a_reconciliation


@pytest.mark.parametrize("count", [0, 1, 2])
def test_it_is_the_report(count: int) -> None:
    report = a_reconciliation()
    stream = io.StringIO()
    write_json([report] * count, [{"connection": "other"}], stream)
    told = json.loads(stream.getvalue())
    expected = json.loads(json.dumps(asdict(replace(report, inventory=None))))
    del expected["inventory"]
    assert told["failed"] == [{"connection": "other"}]
    assert len(told["reports"]) == count
    for each in told["reports"]:
        controls, basis = each.pop("controls"), each.pop("basis")
        assert each == expected
        assert set(controls) == set(basis) == {"C01", "C13"}


def test_a_document_says_the_same() -> None:
    stream = io.StringIO()
    write_json([a_reconciliation()], [], stream)
    assert json.loads(stream.getvalue())["reports"] == [json.loads(json.dumps(document(a_reconciliation())))]


def test_any_text_can_be_written() -> None:
    for text in ALL:
        stream = io.StringIO()
        write_json([a_reconciliation(text)], [], stream)
        stream.getvalue().encode("utf-8")
        assert json.loads(stream.getvalue())["reports"][0]["objects"][0]["name"] == text
