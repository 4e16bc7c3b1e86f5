"""Scenarios 1 to 13: one field, two sides, and what both last agreed on."""

from __future__ import annotations

from typing import Any

from connector.model.fields import Side
from connector.model.policy import Policy
from connector.model.state import Base
from tests.scenarios.conftest import Play
from tests.scenarios.grc import OFFICER
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.simulators.base import Call, Verb


def credit(scene: Scene) -> None:
    """A model with one version and a field of every owner."""
    scene.model("credit", description="Scores credit", purpose="Lending", risk_classification="high")


def untouched(scene: Scene, _: Any = None) -> None:
    assert scene.grc_writes == []
    assert scene.registry_writes == []


def base_of(scene: Scene, field: str, name: str = "credit") -> Base:
    key = scene.record(name)["external_key"]
    return scene.store.bases_of("test", key)[field]


def test_01_new_in_mlflow_only(play: Play) -> None:
    def check(scene: Scene, _: Any) -> None:
        record, version = scene.record("credit"), scene.version_record("credit")
        assert record["external_key"] == scene.key()
        assert record["connector_instance"] == scene.instance
        assert scene.fields("credit", "description", "purpose", "tier") == ("Scores credit", "Lending", "2 - High")
        assert (version["external_key"], version["model"]) == (scene.key("credit", "1"), record["id"])
        assert scene.tags("credit")["grc_record_id"] == record["id"]
        assert scene.tags("credit", "1")["grc_approval_status"] == "not_submitted"
        assert scene.wrote() == [("create", "models"), ("create", "versions")]
        assert scene.link_states() == {"credit": "live", "credit v1": "live"}

    play(story(Act(credit, check)))


def test_02_new_in_the_grc_only_is_reported(play: Play) -> None:
    def vendor(scene: Scene) -> None:
        scene.officer.create("models", registry_name="bureau score", tier="2 - High", purpose="Bought in")

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert [(remark.topic, str(remark.ref)) for remark in run.plan.remarks] == [("grc only", "bureau score")]

    play(story(Act(vendor, check), given=credit))


def test_02_new_in_the_grc_only_becomes_a_placeholder(play: Play) -> None:
    def vendor(scene: Scene) -> None:
        scene.officer.create("models", registry_name="bureau score", tier="2 - High", purpose="Bought in")

    def check(scene: Scene, _: Any) -> None:
        record, tags = scene.record("bureau score"), scene.tags("bureau score")
        assert (tags["grc_placeholder"], tags["grc_record_id"]) == ("true", record["id"])
        assert (tags["risk_classification"], tags["purpose"]) == ("high", "Bought in")
        assert scene.registry.version("bureau score", "1") is None
        assert scene.fields("bureau score", "tier", "purpose") == ("2 - High", "Bought in")
        assert scene.link_states() == {"bureau score": "live"}
        assert len(scene.officer.records("models")) == 1

    def delete(scene: Scene) -> None:
        scene.author.delete_model("bureau score")

    play(story(Act(vendor, check), Act(delete, check)), policy=Policy(placeholders=True))


