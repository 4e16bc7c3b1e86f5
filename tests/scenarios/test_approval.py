"""Scenarios 61 to 64, 66 and 67: requests, decisions, the risk class, and which version an approval is of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_existence import topics
from tests.scenarios.test_fields import credit, untouched

MODES = pytest.mark.parametrize("mode", ["records", "governed"])
REQUEST = "grc_approval_request"


def version_record(scene: Scene, version: str = "1") -> dict[str, Any]:
    """The record that holds the version's approval."""
    if scene.mode == "records":
        return scene.version_record("credit", version)
    record = scene.record("credit")
    assert record["governed_version"] == version
    return record


def approval(scene: Scene, version: str = "1") -> str | None:
    return scene.tags("credit", version).get("grc_approval_status")


def submit(scene: Scene) -> None:
    scene.tag(REQUEST, "submit", version="1")


def decide(decision: str, **details: Any) -> Any:
    def edit(scene: Scene) -> None:
        scene.officer.decide(version_record(scene)["id"], decision, **details)

    return edit


@MODES
def test_61_approval_requested_in_mlflow(play: Play, mode: str) -> None:
    def pending(scene: Scene, _: Any) -> None:
        record = version_record(scene)
        assert record["approval_status"] == "Pending Approval"
        wanted = {"approval_status": "Pending Approval"}
        if mode == "governed":
            wanted["governed_version"] = "1"
        assert scene.changed() == [(record["id"], wanted)]
        assert approval(scene) == "pending"
        assert scene.tags("credit", "1")[REQUEST] == "submit"
        line = scene.lines("update_record", "approval_status")[-1]
        assert (line.new, line.rule) == ("pending", "submitted in MLflow")

    def answered(scene: Scene, _: Any) -> None:
        tags = scene.tags("credit", "1")
        assert REQUEST not in tags
        assert (tags["grc_approval_status"], tags["grc_approved_by"]) == ("approved", "risk.officer@bank.example")
        assert scene.grc_writes == []
        assert scene.lines("update_registry", REQUEST)[-1].rule == "request answered: approved"

    play(story(Act(submit, pending), Act(decide("approved"), answered), given=credit), mode=mode)


@MODES
def test_62_request_withdrawn_in_mlflow(play: Play, mode: str) -> None:
    def withdraw(scene: Scene) -> None:
        scene.tag(REQUEST, "withdraw", version="1")

    def check(scene: Scene, _: Any) -> None:
        record = version_record(scene)
        assert record["approval_status"] == "Not Submitted"
        assert scene.changed() == [(record["id"], {"approval_status": "Not Submitted"})]
        assert approval(scene) == "not_submitted"
        assert REQUEST not in scene.tags("credit", "1")
        assert scene.lines("update_record", "approval_status")[-1].rule == "withdrawn in MLflow"

    play(story(Act(submit), Act(withdraw, check), given=credit), mode=mode)


@MODES
def test_63_decided_before_the_request_arrived(play: Play, mode: str) -> None:
    def edit(scene: Scene) -> None:
        scene.tag(REQUEST, "withdraw", version="1")
        decide("rejected")(scene)

    def check(scene: Scene, _: Any) -> None:
        assert version_record(scene)["approval_status"] == "Rejected"
        assert scene.grc_writes == []
        assert approval(scene) == "rejected"
        assert REQUEST not in scene.tags("credit", "1")
        assert scene.lines("update_registry", REQUEST)[-1].rule == "request answered: rejected"

    play(story(Act(submit), Act(edit, check), given=credit), mode=mode)


def test_63_a_request_on_a_decided_version(play: Play) -> None:
    """A rejected version cannot be submitted again by a tag: a new version can."""

    def check(scene: Scene, _: Any) -> None:
        assert version_record(scene)["approval_status"] == "Rejected"
        assert scene.grc_writes == []
        assert REQUEST not in scene.tags("credit", "1")

    play(story(Act(decide("rejected")), Act(submit, check), given=credit))


