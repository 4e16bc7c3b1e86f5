"""Findings to the GRC: opened once, closed when the control holds, reopened when it comes back; people's decisions,
fuses, gaps, refusals, lost answers, and a process that dies at any step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.apply.translate import Translator
from connector.controls import Rules, Waiver, findings, waive
from connector.mapping.profile import load_profile
from connector.mapping.thresholds import Thresholds
from connector.model.enforcement import Action, EnforcementPolicy, Trigger
from connector.model.errors import IncompleteSnapshot, OutcomeUnknown, Rejected
from connector.model.fields import Entity, Side
from connector.model.operations import FuseClass, OperationKind
from connector.model.policy import FindingsPolicy, FuseLimit, Policy
from connector.model.state import RunStatus
from connector.raising import Judged
from connector.report.joined import Question, join
from connector.report.material import Material, from_state
from tests.engine.review import calm, refusing, sent, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import REGISTRY_ID, Interrupted, World, dying_at
from tests.fakes.adapter import GrcCall

Make = Callable[..., InProcessWorld]
ON = Policy(findings=FindingsPolicy("high"))
CONTROLS = ("C01", "C03", "C09", "C20")


class Judge:
    """The controls in force, and what was accepted. Counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.waivers: list[Waiver] = []
        self.in_force: Sequence[str] = CONTROLS

    def __call__(self, world: World, material: Material, now: datetime) -> Judged:
        self.asked += 1
        today = now.date().isoformat()
        question = Question(load_profile("baseline"), today, Rules(tuple(self.in_force), Thresholds()))
        inventory = join(material, world.mapping, world.connection.translator.settings, world.instance, question)
        return Judged(inventory, waive(findings(inventory), self.waivers, today).findings)


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def world(make_quick: Make, judge: Judge) -> InProcessWorld:
    """A model with a version that is in production and was never approved, in both systems; no issue yet."""
    return exposed(make_quick(judge=judge))


def exposed(world: InProcessWorld, name: str = "credit") -> InProcessWorld:
    world.author.create_model(name, tags={"risk_classification": "high"})
    world.author.create_version(name)
    world.registry.set_alias(name, "production", "1")
    settled(world)
    world.policy = ON
    return world


def approve(world: InProcessWorld, status: str = "Approved", name: str = "credit") -> None:
    world.officer.patch(world.version_record(name)["id"], approval_status=status)


def issues(world: InProcessWorld) -> list[dict[str, Any]]:
    return list(world.officer.records("issues"))


def the_issue(world: InProcessWorld) -> dict[str, Any]:
    (only,) = issues(world)
    return only


def state(world: InProcessWorld) -> str:
    return str(the_issue(world)["state"])


def close(world: InProcessWorld) -> None:
    world.officer.close_issue(the_issue(world)["id"])


def told(world: InProcessWorld) -> list[str]:
    return [remark.text for remark in world.plan().remarks if remark.topic == "finding"]


def idle(world: InProcessWorld) -> None:
    before = sent(world)
    assert world.sync().run.status is RunStatus.CLEAN
    assert sent(world) == before


def test_a_finding_opens_one_issue_that_says_what_was_seen_and_what_to_do(world: InProcessWorld) -> None:
    plan = world.plan()
    assert [each.kind for each in plan.operations] == [OperationKind.OPEN_ISSUE]
    assert str(plan.operations[0].ref) == "credit v1"
    assert issues(world) == [], "a plan changes nothing"
    world.sync()
    issue = the_issue(world)
    record, version = world.record("credit")["id"], world.version_record("credit")["id"]
    assert issue["external_key"] == f"finding:{REGISTRY_ID}/{record}/C01#1"
    assert (issue["model"], issue["version"], issue["severity"], issue["state"]) == (
        record,
        version,
        "Critical",
        "Open",
    )
    assert issue["title"] == "C01: a version under a production alias is not approved (credit v1)"
    assert issue["due_date"] == "2026-04-01", "30 days after 2 March"
    for part in ("Seen: under production, ", "To do: ", "Basis: SR 26-2 V"):
        assert part in issue["description"]


