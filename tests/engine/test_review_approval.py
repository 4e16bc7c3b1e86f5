"""Approvals under attack: no request, refusal or half-taken write may show a decision that the GRC did not make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.mapping.keys import VersionRef
from connector.model.errors import Conflict, Rejected, Retriable
from connector.model.fields import Side
from connector.model.grc import Record, Write
from connector.model.policy import Policy
from tests.engine.review import calm, credit, ignoring, refusing, sent, settled
from tests.engine.test_machine import InProcessWorld

STATUS = "grc_approval_status"
REQUEST = "grc_approval_request"
Make = Callable[..., InProcessWorld]


def ask(world: InProcessWorld, what: str, version: str = "1") -> None:
    world.author.set_tag("credit", REQUEST, what, version)


def test_a_refused_submission_is_not_shown_as_pending(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    ask(quick, "submit")
    refusing(quick, "update", Rejected("the committee is on holiday"))
    quick.sync()
    quick.sync()
    assert quick.tags("credit", "1")[STATUS] == "not_submitted"
    assert quick.tags("credit", "1")[REQUEST] == "submit"


def test_a_refused_withdrawal_stays_asked_for(quick: InProcessWorld) -> None:
    credit(quick)
    ask(quick, "submit")
    settled(quick)
    ask(quick, "withdraw")
    refusing(quick, "update", Rejected("under review"))
    quick.sync()
    assert quick.tags("credit", "1") == {**quick.tags("credit", "1"), STATUS: "pending", REQUEST: "withdraw"}


def test_nothing_is_shown_as_submitted_where_the_grc_is_only_read(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    ask(quick, "submit")
    quick.policy = Policy(read_only=frozenset({Side.GRC}))
    quick.sync()
    assert quick.tags("credit", "1")[STATUS] == "not_submitted"


def test_a_saved_plan_shows_no_submission_that_it_does_not_make(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    ask(quick, "submit")
    saved = quick.plan()
    quick.author.set_description("credit", "edited since", "1")
    result = quick.sync(only=saved)
    assert [str(each.operation.side) for each in result.stale] == ["grc", "registry"]
    assert result.stale[1].why == "what it rests on was not carried out"
    assert quick.version_record("credit")["approval_status"] == "Not Submitted"
    assert quick.tags("credit", "1")[STATUS] == "not_submitted"


def test_a_status_that_no_map_names_is_not_overwritten_by_a_submission(quick: InProcessWorld, tmp_path: Any) -> None:
    assert quick.mapping_file is not None
    text = quick.mapping_file.read_text().replace("provisional: Provisional Use, ", "")
    (tmp_path / "smaller.yaml").write_text(text)
    quick.mapping_file = tmp_path / "smaller.yaml"
    quick.reopen()
    credit(quick)
    settled(quick)
    quick.officer.patch(quick.version_record("credit")["id"], approval_status="Provisional Use")
    ask(quick, "submit")
    quick.sync()
    assert quick.version_record("credit")["approval_status"] == "Provisional Use"
    assert quick.tags("credit", "1")[REQUEST] == "submit"


# one record per model


@pytest.fixture
def governed(make_quick: Make) -> InProcessWorld:
    """Version 1 of two is governed and approved."""
    world = make_quick(mode="governed")
    credit(world, versions=2)
    settled(world)
    ask(world, "submit")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved", expiry="2027-01-01")
    settled(world)
    assert world.tags("credit", "1")[STATUS] == "approved"
    return world


def test_a_submission_takes_nothing_of_the_decision_on_another_version(governed: InProcessWorld) -> None:
    ask(governed, "submit", "2")
    settled(governed)
    assert governed.record("credit")["governed_version"] == "2"
    tags = governed.tags("credit", "2")
    assert tags[STATUS] == "pending"
    assert {"grc_approved_by", "grc_approval_expiry", "grc_conditions"}.isdisjoint(tags)
    assert governed.tags("credit", "1")["grc_approval_expiry"] == "2027-01-01"


def test_a_decision_after_the_submission_arrives_whole(governed: InProcessWorld) -> None:
    ask(governed, "submit", "2")
    settled(governed)
    governed.officer.decide(governed.record("credit")["id"], "conditional", expiry="2028-01-01", conditions="Small")
    settled(governed)
    tags = governed.tags("credit", "2")
    assert (tags[STATUS], tags["grc_approval_expiry"], tags["grc_conditions"]) == ("conditional", "2028-01-01", "Small")
    assert governed.tags("credit", "1")["grc_approval_expiry"] == "2027-01-01"


def test_a_grc_that_drops_the_status_of_a_submission_approves_nothing(governed: InProcessWorld) -> None:
    """The account may set the governed version but not the status: the old approval must not become version 2's."""
    ask(governed, "submit", "2")
    ignoring(governed, "approval_status")
    assert governed.sync().exit_code == 3
    calls = sent(governed)
    assert governed.sync().exit_code == 3
    assert sent(governed) == calls, "the version is not submitted over and over, and taken back"
    assert governed.tags("credit", "2").get(STATUS) is None
    assert governed.record("credit")["governed_version"] == "1"
    assert governed.tags("credit", "1")[STATUS] == "approved"
    assert ("credit v2", "approval_status") in [
        (str(case.ref), case.field) for case in governed.store.quarantines("test")
    ]


