"""Placeholders: registered models that stand for what the GRC alone knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.mapping.sources import Scope
from connector.model.policy import Policy
from tests.engine.review import settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted, dying_at

Make = Callable[..., InProcessWorld]
NAME = "Vendor scorecard"


@pytest.fixture
def vendor(make_quick: Make) -> InProcessWorld:
    """A vendor's model with its placeholder, agreed."""
    world = make_quick(policy=Policy(placeholders=True))
    world.officer.create("models", registry_name=NAME, lifecycle_status="In Use")
    settled(world)
    assert world.tags(NAME)["grc_placeholder"] == "true"
    return world


def models(world: InProcessWorld) -> list[str]:
    return [model.name for model in world.registry.snapshot().models]


def status(world: InProcessWorld) -> str:
    (record,) = world.officer.records("models")
    return str(record["lifecycle_status"])


def test_a_deleted_placeholder_is_made_again_and_its_record_stays_in_use(vendor: InProcessWorld) -> None:
    vendor.author.delete_model(NAME)
    settled(vendor)
    assert (models(vendor), status(vendor)) == ([NAME], "In Use")
    assert vendor.tags(NAME)["grc_placeholder"] == "true"
    vendor.author.delete_model(NAME)
    settled(vendor)
    assert (models(vendor), status(vendor)) == ([NAME], "In Use")


@pytest.mark.parametrize(
    "scope",
    [Scope(include=("credit-*",)), Scope(tags={"governed": "true"}), Scope(within=Scope(exclude=("Vendor*",)))],
    ids=["name", "tag", "registry"],
)
def test_no_placeholder_is_made_that_the_scope_would_not_hold(make_quick: Make, scope: Scope) -> None:
    world = make_quick(policy=Policy(placeholders=True), scope=scope)
    world.officer.create("models", registry_name=NAME)
    for _ in range(2):
        (remark,) = world.sync().plan.remarks
        assert (remark.topic, remark.attention) == ("grc only", False)
        assert "gets no placeholder: the connection's scope does not hold 'Vendor scorecard'" in remark.text
    assert models(world) == []


def test_a_deleted_placeholder_is_reported_where_none_are_made(vendor: InProcessWorld) -> None:
    vendor.policy = Policy()
    vendor.author.delete_model(NAME)
    for _ in range(3):
        result = vendor.sync()
        assert [remark.topic for remark in result.plan.remarks] == ["grc only"]
    assert (models(vendor), status(vendor)) == ([], "In Use")
    vendor.policy = Policy(placeholders=True)
    settled(vendor)
    assert models(vendor) == [NAME]


def test_an_edited_record_of_a_deleted_placeholder_is_no_conflict(vendor: InProcessWorld) -> None:
    vendor.officer.patch(vendor.record(NAME)["id"], purpose="Scores vendors.")
    vendor.author.delete_model(NAME)
    settled(vendor)
    assert vendor.store.conflicts("test") == []
    assert vendor.tags(NAME)["purpose"] == "Scores vendors."


@pytest.mark.parametrize("number", range(16))
def test_a_placeholder_is_made_again_wherever_the_process_dies(vendor: InProcessWorld, number: int) -> None:
    vendor.author.delete_model(NAME)
    try:
        with dying_at(number) as step:
            vendor.sync(step)
    except Interrupted:
        vendor.reopen()
    settled(vendor)
    assert (models(vendor), status(vendor)) == ([NAME], "In Use")
    assert vendor.tags(NAME)["grc_placeholder"] == "true"


def test_a_placeholder_that_gets_versions_is_none_any_more(vendor: InProcessWorld) -> None:
    vendor.author.create_version(NAME)
    settled(vendor)
    assert "grc_placeholder" not in vendor.tags(NAME)
    vendor.author.delete_version(NAME, "1")
    settled(vendor)
    assert "grc_placeholder" not in vendor.tags(NAME)
    vendor.author.delete_model(NAME)
    settled(vendor)
    assert status(vendor) == "Decommissioned"


def test_a_mark_set_by_hand_makes_no_placeholder(vendor: InProcessWorld) -> None:
    vendor.author.create_model("credit")
    settled(vendor)
    vendor.author.set_tag("credit", "grc_placeholder", "true")
    settled(vendor)
    assert "grc_placeholder" not in vendor.tags("credit")
    vendor.author.delete_model("credit")
    settled(vendor)
    assert vendor.record("credit")["lifecycle_status"] == "Decommissioned"


def test_nor_does_its_removal_by_hand_make_a_model(vendor: InProcessWorld) -> None:
    vendor.author.delete_tag(NAME, "grc_placeholder")
    settled(vendor)
    assert vendor.tags(NAME)["grc_placeholder"] == "true"


def test_placeholders_are_known_again_when_state_was_lost(vendor: InProcessWorld) -> None:
    vendor.lose_state()
    settled(vendor)
    vendor.author.delete_model(NAME)
    settled(vendor)
    assert (models(vendor), status(vendor)) == ([NAME], "In Use")