def test_its_issue_comes_back_as_a_tag_and_the_next_cycle_is_idle(world: InProcessWorld) -> None:
    world.sync()
    settled(world)
    assert world.tags("credit", "1")["grc_open_issues"] == "1"
    idle(world)
    assert len(issues(world)) == 1


def test_the_trail_names_the_control(world: InProcessWorld) -> None:
    world.sync()
    entries = [each for each in world.audit() if each.action == "open_issue"]
    assert {each.field for each in entries} >= {"identity.key", "title", "severity", "state", "due", "description"}
    assert all(each.rule.startswith("control C01 fails: ") and each.side is Side.GRC for each in entries)
    assert {each.record_id for each in entries} == {the_issue(world)["id"]}
    approve(world)
    settled(world)
    (entry,) = [each for each in world.audit() if each.action == "close_issue" and each.field == "state"]
    assert (entry.old, entry.new) == ("open", "closed")
    assert entry.rule.endswith("C01 holds again")


def test_closed_when_the_control_holds_and_reopened_when_it_comes_back(world: InProcessWorld) -> None:
    settled(world)
    approve(world)
    settled(world)
    assert state(world) == "Closed"
    assert the_issue(world)["resolution"] == "Control C01 holds again: nothing of it is found."
    idle(world)
    approve(world, "Expired")
    settled(world)
    assert state(world) == "Open"
    assert "approval is expired" in the_issue(world)["description"]
    idle(world)


def test_a_reopened_issue_does_not_say_that_the_control_holds(world: InProcessWorld) -> None:
    settled(world)
    approve(world)
    settled(world)
    approve(world, "Expired")
    settled(world)
    assert the_issue(world)["resolution"] == "Reopened: the control fails again."
    fields = [each.field for each in world.audit() if each.action == "reopen_issue"]
    assert "due" not in fields, "what stands already is not written"


@pytest.mark.parametrize("what", ["model", "version"])
def test_of_what_was_deleted_nobody_says_that_the_control_holds(world: InProcessWorld, what: str) -> None:
    settled(world)
    if what == "model":
        world.author.delete_model("credit")
    else:
        world.author.delete_version("credit", "1")
    settled(world)
    assert state(world) == "Closed"
    assert the_issue(world)["resolution"] == f"The {what} was deleted in MLflow."


def test_of_a_record_that_this_cycle_makes_nobody_is_told_that_there_is_none(world: InProcessWorld) -> None:
    settled(world)
    world.author.create_model("pricing", tags={"risk_classification": "high"})
    world.author.create_version("pricing")
    world.registry.set_alias("pricing", "production", "1")
    assert told(world) == []
    world.adapter.before.append(refuse_models)
    world.sync()
    world.sync()
    assert told(world) == ["pricing: C01: no issue is opened, for the GRC has no record of the model"]


def refuse_models(call: GrcCall) -> None:
    if call.action == "create" and call.entity is Entity.MODEL:
        raise Rejected("no rights on models")


def test_an_issue_of_a_finding_enforces_nothing(world: InProcessWorld) -> None:
    """C01 finds the version in production that nobody approved: its issue takes no alias off by itself."""
    enforcement = EnforcementPolicy({Trigger.ISSUE: Action.TAKE_OFF}, aliases=("production",))
    world.policy = replace(ON, enforcement=enforcement)
    settled(world)
    assert the_issue(world)["severity"] == "Critical"
    assert "grc_blocked" not in world.tags("credit", "1")
    model = world.registry.model("credit")
    assert model is not None
    assert model.aliases == {"production": "1"}


def test_off_nothing_is_asked_and_nothing_written(make_quick: Make, judge: Judge) -> None:
    world = exposed(make_quick(judge=judge))
    world.policy = Policy()
    idle(world)
    assert judge.asked == 0
    assert issues(world) == []


