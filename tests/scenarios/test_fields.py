"""Scenarios 1 to 13: one field, both sides, and what each side last said."""

from __future__ import annotations

from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story


def credit(scene: Scene) -> None:
    """A model whose every kind of field is agreed."""
    scene.model("credit", description="Scores retail credit", purpose="Lending", risk_classification="high")


def test_01_new_in_mlflow_only(play: Play) -> None:
    def check(scene: Scene, run) -> None:
        record = scene.record("credit")
        key = record["external_key"]
        assert key.startswith("mlflow:6f1f1f5e-0000-4000-8000-000000000001/credit@")
        assert record["connector_instance"] == scene.instance
        assert (record["description"], record["purpose"], record["tier"]) == (
            "Scores retail credit",
            "Lending",
            "2 - High",
        )
        version = scene.version_record("credit")
        assert version["external_key"] == f"{key}#1"
        assert version["model"] == record["id"]
        assert scene.tags("credit")["grc_record_id"] == record["id"]
        assert [(method, path) for method, path, _ in scene.grc_writes] == [("POST", "/models"), ("POST", "/versions")]

    play(story(Act(credit, check)))