def test_61_a_request_that_means_nothing(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag(REQUEST, "please", version="1")

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert ("approval request", "credit v1") in topics(run)

    play(story(Act(edit, check, exit_code=3), given=credit))


@MODES
def test_64_an_approved_version_is_copied_to_another_model(play: Play, mode: str) -> None:
    def approved(scene: Scene) -> None:
        scene.officer.decide(version_record(scene)["id"], "conditional", conditions="EU only")
        scene.officer.raise_issue("Thin files", model=scene.record("credit")["id"])

    def copy(scene: Scene) -> None:
        scene.author.create_model("production")
        scene.author.copy_version("credit", "1", "production")

    def check(scene: Scene, run: Any) -> None:
        tags = scene.tags("production", "1")
        assert tags.get("grc_approval_status") in (None, "not_submitted")
        assert not {"grc_conditions", "grc_approved_by"} & tags.keys()
        assert approval(scene) == "conditional"
        assert scene.tags("credit", "1")["grc_conditions"] == "EU only"
        if mode == "records":
            assert scene.version_record("production")["approval_status"] == "Not Submitted"
            assert scene.version_record("production")["conditions"] is None
        else:
            assert scene.fields("production", "approval_status", "governed_version") == (None, None)
        assert ("inherited tags", "production v1") in topics(run)
        told = {line.field for line in scene.audit() if line.rule == "inherited from another version"}
        assert {"approval_status", "conditions"} <= told

    acts = (Act(approved), Act(copy, check, exit_code=3))
    play(story(*acts, given=governed_credit if mode == "governed" else credit), mode=mode)


def governed_credit(scene: Scene) -> None:
    credit(scene)
    submit(scene)


def test_66_the_risk_class(play: Play) -> None:
    def lower(scene: Scene) -> None:
        scene.tag("risk_classification", "low")

    def put_back(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert scene.tagged() == [("credit", None, "risk_classification", "high")]
        line = scene.lines("update_registry", "risk_classification")[-1]
        assert (line.old, line.new) == ("low", "high")
        assert "only the GRC may lower it" in line.rule

    def higher(scene: Scene) -> None:
        scene.tag("risk_classification", "critical")

    def provisional(scene: Scene, _: Any) -> None:
        assert scene.changed() == [(scene.record("credit")["id"], {"tier": "1 - Critical"})]
        assert scene.tags("credit")["grc_tier_state"] == "provisional since 2026-03-02"

    def lower_again(scene: Scene) -> None:
        scene.tag("risk_classification", "high")

    def provisional_holds(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert scene.tags("credit")["risk_classification"] == "critical"
        assert scene.tags("credit")["grc_tier_state"] == "provisional since 2026-03-02"

    def confirm_lower(scene: Scene) -> None:
        scene.patch(tier="3 - Medium")

    def falls(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        tags = scene.tags("credit")
        assert (tags["risk_classification"], tags["grc_tier_state"]) == ("medium", "confirmed")

    acts = (
        Act(lower, put_back),
        Act(higher, provisional),
        Act(lower_again, provisional_holds),
        Act(confirm_lower, falls),
    )
    play(story(*acts, given=confirmed_credit))


def confirmed_credit(scene: Scene) -> None:
    """The class was set in the GRC: nothing about it is provisional."""
    scene.author.create_model("credit")
    scene.author.create_version("credit")
    scene.sync()
    scene.patch(tier="2 - High")


def test_66_confirmed_by_its_field(play: Play) -> None:
    def confirm(scene: Scene) -> None:
        scene.patch(tier_confirmed_on="2026-03-01")

    def confirmed(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert scene.tags("credit")["grc_tier_state"] == "confirmed"
        assert scene.tags("credit")["risk_classification"] == "high"

    play(story(Act(confirm, confirmed), given=credit))


def second_version(scene: Scene) -> None:
    scene.author.create_version("credit")


def test_67_versions_with_records(play: Play) -> None:
    def given(scene: Scene) -> None:
        credit(scene)
        second_version(scene)

    def check(scene: Scene, _: Any) -> None:
        assert (approval(scene, "1"), approval(scene, "2")) == ("approved", "not_submitted")
        assert scene.version_record("credit", "2")["approval_status"] == "Not Submitted"
        assert {version for _, version, _, _ in scene.tagged()} == {"1"}

    def next_one(scene: Scene) -> None:
        scene.officer.decide(scene.version_record("credit", "2")["id"], "rejected")

    def both(scene: Scene, _: Any) -> None:
        assert (approval(scene, "1"), approval(scene, "2")) == ("approved", "rejected")

    play(story(Act(decide("approved"), check), Act(next_one, both), given=given))


def test_67_an_approval_on_the_model_record_where_versions_have_records(play: Play) -> None:
    """The model's record has approval fields of its own, which this mapping does not name: they reach no version."""

    def edit(scene: Scene) -> None:
        scene.officer.decide(scene.record("credit")["id"], "approved")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert approval(scene) == "not_submitted"

    play(story(Act(edit, check), given=credit))


def test_67_governed_version(play: Play) -> None:
    def given(scene: Scene) -> None:
        governed_credit(scene)
        second_version(scene)

    def first(scene: Scene, _: Any) -> None:
        assert approval(scene, "1") == "approved"
        assert "grc_approval_status" not in scene.tags("credit", "2")
        assert {version for _, version, _, _ in scene.tagged()} == {"1"}

    def submit_second(scene: Scene) -> None:
        scene.tag(REQUEST, "submit", version="2")

    def under_review(scene: Scene, _: Any) -> None:
        """The record is about the second version now; the first keeps the last decision of it."""
        assert version_record(scene, "2")["approval_status"] == "Pending Approval"
        assert (approval(scene, "1"), approval(scene, "2")) == ("approved", "pending")

    def reject_second(scene: Scene) -> None:
        scene.officer.decide(version_record(scene, "2")["id"], "rejected")

    def second(scene: Scene, _: Any) -> None:
        assert (approval(scene, "1"), approval(scene, "2")) == ("approved", "rejected")
        assert scene.tags("credit", "1")["grc_approved_by"] == "risk.officer@bank.example"
        assert "grc_approved_by" not in scene.tags("credit", "2")

    acts = (Act(decide("approved"), first), Act(submit_second, under_review), Act(reject_second, second))
    play(story(*acts, given=given), mode="governed")


def test_67_governed_version_named_by_the_officer(play: Play) -> None:
    def given(scene: Scene) -> None:
        credit(scene)
        second_version(scene)

    def edit(scene: Scene) -> None:
        record = scene.record("credit")["id"]
        scene.officer.patch(record, governed_version="2")
        scene.officer.decide(record, "approved")

    def check(scene: Scene, _: Any) -> None:
        assert approval(scene, "2") == "approved"
        assert "grc_approval_status" not in scene.tags("credit", "1")
        assert scene.grc_writes == []

    play(story(Act(edit, check), given=given), mode="governed")


@pytest.mark.parametrize("named", [None, "9"])
def test_67_an_approval_without_a_version(play: Play, named: str | None) -> None:
    def edit(scene: Scene) -> None:
        record = scene.record("credit")["id"]
        scene.officer.patch(record, governed_version=named)
        scene.officer.decide(record, "approved")
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert "grc_approval_status" not in scene.tags("credit", "1")
        assert scene.registry_writes == []
        assert scene.fields("credit", "purpose") == "Leasing"
        assert scene.quarantined() == [("credit", "approval_status")]

    def corrected(scene: Scene) -> None:
        scene.patch(governed_version="1")

    def reaches_it(scene: Scene, _: Any) -> None:
        assert approval(scene) == "approved"
        assert scene.quarantined() == []

    acts = (Act(edit, check, exit_code=3), Act(corrected, reaches_it))
    play(story(*acts, given=credit), mode="governed")


def test_67_no_versions_at_all(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.officer.decide(scene.record("credit")["id"], "approved")
        scene.tag(REQUEST, "submit", version="1")
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert scene.tags("credit", "1") == {REQUEST: "submit"}
        assert [body for _, body in scene.changed()] == [{"purpose": "Leasing"}]
        assert scene.quarantined() == [("credit", "approval_status")]

    play(story(Act(edit, check, exit_code=3), given=credit), mode="none")


def test_67_state_lost_with_a_governed_version(play: Play) -> None:
    """What was decided of a version that the record no longer names is rebuilt from its tags."""

    def given(scene: Scene) -> None:
        governed_credit(scene)
        second_version(scene)

    def submit_second(scene: Scene) -> None:
        scene.tag(REQUEST, "submit", version="2")

    def lost(scene: Scene) -> None:
        scene.lose_state()

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert (approval(scene, "1"), approval(scene, "2")) == ("approved", "pending")

    def forge(scene: Scene) -> None:
        scene.tag("grc_approval_status", "approved", version="2")

    def put_back(scene: Scene, _: Any) -> None:
        assert approval(scene, "2") == "pending"

    acts = (Act(decide("approved")), Act(submit_second), Act(lost, check), Act(forge, put_back))
    play(story(*acts, given=given), mode="governed")