def test_a_mild_finding_opens_none_and_leaves_one_alone_that_is_open(world: InProcessWorld) -> None:
    world.policy = Policy(findings=FindingsPolicy("high"))
    world.sync()
    before = the_issue(world)
    judged = world.connection.judge
    assert judged is not None

    def milder(material: Material, now: datetime) -> Judged:
        found = judged(material, now)
        return replace(found, findings=tuple(replace(each, severity="medium") for each in found.findings))

    settled(world)
    world.connection.judge = milder
    idle(world)
    assert the_issue(world)["state"] == before["state"]


def test_a_control_that_is_not_asked_any_more_closes_nothing(world: InProcessWorld, judge: Judge) -> None:
    settled(world)
    judge.in_force = ("C03",)
    idle(world)
    assert state(world) == "Open"


def test_an_accepted_finding_closes_its_issue_with_the_reason(world: InProcessWorld, judge: Judge) -> None:
    settled(world)
    judge.waivers = [Waiver("C01", "credit", None, "pilot of ten clients", "rita@bank.example", "2026-04-01")]
    settled(world)
    assert state(world) == "Closed"
    told = "Accepted by rita@bank.example until 2026-04-01: pilot of ten clients."
    assert the_issue(world)["resolution"] == told
    idle(world)
    world.now = world.now.replace(month=4, day=2)
    settled(world)
    assert state(world) == "Open", "the waiver expired"


def test_an_accepted_finding_opens_nothing(world: InProcessWorld, judge: Judge) -> None:
    judge.waivers = [Waiver("C01", "credit", "1", "pilot", "rita@bank.example", "2026-04-01")]
    idle(world)
    assert issues(world) == []


def test_a_risk_that_a_person_accepted_in_the_grc_stands(world: InProcessWorld) -> None:
    settled(world)
    world.officer.patch(the_issue(world)["id"], state="Risk Accepted")
    settled(world)
    approve(world)
    settled(world)
    approve(world, "Expired")
    settled(world)
    assert state(world) == "Risk Accepted"
    assert len(issues(world)) == 1


def test_closed_by_a_person_it_is_reopened_once_for_each_change_of_the_finding(world: InProcessWorld) -> None:
    settled(world)
    close(world)
    settled(world)
    assert state(world) == "Closed", "nothing changed since the person closed it"
    assert told(world) == [f"C01 still fails, and a person closed issue {the_issue(world)['number']}: it stays closed"]
    idle(world)
    approve(world, "Rejected")
    settled(world)
    assert state(world) == "Open", "the finding says something else now"
    close(world)
    settled(world)
    assert state(world) == "Closed"
    idle(world)


def test_a_change_that_the_person_saw_does_not_reopen(world: InProcessWorld) -> None:
    settled(world)
    approve(world, "Rejected")
    settled(world)
    close(world)
    settled(world)
    assert state(world) == "Closed"


def test_what_a_person_closed_comes_back_after_the_control_held_in_between(world: InProcessWorld) -> None:
    settled(world)
    close(world)
    settled(world)
    approve(world)
    settled(world)
    approve(world, "Not Submitted")
    settled(world)
    assert state(world) == "Open"


def test_what_a_person_reopened_though_the_control_holds_stays_open(world: InProcessWorld) -> None:
    settled(world)
    approve(world)
    settled(world)
    world.officer.reopen_issue(the_issue(world)["id"])
    settled(world)
    assert state(world) == "Open"


def test_lost_state_opens_no_second_one(world: InProcessWorld) -> None:
    settled(world)
    world.lose_state()
    settled(world)
    assert state(world) == "Open"
    approve(world)
    settled(world)
    world.lose_state()
    approve(world, "Expired")
    settled(world)
    assert state(world) == "Open"
    assert len(issues(world)) == 1


def test_one_that_the_listing_hides_is_found_by_its_key(world: InProcessWorld) -> None:
    settled(world)
    close(world)
    settled(world)
    world.lose_state()
    records = world.adapter.records
    world.adapter.records = lambda entity, since=None: iter(
        each for each in records(entity, since) if each.values.get("state") != "Closed"
    )
    settled(world)
    assert state(world) == "Open"
    assert len(issues(world)) == 1


