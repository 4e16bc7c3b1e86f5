"""What goes wrong for one object: said, kept from the others, tried again when it should be and only then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.model.errors import AccessDenied, Conflict, OutcomeUnknown, Rejected, Retriable
from connector.model.grc import Outcome, Record, Write
from connector.model.policy import Policy
from connector.model.state import Resolution
from tests.engine.review import calm, credit, ignoring, refusing, sent, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import OFFICER, Interrupted, dying_at
from tests.fakes.adapter import GrcCall
from tests.fakes.registry import Call


def two(world: InProcessWorld) -> None:
    world.author.create_model("alpha")
    world.author.create_model("beta")
    settled(world)
    for name in ("alpha", "beta"):
        world.author.set_tag(name, "purpose", "Lending")


def test_a_conflict_and_then_no_answer_stops_no_other_object(quick: InProcessWorld) -> None:
    two(quick)
    alpha = quick.record("alpha")["id"]
    conflicted: list[bool] = []

    def fail(call: GrcCall) -> None:
        if call.record_id == alpha and call.action == "update":
            conflicted.append(True)
            raise Conflict("it moved")
        if call.record_id == alpha and call.action == "get" and conflicted:
            raise Retriable("503")

    quick.adapter.before.append(fail)
    assert quick.sync().exit_code == 1
    assert quick.record("beta")["purpose"] == "Lending"


def test_a_write_that_conflicts_for_ever_is_told(quick: InProcessWorld) -> None:
    two(quick)
    refusing(quick, "update", Conflict("it moved"), quick.record("alpha")["id"])
    assert quick.sync().exit_code == 1
    assert quick.record("beta")["purpose"] == "Lending"
    calm(quick)
    settled(quick)
    assert quick.record("alpha")["purpose"] == "Lending"


def test_a_missing_permission_is_tried_again_once_it_was_given(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Lending")
    refusing(quick, "update", AccessDenied("no write access"))
    assert quick.sync().exit_code == 3
    said = [entry for entry in quick.audit() if entry.action == "refused"]
    assert quick.sync().exit_code == 3
    assert [entry for entry in quick.audit() if entry.action == "refused"] == said
    calm(quick)
    quick.now += timedelta(hours=1)
    settled(quick)
    assert quick.record("credit")["purpose"] == "Lending"


def test_a_refused_retirement_is_not_sent_every_cycle(quick: InProcessWorld) -> None:
    quick.author.create_model("credit")
    settled(quick)
    quick.author.delete_model("credit")
    refusing(quick, "update", Rejected("decommissioning needs a form"))
    assert quick.sync().exit_code == 3
    calls = sent(quick)
    assert quick.sync().exit_code == 3
    assert sent(quick) == calls
    assert [case.reason for case in quick.store.quarantines("test")] == ["decommissioning needs a form"]


def test_a_retirement_that_does_not_stick_is_told_and_not_called_done(quick: InProcessWorld) -> None:
    quick.author.create_model("credit")
    settled(quick)
    quick.author.delete_model("credit")
    ignoring(quick, "lifecycle_status")
    assert quick.sync().exit_code == 3
    calls = sent(quick)
    assert quick.sync().exit_code == 3
    assert sent(quick) == calls
    assert [entry.new for entry in quick.audit() if entry.action == "retire_record"] in ([], [None])
    assert {str(link.state) for link in quick.store.links("test").values()} == {"live"}


def test_two_records_of_one_name_make_one_placeholder(make_quick: Any) -> None:
    world = make_quick(policy=Policy(placeholders=True))
    for _ in range(2):
        world.officer.create("models", registry_name="Vendor score")
    assert world.sync().exit_code == 3
    assert world.registry.model("Vendor score") is not None


@pytest.mark.parametrize("landed", [True, False])
def test_an_edit_during_a_lost_answer_is_not_taken_for_the_answer(quick: InProcessWorld, landed: bool) -> None:
    """A person in the GRC changes the field while the connector waits for an answer that never comes."""
    credit(quick, purpose="one", limitations="a")
    settled(quick)
    quick.author.set_tag("credit", "purpose", "two")
    quick.author.set_tag("credit", "limitations", "b")
    record = quick.record("credit")["id"]

    def fail(call: GrcCall) -> None:
        if call.action == "update":
            quick.officer.patch(record, purpose="three")
            raise OutcomeUnknown("the answer was lost")

    (quick.adapter.after if landed else quick.adapter.before).append(fail)
    quick.sync()
    calm(quick)
    settled(quick)
    held = (quick.tags("credit")["purpose"], quick.record("credit")["purpose"])
    parked = [case.field for case in quick.store.conflicts("test")]
    assert held == ("three", "three") or (held == ("two", "three") and parked == ["purpose"])
    assert quick.record("credit")["limitations"] == ["b"]


def parked(world: InProcessWorld) -> Any:
    credit(world, purpose="one")
    settled(world)
    world.author.set_tag("credit", "purpose", "two")
    world.officer.patch(world.record("credit")["id"], purpose="three")
    world.sync()
    (case,) = world.store.conflicts("test")
    return case


def test_a_new_value_for_a_conflict_reaches_both_sides(quick: InProcessWorld) -> None:
    case = parked(quick)
    at = quick.now.isoformat()
    quick.store.resolve("test", Resolution(case.ref, case.field, None, "four", case.registry, case.grc, "me", at))
    settled(quick)
    assert (quick.tags("credit")["purpose"], quick.record("credit")["purpose"]) == ("four", "four")
    assert quick.store.conflicts("test") == []
    assert quick.store.resolutions("test") == []
    base = quick.store.bases_of("test", case.ref.key)["purpose"]
    assert (base.registry, base.grc) == ("four", "four")


def test_an_answer_to_a_conflict_that_people_ended_themselves_changes_nothing(quick: InProcessWorld) -> None:
    case = parked(quick)
    at = quick.now.isoformat()
    quick.store.resolve("test", Resolution(case.ref, case.field, None, "four", case.registry, case.grc, "me", at))
    quick.author.set_tag("credit", "purpose", "three")
    settled(quick)
    assert (quick.tags("credit")["purpose"], quick.record("credit")["purpose"]) == ("three", "three")
    assert quick.store.conflicts("test") == []
    assert quick.store.resolutions("test") == []


@pytest.mark.parametrize("number", range(14))
def test_also_when_the_process_dies_in_between(quick: InProcessWorld, number: int) -> None:
    case = parked(quick)
    at = quick.now.isoformat()
    quick.store.resolve("test", Resolution(case.ref, case.field, None, "four", case.registry, case.grc, "me", at))
    try:
        with dying_at(number) as step:
            quick.sync(step)
    except Interrupted:
        quick.reopen()
    settled(quick)
    assert (quick.tags("credit")["purpose"], quick.record("credit")["purpose"]) == ("four", "four")
    assert quick.store.conflicts("test") == []


def test_one_bad_value_that_the_refusal_does_not_name_holds_no_other_field(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "bad")
    quick.author.set_description("credit", "good")
    update = quick.adapter.update

    def picky(write: Write) -> Record:
        if write.values.get("purpose") == "bad":
            raise Rejected("a business rule said no")
        return update(write)

    quick.adapter.update = picky
    assert quick.sync().exit_code == 3
    quick.sync()
    assert quick.record("credit")["description"] == "good"
    assert [(case.field, case.reason) for case in quick.store.quarantines("test")] == [
        ("purpose", "a business rule said no")
    ]
    calls = sent(quick)
    quick.sync()
    assert sent(quick) == calls


def test_tags_of_odd_characters_stop_nothing(quick: InProcessWorld) -> None:
    two(quick)
    quick.author.set_tag("alpha", "grc_response_FND_1", "half \ud800")
    quick.author.set_tag("alpha", "grc_tier_state", "half \ud800")
    quick.author.set_tag("alpha", "own", "half \ud800")
    quick.sync()
    assert quick.record("beta")["purpose"] == "Lending"


def test_owners_values_flow_at_first_contact_though_drift_is_only_reported(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.policy = Policy(undo_drift=False)
    quick.officer.decide(quick.version_record("credit")["id"], "approved")
    quick.lose_state()
    quick.sync()
    assert quick.tags("credit", "1")["grc_approval_status"] == "approved"


def test_the_fuse_counts_against_what_is_linked_today(quick: InProcessWorld) -> None:
    for number in range(80):
        quick.author.create_model(f"m{number:02}")
    settled(quick)
    quick.policy = Policy(fuses={})
    for number in range(72):
        quick.author.delete_model(f"m{number:02}")
    settled(quick)
    quick.policy = Policy()
    for number in range(72, 79):
        quick.author.delete_model(f"m{number:02}")
    result = quick.sync()
    assert len(result.plan.withheld) == 7


def test_a_first_contact_that_was_interrupted_goes_on_without_an_approval(quick: InProcessWorld) -> None:
    """Adopted records hold values that agree already; what is left of the adoption is no mass change."""
    for number in range(60):
        name = f"m{number:02}"
        quick.author.create_model(name, description="new", tags={"purpose": "Lending"})
        made = quick.registry.model(name)
        assert made is not None
        key = quick.connection.translator.settings.keys.model(name, made.created_ms)
        quick.officer.create("models", external_key=key, registry_name=name, purpose="Lending")
    with dying_at(40) as step, pytest.raises(Interrupted):
        quick.sync(step)
    quick.reopen()
    assert quick.sync().plan.withheld == ()


def test_an_intent_that_cannot_be_looked_up_blocks_nothing_and_is_told(quick: InProcessWorld) -> None:
    two(quick)

    def lost(call: GrcCall) -> None:
        if call.action == "update":
            raise Interrupted("after")

    quick.adapter.after.append(lost)
    with pytest.raises(Interrupted):
        quick.sync()
    quick.reopen()
    get, first = quick.adapter.get, []

    def refuse(*args: Any) -> Any:
        if not first:
            first.append(args)
            raise Rejected("malformed id")
        return get(*args)

    quick.adapter.get = refuse
    quick.sync()
    assert {quick.record(name)["purpose"] for name in ("alpha", "beta")} == {"Lending"}
    assert len([entry for entry in quick.audit() if entry.action == "outcome unknown"]) == 1


def test_a_tag_that_mlflow_rewrites_is_written_once(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    write = quick.registry._write_tag

    def otherwise(call: Any) -> None:
        changed = call.key == "grc_allowed_changes" and call.action == "set_tag"
        write(replace(call, value=call.value.upper()) if changed else call)

    quick.registry._write_tag = otherwise
    quick.officer.patch(quick.record("credit")["id"], allowed_changes="new")
    quick.sync()
    calls = sent(quick)
    quick.sync()
    assert sent(quick) == calls
    assert quick.record("credit")["allowed_changes"] == "new"


def test_an_update_whose_answer_was_lost_is_recorded_with_what_of_it_landed(quick: InProcessWorld) -> None:
    """The GRC took the purpose, and a person set the description before it was looked up."""
    credit(quick, purpose="one")
    settled(quick)
    record = quick.record("credit")["id"]
    quick.author.set_tag("credit", "purpose", "two")
    quick.author.set_description("credit", "ours")

    def unanswered(call: GrcCall) -> None:
        if call.action == "update":
            calm(quick)
            quick.officer.patch(record, description="theirs")
            raise OutcomeUnknown("no answer")

    quick.adapter.after.append(unanswered)
    applied = quick.sync().applied
    assert applied.failures == []
    changes = [(each.field, each.new) for operation in applied.operations for each in operation.changes]
    assert changes[0] == ("purpose", "two")
    settled(quick)
    assert (quick.record("credit")["purpose"], quick.record("credit")["description"]) == ("two", "ours")


def unreadable_once_written(world: InProcessWorld, error: Exception, refused: int = 0) -> None:
    """MLflow takes a write (of several, all before the one of this number), and answers no question about it."""
    written: list[Call] = []

    def before(call: Call) -> None:
        if call.is_write:
            written.append(call)
            if len(written) == refused:
                raise Rejected("no")
        elif written and call.action in ("get_model", "get_version"):
            raise error

    world.registry.before.append(before)


def told_of(world: InProcessWorld, field: str) -> list[tuple[str, str | None]]:
    return [(entry.action, entry.new) for entry in world.audit() if entry.field == field]


def test_a_tag_that_could_not_be_read_back_is_in_the_trail_all_the_same(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], allowed_changes="new")
    unreadable_once_written(quick, Retriable("503"))
    assert quick.sync().exit_code == 1
    calm(quick)
    settled(quick)
    assert told_of(quick, "allowed_changes") == [("recovered update_registry", "new")]


def test_so_is_the_mark_of_a_record_that_is_gone(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    record = quick.record("credit")["id"]
    quick.officer.delete(record)
    unreadable_once_written(quick, Retriable("503"))
    assert quick.sync().exit_code == 1
    calm(quick)
    quick.sync()
    assert told_of(quick, "grc_blocked") == [
        ("recovered update_registry", f"inventory record {record} is gone from the GRC")
    ]


def test_so_are_tags_before_one_that_was_refused_where_nobody_may_look(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.officer.decide(quick.version_record("credit")["id"], "approved")
    unreadable_once_written(quick, AccessDenied("hidden"), refused=2)
    assert quick.sync().exit_code == 1
    calm(quick)
    settled(quick)
    assert told_of(quick, "approval_status")[1:] == [("recovered update_registry", "approved")]
    assert told_of(quick, "approved_by") == [("update_registry", OFFICER)]


def test_a_write_that_the_adapter_answers_without_a_record_is_looked_up(quick: InProcessWorld) -> None:
    credit(quick)
    write = quick.adapter.write

    def silent(writes: Any) -> Any:
        return (Outcome(outcome.write, error=outcome.error) for outcome in write(writes))

    quick.adapter.write = silent
    assert quick.sync().applied.failures == []
    quick.author.set_tag("credit", "purpose", "Lending")
    assert quick.sync().applied.failures == []
    assert ("update_record", "Lending") in told_of(quick, "purpose")
    made = [entry.ref.version for entry in quick.audit() if entry.action == "create_record" and entry.ref is not None]
    assert {None, "1"} == set(made)
