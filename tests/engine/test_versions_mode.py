"""A bank that changes the way in which its GRC holds versions loses no decision by it, and none spreads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector.model.fields import Side
from connector.model.state import Resolution
from tests.engine.mappings import write_mapping
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.test_remapping import told
from tests.engine.world import World

STATUS, REQUEST = "grc_approval_status", "grc_approval_request"
Make = Callable[..., Any]


def switched(world: World, mode: str) -> None:
    """The admin names another mapping and starts the connector again."""
    world.mapping_file, world.mode = write_mapping(world.directory, mode), mode
    world.reopen()


def statuses(world: World) -> list[str | None]:
    return [world.tags("credit", version).get(STATUS) for version in ("1", "2")]


def decided(world: World, version: str, status: str) -> None:
    """The officer decides on a version's own record."""
    world.officer.patch(world.version_record("credit", version)["id"], approval_status=status)


def governed_and_approved(make: Make) -> InProcessWorld:
    world: InProcessWorld = make(mode="governed")
    credit(world, versions=2)
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "1")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved")
    settled(world)
    return world


def records_and_approved(make: Make) -> InProcessWorld:
    world: InProcessWorld = make()
    credit(world, versions=2)
    settled(world)
    decided(world, "1", "Approved")
    settled(world)
    assert statuses(world) == ["approved", "not_submitted"]
    return world


def test_an_approval_outlives_the_change_to_records_of_versions(make_quick: Make) -> None:
    world = governed_and_approved(make_quick)
    switched(world, "records")
    plan = world.plan()
    assert any("versions: governed became records" in text for text in told(plan))
    assert [(str(case.ref), case.field) for case in plan.quarantines] == [("credit v1", "approval_status")]
    for _ in range(3):
        run = world.sync()
        assert run.exit_code == 3
    assert run.applied.operations == []
    assert world.version_record("credit", "1")["approval_status"] == "Not Submitted"
    assert statuses(world)[0] == "approved"
    assert world.tags("credit", "1")["grc_approved_by"]


def test_nobody_in_mlflow_can_lean_on_it(make_quick: Make) -> None:
    world = governed_and_approved(make_quick)
    switched(world, "records")
    world.author.set_tag("credit", STATUS, "conditional", "1")
    world.author.set_tag("credit", STATUS, "approved", "2")
    world.sync()
    world.sync()
    assert statuses(world)[0] == "approved"
    assert statuses(world)[1] in (None, "not_submitted")
    world.author.delete_tag("credit", STATUS, "1")
    world.sync()
    assert statuses(world)[0] == "approved"


@pytest.mark.parametrize(("decision", "shown"), [("Approved", "approved"), ("Rejected", "rejected")])
def test_it_stands_until_the_grc_decides_in_the_new_place(make_quick: Make, decision: str, shown: str) -> None:
    world = governed_and_approved(make_quick)
    switched(world, "records")
    world.sync()
    decided(world, "1", decision)
    settled(world)
    assert statuses(world)[0] == shown
    assert world.sync().exit_code == 0
    decided(world, "1", "Expired")
    settled(world)
    assert statuses(world)[0] == "expired"


def test_a_new_submission_ends_it_too(make_quick: Make) -> None:
    world = governed_and_approved(make_quick)
    switched(world, "records")
    world.sync()
    world.author.set_tag("credit", REQUEST, "submit", "1")
    settled(world)
    assert world.version_record("credit", "1")["approval_status"] == "Pending Approval"
    assert statuses(world)[0] == "pending"


def test_an_approval_outlives_the_change_to_a_governed_version(make_quick: Make) -> None:
    world = records_and_approved(make_quick)
    switched(world, "governed")
    settled(world)
    assert statuses(world) == ["approved", "not_submitted"]
    record = world.record("credit")
    assert (record["governed_version"], record["approval_status"]) == (None, None)
    world.officer.patch(record["id"], governed_version="1")
    assert world.sync().exit_code == 3
    assert statuses(world)[0] == "approved", "the record names it, and has no decision on it yet"
    world.officer.patch(record["id"], approval_status="Approved")
    settled(world)
    assert (statuses(world), world.sync().exit_code) == (["approved", "not_submitted"], 0)


def test_the_change_works_against_a_grc_over_http(make_world: Make) -> None:
    """Version records that the mapping knows no more are asked for by no request."""
    world = make_world()
    credit(world, versions=2)
    settled(world)
    switched(world, "governed")
    assert world.sync().exit_code == 0
    assert {str(link.ref) for link in world.store.links("test").values()} == {"credit"}
    switched(world, "records")
    settled(world)
    assert {str(link.ref) for link in world.store.links("test").values()} == {"credit", "credit v1", "credit v2"}
    assert len(world.officer.records("versions")) == 2


def test_a_record_from_before_does_not_bring_its_old_approval_back(make_quick: Make) -> None:
    """There and back: meanwhile the version was rejected, and its own record still says approved."""
    world = records_and_approved(make_quick)
    switched(world, "governed")
    settled(world)
    world.officer.patch(world.record("credit")["id"], governed_version="1", approval_status="Rejected")
    settled(world)
    assert statuses(world)[0] == "rejected"
    switched(world, "records")
    for _ in range(2):
        assert world.sync().exit_code == 3
    assert statuses(world)[0] == "rejected"
    (case,) = world.store.conflicts("test")
    assert case.reason == "the mapping of this field changed: its new place says approved, decided last was rejected"
    answer = Resolution(case.ref, case.field, Side.GRC, None, case.registry, case.grc, "officer", "2026-03-02")
    world.store.resolve("test", answer)
    settled(world)
    assert (statuses(world)[0], world.store.conflicts("test")) == ("approved", [])


def test_where_the_grc_knows_no_versions_any_more_what_was_decided_stays(make_quick: Make) -> None:
    world = records_and_approved(make_quick)
    world.officer.patch(world.version_record("credit", "1")["id"], conditions="Retail only")
    settled(world)
    switched(world, "none")
    assert any("conditions of a version is mapped no more" in text for text in told(world.plan()))
    settled(world)
    assert statuses(world) == ["approved", "not_submitted"]
    assert world.tags("credit", "1")["grc_conditions"] == "Retail only"
    switched(world, "records")
    settled(world)
    assert statuses(world) == ["approved", "not_submitted"]


def test_a_version_that_was_governed_once_keeps_its_decision_there_and_back(make_quick: Make) -> None:
    world = governed_and_approved(make_quick)
    world.author.set_tag("credit", REQUEST, "submit", "2")
    settled(world)
    switched(world, "none")
    world.sync()
    switched(world, "governed")
    settled(world)
    assert statuses(world) == ["approved", "pending"]
    world.author.delete_tag("credit", STATUS, "1")
    settled(world)
    assert statuses(world) == ["approved", "pending"]


def test_a_model_that_the_cycle_of_the_change_does_not_see_loses_nothing_either(make_quick: Make) -> None:
    world = records_and_approved(make_quick)
    world.registry.unlisted.add("credit")
    switched(world, "governed")
    world.sync()
    world.registry.unlisted.clear()
    settled(world)
    assert statuses(world) == ["approved", "not_submitted"]