@pytest.mark.parametrize("number", range(12))
def test_nor_when_the_process_dies_in_the_middle(governed: InProcessWorld, number: int) -> None:
    from tests.engine.world import Interrupted, dying_at

    ask(governed, "submit", "2")
    ignoring(governed, "approval_status")
    try:
        with dying_at(number) as step:
            governed.sync(step)
    except Interrupted:
        governed.reopen()
        ignoring(governed, "approval_status")
    for _ in range(3):
        governed.sync()
        assert governed.tags("credit", "2").get(STATUS) is None
    told = [entry.new for entry in governed.audit() if entry.field == "identity.governed_version"]
    assert told[-1] == governed.record("credit")["governed_version"]


def test_a_decision_not_yet_recorded_is_not_lost_by_the_next_submission(make_quick: Make) -> None:
    """Version 2 was decided on since the last cycle, and version 1 asks: that decision is recorded first."""
    world = make_quick(mode="governed")
    credit(world, versions=2)
    settled(world)
    ask(world, "submit", "2")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved")
    ask(world, "submit", "1")

    def refuse(call: Any) -> None:
        if call.is_write and call.version == "2":
            raise Rejected("not now")

    world.registry.before.append(refuse)
    world.sync()
    calm(world)
    world.lose_state()
    settled(world)
    assert world.tags("credit", "2")[STATUS] == "approved"


def test_an_approval_without_a_version_is_not_destroyed_by_a_submission(make_quick: Make) -> None:
    world = make_quick(mode="governed")
    credit(world)
    settled(world)
    world.officer.patch(world.record("credit")["id"], approval_status="Approved")
    ask(world, "submit")
    world.sync()
    assert world.record("credit")["approval_status"] == "Approved"
    assert STATUS not in world.tags("credit", "1")


def test_a_status_that_no_map_names_holds_the_governed_version(governed: InProcessWorld, tmp_path: Any) -> None:
    assert governed.mapping_file is not None
    text = governed.mapping_file.read_text().replace("provisional: Provisional Use, ", "")
    (tmp_path / "smaller.yaml").write_text(text)
    governed.mapping_file = tmp_path / "smaller.yaml"
    governed.reopen()
    governed.officer.patch(governed.record("credit")["id"], approval_status="Provisional Use")
    ask(governed, "submit", "2")
    governed.sync()
    record = governed.record("credit")
    assert (record["governed_version"], record["approval_status"]) == ("1", "Provisional Use")


def forge(world: InProcessWorld, version: str) -> None:
    """An engineer writes what the connector writes for a governed version that was approved."""
    found = world.registry.version("credit", version)
    assert found is not None
    ref = VersionRef(world.record("credit")["id"], version, found.created_ms)
    world.author.set_tag("credit", "grc_version_ref", str(ref), version)
    world.author.set_tag("credit", STATUS, "approved", version)


def test_a_forged_decision_is_taken_away(governed: InProcessWorld) -> None:
    """Tags are believed only where the state was lost: here it says that nobody decided on version 2."""
    forge(governed, "2")
    governed.sync()
    assert STATUS not in governed.tags("credit", "2")


def test_a_past_decision_is_still_found_in_the_tags_when_state_is_lost(governed: InProcessWorld) -> None:
    ask(governed, "submit", "2")
    settled(governed)
    governed.lose_state()
    governed.sync()
    governed.sync()
    assert governed.tags("credit", "1")[STATUS] == "approved"


def test_a_status_that_means_nothing_is_put_back(quick: InProcessWorld) -> None:
    """A tag that cannot be read must not keep the GRC's decision out."""
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", STATUS, "approved!!", "1")
    quick.officer.decide(quick.version_record("credit")["id"], "rejected")
    settled(quick)
    assert quick.tags("credit", "1")[STATUS] == "rejected"
    quick.author.set_tag("credit", STATUS, "approved!!", "1")
    settled(quick)
    assert quick.tags("credit", "1")[STATUS] == "rejected"


@pytest.mark.parametrize("error", [Rejected("it may not go back"), Conflict("it moved"), Retriable("503")])
def test_a_submission_taken_half_and_not_taken_back_shows_nobodys_decision(make_quick: Make, error: Exception) -> None:
    world = make_quick(mode="governed")
    credit(world, versions=2)
    settled(world)
    ask(world, "submit", "1")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved")
    settled(world)
    update, taken = world.adapter.update, []

    def half(write: Write) -> Record:
        values = {name: value for name, value in write.values.items() if name != "approval_status"}
        if "governed_version" in values:
            taken.append(values)
            if len(taken) > 1:
                raise error
        return update(replace(write, values=values))

    world.adapter.update = half
    ask(world, "submit", "2")
    for _ in range(3):
        assert world.sync().exit_code in (1, 3)
        assert STATUS not in world.tags("credit", "2")
        assert world.tags("credit", "1")[STATUS] == "approved"

    world.adapter.update = update
    world.officer.patch(world.record("credit")["id"], governed_version="2", approval_status="Pending Approval")
    settled(world)
    assert world.tags("credit", "2")[STATUS] == "pending"


@pytest.mark.parametrize("mode", ["none", "records"])
def test_a_request_that_no_record_can_hold_is_told(make_quick: Make, mode: str) -> None:
    world = make_quick(mode=mode)
    if mode == "records":
        text = world.mapping_file.read_text()
        begin = text.index("      approval_status:")
        end = text.index("      approved_by:")
        world.mapping_file = world.directory / "without.yaml"
        world.mapping_file.write_text(text[:begin] + text[end:])
        world.reopen()
    credit(world)
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "1")
    for _ in range(2):
        result = world.sync()
        assert [(str(each.ref), each.topic) for each in result.plan.remarks] == [("credit v1", "approval request")]
        assert "holds no approval of versions" in result.plan.remarks[0].text
        assert result.exit_code == 3
    world.author.delete_tag("credit", REQUEST, "1")
    assert world.sync().exit_code == 0
