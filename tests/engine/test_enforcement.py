"""Enforcement: what happens to a version whose approval ended or that a severe issue speaks against, and its end."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.health.words import outcome
from connector.model.enforcement import Action, EnforcementPolicy, Trigger
from connector.model.errors import AccessDenied, IncompleteSnapshot, OutcomeUnknown, Retriable
from connector.model.fields import Entity, Side
from connector.model.operations import FuseClass, OperationKind
from connector.model.policy import FuseLimit, Policy
from connector.model.state import RunStatus
from tests.engine.gates import promoting
from tests.engine.review import calm, credit, sent, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted, dying_at
from tests.fakes.adapter import GrcCall
from tests.fakes.registry import Call

Make = Callable[..., InProcessWorld]
BLOCKED, TAKEN_OFF = "grc_blocked", "grc_taken_off"


def enforcing(
    action: Action = Action.TAKE_OFF,
    *,
    give_back: bool = False,
    aliases: tuple[str, ...] = ("production",),
    **more: Any,
) -> Policy:
    actions = dict.fromkeys(Trigger, action)
    return Policy(enforcement=EnforcementPolicy(actions, aliases=aliases, give_back=give_back), **more)


@pytest.fixture
def world(make_quick: Make) -> InProcessWorld:
    return started(make_quick(policy=enforcing()))


def started(world: InProcessWorld, versions: int = 2) -> InProcessWorld:
    """A model whose first two versions are approved, the second of them in production."""
    credit(world, versions)
    world.author.set_alias("credit", "production", "2")
    settled(world)
    for number in ("1", "2"):
        decide(world, number)
    settled(world)
    return world


def decide(world: InProcessWorld, number: str = "2", status: str = "Approved", **more: str) -> None:
    world.officer.patch(world.version_record("credit", number)["id"], approval_status=status, **more)


def issue(world: InProcessWorld, severity: str = "Critical", version: str | None = "2") -> Any:
    about = (
        {"version": world.version_record("credit", version)["id"]}
        if version
        else {"model": world.record("credit")["id"]}
    )
    return world.officer.raise_issue("Drift", severity=severity, **about)


def production(world: InProcessWorld) -> str | None:
    model = world.registry.model("credit")
    assert model is not None
    return model.aliases.get("production")


def reasons(world: InProcessWorld, number: str | None = "2") -> list[str] | None:
    text = world.tags("credit", number).get(BLOCKED)
    return json.loads(text) if text is not None else None


def remarks(world: InProcessWorld) -> list[str]:
    return [remark.text for remark in world.plan().remarks if remark.topic == "enforcement"]


def moves(world: InProcessWorld) -> list[tuple[str, Any, Any]]:
    return [(each.action, each.old, each.new) for each in world.audit() if each.field == "alias:production"]


def test_a_withdrawn_approval_takes_the_alias_off_in_the_cycle_that_sees_it(world: InProcessWorld) -> None:
    decide(world, status="Withdrawn")
    plan = world.plan()
    assert [each.kind for each in plan.operations][-1] is OperationKind.TAKE_OFF
    assert production(world) == "2", "a plan changes nothing"
    world.sync()
    assert production(world) is None
    assert reasons(world) == ["the approval is withdrawn"]
    assert world.tags("credit", "2")[TAKEN_OFF] == '["production"]'
    assert moves(world) == [("take_off", "2", None)]
    entry = next(each for each in world.audit() if each.field == "alias:production")
    assert entry.rule == "the approval is withdrawn; version 1 is approved"
    before = sent(world)
    assert world.sync().run.status is RunStatus.CLEAN
    assert sent(world) == before


def test_an_approval_that_runs_out_blocks_the_day_after_its_last(make_quick: Make) -> None:
    world = started(make_quick(policy=enforcing(Action.BLOCK)))
    decide(world, approval_expiry="2026-03-02")
    settled(world)
    assert reasons(world) is None
    world.now += timedelta(days=1)
    world.sync()
    assert reasons(world) == ["the approval expired on 2026-03-02"]
    assert production(world) == "2"
    decide(world, approval_expiry="2027-03-02")
    settled(world)
    assert reasons(world) is None


def test_reporting_writes_nothing_and_ends_with_attention(make_quick: Make) -> None:
    world = started(make_quick(policy=enforcing(Action.REPORT)))
    decide(world, status="Rejected")
    world.sync()
    assert (production(world), reasons(world)) == ("2", None)
    told = "production points at it: the approval is rejected; version 1 is approved"
    assert remarks(world) == [told]
    with capture_logs() as logs:
        run = world.sync().run
    assert run.status is RunStatus.ATTENTION
    assert outcome(run) == f"nothing to write; credit v2: {told}"
    assert [(each["log_level"], each["object"], each["remark"]) for each in logs if each["event"] == "remark"] == [
        ("warning", "credit v2", told)
    ]
    assert [each.rule for each in world.audit() if each.run_id == run.id] == [f"attention: credit v2: {told}"]
    world.author.set_alias("credit", "production", "1")
    world.sync()
    assert remarks(world) == []


@pytest.mark.parametrize("status", ["Not Submitted", "Pending Approval", "Approved with Conditions", "Provisional Use"])
def test_no_other_status_is_enforced(world: InProcessWorld, status: str) -> None:
    decide(world, status=status)
    settled(world)
    assert (production(world), reasons(world)) == ("2", None)


def test_a_severe_issue_of_a_version_blocks_it_until_it_is_closed(world: InProcessWorld) -> None:
    raised = issue(world)
    issue(world, severity="High")
    world.sync()
    assert reasons(world) == [f"the critical issue {raised['number']} is open"]
    assert production(world) is None
    world.officer.patch(raised["id"], state="Closed")
    settled(world)
    assert reasons(world) is None


def test_an_issue_of_the_model_blocks_the_model_and_takes_every_alias_off(world: InProcessWorld) -> None:
    raised = issue(world, version=None)
    world.sync()
    assert reasons(world, None) == [f"the critical issue {raised['number']} is open"]
    assert reasons(world) is None
    assert production(world) is None
    assert moves(world) == [("take_off", "2", None)]
    assert "no other version is approved" in next(e.rule for e in world.audit() if e.field == "alias:production")


def test_whoever_sets_the_alias_again_sees_it_taken_off_again(world: InProcessWorld) -> None:
    decide(world, status="Withdrawn")
    settled(world)
    world.author.set_alias("credit", "production", "2")
    settled(world)
    assert production(world) is None
    world.author.set_alias("credit", "production", "1")
    settled(world)
    assert production(world) == "1"
    assert TAKEN_OFF not in world.tags("credit", "2"), "another version is in its place: nothing is to be given back"


def test_once_the_cause_is_gone_a_remark_says_how_to_give_the_alias_back(world: InProcessWorld) -> None:
    decide(world, status="Withdrawn")
    settled(world)
    decide(world)
    settled(world)
    assert production(world) is None
    assert reasons(world) is None
    (text,) = remarks(world)
    assert "set_registered_model_alias('credit', 'production', '2')" in text
    world.author.set_alias("credit", "production", "2")
    settled(world)
    assert remarks(world) == []
    assert TAKEN_OFF not in world.tags("credit", "2")


def test_it_is_given_back_where_the_policy_says_so(make_quick: Make) -> None:
    world = started(make_quick(policy=enforcing(give_back=True)))
    decide(world, status="Withdrawn")
    settled(world)
    decide(world, status="Pending Approval")
    settled(world)
    assert production(world) is None, "nobody approved it again"
    decide(world)
    settled(world)
    assert production(world) == "2"
    assert TAKEN_OFF not in world.tags("credit", "2")
    assert moves(world) == [("take_off", "2", None), ("give_back", None, "2")]


def test_what_nobody_can_tell_changes_nothing(world: InProcessWorld) -> None:
    raised = issue(world)
    settled(world)
    world.officer.patch(raised["id"], state="Closed")

    def cut(call: GrcCall) -> None:
        if call.action == "records" and call.entity is Entity.ISSUE:
            raise IncompleteSnapshot("the second page repeats the first")

    world.adapter.before.append(cut)
    world.sync()
    assert reasons(world) == [f"the critical issue {raised['number']} is open"]


def test_a_tag_typed_by_hand_blocks_nothing_and_gives_nothing_back(make_quick: Make) -> None:
    world = started(make_quick(policy=enforcing(give_back=True)))
    world.author.set_tag("credit", BLOCKED, '["because"]', "2")
    settled(world)
    assert reasons(world) is None
    decide(world, status="Withdrawn")
    settled(world)
    for nonsense in ("", "{}", "[1]", "[", '["champion"]'):
        world.author.set_tag("credit", TAKEN_OFF, nonsense, "1")
        settled(world)
        assert TAKEN_OFF not in world.tags("credit", "1") or nonsense == '["champion"]'


def test_what_changed_right_before_the_write_is_looked_at(world: InProcessWorld) -> None:
    decide(world, status="Withdrawn")

    def forgive(call: Call) -> None:
        if call.action == "get_version":
            world.registry.before.remove(forgive)
            decide(world)

    world.sync()
    world.author.set_alias("credit", "production", "2")
    world.registry.before.append(forgive)
    world.sync()
    settled(world)
    assert production(world) == "2"


def test_an_alias_that_moved_on_is_left_alone(world: InProcessWorld) -> None:
    decide(world, status="Withdrawn")

    def move(call: Call) -> None:
        if call.action == "get_model":
            world.author.set_alias("credit", "production", "1")

    world.registry.before.append(move)
    world.sync()
    calm(world)
    settled(world)
    assert production(world) == "1"
    assert moves(world) == []


def test_interrupted_at_any_step_it_ends_the_same(make_quick: Make) -> None:
    for number in itertools.count():
        world = started(make_quick(policy=enforcing()))
        decide(world, status="Withdrawn")
        try:
            with dying_at(number) as step:
                world.sync(step)
            died = False
        except Interrupted:
            died = True
        world.reopen()
        settled(world)
        assert production(world) is None
        assert world.tags("credit", "2")[TAKEN_OFF] == '["production"]'
        assert [(old, new) for _, old, new in moves(world)] == [("2", None)]
        assert world.store.intents("test") == []
        if not died:
            assert number > 10
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_looked_up(world: InProcessWorld, when: str) -> None:
    decide(world, status="Withdrawn")

    def lose(call: Call) -> None:
        if call.action == "delete_alias":
            getattr(world.registry, when).remove(lose)
            raise OutcomeUnknown("the answer was lost")

    getattr(world.registry, when).append(lose)
    world.sync()
    world.sync()
    assert production(world) is None
    assert [(old, new) for _, old, new in moves(world)] == [("2", None)]


def test_one_of_two_aliases_that_came_off_is_in_the_trail(make_quick: Make) -> None:
    world = started(make_quick(policy=enforcing(aliases=("production", "live"))))
    world.author.set_alias("credit", "live", "2")
    settled(world)
    decide(world, status="Withdrawn")

    def fail(call: Call) -> None:
        if call.action == "delete_alias" and call.key == "alias:live":
            raise Retriable("not now")

    world.registry.before.append(fail)
    assert world.sync().exit_code == 1
    calm(world)
    settled(world)
    told = [(each.field, each.new) for each in world.audit() if each.field.startswith("alias:")]
    assert sorted(told) == [("alias:live", None), ("alias:production", None)]
    assert world.tags("credit", "2")[TAKEN_OFF] == '["live","production"]'


def test_an_account_that_may_not_take_it_off_is_quarantined(world: InProcessWorld) -> None:
    decide(world, status="Withdrawn")

    def refuse(call: Call) -> None:
        if call.action == "delete_alias":
            raise AccessDenied("Permission denied", field=call.key)

    world.registry.before.append(refuse)
    result = world.sync()
    assert [case.field for case in result.applied.quarantines] == ["alias:production"]
    assert reasons(world) == ["the approval is withdrawn"], "the version is blocked all the same"


def test_nothing_is_written_where_mlflow_is_only_read(make_quick: Make) -> None:
    world = started(make_quick(policy=enforcing()))
    world.policy = enforcing(read_only=frozenset({Side.REGISTRY}))
    decide(world, status="Withdrawn")
    world.sync()
    assert (production(world), reasons(world)) == ("2", None)


def test_a_promotion_that_moves_the_alias_on_is_enough(make_quick: Make) -> None:
    """The alias leaves the version anyway: it is not taken off it first."""
    policy = replace(promoting("production"), enforcement=enforcing().enforcement)
    world = make_quick(policy=policy)
    world.author.create_model("credit", tags={"risk_classification": "low", "purpose": "Scores."})
    for _ in range(2):
        world.author.create_version("credit", run_id=world.author.log_run(metrics={"auc": 0.9}))
    settled(world)
    decide(world, "1")
    settled(world)
    assert production(world) == "1"
    decide(world, "1", status="Withdrawn")
    decide(world, "2")
    settled(world)
    assert production(world) == "2"
    assert [(old, new) for _, old, new in moves(world)] == [(None, "1"), ("1", "2")]


def test_many_at_once_trip_the_fuse(make_quick: Make) -> None:
    world = make_quick(policy=enforcing(fuses={FuseClass.TAKE_OFF: FuseLimit(10, 1)}))
    for name in ("one", "two", "three"):
        world.author.create_model(name)
        world.author.create_version(name)
        world.author.set_alias(name, "production", "1")
    settled(world)
    for name in ("one", "two", "three"):
        world.officer.patch(world.version_record(name)["id"], approval_status="Withdrawn")
    result = world.sync()
    assert result.run.status is RunStatus.ATTENTION
    assert {each.kind for each in result.plan.withheld} == {OperationKind.TAKE_OFF}
    assert "taking off of aliases" in result.plan.fuses[0]


def test_switched_off_again_it_leaves_no_tag(world: InProcessWorld) -> None:
    decide(world, status="Withdrawn")
    settled(world)
    world.policy = Policy()
    settled(world)
    assert reasons(world) is None
    assert TAKEN_OFF not in world.tags("credit", "2")
    assert production(world) is None
