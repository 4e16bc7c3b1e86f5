"""Scenarios 22 to 24, 49, 59, 60 and 65: which record is whose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_existence import delete_credit, topics, two
from tests.scenarios.test_fields import base_of, credit, untouched
from tests.simulators.base import Verb


def test_22_two_records_with_one_key(play: Play) -> None:
    def edit(scene: Scene) -> None:
        record = scene.record("credit")
        copy = {name: record[name] for name in ("external_key", "connector_instance", "registry_created", "purpose")}
        scene.officer.create("models", registry_name="credit", **copy)
        scene.author.set_description("credit", "Not to be seen")
        scene.author.set_description("fraud", "Finds fraud")

    def check(scene: Scene, _: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"description": "Finds fraud"}]
        assert scene.registry_writes == []
        assert scene.quarantined() == [("credit", "")]
        (case,) = scene.store.quarantines("test")
        assert "2 records carry its correlation key" in case.reason

    def mend(scene: Scene) -> None:
        _, second = scene.officer.records("models", registry_name="credit")
        scene.officer.patch(second["id"], external_key=None, connector_instance=None)

    def mended(scene: Scene, _: Any) -> None:
        assert scene.quarantined() == []
        first, second = scene.officer.records("models", registry_name="credit")
        assert (first["description"], second["description"]) == ("Not to be seen", None)

    play(story(Act(edit, check, exit_code=3), Act(mend, mended), given=two))


@pytest.mark.parametrize("key", [None, "mlflow:somebody/else@1"])
def test_23_key_edited_by_hand(play: Play, key: str | None) -> None:
    def edit(scene: Scene) -> None:
        scene.patch(external_key=key, purpose="Leasing")

    def check(scene: Scene, run: Any) -> None:
        record = scene.record("credit")
        assert record["external_key"] == scene.key()
        assert scene.changed() == [(record["id"], {"external_key": record["external_key"]})]
        assert scene.tags("credit")["purpose"] == "Leasing"
        assert ("key edited", "credit") in topics(run)
        assert len(scene.officer.records("models")) == 1

    play(story(Act(edit, check), given=credit))


def test_24_record_id_changed(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.reid(scene.record("credit")["id"])

    def check(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        record = scene.record("credit")
        wanted = {("grc_record_id", record["id"])}
        if scene.grc.has_pages:
            url = scene.tags("credit")["grc_record_url"]
            assert record["id"] in url
            wanted.add(("grc_record_url", url))
        assert {(key, value) for _, _, key, value in scene.tagged()} == wanted
        assert scene.link_states() == {"credit": "live", "credit v1": "live"}

    play(story(Act(edit, check), given=credit))


def test_24_record_gone_is_shown_and_comes_back(play: Play) -> None:
    """The counterpart of 14: nothing is created in its place, a person decides."""

    def gone(scene: Scene) -> None:
        scene.officer.delete(scene.record("credit")["id"])

    def shown(scene: Scene, run: Any) -> None:
        assert scene.grc_writes == []
        lost = scene.tags("credit")["grc_record_id"]
        assert scene.tagged() == [("credit", None, "grc_blocked", f"inventory record {lost} is gone from the GRC")]
        assert ("record gone", "credit") in topics(run)
        assert scene.officer.records("models") == []

    def restored(scene: Scene) -> None:
        scene.officer.create("models", external_key=scene.key(), registry_name="credit", purpose="Lending")

    def back(scene: Scene, _: Any) -> None:
        assert scene.link_states()["credit"] == "live"
        assert "grc_blocked" not in scene.tags("credit")
        assert scene.tags("credit")["grc_record_id"] == scene.record("credit")["id"]
        assert scene.fields("credit", "connector_instance") == scene.instance

    play(story(Act(gone, shown, exit_code=3), Act(restored, back), given=credit))


def test_49_a_record_of_another_instance(play: Play) -> None:
    def edit(scene: Scene) -> None:
        credit(scene)
        scene.officer.create(
            "models",
            external_key=scene.key(),
            connector_instance="another-instance",
            registry_name="credit",
            purpose="Theirs",
        )

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.fields("credit", "purpose", "connector_instance") == ("Theirs", "another-instance")
        assert scene.quarantined() == [("credit", "")]
        assert "another connector instance (another-instance)" in scene.store.quarantines("test")[0].reason

    play(story(Act(edit, check, exit_code=3)))


def test_49_a_record_taken_over_by_another_instance(play: Play) -> None:
    def take(scene: Scene) -> None:
        for name in ("credit", "fraud"):
            scene.patch(name, connector_instance="another-instance")
        scene.tag("purpose", "Account fraud", "fraud")
        delete_credit(scene)

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.fields("credit", "lifecycle_status", "purpose") == (None, "Lending")
        assert scene.fields("fraud", "purpose", "connector_instance") == ("Card fraud", "another-instance")
        assert scene.quarantined() == [("fraud", "")]

    play(story(Act(take, check, exit_code=3), given=two))


def test_59_renamed_model(play: Play) -> None:
    def rename(scene: Scene) -> None:
        scene.author.rename("credit", "credit scoring")
        scene.tag("purpose", "Leasing", "credit scoring")

    def check(scene: Scene, run: Any) -> None:
        (record,), (version,) = scene.officer.records("models"), scene.officer.records("versions")
        assert (record["registry_name"], version["registry_name"]) == ("credit scoring", "credit scoring")
        assert record["external_key"] == scene.key("credit scoring")
        assert version["external_key"] == scene.key("credit scoring", "1")
        assert (record["purpose"], record["lifecycle_status"]) == ("Leasing", None)
        assert scene.link_states() == {"credit scoring": "live", "credit scoring v1": "live"}
        assert scene.registry_writes == []
        assert {call.verb for call in scene.grc_writes} == {Verb.UPDATE}
        assert base_of(scene, "purpose", "credit scoring").registry == "Leasing"

    play(story(Act(rename, check), given=credit))


def test_59_renamed_while_the_state_was_lost(play: Play) -> None:
    def rename(scene: Scene) -> None:
        scene.author.rename("credit", "credit scoring")
        scene.lose_state()

    def check(scene: Scene, _: Any) -> None:
        (record,), (version,) = scene.officer.records("models"), scene.officer.records("versions")
        assert record["registry_name"] == version["registry_name"] == "credit scoring"
        assert (record["purpose"], record["tier"]) == ("Lending", "2 - High")
        assert scene.link_states() == {"credit scoring": "live", "credit scoring v1": "live"}

    play(story(Act(rename, check), given=credit))


def test_60_tags_copied_onto_another_model(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.author.create_model("copy", tags={**scene.tags("credit"), "purpose": "Copied"})
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.fields("credit", "purpose") == "Lending"
        assert scene.quarantined() == [("copy", ""), ("credit", "")]
        assert all("claimed by more than one" in case.reason for case in scene.store.quarantines("test"))
        assert len(scene.officer.records("models")) == 1

    def mend(scene: Scene) -> None:
        scene.tag("grc_record_id", None, "copy")

    def mended(scene: Scene, _: Any) -> None:
        assert scene.quarantined() == []
        assert scene.fields("credit", "purpose") == "Leasing"
        assert scene.fields("copy", "purpose") == "Copied"
        assert scene.tags("copy")["grc_record_id"] == scene.record("copy")["id"]

    play(story(Act(edit, check, exit_code=3), Act(mend, mended), given=credit))


def test_60_tags_of_a_deleted_model_on_another(play: Play) -> None:
    """The tag names a record, but not one of this model: it was created at another time."""

    def edit(scene: Scene) -> None:
        scene.author.create_model("copy", tags={"grc_record_id": scene.tags("credit")["grc_record_id"]})
        delete_credit(scene)

    def check(scene: Scene, _: Any) -> None:
        (record,) = scene.officer.records("models")
        assert (record["registry_name"], record["lifecycle_status"]) == ("credit", "Decommissioned")
        assert scene.registry_writes == []
        assert scene.quarantined() == [("copy", "")]
        assert "which is another object's" in scene.store.quarantines("test")[0].reason

    play(story(Act(edit, check, exit_code=3), given=credit))


def test_65_state_lost_and_the_name_created_again(play: Play) -> None:
    def approved(scene: Scene) -> None:
        scene.officer.decide(scene.version_record("credit")["id"], "approved")

    def again(scene: Scene) -> None:
        scene.lose_state()
        delete_credit(scene)
        scene.model("credit", purpose="Leasing")

    def check(scene: Scene, run: Any) -> None:
        old, new = scene.officer.records("models", registry_name="credit")
        assert (old["purpose"], new["purpose"]) == ("Lending", "Leasing")
        assert old["external_key"] != new["external_key"]
        first, second = scene.officer.records("versions", registry_name="credit")
        assert (first["model"], first["approval_status"]) == (old["id"], "Approved")
        assert (second["model"], second["approval_status"]) == (new["id"], "Not Submitted")
        assert scene.tags("credit", "1")["grc_approval_status"] == "not_submitted"
        assert ("orphan record", "credit") in topics(run)

    play(story(Act(approved), Act(again, check, exit_code=3), given=credit))
