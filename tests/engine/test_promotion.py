"""Promotion: which version gets the alias, when it does not, and that a person has the last word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connector.model.errors import AccessDenied, OutcomeUnknown, Rejected, Retriable
from connector.model.fields import Side
from connector.model.gates import GatePolicy, Promotion, Stage
from connector.model.operations import FuseClass, OperationKind
from connector.model.policy import FuseLimit, Policy
from connector.model.state import RunStatus
from tests.engine.gates import GATED, GATES, version
from tests.engine.review import calm, sent, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted, dying_at
from tests.fakes.adapter import GrcCall
from tests.fakes.registry import Call

Make = Callable[..., InProcessWorld]
TAG = "grc_promoted"
NEEDS = {"high": (Stage.AUTOMATED, Stage.COMPLIANCE), "low": (Stage.AUTOMATED,)}


def promoting(alias: str = "champion", **more: object) -> Policy:
    promotion = Promotion(alias, **more)  # type: ignore[arg-type]
    return Policy(gates=GatePolicy(NEEDS, GATES.automated, promotion))


@pytest.fixture
def world(make_quick: Make) -> InProcessWorld:
    """A model of tier high with one version that passed its automated gates, in both systems."""
    return started(make_quick(policy=promoting()))


def started(world: InProcessWorld, tier: str = "high") -> InProcessWorld:
    world.author.create_model("credit", tags={"risk_classification": tier, "purpose": "Scores."})
    version(world)
    settled(world)
    return world


def sign(world: InProcessWorld, number: str = "1", status: str = "Approved", **more: str) -> None:
    """The officers' part: the compliance review and the approval."""
    record = world.version_record("credit", number)["id"]
    world.officer.patch(record, compliance_review="Approved", approval_status=status, **more)


def champion(world: InProcessWorld) -> str | None:
    model = world.registry.model("credit")
    assert model is not None
    return model.aliases.get("champion")


def promotions(world: InProcessWorld) -> list[tuple[str | None, str | None]]:
    entries = [each for each in world.audit() if each.field == "alias:champion"]
    assert all(entry.action in ("promote", "recovered promote") for entry in entries)
    return [(entry.old, entry.new) for entry in entries]


def refusals_to_promote(world: InProcessWorld) -> list[str]:
    return [remark.text for remark in world.plan().remarks if remark.topic == "promotion"]


def test_the_last_sign_off_sets_the_alias_in_the_cycle_that_sees_it(world: InProcessWorld) -> None:
    assert champion(world) is None
    sign(world, approved_by="risk.officer@bank.example")
    plan = world.plan()
    assert [each.kind for each in plan.operations][-1] is OperationKind.PROMOTE
    assert champion(world) is None, "a plan changes nothing"
    world.sync()
    assert champion(world) == "1"
    assert world.tags("credit", "1")[TAG] == "champion"
    entry = next(each for each in world.audit() if each.field == "alias:champion")
    assert (entry.action, entry.side, entry.old, entry.new) == ("promote", Side.REGISTRY, None, "1")
    assert entry.rule == "gates of tier high hold (automated, compliance); approved by risk.officer@bank.example"
    before = sent(world)
    assert world.sync().run.status is RunStatus.CLEAN
    assert sent(world) == before


@pytest.mark.parametrize(
    "status", ["Not Submitted", "Pending Approval", "Approved with Conditions", "Provisional Use", "Rejected"]
)
def test_no_other_status_promotes(world: InProcessWorld, status: str) -> None:
    sign(world, status=status)
    settled(world)
    assert champion(world) is None


def test_a_conditional_approval_promotes_where_configured(make_quick: Make) -> None:
    world = started(make_quick(policy=promoting(statuses=("approved", "conditional"))))
    sign(world, status="Approved with Conditions")
    settled(world)
    assert champion(world) == "1"


def test_nothing_is_promoted_unless_switched_on(make_quick: Make) -> None:
    world = started(make_quick(policy=replace(GATED, gates=replace(GATES, needs=NEEDS))))
    sign(world)
    settled(world)
    assert champion(world) is None
    assert world.tags("credit", "1")["grc_next_gate"] == "none"


