"""A field that the GRC no longer sends is not a field that somebody emptied there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connector.model.grc import Record
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld

OWNER = "head.retail@bank.example"


def renamed(world: InProcessWorld, *names: str) -> None:
    """The platform has these fields under other names by now."""
    record = world.adapter._record

    def without(*found: Any) -> Record:
        made = record(*found)
        left: Mapping[str, Any] = {key: value for key, value in made.values.items() if key not in names}
        return replace(made, values=left)

    world.adapter._record = without


def test_a_field_renamed_in_the_grc_empties_nothing(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], model_owner=OWNER, allowed_changes="Recalibration")
    settled(quick)
    renamed(quick, "purpose", "model_owner")
    quick.officer.patch(quick.record("credit")["id"], allowed_changes="Retraining")
    for _ in range(2):
        assert quick.sync().exit_code == 3
        assert (quick.tags("credit")["purpose"], quick.tags("credit")["grc_model_owner"]) == ("Lending", OWNER)
    assert quick.tags("credit")["grc_allowed_changes"] == "Retraining"
    cases = {case.field: case.reason for case in quick.store.quarantines("test")}
    assert cases == {
        "model_owner": "the GRC: the record has no field model_owner any more",
        "purpose": "the GRC: the record has no field purpose any more",
    }


def test_a_field_that_comes_back_flows_again(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    record = quick.adapter._record
    renamed(quick, "purpose")
    assert quick.sync().exit_code == 3
    quick.adapter._record = record
    quick.officer.patch(quick.record("credit")["id"], purpose="Retail lending")
    settled(quick)
    assert quick.tags("credit")["purpose"] == "Retail lending"
    assert quick.store.quarantines("test") == []


def test_a_field_that_was_never_sent_may_be_filled(quick: InProcessWorld) -> None:
    renamed(quick, "purpose")
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Lending")
    quick.sync()
    assert quick.record("credit")["purpose"] == "Lending"


def test_a_field_that_the_grc_empties_in_so_many_words_is_emptied(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], purpose=None)
    settled(quick)
    assert "purpose" not in quick.tags("credit")
