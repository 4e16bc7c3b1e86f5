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


def test_who_changed_the_record_last_is_not_named_for_what_the_connector_writes_there(world: World) -> None:
    world.author.create_model("credit", tags={"purpose": "Scores."})
    world.sync()
    world.officer.patch(world.record("credit")["id"], allowed_changes="None.")
    world.author.set_tag("credit", "purpose", "Ranks.")
    world.sync()
    ours = [entry for entry in world.audit() if entry.action == "update_record"]
    assert ("purpose", "Ranks.") in {(entry.field, entry.new) for entry in ours}
    assert {entry.actor for entry in ours} == {""}


def test_an_adopted_record_loses_no_text(world: World) -> None:
    created = world.author.create_model("credit")
    key = f"mlflow:6f1f1f5e-0000-4000-8000-000000000001/credit@{created}"
    record = world.officer.create("models", external_key=key, registry_name="credit", description="Ten years of care.")
    world.sync()
    assert world.record("credit")["description"] == "Ten years of care."
    world.officer.patch(record["id"], description="Eleven years of care.")
    world.sync()
    assert world.record("credit")["description"] == "Eleven years of care."
    world.author.set_description("credit", "Said in MLflow.")
    world.sync()
    assert world.record("credit")["description"] == "Said in MLflow."
    world.author.set_description("credit", "")
    world.sync()
    assert world.record("credit")["description"] is None


def test_a_field_filled_in_the_grc_before_a_deletion_is_an_edit(world: World) -> None:
    world.author.create_model("credit", tags={"purpose": "Scores."})
    world.sync()
    world.officer.patch(world.record("credit")["id"], limitations=["Not for SMEs."])
    world.author.delete_model("credit")
    assert world.sync().exit_code == 3
    assert [case.field for case in world.store.conflicts("test")] == ["existence"]
    assert world.record("credit")["lifecycle_status"] is None


def test_an_edit_between_a_write_and_its_read_back_is_put_back(world: World) -> None:
    """It looks as if the write had not stuck; MLflow has no such habit, so it is somebody's edit."""
    world.author.create_model("credit", tags={"purpose": "Scores."})
    world.sync()
    world.officer.patch(world.record("credit")["id"], allowed_changes="None.")

    def delete_it_again(step: str) -> None:
        if step == "read back":
            world.author.delete_tag("credit", "grc_allowed_changes")

    world.sync(delete_it_again)
    world.sync()
    assert world.tags("credit")["grc_allowed_changes"] == "None."


def test_a_write_that_somebody_made_first_is_dropped_and_not_taken_for_ours(world: World) -> None:
    world.author.create_model("credit", tags={"purpose": "Scores."})
    world.sync()
    record = world.record("credit")["id"]
    world.author.set_tag("credit", "purpose", "Ranks.")

    def type_it_too(step: str) -> None:
        if step == "read":
            world.officer.patch(record, purpose="Ranks.")

    assert world.sync(type_it_too).applied.operations == []
    assert world.sync().applied.operations == []
    assert not [entry for entry in world.audit() if entry.new == "Ranks."]
