"""Scenarios 50, 51 and 70: what a plan promises, sides that are not written, and records that a person links."""

from __future__ import annotations

from typing import Any

from connector.engine import Cycle
from connector.model.fields import Side
from connector.model.policy import Policy
from connector.model.state import Link
from tests.scenarios.conftest import Play
from tests.scenarios.picture import picture
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_existence import delete_credit, topics, two
from tests.scenarios.test_fields import credit, untouched


def busy(scene: Scene) -> None:
    scene.tag("purpose", "Leasing")
    scene.patch(model_owner="head.retail@bank.example")
    scene.tag("grc_lifecycle_status", "approved")
    scene.author.delete_model("fraud")
    scene.author.create_model("new", tags={"purpose": "New"})


def test_50_a_plan_changes_nothing_and_keeps_its_word(play: Play) -> None:
    def edit(scene: Scene) -> None:
        busy(scene)
        before = picture(scene)
        scene.forget_writes()
        scene.elsewhere = scene.plan()
        untouched(scene)
        assert picture(scene) == before

    def check(scene: Scene, run: Any) -> None:
        promised = scene.elsewhere
        assert [each.digest for each in run.plan.operations] == [each.digest for each in promised.operations]
        wanted = {(op.ref.key, op.side, c.field): c.new for op in promised.operations for c in op.changes}
        done = {(op.ref.key, op.side, c.field): c.new for op in run.applied.operations for c in op.changes}
        assert done.keys() == wanted.keys()
        assert {key: value for key, value in wanted.items() if done[key] != value} == {
            key: "(assigned by the GRC)" for key, value in wanted.items() if "(assigned" in str(value)
        }

    play(story(Act(edit, check), given=two))


def test_50_a_saved_plan_applies_what_still_holds(play: Play) -> None:
    """An operation that went stale is refused, and what the plan does not name waits."""

    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Leasing")
        scene.tag("purpose", "Account fraud", "fraud")
        scene.elsewhere = scene.plan()
        scene.tag("purpose", "Mortgages")
        scene.patch("fraud", model_owner="head.fraud@bank.example")
        scene.forget_writes()
        run = Cycle(scene.connection, only=scene.elsewhere).run()
        assert run.exit_code == 3
        assert [str(each.ref) for each in run.stale] == ["credit"]
        assert [body for _, body in scene.changed()] == [{"purpose": "Account fraud"}]
        assert scene.registry_writes == []

    def rest(scene: Scene, _: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"purpose": "Mortgages"}]
        assert scene.tagged() == [("fraud", None, "grc_model_owner", "head.fraud@bank.example")]

    play(story(Act(edit, rest, interrupt=False), given=two))


def test_51_the_grc_is_read_only(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.policy = Policy(read_only=frozenset({Side.GRC}))
        scene.author.set_description("credit", "Scores leases")
        scene.tag("grc_model_owner", "myself@bank.example")
        scene.author.create_model("new")
        scene.author.delete_model("fraud")

    def check(scene: Scene, run: Any) -> None:
        assert scene.grc_writes == []
        assert scene.tagged() == [("credit", None, "grc_model_owner", "-")]
        assert ("read-only side", "credit") in topics(run)
        assert ("deleted", "fraud") in topics(run)
        assert scene.fields("credit", "description") == "Scores credit"

    play(story(Act(edit, check), given=two))


def test_51_mlflow_is_read_only(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.policy = Policy(read_only=frozenset({Side.REGISTRY}))
        scene.author.set_description("credit", "Scores leases")
        scene.patch(model_owner="head.retail@bank.example")

    def check(scene: Scene, run: Any) -> None:
        assert scene.registry_writes == []
        assert [body for _, body in scene.changed()] == [{"description": "Scores leases"}]
        assert ("read-only side", "credit") in topics(run)

    def writable(scene: Scene) -> None:
        scene.policy = Policy()

    def caught_up(scene: Scene, _: Any) -> None:
        assert scene.tagged() == [("credit", None, "grc_model_owner", "head.retail@bank.example")]

    play(story(Act(edit, check), Act(writable, caught_up), given=credit))


def test_51_upsert_only(play: Play) -> None:
    """Records are created and changed, never retired."""

    def edit(scene: Scene) -> None:
        delete_credit(scene)
        scene.tag("purpose", "Account fraud", "fraud")

    def check(scene: Scene, run: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"purpose": "Account fraud"}]
        assert scene.fields("credit", "lifecycle_status") is None
        assert ("deleted", "credit") in topics(run)

    play(story(Act(edit, check), given=two), policy=Policy(retire=False))


def test_51_drift_is_only_reported(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.patch(description="Anything")
        scene.tag("grc_model_owner", "myself@bank.example")

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert [topic for topic, _ in topics(run)] == ["drift", "drift"]

    play(story(Act(edit, check), given=credit), policy=Policy(undo_drift=False))


def test_70_a_record_without_a_key_is_linked_by_a_person(play: Play) -> None:
    """The engine's half of ``link``: the link is taken, the record gets its key, and nothing is created."""

    def link(scene: Scene) -> None:
        credit(scene)
        record = scene.officer.create("models", registry_name="Retail PD", tier="1 - Critical", purpose="Lending")
        settings = scene.connection.translator.settings
        model = scene.registry.model("credit")
        view = scene.connection.translator.model_view(model)
        assert settings.keys.model("credit", model.created_ms) == view.ref.key
        lease = scene.store.acquire_lease("test", "a person", scene.now, 60)
        with scene.store.recording(lease, scene.now) as recorder:
            recorder.put_link(Link(view.ref, record["id"], created_ms=view.created_ms))
        scene.store.release_lease(lease)

    def check(scene: Scene, _: Any) -> None:
        (record,) = scene.officer.records("models")
        assert record["external_key"].endswith(f"@{record['registry_created']}")
        assert (record["registry_name"], record["connector_instance"]) == ("credit", scene.instance)
        assert scene.tags("credit")["risk_classification"] == "critical"
        assert record["purpose"] == "Lending"
        assert scene.conflicts() == []

    play(story(Act(link, check)))
