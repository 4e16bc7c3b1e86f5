"""Scenarios 14 to 21 and 48: what is there, and what is gone."""

from __future__ import annotations

import copy
from typing import Any

from connector.mapping.sources import Scope
from connector.model.fields import Side
from connector.model.policy import Policy
from connector.model.state import Resolution
from tests.engine.world import OFFICER
from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_fields import base_of, credit, untouched
from tests.simulators.base import Call, Verb


def two(scene: Scene) -> None:
    credit(scene)
    scene.model("fraud", purpose="Card fraud")


def topics(run: Any) -> list[tuple[str, str]]:
    return [(remark.topic, str(remark.ref)) for remark in run.plan.remarks]


def delete_credit(scene: Scene) -> None:
    scene.author.delete_model("credit")


def test_14_deleted_in_mlflow(play: Play) -> None:
    def check(scene: Scene, _: Any) -> None:
        record = scene.record("credit")
        assert scene.grc_writes == [Call(Verb.UPDATE, "models", record["id"], {"lifecycle_status": "Decommissioned"})]
        assert scene.registry_writes == []
        assert (record["purpose"], len(scene.officer.records("versions"))) == ("Lending", 2)
        assert scene.link_states() == {"credit": "retired", "credit v1": "retired", "fraud": "live", "fraud v1": "live"}
        assert [(one.old, one.new) for one in scene.lines("retire_record")] == [(None, "decommissioned")]

    play(story(Act(delete_credit, check), given=two))


def test_14_deleted_in_mlflow_and_policy_leaves_the_record(play: Play) -> None:
    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert scene.fields("credit", "lifecycle_status") is None
        assert ("deleted", "credit") in topics(run)

    play(story(Act(delete_credit, check), given=two), policy=Policy(retire=False))