def test_issues_of_ours_feed_no_control(world: InProcessWorld, judge: Judge) -> None:
    """A critical issue on a version in use is what C03 looks for, an overdue one C09."""
    settled(world)
    world.now = world.now.replace(year=2027)
    settled(world)
    assert [issue["external_key"].rpartition("/")[2] for issue in issues(world)] == ["C01#1"]


def test_an_issue_of_ours_is_no_answer_to_monitoring(world: InProcessWorld) -> None:
    """C20 asks for an issue: its own would satisfy it, be closed, and be opened again for ever."""
    from connector.controls import JoinedIssue
    from tests.controls.estate import controls, model, version

    red = version(monitoring_status="red")
    ours = JoinedIssue("ISS1", "C20", "high", "open", version="3", of_finding=True)
    assert ("C20", "high") in controls(replace(model(red), issues=(ours,)))
    assert ("C20", "high") not in controls(replace(model(red), issues=(replace(ours, of_finding=False),)))


def test_a_persons_issue_on_the_same_version_does_open_one_for_c03(world: InProcessWorld) -> None:
    world.officer.raise_issue("Drift", severity="High", model=world.record("credit")["id"])
    settled(world)
    keys = sorted(str(issue["external_key"]).rpartition("/")[2] for issue in issues(world))
    assert keys == ["C01#1", "C03#1", "None"]


def test_an_incomplete_listing_opens_and_closes_nothing(world: InProcessWorld) -> None:
    refuse = refusing_listing(world, Entity.MODEL)
    result = world.sync()
    assert result.run.status is RunStatus.ATTENTION
    assert issues(world) == []
    world.adapter.before.remove(refuse)
    settled(world)
    approve(world)
    refusing_listing(world, Entity.ISSUE)
    world.sync()
    assert state(world) == "Open"
    assert told(world) == ["no issue is opened or closed for a finding: a listing was incomplete"]
    calm(world)
    settled(world)
    assert state(world) == "Closed"


def refusing_listing(world: InProcessWorld, entity: Entity) -> Callable[[GrcCall], None]:
    def fail(call: GrcCall) -> None:
        if call.action == "records" and call.entity is entity:
            raise IncompleteSnapshot("the second page repeats the first")

    world.adapter.before.append(fail)
    return fail


def test_a_storm_is_withheld_until_a_person_approves(world: InProcessWorld) -> None:
    world.policy = Policy()
    for name in ("alpha", "beta"):
        exposed(world, name)
        world.policy = Policy()
    world.policy = replace(ON, fuses={**ON.fuses, FuseClass.OPEN_ISSUE: FuseLimit(0, 2)})
    result = world.sync()
    assert issues(world) == []
    assert result.run.status is RunStatus.ATTENTION
    assert result.plan.fuses == ("opening of 3 issues, of 6 linked objects (limit 0 %, at least 2)",)
    world.sync()
    assert issues(world) == []
    material = from_state(world.store, "test")
    assert (material.withheld, material.held_back) == (3, 0), "no report is in doubt for that"
    digests = {each.digest for each in world.store.withheld("test")}
    world.store.approve("test", sorted(digests)[:1], "rita", world.now)
    world.sync()
    assert len(issues(world)) == 1, "exactly what was approved"
    world.store.approve("test", digests, "rita", world.now)
    world.sync()
    assert len(issues(world)) == 3


def test_a_refused_opening_is_told_and_not_repeated(world: InProcessWorld) -> None:
    refusing(world, "create", Rejected("no rights on issues"))
    result = world.sync()
    assert result.run.status is RunStatus.ATTENTION
    assert [case.reason for case in result.applied.quarantines] == ["no rights on issues"]
    calm(world)
    before = sent(world)
    result = world.sync()
    assert sent(world) == before
    assert [case.reason for case in result.plan.quarantines] == ["no rights on issues"]


