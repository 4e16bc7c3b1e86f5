"""The guards that stand between a plan and a write, each by itself: take one away and a test here fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from adapters.httpclient import HttpClient
from connector.mock import FaultKind
from connector.model.errors import IncompleteSnapshot, LeaseLost, OutcomeUnknown, Retriable
from connector.model.fields import Entity
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit, Policy
from connector.model.state import LinkState
from tests.engine.review import credit, sent, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted, World, dying_at
from tests.fakes.adapter import GrcCall
from tests.fakes.registry import Call


def test_a_scan_of_mlflow_that_broke_off_retires_nothing(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)

    def fail(call: Call) -> None:
        if call.action == "list_models":
            raise Retriable("503")

    quick.registry.before.append(fail)
    assert quick.sync().exit_code == 3
    assert quick.record("credit")["lifecycle_status"] is None
    assert {str(link.state) for link in quick.store.links("test").values()} == {"live"}


def test_a_listing_of_the_grc_that_broke_off_creates_nothing(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.create_model("fraud")
    records = quick.adapter.records

    def first_only(entity: Entity, since: str | None = None) -> Any:
        yield from list(records(entity, since))[:1]
        raise IncompleteSnapshot("page 2 is missing")

    quick.adapter.records = first_only
    quick.sync()
    assert quick.officer.records("models", registry_name="fraud") == []


def test_a_record_that_moved_since_the_snapshot_is_merged_again(quick: InProcessWorld) -> None:
    credit(quick, purpose="one")
    settled(quick)
    quick.author.set_tag("credit", "purpose", "two")
    record = quick.record("credit")["id"]

    def step(name: str) -> None:
        if name == "intent":
            quick.officer.patch(record, purpose="three")

    quick.sync(step)
    quick.sync()
    assert quick.record("credit")["purpose"] == "three"
    assert [case.field for case in quick.store.conflicts("test")] == ["purpose"]


def test_an_edit_between_the_read_and_the_write_is_refused_by_the_revision(quick: InProcessWorld) -> None:
    credit(quick, purpose="one")
    settled(quick)
    quick.author.set_tag("credit", "purpose", "two")
    record, done = quick.record("credit")["id"], []

    def step(name: str) -> None:
        if name == "write" and not done:
            done.append(name)
            quick.officer.patch(record, purpose="three")

    quick.sync(step)
    assert quick.record("credit")["purpose"] == "three"


def test_a_conflict_holds_no_other_field_on_either_side(quick: InProcessWorld) -> None:
    credit(quick, purpose="one")
    settled(quick)
    quick.author.set_tag("credit", "purpose", "two")
    quick.author.set_description("credit", "flows")
    quick.officer.patch(quick.record("credit")["id"], purpose="three", allowed_changes="flow too")
    quick.sync()
    assert quick.record("credit")["description"] == "flows"
    assert quick.tags("credit")["grc_allowed_changes"] == "flow too"


def test_what_a_fuse_holds_back_is_not_written_along_with_what_it_lets_through(quick: InProcessWorld) -> None:
    for number in range(4):
        quick.author.create_model(f"m{number}")
    settled(quick)
    ids = [quick.record(f"m{number}")["id"] for number in range(4)]
    for record in ids:
        quick.officer.patch(record, allowed_changes="none", tier_override_reason="because")
    settled(quick)
    for record in ids:
        quick.officer.patch(record, allowed_changes=None, tier_override_reason="better")
    quick.policy = Policy(fuses={FuseClass.TAG_REMOVAL: FuseLimit(1, 1)})
    assert quick.sync().exit_code == 3
    assert all(quick.tags(f"m{number}")["grc_allowed_changes"] == "none" for number in range(4))
    assert all(quick.tags(f"m{number}")["grc_tier_override_reason"] == "better" for number in range(4))


@pytest.mark.parametrize("seen", [True, False])
def test_a_creation_without_an_answer_is_looked_for_and_adopted(quick: InProcessWorld, *, seen: bool) -> None:
    """Also where the query by key lags behind what was written."""
    quick.author.create_model("credit")

    def lost(call: GrcCall) -> None:
        if call.action == "create":
            raise OutcomeUnknown("the answer was lost")

    quick.adapter.after.append(lost)
    if not seen:
        quick.adapter.find = lambda *_: None
    assert quick.sync().exit_code == 0
    assert quick.tags("credit")["grc_record_id"] == quick.record("credit")["id"]


def test_a_creation_that_a_dead_process_made_is_in_the_trail(quick: InProcessWorld) -> None:
    quick.author.create_model("credit")

    def die(call: GrcCall) -> None:
        if call.action == "create":
            raise Interrupted("after the creation")

    quick.adapter.after.append(die)
    with pytest.raises(Interrupted):
        quick.sync()
    quick.reopen()
    quick.sync()
    assert [entry.action for entry in quick.audit() if entry.field == "identity.key"] == ["recovered create_record"]


def stealing(world: InProcessWorld, at: str, after: int = 0) -> Callable[[str], None]:
    """Another process takes the lease over at a step of the run."""
    seen: list[str] = []

    def step(name: str) -> None:
        seen.append(name)
        if name == at and seen.count(at) == after + 1:
            world.store.acquire_lease("test", "thief", world.now, 60, from_dead=world.owner)

    return step


def test_nothing_is_sent_once_the_lease_was_taken_over(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Lending")
    calls = sent(quick)
    with pytest.raises(LeaseLost):
        quick.sync(stealing(quick, "read"))
    assert sent(quick) == calls


def test_nor_is_the_next_tag_of_the_same_object(quick: InProcessWorld) -> None:
    quick.author.create_model("credit")
    with pytest.raises(LeaseLost):
        quick.sync(stealing(quick, "write one"))
    assert len(quick.registry.writes) == 1


def test_nor_recorded(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Lending")
    before = [entry for entry in quick.audit() if entry.action == "update_record"]
    with pytest.raises(LeaseLost):
        quick.sync(stealing(quick, "record"))
    assert [entry for entry in quick.audit() if entry.action == "update_record"] == before
    assert quick.store.intents("test") != []


def test_a_version_of_a_model_under_review_waits(make_quick: Any) -> None:
    world = make_quick(mode="governed")
    credit(world, versions=2)
    settled(world)
    world.author.set_tag("credit", "grc_approval_request", "submit", "1")
    settled(world)
    world.author.set_tag("credit", "grc_approval_request", "submit", "2")
    world.sync()
    assert world.record("credit")["governed_version"] == "1"


def test_many_records_emptied_at_once_wait_for_a_person(quick: InProcessWorld) -> None:
    """A job that wiped a tag from the whole registry; what else changed in those records flows."""
    names = [f"m{number}" for number in range(8)]
    for name in names:
        quick.author.create_model(name, tags={"purpose": "Lending"})
    settled(quick)
    for name in names:
        quick.author.delete_tag(name, "purpose")
        quick.author.set_description(name, "Told")
    run = quick.sync()
    assert run.exit_code == 3
    assert len(run.plan.withheld) == 8
    held = [(quick.record(name)["purpose"], quick.record(name)["description"]) for name in names]
    assert held == [("Lending", "Told")] * 8
    quick.store.approve("test", [each.digest for each in run.plan.withheld], "ada", quick.now)
    settled(quick)
    assert [quick.record(name)["purpose"] for name in names] == [None] * 8


def test_a_model_that_is_back_before_its_record_is_retired_keeps_it(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    models = quick.registry._store.models
    restored = models.pop("credit")

    def restore(name: str) -> None:
        if name == "plan":
            models["credit"] = restored

    assert quick.sync(restore).exit_code == 1
    assert quick.record("credit")["lifecycle_status"] is None
    settled(quick)
    assert quick.tags("credit")["purpose"] == "Lending"


def test_a_write_that_waited_for_the_server_is_not_sent_once_the_lease_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    credit(world)
    settled(world)
    world.author.set_tag("credit", "purpose", "Lending")
    world.grc.faults.add(FaultKind.STATUS, method="PATCH", status=429)

    def patiently(*_: Any) -> float:
        """So long that the lease ran out, and another process has taken it."""
        world.now += timedelta(minutes=20)
        world.store.acquire_lease("test", "process-2", world.now, 300)
        return 0.0

    monkeypatch.setattr(HttpClient, "_wait", patiently)
    with pytest.raises(LeaseLost):
        world.sync()
    assert world.record("credit")["purpose"] is None


@pytest.mark.parametrize(
    ("edit", "outcome"),
    [({"purpose": "Leasing"}, "existence"), ({"connector_instance": "another-instance"}, "another instance's")],
)
def test_a_record_that_moved_before_it_was_retired_is_left_as_it_is(
    quick: InProcessWorld, edit: dict[str, str], outcome: str
) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    quick.author.delete_model("credit")
    record = quick.record("credit")["id"]

    def meanwhile(name: str) -> None:
        if name == "plan":
            quick.officer.patch(record, **edit)

    assert quick.sync(meanwhile).exit_code == 1
    assert quick.record("credit")["lifecycle_status"] is None
    quick.sync()
    assert quick.record("credit")["lifecycle_status"] is None
    parked = [case.field for case in quick.store.conflicts("test")]
    assert parked == (["existence"] if outcome == "existence" else [])


@pytest.mark.parametrize("number", range(12))
def test_a_retirement_is_finished_though_the_process_dies_in_between(quick: InProcessWorld, number: int) -> None:
    credit(quick)
    settled(quick)
    record, version = quick.record("credit")["id"], quick.version_record("credit")["id"]
    quick.author.delete_model("credit")
    try:
        with dying_at(number) as step:
            quick.sync(step)
    except Interrupted:
        quick.reopen()
    settled(quick)
    links = quick.store.links("test").values()
    assert {link.record_id: link.state for link in links} == dict.fromkeys([record, version], LinkState.RETIRED)
    assert quick.record("credit")["lifecycle_status"] == "Decommissioned"
