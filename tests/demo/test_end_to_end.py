"""The whole demo with the real engine, a real MLflow and the mock over HTTP."""

from __future__ import annotations

import io
import json

import pytest

from connector.demo.events import Reported
from connector.demo.run import DemoOptions, Parts, run_demo
from connector.demo.wiring import open_cycle


def no_report(config):
    return Reported("", (), (), str(config.parent / "report.txt"))


@pytest.mark.server
def test_the_story_ends_as_written(tmp_path):
    out = io.StringIO()
    code = run_demo(DemoOptions(directory=tmp_path, machine=True), Parts(open_cycle, no_report), stream=out)

    document = json.loads(out.getvalue())
    assert document["failures"] == []
    assert (code, document["ok"]) == (0, True)
    assert [act["ok"] for act in document["acts"]] == [True] * 8

    token = (tmp_path / "grc-token").read_text().strip()
    assert token not in out.getvalue()
    for path in tmp_path.glob("mlflow-grc*"):
        assert token.encode() not in path.read_bytes(), path
