"""What was seen when the product was used by hand."""

from __future__ import annotations

from collections.abc import Callable

from connector.engine import Cycle
from tests.engine.world import World


def test_a_class_that_cannot_be_read_leaves_its_state_alone(world: World) -> None:
    world.author.create_model("credit", tags={"risk_classification": "high"})
    world.sync()
    before = world.tags("credit")["grc_tier_state"]
    world.author.set_tag("credit", "risk_classification", "weird")
    assert world.sync().exit_code == 3
    assert world.tags("credit")["grc_tier_state"] == before


def test_a_saved_plan_and_a_narrowed_cycle_show_the_conflicts_that_they_saw(make_world: Callable[..., World]) -> None:
    world = make_world()
    for name in ("credit", "fraud"):
        world.author.create_model(name, tags={"purpose": "Scores."})
    world.sync()
    world.author.set_tag("credit", "purpose", "In MLflow.")
    world.officer.patch(world.record("credit")["id"], purpose="In the GRC.")
    saved = Cycle(world.connection).preview()
    world.sync(only=saved)
    assert [case.field for case in world.store.conflicts("test")] == ["purpose"]
    world.sync(model="fraud")
    assert [case.field for case in world.store.conflicts("test")] == ["purpose"]


def test_who_changed_the_record_is_named_for_its_values_and_not_for_what_is_put_back(world: World) -> None:
    world.author.create_model("credit", tags={"purpose": "Scores."})
    world.sync()
    record = world.record("credit")["id"]
    world.officer.patch(record, allowed_changes="None.")
    world.officer.raise_issue("Drift", model=record)
    world.sync()
    world.author.set_tag("credit", "grc_allowed_changes", "Everything.")
    world.sync()
    written = [entry for entry in world.audit() if entry.action == "update_registry" and entry.field]
    actors = {(entry.field, entry.new): entry.actor for entry in written if entry.run_id == written[-1].run_id}
    assert actors == {("allowed_changes", "None."): ""}
    named = {entry.field: entry.actor for entry in written if entry.actor}
    assert named == {"allowed_changes": "risk.officer@bank.example"}