def test_a_gate_that_does_not_hold_keeps_the_alias_away(world: InProcessWorld) -> None:
    version(world, 0.1)
    settled(world)
    sign(world, "2")
    settled(world)
    assert champion(world) is None
    assert world.tags("credit", "2")["grc_approval_status"] == "approved"


@pytest.mark.parametrize(("expiry", "alias"), [("2026-03-01", None), ("2026-03-02", "1"), ("2027-01-01", "1")])
def test_an_expired_approval_promotes_nothing(world: InProcessWorld, expiry: str, alias: str | None) -> None:
    sign(world, approval_expiry=expiry)
    settled(world)
    assert champion(world) == alias


def test_nobody_promotes_by_tags(world: InProcessWorld) -> None:
    """Tags that the GRC owns are put back, or only reported; the alias goes by the GRC alone."""
    world.policy = replace(promoting(), undo_drift=False)
    for key, value in {"compliance_review": "approved", "grc_approval_status": "approved"}.items():
        world.author.set_tag("credit", key, value, "1")
    settled(world)
    assert champion(world) is None


@pytest.mark.parametrize(("severity", "alias"), [("Critical", None), ("High", None), ("Low", "1")])
def test_an_open_issue_keeps_the_alias_away(world: InProcessWorld, severity: str, alias: str | None) -> None:
    issue = world.officer.create("issues", title="Bias", severity=severity, model=world.record("credit")["id"])
    sign(world)
    settled(world)
    assert champion(world) == alias
    if alias is None:
        assert refusals_to_promote(world)[0].endswith(f"open issues: {issue['number']}")
        world.officer.patch(issue["id"], state="Closed")
        settled(world)
        assert champion(world) == "1"


def test_a_decommissioned_model_is_not_promoted(world: InProcessWorld) -> None:
    world.officer.patch(world.record("credit")["id"], lifecycle_status="Suspended")
    sign(world)
    settled(world)
    assert champion(world) is None
    assert "the model is suspended" in refusals_to_promote(world)[0]


def test_an_incomplete_listing_of_issues_promotes_nothing(world: InProcessWorld) -> None:
    def fail(call: GrcCall) -> None:
        if call.action == "records" and call.entity == "issue":
            raise Retriable("not now")

    world.adapter.before.append(fail)
    sign(world)
    world.sync()
    assert champion(world) is None
    calm(world)
    world.sync()
    assert champion(world) == "1"


def test_the_alias_moves_on_to_the_next_version(world: InProcessWorld) -> None:
    sign(world)
    settled(world)
    version(world)
    settled(world)
    sign(world, "2")
    settled(world)
    assert champion(world) == "2"
    assert promotions(world) == [(None, "1"), ("1", "2")]


def test_of_two_that_are_ready_the_higher_one_is_promoted_alone(world: InProcessWorld) -> None:
    version(world)
    settled(world)
    sign(world, "1")
    sign(world, "2")
    settled(world)
    assert champion(world) == "2"
    assert promotions(world) == [(None, "2")]
    assert "version 2 had it before" in refusals_to_promote(world)[0]


def test_who_rolls_back_has_the_last_word_even_when_the_state_is_lost(world: InProcessWorld) -> None:
    test_the_alias_moves_on_to_the_next_version(world)
    world.author.set_alias("credit", "champion", "1")
    settled(world)
    assert champion(world) == "1"
    world.lose_state()
    settled(world)
    assert champion(world) == "1"
    world.author.delete_alias("credit", "champion")
    settled(world)
    assert champion(world) is None


def test_a_version_that_a_person_promoted_is_not_promoted_again_after_a_roll_back(world: InProcessWorld) -> None:
    version(world)
    settled(world)
    sign(world, "2")
    world.author.set_alias("credit", "champion", "2")
    settled(world)
    assert (promotions(world), world.tags("credit", "2")[TAG]) == ([], "champion")
    world.author.set_alias("credit", "champion", "1")
    settled(world)
    assert champion(world) == "1"


def test_the_alias_never_goes_backwards_unless_configured(world: InProcessWorld) -> None:
    version(world)
    settled(world)
    world.author.set_alias("credit", "champion", "2")
    sign(world, "1")
    settled(world)
    assert champion(world) == "2"
    world.policy = promoting(backwards=True)
    settled(world)
    assert champion(world) == "1"


