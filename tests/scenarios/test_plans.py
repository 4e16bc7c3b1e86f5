"""Scenarios 50, 51 and 70: what a plan promises, sides that are not written, and records that a person links."""

from __future__ import annotations

from typing import Any

from connector.engine import Cycle
from connector.engine.linking import Adoption, linking
from connector.engine.names import Match, Wanted, match_names
from connector.model.fields import Entity, Side
from connector.model.policy import Policy
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
        # A plan cannot know that a platform tells no page of a record that it is yet to make.
        never = set() if scene.grc.has_pages else {"grc_record_url"}
        wanted = {
            (op.ref.key, op.side, c.field): c.new
            for op in promised.operations
            for c in op.changes
            if c.field not in never
        }
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
        assert [str(each.operation.ref) for each in run.stale] == ["credit"]
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


def inventory_without_keys(scene: Scene) -> None:
    """What a bank had before: two records that are models of the registry, two of one name, one of nobody."""
    credit(scene)
    scene.author.create_model("fraud", tags={"purpose": "Card fraud"})
    scene.author.create_model("churn")
    for name, purpose in (("Credit", "Lending"), ("FRAUD", "Account fraud"), ("Churn", ""), ("churn!", "")):
        scene.officer.create("models", registry_name=name, purpose=purpose, tier="1 - Critical")


def preview(scene: Scene) -> list[Match]:
    """What `link --file` shows."""
    translator = scene.connection.translator
    views = [translator.model_view(model) for model in scene.registry.snapshot().models]
    records = [translator.record_view(record) for record in scene.adapter.records(Entity.MODEL)]
    rows = [Wanted(name) for name in ("credit", "fraud", "churn")]
    return match_names(rows, views, records, scene.store.links("test"))


def test_70_existing_records_linked_by_a_name_list(play: Play) -> None:
    def link(scene: Scene) -> None:
        inventory_without_keys(scene)
        before = picture(scene)
        found = preview(scene)
        assert picture(scene) == before
        assert [(match.wanted.model, match.settled) for match in found] == [
            ("credit", True),
            ("fraud", True),
            ("churn", False),
        ]
        assert len(found[2].record_ids) == 2
        with linking(scene.connection, "risk.officer@bank.example") as linker:
            for match in found:
                if match.settled:
                    linker.adopt(Adoption(match.model, match.record_ids[0]))

    def check(scene: Scene, run: Any) -> None:
        record = scene.record("credit")
        assert (record["purpose"], record["tier"], record["connector_instance"]) == (
            "Lending",
            "1 - Critical",
            scene.instance,
        )
        assert record["external_key"] == scene.key()
        assert record["registry_created"] == scene.registry.model("credit").created_ms
        assert scene.tags("credit")["risk_classification"] == "critical"
        assert scene.conflicts() == [("fraud", "purpose")]
        assert scene.tags("fraud")["purpose"] == "Card fraud"
        assert sorted(str(each.ref) for each in run.applied.operations if each.kind == "create_record") == [
            "churn",
            "credit v1",
        ]
        assert [topic for topic, _ in topics(run)] == ["grc only", "grc only"]

    play(story(Act(link, check, exit_code=3)))
