"""The registry contract: prompts, and models that hide behind their tag."""

from __future__ import annotations

import pytest

from connector.registry.prompts import PROMPT_TAG


def test_prompts_are_left_out(stage):
    stage.author.create_model("greeting", tags={PROMPT_TAG: "true"})
    for _ in range(2):
        stage.author.create_version("greeting", source="dummy-source", tags={PROMPT_TAG: "true"})
    stage.author.create_model("draft", tags={PROMPT_TAG: "true"})
    stage.author.create_model("credit")
    snapshot = stage.registry.snapshot()
    assert [model.name for model in snapshot.models] == ["credit"]
    assert snapshot.hidden == ()
    assert snapshot.complete


@pytest.mark.parametrize("on_version", [None, "2"])
def test_a_model_that_the_prompt_tag_hides_is_found_whole_and_reported(stage, on_version):
    stage.author.create_model("credit", tags={"grc_record_id": "7"})
    for number in (1, 2, 3, 4):
        stage.author.create_version("credit", source=f"s3://bucket/{number}")
    stage.author.delete_version("credit", "3")
    stage.author.set_alias("credit", "champion", "1")
    before = stage.scanned("credit")
    stage.author.set_tag("credit", PROMPT_TAG, "true", version=on_version)
    snapshot = stage.registry.snapshot()
    assert snapshot.hidden == ("credit",)
    assert snapshot.complete
    (found,) = snapshot.models
    assert [version.version for version in found.versions] == ["1", "2", "4"]
    assert found.versions[0] == before.versions[0]


def test_a_model_behind_prompt_versions_is_found(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit", source="s3://bucket/real")
    stage.author.create_version("credit", source="dummy-source", tags={PROMPT_TAG: "true"})
    snapshot = stage.registry.snapshot()
    assert snapshot.hidden == ("credit",)
    assert [version.source for version in snapshot.models[0].versions] == ["s3://bucket/real", "dummy-source"]


def test_a_prompt_that_has_a_run_is_a_model(stage):
    stage.author.create_model("credit", tags={PROMPT_TAG: "true"})
    run_id = stage.author.log_run()
    stage.author.create_version("credit", source="prompt-template", run_id=run_id, tags={PROMPT_TAG: "true"})
    assert stage.registry.snapshot().hidden == ("credit",)


def test_a_prompt_tag_of_another_value_hides_nothing(stage):
    stage.author.create_model("credit", tags={PROMPT_TAG: "false"})
    stage.author.create_version("credit")
    snapshot = stage.registry.snapshot()
    assert [len(model.versions) for model in snapshot.models] == [1]
    assert snapshot.hidden == ()