def test_a_copied_version_brings_no_promotion_along(world: InProcessWorld) -> None:
    sign(world)
    settled(world)
    world.author.copy_version("credit", "1", "credit")
    settled(world)
    assert TAG not in world.tags("credit", "2")
    assert champion(world) == "1"


def test_a_mark_that_somebody_takes_away_is_put_back_and_promotes_nothing(world: InProcessWorld) -> None:
    test_the_alias_moves_on_to_the_next_version(world)
    world.author.set_alias("credit", "champion", "1")
    world.author.delete_tag("credit", TAG, "2")
    settled(world)
    assert (champion(world), world.tags("credit", "2")[TAG]) == ("1", "champion")


def test_a_mark_that_was_forged_only_keeps_the_alias_away(world: InProcessWorld) -> None:
    world.author.set_tag("credit", TAG, "champion", "1")
    sign(world)
    settled(world)
    assert champion(world) is None


# how it is written


def test_nothing_is_promoted_before_mlflow_shows_the_decision(world: InProcessWorld) -> None:
    def refuse(call: Call) -> None:
        if call.key == "grc_approval_status":
            raise Rejected("no", field=call.key)

    world.registry.before.append(refuse)
    sign(world)
    world.sync()
    assert champion(world) is None
    assert world.tags("credit", "1")["grc_next_gate"] == "none"


def test_a_saved_plan_promotes_what_still_holds(world: InProcessWorld) -> None:
    sign(world)
    saved = world.plan()
    result = world.sync(only=saved)
    assert (champion(world), result.stale) == ("1", ())


def test_a_saved_plan_promotes_nothing_that_changed_since(world: InProcessWorld) -> None:
    sign(world)
    settled_without = promoting()
    world.policy = replace(GATED, gates=replace(GATES, needs=NEEDS))
    world.sync()
    world.policy = settled_without
    world.connection.policy = world.policy
    saved = world.plan()
    assert [each.kind for each in saved.operations] == [OperationKind.PROMOTE]
    sign(world, status="Rejected")
    result = world.sync(only=saved)
    assert champion(world) is None
    assert [each.why for each in result.stale] == ["it is not to be promoted any more"]


@pytest.mark.parametrize("moment", ["read", "intent"])
def test_a_decision_taken_back_in_mid_run_is_seen_before_the_write(world: InProcessWorld, moment: str) -> None:
    sign(world)
    done: list[str] = []

    def step(name: str) -> None:
        done.append(name)
        if world.tags("credit", "1").get("grc_next_gate") == "none" and name == moment and "took" not in done:
            done.append("took")
            if moment == "read":
                world.officer.patch(world.version_record("credit")["id"], approval_status="Rejected")

    world.sync(step)
    assert "took" in done
    assert champion(world) == (None if moment == "read" else "1")


def test_an_alias_that_somebody_moved_in_mid_run_stays(world: InProcessWorld) -> None:
    version(world)
    settled(world)
    sign(world, "2")

    def step(name: str) -> None:
        if name == "read" and world.tags("credit", "2").get("grc_next_gate") == "none":
            world.author.set_alias("credit", "champion", "1")

    world.sync(step)
    assert champion(world) == "1"


def test_interrupted_anywhere_it_is_promoted_once(world: InProcessWorld) -> None:
    """One version after the other, the cycle killed at one step more each time."""
    sign(world)
    settled(world)
    for number in range(60):
        made = version(world)
        settled(world)
        sign(world, made)
        try:
            with dying_at(number) as step:
                world.sync(step)
        except Interrupted:
            world.reopen()
            settled(world)
        else:
            assert number > 10
            return
        assert champion(world) == made
        assert world.tags("credit", made)[TAG] == "champion"
        assert promotions(world)[-1][1] == made
        assert len([each for each in promotions(world) if each[1] == made]) == 1
        before = sent(world)
        world.sync()
        assert sent(world) == before
    raise AssertionError("the story has more than 60 steps")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_looked_up(world: InProcessWorld, when: str) -> None:
    sign(world)

    def lose(call: Call) -> None:
        if call.action == "set_alias":
            getattr(world.registry, when).remove(lose)
            raise OutcomeUnknown("the answer was lost")

    getattr(world.registry, when).append(lose)
    result = world.sync()
    assert bool(result.applied.failures) is (when == "before")
    world.sync()
    assert champion(world) == "1"
    assert promotions(world) == [(None, "1")]
    assert world.store.intents("test") == []


