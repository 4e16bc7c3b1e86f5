"""An admin who changes owners, places or fields of the mapping loses nothing by it, and sees what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.http import Options
from connector.apply.translate import Translator
from connector.mapping.load import load_mapping
from connector.model.fields import Owner
from connector.model.policy import Policy
from tests.engine.mappings import write_mapping
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import OFFICER

Make = Callable[..., InProcessWorld]


def remapped(world: InProcessWorld, *edits: tuple[str, str], **options: Any) -> None:
    """The admin edits the mapping file, or the connection's own settings over it."""
    original = write_mapping(world.directory, world.mode)
    text = original.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    world.mapping_file = world.directory / f"edited-{len(list(world.directory.glob('edited-*')))}.yaml"
    world.mapping_file.write_text(text, encoding="utf-8")
    world.reopen()
    mapping = load_mapping(world.mapping_file, adapter_options_model=Options, **options)
    world.connection.translator = Translator(mapping, world.connection.translator.settings)


def told(plan: Any) -> list[str]:
    return [f"{remark.ref or ''} {remark.text}" for remark in plan.remarks if remark.topic == "mapping changed"]


def rules(plan: Any) -> list[tuple[str, str]]:
    return [(change.field, change.rule) for each in plan.operations for change in each.changes]


DEVELOPER = "data.scientist@bank.example"
WITH_DEVELOPER = (
    "      model_owner: model_owner\n",
    "      model_owner: model_owner\n      developer_proposed: developer_proposed\n",
)


def test_an_owner_who_becomes_mlflow_keeps_what_the_grc_holds(make_quick: Make) -> None:
    """Scenario 48: half the records have an owner, which no tag of MLflow has under its new name."""
    world = make_quick()
    names = [f"m{number:02}" for number in range(12)]
    for name in names:
        world.author.create_model(name)
    settled(world)
    for name in names[:6]:
        world.officer.patch(world.record(name)["id"], model_owner=OFFICER)
    settled(world)
    remapped(world, owners={"model_owner": Owner.MLFLOW})
    assert any("model_owner of a model: owner grc" in text and "owner mlflow" in text for text in told(world.plan()))
    world.sync()
    assert [world.record(name)["model_owner"] for name in names] == [OFFICER] * 6 + [None] * 6
    world.author.set_tag("m00", "model_owner", DEVELOPER)
    world.officer.patch(world.record("m11")["id"], model_owner=OFFICER)
    settled(world)
    assert world.record("m00")["model_owner"] == DEVELOPER
    assert world.record("m11")["model_owner"] is None, "agreed as empty, and so an edit of what MLflow owns"


def test_its_old_tag_is_not_left_as_if_it_were_true(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], model_owner=OFFICER, allowed_changes="Recalibration")
    settled(quick)
    remapped(quick, owners={"model_owner": Owner.MLFLOW, "allowed_changes": Owner.SHARED})
    settled(quick)
    record, tags = quick.record("credit"), quick.tags("credit")
    assert (record["model_owner"], record["allowed_changes"]) == (OFFICER, "Recalibration")
    assert tags["allowed_changes"] == "Recalibration"
    assert not {"grc_model_owner", "grc_allowed_changes", "model_owner"} & tags.keys()


def test_an_owner_who_becomes_the_grc_empties_no_tag_that_people_wrote(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], purpose=None)
    inventory = quick.directory / "inventory.yaml"
    inventory.write_text(
        "extends: default\nfields:\n  purpose: {type: text, level: model, owner: grc, in_mlflow: tag:purpose}\n"
    )
    remapped(quick, inventory=inventory)
    settled(quick)
    assert (quick.tags("credit")["purpose"], quick.record("credit")["purpose"]) == ("Lending", None)
    stands = "credit purpose: 'Lending' stands: the mapping of the field changed, and the GRC holds nothing of it yet"
    assert told(quick.plan()) == [stands]
    quick.author.set_tag("credit", "purpose", "Anything")
    settled(quick)
    assert quick.tags("credit")["purpose"] == "Lending", "still the GRC's, and not MLflow's to change"
    quick.officer.patch(quick.record("credit")["id"], purpose="Leasing")
    settled(quick)
    assert quick.tags("credit")["purpose"] == "Leasing"
    quick.officer.patch(quick.record("credit")["id"], purpose=None)
    settled(quick)
    assert "purpose" not in quick.tags("credit"), "emptied by its owner, who spoke"