def test_14_a_version_deleted_in_mlflow_keeps_its_record(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.author.create_version("credit")

    def delete(scene: Scene) -> None:
        scene.author.delete_version("credit", "1")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.link_states() == {"credit": "live", "credit v1": "retired", "credit v2": "live"}
        assert len(scene.officer.records("versions")) == 2

    play(story(Act(edit), Act(delete, check), given=credit))


def test_14_deleted_in_mlflow_and_restored(play_in_memory: Play) -> None:
    """A database put back from its backup has the same model, created at the same time: the record is its own again."""

    def delete(scene: Scene) -> None:
        scene.elsewhere = scene.registry._store.models.pop("credit")

    def restore(scene: Scene) -> None:
        scene.registry._store.models["credit"] = copy.deepcopy(scene.elsewhere)
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert scene.link_states() == {"credit": "live", "credit v1": "live", "fraud": "live", "fraud v1": "live"}
        assert scene.fields("credit", "purpose", "lifecycle_status") == ("Leasing", "Decommissioned")
        assert scene.tags("credit")["grc_lifecycle_status"] == "decommissioned"
        assert [line.rule for line in scene.lines("link")[-2:]] == ["the model is back"] * 2

    play_in_memory(story(Act(delete), Act(restore, check), given=two))


def test_14_restored_after_its_record_was_purged(play_in_memory: Play) -> None:
    def delete(scene: Scene) -> None:
        scene.elsewhere = scene.registry._store.models.pop("credit")

    def restore(scene: Scene) -> None:
        scene.officer.delete(scene.record("credit")["id"])
        scene.registry._store.models["credit"] = copy.deepcopy(scene.elsewhere)

    def check(scene: Scene, run: Any) -> None:
        assert scene.grc_writes == []
        assert ("record gone", "credit") in topics(run)
        assert "is gone from the GRC" in scene.tags("credit")["grc_blocked"]
        assert scene.link_states()["credit"] == "record_gone"

    play_in_memory(story(Act(delete), Act(restore, check, exit_code=3), given=two))


def test_14_a_version_restored_after_its_record_was_purged(play_in_memory: Play) -> None:
    def delete(scene: Scene) -> None:
        scene.elsewhere = scene.registry._store.models["credit"].versions.pop("1")

    def restore(scene: Scene) -> None:
        scene.officer.delete(scene.version_record("credit")["id"])
        scene.registry._store.models["credit"].versions["1"] = copy.deepcopy(scene.elsewhere)

    def check(scene: Scene, run: Any) -> None:
        assert scene.grc_writes == []
        assert ("record gone", "credit v1") in topics(run)
        assert scene.link_states() == {"credit": "live", "credit v1": "record_gone"}

    play_in_memory(story(Act(delete), Act(restore, check, exit_code=3), given=credit))


def test_15_deleted_in_mlflow_and_edited_in_the_grc(play: Play) -> None:
    def edit(scene: Scene) -> None:
        delete_credit(scene)
        scene.patch(purpose="Lending, under review")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.fields("credit", "purpose", "lifecycle_status") == ("Lending, under review", None)
        assert scene.conflicts() == [("credit", "existence")]
        assert scene.link_states()["credit"] == "live"

    def answer(take: Side) -> Any:
        def resolve(scene: Scene) -> None:
            (case,) = scene.store.conflicts("test")
            now = scene.now.isoformat()
            answered = Resolution(case.ref, case.field, take, None, case.registry, case.grc, OFFICER, now)
            scene.store.resolve("test", answered)

        return resolve

    def kept(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.conflicts() == []
        assert scene.fields("credit", "purpose", "lifecycle_status") == ("Lending, under review", None)
        assert scene.link_states()["credit"] == "retired"

    def retired(scene: Scene, _: Any) -> None:
        assert scene.changed() == [(scene.record("credit")["id"], {"lifecycle_status": "Decommissioned"})]
        assert scene.fields("credit", "purpose") == "Lending, under review"
        assert scene.conflicts() == []
        (entry,) = scene.lines("retire_record", "lifecycle_status")
        assert entry.rule == f"deleted in MLflow; resolved: to be retired, by {OFFICER}"

    play(story(Act(edit, check, exit_code=3), Act(answer(Side.GRC), kept), given=credit))
    play(story(Act(edit, exit_code=3), Act(answer(Side.REGISTRY), retired), given=credit))


def delete_on_both(scene: Scene) -> None:
    for kind in ("versions", "models"):
        scene.officer.delete(scene.record("credit", kind)["id"])
    delete_credit(scene)


def test_16_gone_on_both_sides(play: Play) -> None:
    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.link_states() == {
            "credit": "tombstone",
            "credit v1": "tombstone",
            "fraud": "live",
            "fraud v1": "live",
        }

    play(story(Act(delete_on_both, check), given=two))


def test_17_created_again_under_the_same_name(play: Play) -> None:
    def again(scene: Scene) -> None:
        scene.model("credit", purpose="Leasing")

    def check(scene: Scene, _: Any) -> None:
        old, new = scene.officer.records("models", registry_name="credit")
        assert (old["lifecycle_status"], old["purpose"], old["tier"]) == ("Decommissioned", "Lending", "2 - High")
        assert (new["lifecycle_status"], new["purpose"], new["tier"]) == (None, "Leasing", None)
        assert old["external_key"] != new["external_key"]
        assert scene.tags("credit")["grc_record_id"] == new["id"]
        assert "risk_classification" not in scene.tags("credit")
        assert scene.wrote() == [("create", "models"), ("create", "versions")]

    play(story(Act(delete_credit), Act(again, check), given=credit))


def adopted(scene: Scene, **more: Any) -> None:
    """The model stands in MLflow; its record, with its key, was made by an earlier life of the connector."""
    credit(scene)
    made = scene.registry.model("credit")
    assert made is not None
    version = scene.registry.version("credit", "1")
    assert version is not None
    identity = {"connector_instance": scene.instance, "registry_name": "credit"}
    record = scene.officer.create(
        "models",
        **{"description": "Scores credit", "purpose": "Lending", "tier": "2 - High", **more},
        external_key=scene.key(),
        registry_created=made.created_ms,
        **identity,
    )
    scene.officer.create(
        "versions",
        model=record["id"],
        version="1",
        external_key=scene.key("credit", "1"),
        registry_created=version.created_ms,
        **identity,
    )


def test_18_first_contact_equal(play: Play) -> None:
    def check(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert {key for _, _, key, _ in scene.tagged()} == {
            *(["grc_record_url"] if scene.grc.has_pages else []),
            "grc_record_id",
            "grc_tier_state",
            "grc_approval_status",
            "grc_version_ref",
        }
        assert scene.link_states() == {"credit": "live", "credit v1": "live"}
        assert base_of(scene, "purpose").registry == "Lending"

    play(story(Act(adopted, check)))


def test_19_first_contact_different(play: Play) -> None:
    def different(scene: Scene) -> None:
        adopted(
            scene, description="Old text", purpose="Mortgages", tier="3 - Medium", model_owner="head.fraud@bank.example"
        )
        scene.tag("grc_model_owner", "myself@bank.example")

    def check(scene: Scene, _: Any) -> None:
        assert len(scene.officer.records("models")) == 1
        assert scene.fields("credit", "description", "purpose") == ("Scores credit", "Mortgages")
        assert scene.tags("credit")["purpose"] == "Lending"
        assert scene.tags("credit")["grc_model_owner"] == "head.fraud@bank.example"
        assert scene.conflicts() == [("credit", "purpose")]
        assert scene.fields("credit", "tier") == "2 - High"
        assert scene.tags("credit")["grc_tier_state"] == "provisional since 2026-03-02"

    play(story(Act(different, check, exit_code=3)))


def lose_state(scene: Scene) -> None:
    scene.lose_state()


def test_20_state_lost(play: Play) -> None:
    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.link_states() == {"credit": "live", "credit v1": "live", "fraud": "live", "fraud v1": "live"}
        assert base_of(scene, "purpose").registry == "Lending"

    play(story(Act(lose_state, check), given=two))


def test_20_state_lost_while_both_sides_moved(play: Play) -> None:
    def edit(scene: Scene) -> None:
        lose_state(scene)
        scene.tag("purpose", "Mortgages")
        scene.author.set_description("credit", "Scores mortgages")
        scene.patch(model_owner="head.fraud@bank.example")
        scene.author.delete_model("fraud")

    def check(scene: Scene, run: Any) -> None:
        assert scene.changed() == [(scene.record("credit")["id"], {"description": "Scores mortgages"})]
        assert scene.tagged() == [("credit", None, "grc_model_owner", "head.fraud@bank.example")]
        assert scene.conflicts() == [("credit", "purpose")]
        assert scene.fields("fraud", "lifecycle_status") is None
        assert ("orphan record", "fraud") in topics(run)

    play(story(Act(edit, check, exit_code=3), given=two))


def test_20_state_lost_keeps_a_provisional_risk_class(play: Play) -> None:
    def raised(scene: Scene) -> None:
        scene.tag("risk_classification", "critical")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert base_of(scene, "risk_classification").provisional_since == "2026-03-02"

    play(story(Act(raised), Act(lose_state, check), given=credit))


def test_21_state_names_what_is_gone_on_both_sides(play: Play) -> None:
    """Once forgotten it is not asked for again."""

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        scene.grc.calls.clear()
        scene.sync()
        assert Verb.LIST in {call.verb for call in scene.grc.calls}
        assert Verb.GET not in {call.verb for call in scene.grc.calls}
        assert scene.link_states() == {"credit": "tombstone", "credit v1": "tombstone"}

    play(story(Act(delete_on_both, check), given=credit))


def test_48_models_leave_the_scope_and_return(play: Play) -> None:
    def narrow(scene: Scene) -> None:
        scene.scope = Scope(exclude=("credit",))
        scene.reopen()
        scene.tag("purpose", "Leasing")
        plan = scene.plan()
        assert [(remark.topic, str(remark.ref)) for remark in plan.remarks] == [("out of scope", "credit")]
        assert plan.operations == ()

    def left_alone(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.fields("credit", "purpose", "lifecycle_status") == ("Lending", None)
        assert scene.link_states()["credit"] == "live"

    def widen(scene: Scene) -> None:
        scene.scope = Scope()
        scene.reopen()

    def back(scene: Scene, _: Any) -> None:
        assert scene.changed() == [(scene.record("credit")["id"], {"purpose": "Leasing"})]

    play(story(Act(narrow, left_alone), Act(widen, back), given=two))


def test_48_a_field_leaves_the_mapping(play: Play) -> None:
    """Seen as a smaller inventory, not as a deletion: what was written stays where it is."""

    def unmap(scene: Scene) -> None:
        scene.remap(without=frozenset({"purpose"}))
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.fields("credit", "purpose") == "Lending"

    play(story(Act(unmap, check, interrupt=False), given=credit))
