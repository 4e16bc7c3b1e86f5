"""A narrowed cycle does for one model what a full one would, and nothing that rests on what it did not look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.audit import verify
from connector.engine import Cycle
from connector.engine.deciding import resolve
from connector.engine.narrow import Narrow, Narrowed
from connector.model.errors import OutcomeUnknown, Retriable
from connector.model.fields import Entity, Side
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit, Policy
from connector.model.state import RunKind, RunStatus
from connector.state import LeaseHeld
from tests.engine.narrowing import Beside
from tests.engine.test_machine import BatchedWorld, InProcessWorld
from tests.fakes.adapter import GrcCall
from tests.fakes.registry import Call

Make = Callable[..., InProcessWorld]


@pytest.fixture
def world(quick: InProcessWorld) -> InProcessWorld:
    """Two models in agreement, the first with two versions and an issue."""
    for name in ("credit", "fraud"):
        quick.author.create_model(name, tags={"purpose": f"purpose of {name}", "risk_classification": "low"})
    for _ in range(2):
        quick.author.create_version("credit")
    quick.sync()
    raise_issue(quick)
    quick.sync()
    quick.sync()
    return quick


def raise_issue(world: InProcessWorld, name: str = "credit", **more: Any) -> str:
    return str(world.officer.raise_issue(more.pop("title", "Too old"), model=world.record(name)["id"], **more)["id"])


def narrow(world: InProcessWorld, name: str = "credit", **options: Any) -> Narrowed:
    return Narrow(world.connection, name, **options).run()


def writes(world: InProcessWorld) -> int:
    return len(world.registry.writes) + world.grc_writes()


def approve(world: InProcessWorld, number: str) -> None:
    world.officer.patch(world.version_record("credit", number)["id"], approval_status="Approved")


def at_rest(world: InProcessWorld) -> None:
    """A full cycle finds nothing to do, and what the state says both sides hold is what they hold."""
    before = writes(world)
    world.sync()
    assert writes(world) == before
    assert verify(world.store.audit()).ok


def test_an_edit_flows_both_ways_and_a_full_cycle_has_nothing_to_add(world):
    world.officer.patch(world.record("credit")["id"], allowed_changes="none", tier="2 - High")
    world.author.set_tag("credit", "purpose", "a new purpose")
    done = narrow(world)
    assert world.tags("credit")["grc_allowed_changes"] == "none"
    assert world.tags("credit")["risk_classification"] == "high"
    assert world.record("credit")["purpose"] == "a new purpose"
    assert (done.result.run.status, done.left) == (RunStatus.APPLIED, "")
    assert world.store.intents("test") == []
    at_rest(world)


def test_the_other_models_are_neither_read_nor_written(world):
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    world.officer.patch(world.record("fraud")["id"], allowed_changes="some")
    world.registry.calls.clear()
    world.adapter.calls.clear()
    narrow(world)
    assert {call.name for call in world.registry.calls} == {"credit"}
    assert {call.action for call in world.adapter.calls} == {"get"}
    assert "grc_allowed_changes" not in world.tags("fraud")


def test_a_decision_on_a_version_reaches_its_tags(world):
    approve(world, "2")
    narrow(world)
    assert world.tags("credit", "2")["grc_approval_status"] == "approved"
    assert world.tags("credit", "1")["grc_approval_status"] != "approved"
    at_rest(world)


@pytest.mark.parametrize("mode", ["governed", "none"])
def test_it_works_in_every_mode_of_versions(make_quick: Make, mode: str):
    world = make_quick(mode=mode)
    world.author.create_model("credit")
    world.author.create_version("credit")
    world.sync()
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    assert narrow(world).result is not None
    assert world.tags("credit")["grc_allowed_changes"] == "none"
    at_rest(world)


def test_a_platform_that_takes_many_writes_at_a_time_gets_them(tmp_path, make_quick, monkeypatch):
    monkeypatch.setattr(InProcessWorld, "batch_size", BatchedWorld.batch_size)
    world = make_quick()
    world.author.create_model("credit", tags={"purpose": "one"})
    world.sync()
    world.author.set_tag("credit", "purpose", "two")
    narrow(world)
    assert world.record("credit")["purpose"] == "two"


# what it leaves behind


def test_nothing_to_do_leaves_no_trace(world):
    runs, head = world.store.runs("test", kind=None), world.store.audit_head()
    world.author.set_tag("credit", "a tag of nobody", "x")
    assert narrow(world) == Narrowed()
    assert (world.store.runs("test", kind=None), world.store.audit_head()) == (runs, head)


def test_what_it_did_is_a_narrowed_run_with_a_journal_of_its_own(world):
    full = world.store.runs("test")
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    run = narrow(world).result.run
    assert world.store.runs("test") == full
    assert world.store.runs("test", kind=RunKind.NARROWED) == [run]
    journal = {(entry.side, entry.entity, entry.name) for entry in world.store.journal(run.id)}
    assert journal == {(Side.REGISTRY, Entity.MODEL, "credit"), (Side.GRC, Entity.MODEL, "credit")}
    assert {entry.run_id for entry in world.audit()[-2:]} == {run.id}
    assert world.store.snapshot("test", Side.GRC, Entity.MODEL).complete


def test_a_conflict_is_parked_and_told_once_and_goes_when_the_sides_agree(world):
    world.author.set_tag("credit", "purpose", "one")
    world.officer.patch(world.record("credit")["id"], purpose="two")
    world.author.set_tag("fraud", "purpose", "one")
    world.officer.patch(world.record("fraud")["id"], purpose="two")
    world.sync()
    assert narrow(world) == Narrowed()
    world.author.set_tag("credit", "purpose", "two")
    assert narrow(world).result.run.status is RunStatus.CLEAN
    assert [case.ref.name for case in world.store.conflicts("test")] == ["fraud"]
    world.author.set_tag("credit", "purpose", "three")
    world.officer.patch(world.record("credit")["id"], purpose="four")
    assert narrow(world).result.run.status is RunStatus.ATTENTION
    assert sorted(case.ref.name for case in world.store.conflicts("test")) == ["credit", "fraud"]
    parked = len([entry for entry in world.audit() if entry.action == "conflict"])
    world.sync()
    assert len([entry for entry in world.audit() if entry.action == "conflict"]) == parked == 3


def test_the_issues_of_the_model_are_those_known_and_those_that_the_event_names(world):
    second = raise_issue(world, title="Newer", severity="Critical")
    assert narrow(world) == Narrowed()
    narrow(world, issues=[second])
    assert world.tags("credit")["grc_open_issues"] == "2"
    assert second in world.store.issues("test")
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    narrow(world)
    assert world.tags("credit")["grc_open_issues"] == "2"
    at_rest(world)


def test_an_issue_read_as_closed_is_closed_and_one_that_is_gone_is_not(world):
    first, second = raise_issue(world, title="Newer"), raise_issue(world, title="Third")
    world.sync()
    world.officer.close_issue(first)
    world.officer.delete(second)
    narrow(world)
    assert world.tags("credit")["grc_open_issues"] == "2"
    world.sync()
    assert world.tags("credit")["grc_open_issues"] == "1"


# what it leaves to a full cycle


def test_a_model_without_a_link_is_left(world):
    world.author.create_model("new")
    assert narrow(world, "new") == Narrowed(left="no record stands for it", soon=True)
    assert world.officer.records("models", registry_name="new") == []


def test_a_model_outside_the_scope_asks_for_nothing(world):
    settings = world.connection.translator.settings
    scope = replace(settings.scope, include=("credit", "fraud"))
    world.connection.translator = replace(world.connection.translator, settings=replace(settings, scope=scope))
    world.author.create_model("new")
    assert not narrow(world, "new").soon
    assert not narrow(world, "none").soon


def test_a_new_version_is_left_and_the_rest_done(world):
    world.author.create_version("credit")
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    done = narrow(world)
    assert world.tags("credit")["grc_allowed_changes"] == "none"
    assert (done.left, done.soon) == ("credit v3 has no record that is known to be its own", True)
    assert len(world.officer.records("versions", registry_name="credit")) == 2
    world.sync()
    assert len(world.officer.records("versions", registry_name="credit")) == 3


def test_what_a_deletion_would_cost_is_left(world):
    world.author.delete_version("credit", "2")
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    before, links = world.version_record("credit", "2"), world.store.links("test")
    assert narrow(world).result is not None
    assert (world.version_record("credit", "2"), world.store.links("test")) == (before, links)
    world.author.delete_model("fraud")
    assert narrow(world, "fraud").soon
    assert len(world.store.links_of("test", "fraud")) == 1
    world.author.create_model("fraud")
    assert narrow(world, "fraud").left == "it is another model of the same name"


@pytest.mark.parametrize("side", ["mlflow", "grc"])
def test_what_empties_a_field_is_left(world, side):
    world.officer.patch(world.record("credit")["id"], allowed_changes="none")
    world.sync()
    if side == "mlflow":
        world.author.set_tag("credit", "purpose", "new")
        world.author.delete_tag("credit", "purpose")
    else:
        world.officer.patch(world.record("credit")["id"], allowed_changes=None)
    world.author.set_tag("credit", "risk_classification", "high")
    done = narrow(world)
    assert done.soon
    assert "counted over all objects" in done.left
    assert world.record("credit")["tier"] == "2 - High"
    assert world.record("credit")["purpose"] == "purpose of credit"
    assert world.tags("credit")["grc_allowed_changes"] == "none"
    world.sync()
    assert (world.record("credit")["purpose"] is None) == (side == "mlflow")


def test_a_model_that_a_fuse_holds_back_is_left_to_who_decides(make_quick: Make):
    world = make_quick(policy=Policy(fuses={**Policy().fuses, FuseClass.UPDATE: FuseLimit(0, 0)}))
    world.author.create_model("credit", tags={"purpose": "one"})
    world.sync()
    world.author.set_tag("credit", "purpose", "two")
    world.sync()
    assert len(world.store.withheld("test")) == 1
    world.author.set_tag("credit", "purpose", "three")
    assert narrow(world) == Narrowed(left="a fuse holds back what it needs")
    assert world.record("credit")["purpose"] == "one"


def test_updates_are_counted_over_all_narrowed_cycles_until_a_full_one_counts(make_quick: Make):
    world = make_quick(policy=Policy(fuses={**Policy().fuses, FuseClass.UPDATE: FuseLimit(50, 2)}))
    for number in range(4):
        world.author.create_model(f"m{number}", tags={"purpose": "one"})
    world.sync()
    for number in range(4):
        world.author.set_tag(f"m{number}", "purpose", "two")
    told = [narrow(world, f"m{number}") for number in range(3)]
    assert [bool(one.left) for one in told] == [False, False, True]
    world.author.set_tag("m0", "purpose", "three")
    assert not narrow(world, "m0").left
    world.sync()
    world.author.set_tag("m3", "purpose", "four")
    assert not narrow(world, "m3").left
    assert [world.record(f"m{number}")["purpose"] for number in range(4)] == ["three", "two", "two", "four"]


def test_without_a_full_cycle_the_linked_objects_are_counted_in_the_state(world):
    world.reopen()
    world.connection.policy = Policy(fuses={**Policy().fuses, FuseClass.UPDATE: FuseLimit(20, 0)})
    world.author.set_tag("credit", "purpose", "new")
    assert "as many objects" in narrow(world).left


def test_a_changed_mapping_waits_for_a_full_cycle(world):
    before = world.store.used_mapping
    world.store.used_mapping = lambda name: replace(before(name), tag_prefix="old_")
    assert "mapping" in narrow(world).left
    world.store.used_mapping = lambda name: None
    assert "mapping" in narrow(world).left


def test_a_write_in_doubt_waits_for_a_full_cycle(world):
    def lost(call: GrcCall) -> None:
        if call.is_write or gone:
            gone.append(True)
            raise OutcomeUnknown("the answer was lost") if call.is_write else Retriable("not now")

    gone: list[bool] = []
    world.author.set_tag("credit", "purpose", "new")
    world.adapter.after.append(lost)
    assert narrow(world).result.run.status is RunStatus.FAILED
    world.adapter.after.clear()
    assert len(world.store.intents("test")) == 1
    assert narrow(world) == Narrowed(left="the outcome of an earlier write is not known yet", soon=True)
    world.sync()
    assert narrow(world) == Narrowed()
    at_rest(world)


def test_a_model_in_quarantine_is_left(world):
    twin = dict(world.record("fraud"))
    world.author.create_model("copied", tags={"grc_record_id": twin["id"]})
    world.sync()
    assert {case.ref.name for case in world.store.quarantines("test")} == {"fraud", "copied"}
    world.author.set_tag("fraud", "purpose", "new")
    assert narrow(world, "fraud") == Narrowed(left="it, or a version of it, is in quarantine")


def test_a_side_that_fails_ends_it_before_anything_is_recorded(world):
    def refuse(call: Call | GrcCall) -> None:
        raise Retriable("not now")

    world.adapter.before.append(refuse)
    with pytest.raises(Retriable):
        narrow(world)
    world.adapter.before.clear()
    assert world.store.lease("test") is None
    assert narrow(world) == Narrowed()


def test_another_process_that_holds_the_lease_keeps_it(world):
    lease = world.store.acquire_lease("test", "process-2", world.now, 60)
    with pytest.raises(LeaseHeld):
        narrow(world)
    assert world.store.lease("test") == lease


# beside a full cycle


def at_step(world: InProcessWorld, wanted: str, act: Callable[[], None]) -> None:
    """Run a full cycle that acts once, when it comes to a step."""
    done: list[bool] = []

    def step(name: str) -> None:
        if name == wanted and not done:
            done.append(True)
            act()

    world.sync(step)
    assert done


@pytest.mark.parametrize("moment", ["observe", "plan", "intent", "write", "record"])
def test_the_turn_comes_between_two_operations_and_nothing_stale_is_written_after_it(world, moment):
    """Both models were edited before the full cycle began; while it works at the first, the other is edited again."""
    for name in ("credit", "fraud"):
        world.author.set_tag(name, "purpose", f"old edit of {name}")
        world.author.set_description(name, "old")
    seen: list[Any] = []

    def edit() -> None:
        world.author.set_tag("fraud", "purpose", "newest")
        world.author.set_description("fraud", "newest")
        world.officer.patch(world.record("fraud")["id"], allowed_changes="some")
        seen.append(Beside(world, "fraud").begin().end())
        seen.append(world.record("fraud")["purpose"])

    at_step(world, moment, edit)
    assert seen[0].result is not None
    assert seen[1] == "newest"
    assert (world.record("fraud")["purpose"], world.tags("fraud")["purpose"]) == ("newest", "newest")
    assert world.tags("fraud")["grc_allowed_changes"] == "some"
    assert world.record("fraud")["description"] == "newest"
    assert world.store.conflicts("test") == []
    assert world.record("credit")["purpose"] == "old edit of credit"
    told = [change.changed.get("purpose") for change in history(world, Side.GRC, "fraud")]
    assert [value for value in told if value] == ["purpose of fraud", "newest"]
    at_rest(world)
    told = [change.changed.get("purpose") for change in history(world, Side.GRC, "fraud")]
    assert [value for value in told if value] == ["purpose of fraud", "newest"]


def history(world: InProcessWorld, side: Side, name: str) -> list[Any]:
    return [change for change in world.store.changes("test", side, Entity.MODEL) if change.name == name]


def test_it_waits_for_the_operation_in_hand_and_comes_before_the_next(world):
    approve(world, "2")
    world.officer.patch(world.record("credit")["id"], allowed_changes="some")
    order: list[str] = []
    beside: list[Beside] = []
    world.registry.after.append(lambda call: order.append(str(call.version)) if call.is_write else None)

    def begin() -> None:
        beside.append(Beside(world, "credit").begin())
        order.append("waits")

    at_step(world, "write", begin)
    assert beside[0].end().result is not None
    assert order[0] == "waits"
    assert world.tags("credit", "2")["grc_approval_status"] == "approved"
    run = beside[0].end().result.run.id
    wrote = {entry.ref.version for entry in world.audit() if entry.run_id == run and entry.ref is not None}
    assert wrote == {"2"}
    at_rest(world)


def test_what_it_parked_and_settled_outlives_the_full_cycles_lists(world):
    for name in ("credit", "fraud"):
        world.author.set_tag(name, "purpose", "one")
        world.officer.patch(world.record(name)["id"], purpose="two")
    world.sync()
    second: list[str] = []

    def act() -> None:
        world.author.set_tag("credit", "purpose", "two")
        second.append(raise_issue(world, title="Newer"))
        Beside(world, "credit", [*second]).begin().end()
        world.author.set_tag("fraud", "description", "x")

    at_step(world, "plan", act)
    assert [case.ref.name for case in world.store.conflicts("test")] == ["fraud"]
    assert second[0] in world.store.issues("test")
    assert world.store.snapshot("test", Side.GRC, Entity.ISSUE).objects[second[0]].missing_since is None
    assert [entry.action for entry in world.audit()].count("conflict") == 2

    def park() -> None:
        world.author.set_tag("credit", "purpose", "three")
        world.officer.patch(world.record("credit")["id"], purpose="four")
        Beside(world, "credit").begin().end()

    at_step(world, "plan", park)
    assert sorted(case.ref.name for case in world.store.conflicts("test")) == ["credit", "fraud"]
    assert world.store.runs("test")[0].status is RunStatus.ATTENTION
    world.sync()
    assert [entry.action for entry in world.audit()].count("conflict") == 3


def test_an_answer_that_it_carried_out_by_half_outlives_the_full_cycle(world):
    world.author.set_tag("credit", "purpose", "one")
    world.officer.patch(world.record("credit")["id"], purpose="two")
    world.sync()
    (case,) = world.store.conflicts("test")
    resolve(world.store, "test", case, by="ada", now=world.now, value="three")

    def refuse(call: Call) -> None:
        if call.action == "set_tag" and call.key == "purpose":
            raise Retriable("not now")

    def act() -> None:
        world.registry.before.append(refuse)
        Beside(world, "credit").begin().end()
        world.registry.before.clear()

    at_step(world, "plan", act)
    assert world.record("credit")["purpose"] == "three"
    world.sync()
    assert (world.tags("credit")["purpose"], world.store.conflicts("test")) == ("three", [])
    assert world.store.resolutions("test") == []
    at_rest(world)


def test_one_that_records_nothing_takes_nothing_from_the_full_cycle(world):
    world.author.set_tag("credit", "purpose", "new")
    world.sync()
    world.author.set_tag("fraud", "purpose", "new")
    told: list[Narrowed] = []
    at_step(world, "write", lambda: told.append(Beside(world, "credit").begin().end()))
    assert told == [Narrowed()]
    assert world.record("fraud")["purpose"] == "new"


def test_what_was_left_is_done_by_the_next_full_cycle_whatever_events_come_meanwhile(world):
    """A model with an event in every full cycle would be overtaken for ever."""
    world.author.create_version("credit")
    assert narrow(world).soon
    world.author.set_tag("credit", "purpose", "edit")
    told: list[Narrowed] = []
    at_step(world, "plan", lambda: told.append(Beside(world, "credit").begin().end()))
    assert told == [Narrowed(postponed=True)]
    assert len(world.officer.records("versions", registry_name="credit")) == 3
    assert not narrow(world).postponed


def test_both_share_the_lease_and_the_last_gives_it_back(world):
    leases: list[Any] = []

    def look() -> None:
        leases.append(world.store.lease("test"))
        world.author.set_tag("fraud", "purpose", "new")
        Beside(world, "fraud").begin().end()
        leases.append(world.store.lease("test"))

    at_step(world, "plan", look)
    assert leases[0] == leases[1] is not None
    assert world.store.lease("test") is None


def test_the_intents_of_one_under_way_are_not_recovered(world):
    """A full cycle that begins while a narrowed one writes leaves its intents alone."""
    world.author.set_tag("credit", "purpose", "new")
    told: list[int] = []

    def step(name: str) -> None:
        if name == "write" and not told:
            told.append(len(world.store.intents("test")))
            told.append(len(Cycle(world.connection).run().recovered))

    Narrow(world.connection, "credit", step=step).run()
    assert told == [1, 0]
    at_rest(world)