def test_a_column_that_moves_in_the_grc_is_filled_and_not_believed_to_be_emptied(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], allowed_changes="Recalibration")
    settled(quick)
    swapped = (
        ("purpose: {field: purpose", "purpose: {field: tier_override_reason"),
        ("      tier_override_reason: {field: tier_override_reason, max_length: 4000}\n", ""),
        ("allowed_changes: {field: allowed_changes", "allowed_changes: {field: purpose"),
    )
    quick.officer.patch(quick.record("credit")["id"], purpose=None)
    remapped(quick, *swapped)
    why = dict(rules(quick.plan()))
    assert why["purpose"] == "the mapping of this field changed: shared: the empty side takes the other"
    settled(quick)
    record, tags = quick.record("credit"), quick.tags("credit")
    assert (tags["purpose"], record["tier_override_reason"]) == ("Lending", "Lending")
    assert (tags["grc_allowed_changes"], record["purpose"]) == ("Recalibration", None)
    quick.author.set_tag("credit", "grc_allowed_changes", "Anything")
    settled(quick)
    assert quick.tags("credit")["grc_allowed_changes"] == "Recalibration"


def test_a_moved_column_that_holds_another_value_is_a_persons_to_decide(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], tier_override_reason="Cards")
    remapped(
        quick,
        ("purpose: {field: purpose", "purpose: {field: tier_override_reason"),
        ("      tier_override_reason: {field: tier_override_reason, max_length: 4000}\n", ""),
    )
    for _ in range(2):
        assert quick.sync().exit_code == 3
    (case,) = quick.store.conflicts("test")
    assert (case.field, case.registry, case.grc) == ("purpose", "Lending", "Cards")
    assert case.reason == "the mapping of this field changed: first contact: both sides hold a value"


def test_a_field_mapped_after_go_live_takes_nothing_from_the_grc(quick: InProcessWorld) -> None:
    """``developer_proposed`` is MLflow's; its column was filled by hand for a year."""
    credit(quick)
    quick.author.create_model("fraud", tags={"developer": DEVELOPER})
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], developer_proposed=OFFICER)
    remapped(quick, WITH_DEVELOPER)
    assert any("credit developer_proposed" in text and "stays in the GRC" in text for text in told(quick.plan()))
    settled(quick)
    assert quick.record("credit")["developer_proposed"] == OFFICER
    assert quick.record("fraud")["developer_proposed"] == DEVELOPER


def test_a_field_left_out_for_a_while_is_new_when_it_comes_back(quick: InProcessWorld) -> None:
    credit(quick)
    quick.author.set_tag("credit", "developer", DEVELOPER)
    remapped(quick, WITH_DEVELOPER)
    settled(quick)
    remapped(quick)
    settled(quick)
    quick.author.delete_tag("credit", "developer")
    settled(quick)
    remapped(quick, WITH_DEVELOPER)
    settled(quick)
    assert quick.record("credit")["developer_proposed"] == DEVELOPER


def test_what_was_not_seen_in_the_cycle_of_the_change_is_met_anew_later(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], model_owner=OFFICER)
    settled(quick)
    remapped(quick, owners={"model_owner": Owner.MLFLOW})
    quick.registry.unlisted.add("credit")
    quick.sync()
    quick.registry.unlisted.clear()
    settled(quick)
    assert quick.record("credit")["model_owner"] == OFFICER


def test_nothing_changes_where_the_mapping_does_not(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    before = quick.store.bases("test")
    remapped(quick)
    run = quick.sync()
    assert (told(run.plan), run.applied.operations, quick.store.bases("test")) == ([], [], before)


def test_a_deletion_after_a_change_of_the_mapping_retires_the_record(quick: InProcessWorld) -> None:
    """A value that stands in a field which is looked at for the first time is nobody's edit."""
    credit(quick)
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], developer_proposed=OFFICER)
    remapped(quick, WITH_DEVELOPER)
    quick.author.delete_model("credit")
    quick.sync()
    assert quick.record("credit")["lifecycle_status"] == "Decommissioned"


@pytest.mark.parametrize("policy", [Policy(), Policy(undo_drift=False)])
def test_a_risk_class_whose_column_moves_does_not_fall(make_quick: Make, policy: Policy) -> None:
    world = make_quick(policy=policy)
    credit(world, risk_classification="high")
    settled(world)
    remapped(
        world,
        ("field: tier\n", "field: tier_override_reason\n"),
        ("      tier_override_reason: {field: tier_override_reason, max_length: 4000}\n", ""),
    )
    settled(world)
    assert world.record("credit")["tier_override_reason"] == "2 - High"
    assert world.tags("credit")["risk_classification"] == "high"
