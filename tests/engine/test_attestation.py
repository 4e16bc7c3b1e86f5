"""Signed approvals at work: what is signed when, what is withdrawn, and what of forged, copied or lost ones holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.attest import Attestations, Content, Signer
from connector.attest.statement import Decision, moment
from connector.attest.verdict import Asked, judge
from connector.mapping.load import load_mapping
from connector.mock import MockGrc
from connector.model.errors import AccessDenied
from connector.model.fields import Owner, Side
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit, Policy
from connector.model.state import RunStatus
from connector.plan.codec import plan_from_file, plan_json
from tests.engine.attesting import TAGS, WEEK, Signing, signer, trusting
from tests.engine.gates import GATED
from tests.engine.review import sent, settled
from tests.engine.world import Interrupted, dying_at, names
from tests.fakes.registry import InProcessRegistry

APPROVED, WITHDRAWN = Decision.APPROVED, Decision.WITHDRAWN
Make = Callable[..., Signing]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    worlds: list[Signing] = []

    def one(**settings: Any) -> Signing:
        directory = tmp_path / f"signing{len(worlds)}"
        directory.mkdir()
        registry = InProcessRegistry()
        worlds.append(Signing(directory, MockGrc(), registry, registry.author, **settings))
        return worlds[-1]

    yield one
    for world in worlds:
        world.close()


@pytest.fixture
def world(make: Make) -> Signing:
    return make().begin()


def reasons(world: Signing, name: str = "credit", version: str = "1", **asked: Any) -> list[str]:
    """Why the gate denies a version."""
    question = Asked(TAGS, world.how.trusted, world.now, world.keys.registry_id)
    return [each.code for each in judge(replace(question, **asked), *world.seen(name, version)).reasons]


def is_idle(world: Signing) -> bool:
    before = sent(world)
    return world.sync().run.status is RunStatus.CLEAN and sent(world) == before


def test_an_approval_is_signed_and_passes_the_gate(world: Signing) -> None:
    world.decide(approved_by="compliance@bank.example", approval_expiry="2027-01-31", conditions="Monthly review.")
    assert world.sync().run.status is RunStatus.APPLIED
    made = world.proved()
    assert made is not None
    claim = made.claim
    record = world.version_record("credit")
    seen, _ = world.seen()
    assert (claim.decision, claim.status, claim.tier, claim.record) == (APPROVED, "approved", "high", record["id"])
    assert (claim.approver, claim.expires) == ("compliance@bank.example", "2027-01-31")
    assert (claim.bearer.model, claim.bearer.version, claim.bearer.created_ms) == ("credit", "1", seen.created_ms)
    assert (claim.bearer.registry, claim.bearer.source) == (world.keys.registry_id, seen.source)
    assert claim.revision
    assert claim.conditions is not None
    assert claim.content.sha256 is None
    assert moment(made.fresh_until) - moment(made.issued) == WEEK
    assert reasons(world) == []


def test_what_is_not_approved_is_not_signed(make: Make) -> None:
    world = make()
    world.author.create_model("credit")
    world.author.create_version("credit")
    for status in ("Not Submitted", "Pending Approval", "Approved with Conditions", "Provisional Use", "Rejected"):
        world.sync()
        world.decide(status)
        world.sync()
        assert world.attestation() == {}, status
        assert reasons(world) == ["no_attestation"]


def test_a_conditional_approval_is_signed_where_that_counts(make: Make) -> None:
    world = make()
    world.how = replace(world.how, statuses=("approved", "conditional"))
    world.begin()
    world.decide("Approved with Conditions")
    world.sync()
    made = world.proved()
    assert made is not None
    assert (made.claim.decision, made.claim.status) == (APPROVED, "conditional")


def test_between_two_half_lives_nothing_is_written(world: Signing) -> None:
    world.sync()
    before = world.attestation()
    assert is_idle(world)
    world.now += timedelta(days=3)
    assert is_idle(world)
    assert world.attestation() == before


def test_it_is_signed_anew_at_half_life_and_only_then(world: Signing) -> None:
    world.sync()
    first = world.proved()
    assert first is not None
    world.now = first.half_life - timedelta(minutes=2)
    assert is_idle(world)
    result = world.sync()
    second = world.proved()
    assert second is not None
    assert second.serial > first.serial
    assert second.claim == first.claim
    assert {field for _, _, field in names(result)} == set(world.attestation())
    assert {change.rule for each in result.applied.operations for change in each.changes} == {
        "renewed: the GRC says approved"
    }
    assert is_idle(world)


def test_a_clock_that_was_ahead_is_put_right(world: Signing) -> None:
    then = world.now
    world.now += timedelta(days=300)
    world.sync()
    world.now = then
    first = world.proved()
    world.sync()
    second = world.proved()
    assert first is not None
    assert second is not None
    assert second.serial > first.serial
    assert moment(second.issued) <= world.now
    assert is_idle(world)


@pytest.mark.parametrize(
    ("label", "status"), [("Rejected", "rejected"), ("Withdrawn", "withdrawn"), ("Expired", "expired")]
)
def test_a_decision_taken_back_is_signed_with_a_higher_serial(world: Signing, label: str, status: str) -> None:
    world.sync()
    first = world.proved()
    world.decide(label)
    world.sync()
    second = world.proved()
    assert first is not None
    assert second is not None
    assert (second.claim.decision, second.claim.status) == (WITHDRAWN, status)
    assert second.serial > first.serial
    assert reasons(world) == ["withdrawn"]
    world.now += timedelta(days=30)
    assert is_idle(world)
    world.decide()
    world.sync()
    third = world.proved()
    assert third is not None
    assert third.serial > second.serial
    assert reasons(world) == []


def test_an_approval_that_runs_out_is_withdrawn_that_day(world: Signing) -> None:
    world.decide(approval_expiry="2026-03-03")
    world.sync()
    assert reasons(world) == []
    world.now += timedelta(days=2)
    assert reasons(world) == ["expired"]
    world.sync()
    assert reasons(world) == ["withdrawn"]


@pytest.mark.parametrize(
    "change", [{"approved_by": "head.fraud@bank.example"}, {"conditions": "Weekly."}, {"approval_expiry": "2026-12-31"}]
)
def test_what_is_signed_follows_the_record(world: Signing, change: dict[str, str]) -> None:
    world.sync()
    first = world.proved()
    world.decide(**change)
    world.sync()
    second = world.proved()
    assert first is not None
    assert second is not None
    assert not second.claim.means(first.claim)
    assert second.serial > first.serial
    assert is_idle(world)


def test_an_edit_of_the_record_that_says_nothing_of_the_approval_signs_nothing(world: Signing) -> None:
    world.sync()
    before = world.attestation()
    world.officer.patch(world.version_record("credit")["id"], assumptions="None.")
    world.sync()
    assert world.attestation() == before


def test_a_raised_tier_is_signed_anew(world: Signing) -> None:
    world.sync()
    world.author.set_tag("credit", "risk_classification", "critical")
    assert reasons(world) == ["tier"]
    world.sync()
    made = world.proved()
    assert made is not None
    assert made.claim.tier == "critical"
    assert reasons(world) == []


def test_the_stage_that_a_version_waits_for_is_signed(make: Make) -> None:
    world = make(policy=GATED).begin(tier="low")
    world.sync()
    assert reasons(world) == []
    world.officer.patch(world.record("credit")["id"], tier="2 - High")
    world.sync()
    made = world.proved()
    assert made is not None
    assert made.claim.next_gate == "automated"
    for key, value in (("grc_next_gate", "none"), ("validation_status", "passed")):
        world.author.set_tag("credit", key, value, "1")
    assert reasons(world) == ["gates"]


# whoever may edit tags


def test_a_withdrawn_approval_put_back_by_hand_is_withdrawn_again(world: Signing) -> None:
    world.sync()
    old = world.attestation()
    world.decide("Withdrawn")
    world.sync()
    withdrawn = world.attestation()
    for key, text in old.items():
        world.author.set_tag("credit", key, text, "1")
    assert reasons(world) == []  # the replay that the documents tell of, until fresh_until
    assert reasons(world, now=world.now + WEEK) == ["stale"]
    result = world.sync()
    assert world.attestation() == withdrawn
    assert all(change.drift for each in result.applied.operations for change in each.changes)
    assert is_idle(world)


@pytest.mark.parametrize("lost", [False, True])
def test_tags_taken_away_come_back(world: Signing, lost: bool) -> None:
    world.sync()
    before = world.proved()
    for key in world.attestation():
        world.author.delete_tag("credit", key, "1")
    if lost:
        world.lose_state()
    world.sync()
    after = world.proved()
    assert before is not None
    assert after is not None
    assert after.serial > before.serial if lost else after == before
    assert reasons(world) == []


def test_a_piece_changed_by_hand_denies_and_is_put_back(world: Signing) -> None:
    world.sync()
    before = world.attestation()
    text = before["grc_attestation_1"]
    world.author.set_tag("credit", "grc_attestation_1", text[:-1] + ("A" if text[-1] != "A" else "B"), "1")
    world.author.set_tag("credit", "grc_attestation_7", "more", "1")
    assert reasons(world) == ["signature"]
    world.sync()
    assert world.attestation() == before
    assert is_idle(world)


def test_the_serial_survives_a_lost_state(world: Signing) -> None:
    world.now += timedelta(days=30)
    world.sync()
    first = world.proved()
    world.lose_state()
    world.now -= timedelta(days=30)
    world.decide("Withdrawn")
    world.sync()
    second = world.proved()
    assert first is not None
    assert second is not None
    assert second.serial == first.serial + 1


def test_after_a_lost_state_what_stands_and_is_true_is_left_alone(world: Signing) -> None:
    world.sync()
    before = world.attestation()
    world.lose_state()
    world.sync()
    assert world.attestation() == before


@pytest.mark.parametrize("to", ["credit", "other"])
def test_an_approval_copied_to_another_version_does_not_pass(world: Signing, to: str) -> None:
    world.sync()
    if to == "other":
        world.author.create_model("other")
    number = world.author.copy_version("credit", "1", to)
    assert "not_this_version" in reasons(world, to, number)
    world.sync()
    assert world.attestation(to, number) == {}
    assert reasons(world, to, number) == ["no_attestation"]


def test_tags_of_a_version_put_on_another_one_by_hand_are_removed(world: Signing) -> None:
    world.sync()
    world.author.create_version("credit")
    world.sync()
    for key, text in world.attestation().items():
        world.author.set_tag("credit", key, text, "2")
    assert reasons(world, version="2") == ["not_this_version"]
    world.sync()
    assert world.attestation(version="2") == {}


def test_a_key_that_nobody_trusts_proves_nothing(world: Signing) -> None:
    forger = Signer.generate()
    world.how = Attestations(forger, trusting(1).with_(forger.public), WEEK)
    world.sync()
    world.how = Attestations(signer(1), trusting(1), WEEK)
    assert reasons(world) == ["wrong_key"]
    world.sync()
    assert reasons(world) == []


def test_a_renamed_model_is_signed_under_its_new_name(world: Signing) -> None:
    world.sync()
    first = world.proved()
    world.author.rename("credit", "lending")
    assert reasons(world, "lending") == ["not_this_version"]
    world.sync()
    second = world.proved("lending")
    assert first is not None
    assert second is not None
    assert second.claim.bearer.model == "lending"
    assert second.serial > first.serial
    assert reasons(world, "lending") == []


# what cannot be told


def test_what_cannot_be_read_is_not_renewed(world: Signing) -> None:
    world.sync()
    before = world.attestation()
    _unreadable(world, "approval_expiry", "some day")
    world.now += timedelta(days=6)
    world.sync()
    assert world.attestation() == before
    world.now += timedelta(days=2)
    world.sync()
    assert reasons(world) == ["stale"]


def _unreadable(world: Signing, field: str, value: str) -> None:
    """The GRC answers a value of this field that the mapping cannot read."""
    records = world.adapter.records

    def spoiled(entity: Any, *more: Any) -> Iterator[Any]:
        for record in records(entity, *more):
            yield replace(record, values={**record.values, field: value}) if field in record.values else record

    world.adapter.records = spoiled


def test_an_approval_that_mlflow_owns_is_not_signed(make: Make) -> None:
    world = make()
    owners = {"approval_status": Owner.MLFLOW}
    mapping = load_mapping(world.mapping_file, owners=owners, adapter_options_model=world.adapter_class.Options)
    world.connection.translator = replace(world.connection.translator, mapping=mapping)
    world.author.create_model("credit", tags={"risk_classification": "high"})
    world.author.create_version("credit", tags={"approval_status": "approved", "grc_approval_status": "approved"})
    world.sync()
    world.sync()
    assert world.tags("credit", "1")["grc_approval_status"] == "approved"
    assert world.attestation() == {}


def test_a_governed_record_signs_its_version_and_carries_the_last_one_on(make: Make) -> None:
    world = make(mode="governed")
    world.author.create_model("credit", tags={"risk_classification": "high"})
    for _ in range(2):
        world.author.create_version("credit")
    world.author.set_tag("credit", "grc_approval_request", "submit", "1")
    settled(world)
    record = world.record("credit")["id"]
    world.officer.patch(record, approval_status="Approved")
    world.sync()
    first = world.proved()
    assert first is not None
    world.author.set_tag("credit", "grc_approval_request", "submit", "2")
    world.sync()
    world.sync()
    assert world.record("credit")["governed_version"] == "2"
    assert world.proved() == first
    assert world.proved(version="2") is None
    world.now += timedelta(days=4)
    world.sync()
    second = world.proved()
    assert second is not None
    assert second.serial > first.serial
    assert (reasons(world), reasons(world, version="2")) == ([], ["no_attestation"])


def test_a_past_decision_found_in_tags_alone_is_not_signed(make: Make) -> None:
    world = make(mode="governed")
    world.author.create_model("credit", tags={"risk_classification": "high"})
    for _ in range(2):
        world.author.create_version("credit")
    world.author.set_tag("credit", "grc_approval_request", "submit", "2")
    world.sync()
    ref = f'{{"created":{world.seen()[0].created_ms},"record":"{world.record("credit")["id"]}","version":"1"}}'
    world.lose_state()
    for key, value in (("grc_version_ref", ref), ("grc_approval_status", "approved")):
        world.author.set_tag("credit", key, value, "1")
    for _ in range(3):
        world.sync()
    assert world.attestation() == {}


# the machinery around it


def test_a_portfolio_is_signed_and_renewed_without_a_fuse(make: Make) -> None:
    world = make(policy=Policy(fuses={FuseClass.UPDATE: FuseLimit(0, 0)}))
    world.connection.attestations = None
    for number in range(4):
        world.begin(f"model{number}")
        world.policy = Policy()
        world.sync()
    world.policy = Policy(fuses={FuseClass.UPDATE: FuseLimit(0, 0)})
    world.connection.attestations = lambda: world.how
    assert world.sync().run.status is RunStatus.APPLIED
    world.now += timedelta(days=4)
    assert world.sync().run.status is RunStatus.APPLIED
    assert all(reasons(world, f"model{number}") == [] for number in range(4))


def test_an_approved_plan_of_a_fuse_still_holds_when_it_is_signed_later(world: Signing) -> None:
    world.sync()
    world.policy = Policy(fuses={FuseClass.UPDATE: FuseLimit(0, 0)})
    world.decide(conditions="Weekly.")
    first = world.sync()
    assert first.plan.withheld
    world.now += timedelta(hours=1)
    second = world.sync()
    assert {each.digest for each in second.plan.withheld} == {each.digest for each in first.plan.withheld}


def test_a_saved_plan_is_applied_although_the_time_went_on(world: Signing, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(plan_json(world.plan()), encoding="utf-8")
    world.now += timedelta(hours=2)
    result = world.sync(only=plan_from_file(file))
    assert result.stale == ()
    assert reasons(world) == []
    again = world.sync(only=plan_from_file(file))
    assert again.stale == ()


def test_a_narrowed_cycle_signs_its_model_alone(make: Make) -> None:
    world = make().begin()
    world.begin("other")
    for key in world.attestation():
        world.author.delete_tag("credit", key, "1")
    world.sync(model="other")
    assert (world.attestation() == {}, world.attestation("other") == {}) == (True, False)


def test_a_refused_tag_is_not_tried_in_every_cycle(world: Signing) -> None:
    def refuse(call: Any) -> None:
        if call.action == "set_tag" and TAGS.is_attestation(call.key):
            raise AccessDenied("EDIT is missing", field=call.key)

    world.registry.before.append(refuse)
    world.sync()
    before = sent(world)
    world.sync()
    assert sent(world) == before


def test_where_tags_cannot_be_deleted_the_rest_is_marked_and_not_taken_for_a_piece(world: Signing) -> None:
    world.sync()
    world.registry.edit_only.add("credit")
    world.author.set_tag("credit", "grc_attestation_9", "left over", "1")
    for _ in range(3):
        world.sync()
    assert world.tags("credit", "1")["grc_attestation_9"] == '{"state":"closed"}'
    assert reasons(world) == []


def test_where_mlflow_is_only_read_nothing_is_signed(world: Signing) -> None:
    world.policy = Policy(read_only=frozenset({Side.REGISTRY}))
    plan = world.plan()
    assert not any("attestation" in remark.text for remark in plan.remarks)
    world.sync()
    assert world.attestation() == {}


def test_switched_off_the_tags_go(world: Signing) -> None:
    world.sync()
    world.connection.attestations = None
    world.sync()
    assert world.attestation() == {}
    assert is_idle(world)


def test_killed_at_any_step_the_next_cycle_ends_with_one_whole_attestation(make: Make) -> None:
    for number in range(40):
        world = make().begin()
        with dying_at(number) as step:
            try:
                world.sync(step)
            except Interrupted:
                pass
            else:
                break
        assert reasons(world) in ([], ["no_attestation"], ["torn"], ["torn", "gates"])
        world.reopen()
        world.sync()
        assert reasons(world) == []
        assert is_idle(world)
    else:
        raise AssertionError("never came to the end")


def test_a_new_key_takes_over_without_a_gap(world: Signing) -> None:
    world.sync()
    old = trusting(1)
    world.how = replace(world.how, trusted=trusting(1, 2))
    assert is_idle(world)
    pipelines = world.how.trusted
    assert reasons(world, trusted=pipelines) == []
    world.how = replace(world.how, signer=signer(2))
    assert reasons(world, trusted=pipelines) == []
    world.sync()
    made = world.proved()
    assert made is not None
    assert made.key_id == signer(2).key_id
    assert reasons(world, trusted=pipelines) == []
    assert reasons(world, trusted=old) == ["wrong_key"]
    assert reasons(world, trusted=trusting(2)) == []
    world.how = replace(world.how, trusted=trusting(2))
    assert is_idle(world)


# the files


def test_the_files_are_read_once_and_their_digest_stays(make: Make) -> None:
    read: list[str] = []

    def reads(view: Any) -> Content:
        read.append(str(view.ref))
        return Content.of(f"{len(read):064x}")

    world = make()
    world.reads = reads
    world.connection.read_content = reads
    world.begin()
    world.sync()
    assert (read, reasons(world, artifact=f"{1:064x}"), reasons(world, artifact=f"{2:064x}")) == (
        ["credit v1"],
        [],
        ["digest"],
    )
    world.now += timedelta(days=4)
    world.sync()
    world.decide("Withdrawn")
    world.sync()
    world.decide()
    world.lose_state()
    world.sync()
    made = world.proved()
    assert made is not None
    assert made.claim.content == Content.of(f"{1:064x}")
    assert read == ["credit v1"]


def test_files_that_cannot_be_read_are_told_and_tried_again_at_half_life(make: Make) -> None:
    found = [Content(note="its files could not be read (Unreachable)"), Content.of("a" * 64)]
    world = make()
    world.reads = lambda view: found.pop(0)
    world.connection.read_content = world.reads
    world.begin()
    world.sync()
    made = world.proved()
    assert made is not None
    assert made.claim.content.note == "its files could not be read (Unreachable)"
    assert reasons(world, artifact="a" * 64) == ["digest_not_covered"]
    assert is_idle(world)
    world.now += timedelta(days=4)
    world.sync()
    assert reasons(world, artifact="a" * 64) == []


def test_nothing_is_signed_for_what_was_registered_otherwise(world: Signing) -> None:
    """MLflow changes no version's source: whoever does writes to its database."""
    world.sync()
    before = world.attestation()
    world.author._store.models["credit"].versions["1"].source = "s3://elsewhere/artifacts"
    assert reasons(world) == ["not_this_version"]
    world.now += timedelta(days=4)
    result = world.sync()
    assert world.attestation() == before
    assert [each.topic for each in result.plan.remarks if each.attention] == ["attestation"]
