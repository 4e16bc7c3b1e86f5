"""The whole demo with the real engine, a real MLflow and the mock over HTTP."""

from __future__ import annotations

import io
import json

import pytest

from connector.demo import run
from connector.demo.reconciliation import make_report
from connector.demo.run import DemoOptions, Parts, run_demo
from connector.demo.wiring import open_cycle
from tests.docs.picture import PATH, Painter, narrator_that_tells, words


@pytest.mark.server
def test_the_story_ends_as_written_and_is_the_readmes_picture(tmp_path, monkeypatch):
    out, painter = io.StringIO(), Painter()
    monkeypatch.setattr(run, "JsonNarrator", narrator_that_tells(painter))
    code = run_demo(DemoOptions(directory=tmp_path, machine=True), Parts(open_cycle, make_report), stream=out)

    document = json.loads(out.getvalue())
    assert document["failures"] == []
    assert (code, document["ok"]) == (0, True)
    assert [act["ok"] for act in document["acts"]] == [True] * 8

    found = [(control, subject) for _, control, subject, _ in document["report"]["findings"]]
    assert ("C01", "card-fraud-detection v4") in found
    assert [subject for control, subject in found if control == "C13"] == ["deposit-behaviour", "deposit-behaviour v3"]
    assert (tmp_path / "reconciliation.csv").is_file()

    token = (tmp_path / "grc-token").read_text().strip()
    assert token not in out.getvalue()
    for path in tmp_path.glob("mlflow-grc*"):
        assert token.encode() not in path.read_bytes(), path

    drawn, kept = words(painter.picture()), words(PATH.read_text(encoding="utf-8"))
    assert any("fields agree" in line or "agree on both sides" in line for line in drawn)
    assert kept == drawn, "run: python -m tests.docs.picture"