@pytest.mark.parametrize("failing", ["set_tag", "get_version"])
def test_an_alias_whose_mark_or_read_back_failed_is_in_the_trail(world: InProcessWorld, failing: str) -> None:
    sign(world)
    given: list[Call] = []

    def fail(call: Call) -> None:
        if given and call.action == failing:
            raise Retriable("not now")

    world.registry.after.append(lambda call: given.append(call) if call.action == "set_alias" else None)
    world.registry.before.append(fail)
    assert world.sync().exit_code == 1
    calm(world)
    settled(world)
    assert champion(world) == "1"
    assert promotions(world) == [(None, "1")]


def test_a_roll_back_right_after_a_crash_is_not_undone(world: InProcessWorld) -> None:
    """The alias was set and nothing recorded of it; what was intended tells that it was the connector's."""
    version(world)
    settled(world)
    world.author.set_alias("credit", "champion", "1")
    sign(world, "2")

    def die(call: Call) -> None:
        if call.action == "set_alias":
            raise Interrupted(str(call))

    world.registry.after.append(die)
    with pytest.raises(Interrupted):
        world.sync()
    calm(world)
    assert champion(world) == "2"
    world.reopen()
    settled(world)
    assert promotions(world) == [("1", "2")]
    world.author.set_alias("credit", "champion", "1")
    settled(world)
    assert champion(world) == "1"


def test_a_refused_alias_is_quarantined_and_tried_again_in_an_hour(world: InProcessWorld) -> None:
    sign(world)

    def refuse(call: Call) -> None:
        if call.action == "set_alias":
            raise AccessDenied("Permission denied", field=call.key)

    world.registry.before.append(refuse)
    result = world.sync()
    assert [case.field for case in result.applied.quarantines] == ["alias:champion"]
    before = sent(world)
    assert world.sync().run.status is RunStatus.ATTENTION
    assert sent(world) == before
    calm(world)
    world.now = world.now.replace(hour=world.now.hour + 1)
    settled(world)
    assert champion(world) == "1"


def test_nothing_is_promoted_where_mlflow_is_only_read(world: InProcessWorld) -> None:
    world.policy = replace(promoting(), read_only=frozenset({Side.REGISTRY}))
    sign(world)
    world.sync()
    assert champion(world) is None


def test_many_at_once_trip_the_fuse_and_an_approval_lets_them_through(make_quick: Make) -> None:
    world = make_quick(policy=replace(promoting(), fuses={FuseClass.PROMOTE: FuseLimit(10, 1)}))
    for name in ("one", "two", "three"):
        world.author.create_model(name, tags={"risk_classification": "low"})
        version(world, name=name)
    settled(world)
    for name in ("one", "two", "three"):
        world.officer.patch(world.version_record(name)["id"], approval_status="Approved")
    result = world.sync()
    assert result.run.status is RunStatus.ATTENTION
    assert result.plan.fuses == ("promotion of 3 versions, of 6 linked objects (limit 10 %, at least 1)",)
    assert [each.aliases for each in world.registry.snapshot().models] == [{}, {}, {}]
    assert world.tags("one", "1")["grc_approval_status"] == "approved"
    world.store.approve("test", {each.digest for each in result.plan.withheld}, "me", world.now)
    world.sync()
    assert [each.aliases for each in world.registry.snapshot().models] == [{"champion": "1"}] * 3


def test_a_governed_version_is_promoted_and_one_that_its_record_left_is_not(make_quick: Make) -> None:
    world = make_quick(policy=promoting(), mode="governed")
    world.author.create_model("credit", tags={"risk_classification": "low"})
    version(world)
    version(world)
    settled(world)
    for number in "12":
        world.author.set_tag("credit", "grc_approval_request", "submit", number)
        settled(world)
        assert champion(world) == (None if number == "1" else "1")
        world.officer.decide(world.record("credit")["id"], "approved")
        settled(world)
        assert champion(world) == number