def test_03_mlflow_edits_a_field(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.author.set_description("credit", "Scores small loans")

    def check(scene: Scene, _: Any) -> None:
        record = scene.record("credit")
        assert scene.grc_writes == [Call(Verb.UPDATE, "models", record["id"], {"description": "Scores small loans"})]
        assert scene.registry_writes == []
        (line,) = [one for one in scene.lines("update_record") if one.new == "Scores small loans"]
        assert (line.side, line.old, line.rule) == (Side.GRC, "Scores credit", "owned by MLflow")

    play(story(Act(edit, check), given=credit))


def test_04_grc_edits_a_field(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.patch(purpose="Lending to small firms", model_owner="head.retail@bank.example")

    def check(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert scene.tagged() == [
            ("credit", None, "grc_model_owner", "head.retail@bank.example"),
            ("credit", None, "purpose", "Lending to small firms"),
        ]
        lines = {one.field: (one.old, one.new, one.actor) for one in scene.lines("update_registry")[-2:]}
        assert lines["purpose"] == ("Lending", "Lending to small firms", scene.told(OFFICER))

    play(story(Act(edit, check), given=credit))


def test_05_each_side_edits_another_field(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Lending to students")
        scene.patch(model_owner="head.retail@bank.example")

    def check(scene: Scene, _: Any) -> None:
        assert scene.changed() == [(scene.record("credit")["id"], {"purpose": "Lending to students"})]
        assert scene.tagged() == [("credit", None, "grc_model_owner", "head.retail@bank.example")]
        assert scene.conflicts() == []

    play(story(Act(edit, check), given=credit))


def test_06_both_edit_to_the_same_value(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Leasing")
        scene.patch(purpose="Leasing")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert base_of(scene, "purpose") == Base("Leasing", "Leasing")

    play(story(Act(edit, check), given=credit))


def both_edit_purpose(scene: Scene) -> None:
    scene.tag("purpose", "Mortgages")
    scene.patch(purpose="Leasing")


def test_07_both_edit_shared_field_differently(play: Play) -> None:
    def edit(scene: Scene) -> None:
        both_edit_purpose(scene)
        scene.author.set_description("credit", "Scores mortgages")
        scene.patch(model_owner="head.retail@bank.example")

    def check(scene: Scene, _: Any) -> None:
        assert scene.conflicts() == [("credit", "purpose")]
        (case,) = scene.store.conflicts("test")
        assert (case.registry, case.grc) == ("Mortgages", "Leasing")
        assert (case.base_registry, case.base_grc) == ("Lending", "Lending")
        assert scene.tags("credit")["purpose"] == "Mortgages"
        assert scene.fields("credit", "purpose") == "Leasing"
        assert scene.changed() == [(scene.record("credit")["id"], {"description": "Scores mortgages"})]
        assert scene.tagged() == [("credit", None, "grc_model_owner", "head.retail@bank.example")]
        assert [one.field for one in scene.lines("conflict")] == ["purpose"]

    play(story(Act(edit, check, exit_code=3), given=credit))


def test_07_both_edit_a_field_whose_rule_decides(play: Play) -> None:
    """The risk class goes by severity: the GRC's word is final, unless MLflow raised it above."""

    def lower_than_mlflow(scene: Scene) -> None:
        scene.tag("risk_classification", "critical")
        scene.patch(tier="3 - Medium")

    def raised(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "tier") == "1 - Critical"
        assert scene.tags("credit")["grc_tier_state"] == "provisional since 2026-03-02"

    def higher_than_mlflow(scene: Scene) -> None:
        scene.tag("risk_classification", "medium")
        scene.patch(tier="2 - High")

    def set_in_grc(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert (scene.tags("credit")["risk_classification"], scene.tags("credit")["grc_tier_state"]) == (
            "high",
            "confirmed",
        )

    play(story(Act(lower_than_mlflow, raised), Act(higher_than_mlflow, set_in_grc), given=credit))


def test_08_both_edit_a_field_that_mlflow_owns(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.author.set_description("credit", "Scores mortgages")
        scene.patch(description="Scores leases")

    def check(scene: Scene, _: Any) -> None:
        assert scene.changed() == [(scene.record("credit")["id"], {"description": "Scores mortgages"})]
        assert scene.registry_writes == []
        line = scene.lines("update_record", "description")[-1]
        assert (line.old, line.new) == ("Scores leases", "Scores mortgages")
        assert line.rule.startswith("owned by MLflow")

    play(story(Act(edit, check), given=credit))


def test_08_both_edit_a_field_that_the_grc_owns(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag("grc_model_owner", "myself@bank.example")
        scene.patch(model_owner="head.retail@bank.example")

    def check(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert scene.tagged() == [("credit", None, "grc_model_owner", "head.retail@bank.example")]
        line = scene.lines("update_registry", "model_owner")[-1]
        assert (line.old, line.new) == ("myself@bank.example", "head.retail@bank.example")

    play(story(Act(edit, check), given=credit))


def test_08_an_edit_on_the_side_that_does_not_own_is_put_back(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag("grc_model_owner", "myself@bank.example")
        scene.tag("grc_approval_status", "approved", version="1")
        scene.patch(description="Anything")

    def check(scene: Scene, run: Any) -> None:
        assert scene.fields("credit", "description", "model_owner") == ("Scores credit", None)
        assert "grc_model_owner" not in scene.tags("credit")
        assert scene.tags("credit", "1")["grc_approval_status"] == "not_submitted"
        assert scene.version_record("credit")["approval_status"] == "Not Submitted"
        assert run.run.counts["drift"] == 3
        old = {line.field: line.old for line in scene.audit() if "put back" in line.rule}
        assert old == {
            "model_owner": "myself@bank.example",
            "approval_status": "approved",
            "description": "Anything",
        }

    play(story(Act(edit, check), given=credit))


def test_09_parked_then_made_equal_by_a_person(play: Play) -> None:
    def agree(scene: Scene) -> None:
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.conflicts() == []
        assert base_of(scene, "purpose") == Base("Leasing", "Leasing")

    play(story(Act(both_edit_purpose, exit_code=3), Act(agree, check), given=credit))


def test_10_a_conflict_does_not_freeze_other_fields(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.patch(model_owner="head.fraud@bank.example", limitations=["no thin files"])

    def check(scene: Scene, _: Any) -> None:
        assert scene.tags("credit")["grc_model_owner"] == "head.fraud@bank.example"
        assert scene.tags("credit")["limitations"] == '["no thin files"]'
        assert scene.conflicts() == [("credit", "purpose")]
        assert len(scene.lines("conflict")) == 1

    play(story(Act(both_edit_purpose, exit_code=3), Act(edit, check, exit_code=3), given=credit))


def test_11_there_and_back_again(play: Play) -> None:
    def there(scene: Scene) -> None:
        scene.tag("purpose", "Leasing")

    def back(scene: Scene) -> None:
        scene.patch(purpose="Lending")

    def check(scene: Scene, _: Any) -> None:
        assert (scene.tags("credit")["purpose"], scene.fields("credit", "purpose")) == ("Lending", "Lending")

    play(story(Act(there), Act(back, check), given=credit))


def test_12_edited_and_reverted_between_syncs(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Leasing")
        scene.tag("purpose", "Lending")
        scene.patch(purpose="Leasing", description="Anything")
        scene.patch(purpose="Lending", description="Scores credit")

    play(story(Act(edit, untouched), given=credit))


def test_13_time_stamp_bumped(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.touch(scene.record("credit")["id"])
        scene.author.set_description("credit", "Scores credit")

    play(story(Act(edit, untouched), given=credit))