def test_a_platform_that_ignores_the_closing_is_told_and_not_asked_again(world: InProcessWorld) -> None:
    settled(world)
    approve(world)
    world.sync()
    update = world.adapter.update
    world.adapter.update = lambda write: update(
        replace(write, values={name: value for name, value in write.values.items() if name != "state"})
    )
    result = world.sync()
    (case,) = result.applied.quarantines
    assert case.reason == "the value 'closed' did not stick: the GRC accepted the write and kept 'open'"
    assert state(world) == "Open"
    before = sent(world)
    assert world.sync().run.status is RunStatus.ATTENTION
    assert sent(world) == before


def test_a_platform_that_keeps_no_key_gets_one_issue_a_day_at_most(world: InProcessWorld, judge: Judge) -> None:
    """What carries no key is never found again, and would be opened in every cycle."""
    judge.in_force, world.policy = ("C01",), Policy()
    exposed(world, "fraud")
    create = world.adapter.create
    world.adapter.create = lambda write: create(
        replace(write, values={name: value for name, value in write.values.items() if name != "external_key"})
    )
    result = world.sync()
    (case,) = result.applied.quarantines
    assert (case.field, result.run.status) == ("identity.key", RunStatus.ATTENTION)
    assert "did not stick" in case.reason
    assert f"in issue {the_issue(world)['number']}" in case.remedy
    for _ in range(2):
        result = world.sync()
        assert result.run.status is RunStatus.ATTENTION
        assert len(issues(world)) == 1
    assert told(world) == ["C01: no issue is opened, for the key of the last one was not kept"]
    world.now += timedelta(days=1)
    world.sync()
    assert len(issues(world)) == 2
    world.adapter.create = create
    world.now += timedelta(days=1)
    settled(world)
    assert [each["external_key"] is None for each in issues(world)].count(False) == 2, "each finding has one"
    assert len(issues(world)) == 4


def test_a_key_that_a_person_entered_is_known(world: InProcessWorld) -> None:
    create = world.adapter.create
    world.adapter.create = lambda write: create(
        replace(write, values={name: value for name, value in write.values.items() if name != "external_key"})
    )
    (case,) = world.sync().applied.quarantines
    world.officer.patch(the_issue(world)["id"], external_key=case.ref.key)
    settled(world)
    assert len(issues(world)) == 1
    approve(world)
    settled(world)
    assert state(world) == "Closed"


def test_what_was_not_kept_of_an_issue_is_told(world: InProcessWorld) -> None:
    create = world.adapter.create
    world.adapter.create = lambda write: create(
        replace(write, values={**write.values, "version": None, "severity": "Low"})
    )
    assert {case.field for case in world.sync().applied.quarantines} == {"identity.version", "severity"}
    settled(world)
    assert len(issues(world)) == 1


def test_an_issue_that_a_workflow_moves_on_at_once_is_an_open_one(world: InProcessWorld) -> None:
    create = world.adapter.create
    world.adapter.create = lambda write: create(replace(write, values={**write.values, "state": "In Remediation"}))
    assert world.sync().applied.quarantines == []
    settled(world)
    close(world)
    settled(world)
    assert state(world) == "Closed", "a person closed it, and nothing changed since"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_opens_it_once(world: InProcessWorld, when: str) -> None:
    lost = itertools.count()

    def lose(call: GrcCall) -> None:
        if call.action == "create" and next(lost) == 0:
            raise OutcomeUnknown("the connection broke")

    getattr(world.adapter, when).append(lose)
    world.sync()
    world.sync()
    settled(world)
    assert len(issues(world)) == 1


def test_a_read_only_grc_is_told_what_would_be_opened(world: InProcessWorld) -> None:
    world.policy = replace(ON, read_only=frozenset({Side.GRC}))
    idle(world)
    assert issues(world) == []
    remarks = [each.text for each in world.plan().remarks if each.topic == "read-only side"]
    assert remarks == ["its issue is not written (finding of C01)"]


def test_a_cycle_of_one_model_opens_its_issues_alone(world: InProcessWorld) -> None:
    world.policy = Policy()
    exposed(world, "fraud")
    world.sync(model="fraud")
    assert [issue["title"][-10:] for issue in issues(world)] == ["(fraud v1)"]


def test_a_saved_plan_opens_it_once(world: InProcessWorld) -> None:
    plan = world.plan()
    assert len(world.sync(only=plan).applied.operations) == 1
    result = world.sync(only=plan)
    assert result.stale == ()
    assert len(result.done) == 1
    assert len(issues(world)) == 1


def test_what_the_cycle_itself_mends_opens_nothing(world: InProcessWorld, judge: Judge) -> None:
    """An edit that this very cycle puts back is seen by C10 before it is."""
    judge.in_force = ("C10",)
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    settled(world)
    world.author.set_tag("credit", "grc_allowed_changes", "all")
    result = world.sync()
    assert [each.kind for each in result.applied.operations] == [OperationKind.UPDATE_REGISTRY]
    settled(world)
    assert issues(world) == []


def test_a_model_that_is_written_to_in_every_cycle_gets_its_issue_all_the_same(world: InProcessWorld) -> None:
    opened = []
    for number in range(3):
        world.author.set_tag("credit", "purpose", f"purpose {number}")
        world.sync()
        opened.append(len(issues(world)))
    assert opened == [0, 1, 1]


def written(world: InProcessWorld) -> list[str]:
    """The issues that were opened, closed and reopened, as the trail has them."""
    return [each.action for each in world.audit() if each.field == "state" and each.action.endswith("_issue")]


def _open(world: InProcessWorld) -> None:
    """The finding stands and has no issue (any more)."""
    for issue in issues(world):
        world.officer.delete(issue["id"])
    settled_but_for_the_new_one(world)


def settled_but_for_the_new_one(world: InProcessWorld) -> None:
    world.policy = Policy()
    settled(world)
    world.policy = ON


def _close(world: InProcessWorld) -> None:
    approve(world, "Expired")
    settled(world)
    world.policy = Policy()
    approve(world)
    settled(world)
    world.policy = ON


def _reopen(world: InProcessWorld) -> None:
    approve(world)
    settled(world)
    world.policy = Policy()
    approve(world, "Expired")
    settled(world)
    world.policy = ON


@pytest.mark.parametrize(
    ("before", "outcome"), [(_open, "Open"), (_close, "Closed"), (_reopen, "Open")], ids=["open", "close", "reopen"]
)
def test_interrupted_at_every_step_there_is_one_issue(
    world: InProcessWorld, before: Callable[[InProcessWorld], None], outcome: str
) -> None:
    for number in itertools.count():
        before(world)
        died, told_before = False, len(written(world))
        try:
            with dying_at(number) as step:
                assert len(world.sync(step=step).applied.operations) == 1
        except Interrupted:
            died = True
            world.now += timedelta(hours=1)
            world.reopen()
            settled(world)
        assert state(world) == outcome, number
        assert world.store.intents("test") == []
        assert len(written(world)) == told_before + 1, "the trail has it, once"
        if not died:
            settled(world)
            idle(world)
            assert number > 5
            return


def test_what_a_run_left_behind_stops_none_after_the_policy_is_gone(world: InProcessWorld) -> None:
    """The key of issues is not read then, so that nobody can tell whether the issue is there."""
    _open(world)
    world.adapter.after.append(die_after_opening)
    with pytest.raises(Interrupted):
        world.sync()
    assert len(world.store.intents("test")) == 1
    world.now += timedelta(hours=1)
    world.reopen()
    world.policy = Policy()
    settings = world.connection.translator.settings
    world.connection.translator = Translator(world.mapping.without_opening(), settings)
    settled(world)
    assert world.store.intents("test") == []
    assert "outcome unknown" in {each.action for each in world.audit()}


def die_after_opening(call: GrcCall) -> None:
    if call.action == "create" and call.entity is Entity.ISSUE:
        raise Interrupted
