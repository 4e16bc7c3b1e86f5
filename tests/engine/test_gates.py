"""The automated gates at work: who decides the status, what people see of it, and that nothing is written twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector.model.errors import MlflowGrcError, Rejected
from connector.model.fields import Side
from connector.model.gates import AutomatedGates, GatePolicy, MetricRule, Operator
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit, Policy
from connector.model.state import RunStatus
from tests.engine.gates import GATED, GATES, NEXT, REASONS, STATUS, gated, shown, version
from tests.engine.mappings import write_mapping
from tests.engine.review import calm, ignoring, refusing, sent, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted, dying_at, names

Make = Callable[..., InProcessWorld]


@pytest.fixture
def world(make_quick: Make) -> InProcessWorld:
    return make_quick(policy=GATED)


def is_idle(world: InProcessWorld) -> bool:
    before = sent(world)
    return world.sync().run.status is RunStatus.CLEAN and sent(world) == before


def test_a_version_that_passes_is_told_so_on_both_sides_in_one_cycle(world: InProcessWorld) -> None:
    gated(world)
    world.sync()
    assert shown(world) == ("passed", "validation", "[]")
    assert world.version_record("credit")["validation_status"] == "Passed"
    assert is_idle(world)


def test_a_version_that_fails_is_told_why_and_the_trail_names_bound_and_value(world: InProcessWorld) -> None:
    gated(world, auc=0.7)
    world.author.delete_tag("credit", "purpose")
    world.sync()
    reasons = ["auc 0.7, needs >= 0.8", "purpose is missing: set the tag purpose"]
    assert shown(world) == ("failed", "automated", json.dumps(reasons, separators=(",", ":")))
    assert world.version_record("credit")["validation_status"] == "Failed"
    lines = [entry for entry in world.audit() if entry.field == STATUS and entry.side is Side.REGISTRY]
    told = f"automated gates of tier high: failed: {'; '.join(reasons)}"
    assert [(line.old, line.new, line.rule) for line in lines] == [(None, "failed", told)]
    assert is_idle(world)


def test_a_failed_version_passes_once_what_was_missing_is_there(world: InProcessWorld) -> None:
    gated(world)
    world.author.delete_tag("credit", "purpose")
    settled(world)
    assert shown(world)[0] == "failed"
    world.author.set_tag("credit", "purpose", "Scores.")
    settled(world)
    assert shown(world) == ("passed", "validation", "[]")
    assert world.version_record("credit")["validation_status"] == "Passed"


def test_pending_while_the_run_goes_on_and_decided_when_it_ended(world: InProcessWorld) -> None:
    world.author.create_model("credit", tags={"risk_classification": "high", "purpose": "Scores."})
    run = world.author.log_run(metrics={"auc": 0.9}, status="RUNNING")
    world.author.create_version("credit", run_id=run)
    settled(world)
    assert shown(world) == ("pending", "automated", f'["run {run} is still running"]')
    assert is_idle(world)
    store = world.author._store
    store.runs[run] = replace(store.runs[run], status="FINISHED")
    settled(world)
    assert shown(world) == ("passed", "validation", "[]")


def test_a_run_that_cannot_be_read_is_pending_and_takes_no_decision_back(world: InProcessWorld) -> None:
    gated(world)
    settled(world)
    world.author.create_version("credit", run_id="unknown")
    settled(world)
    assert shown(world, "2") == ("pending", "automated", '["run unknown could not be read yet"]')
    assert is_idle(world)
    forget_runs(world)
    settled(world)
    assert shown(world) == ("passed", "validation", "[]")


def forget_runs(world: InProcessWorld) -> None:
    """Neither MLflow nor the state tells the runs any more."""
    world.author._store.runs.clear()
    world.store.run_data = lambda connection, beginning="": {}  # type: ignore[method-assign]


@pytest.mark.parametrize("side", ["mlflow", "grc"])
def test_an_edit_of_the_status_is_drift_and_put_back(world: InProcessWorld, side: str) -> None:
    gated(world, auc=0.7)
    settled(world)
    if side == "mlflow":
        world.author.set_tag("credit", STATUS, "passed", "1")
    else:
        world.officer.patch(world.version_record("credit")["id"], validation_status="Passed")
    result = world.sync()
    assert [(c.field, c.old, c.new, c.drift) for o in result.applied.operations for c in o.changes] == [
        (STATUS, "passed", "failed", True)
    ]
    assert "put back: automated gates of tier high" in world.audit()[-2].rule
    assert shown(world)[0] == "failed"
    assert world.version_record("credit")["validation_status"] == "Failed"
    assert is_idle(world)


@pytest.mark.parametrize("value", ["certainly", "", "PASSED!"])
def test_a_status_that_means_nothing_is_put_back_too(world: InProcessWorld, value: str) -> None:
    gated(world, auc=0.7)
    settled(world)
    world.author.set_tag("credit", STATUS, value, "1")
    settled(world)
    assert shown(world)[0] == "failed"


def test_a_deleted_status_and_edited_tags_are_put_back(world: InProcessWorld) -> None:
    gated(world, auc=0.7)
    settled(world)
    before = world.tags("credit", "1")
    world.author.delete_tag("credit", STATUS, "1")
    world.author.set_tag("credit", NEXT, "none", "1")
    world.author.set_tag("credit", REASONS, "[]", "1")
    drift = [c.drift for o in world.sync().applied.operations for c in o.changes]
    assert drift == [True, True, True]
    assert world.tags("credit", "1") == before


def test_where_drift_is_only_reported_the_edit_stays_and_the_grc_keeps_the_decision(make_quick: Make) -> None:
    world = gated(make_quick(policy=replace(GATED, undo_drift=False)), auc=0.7)
    settled(world)
    world.author.set_tag("credit", STATUS, "passed", "1")
    result = world.sync()
    assert [each.topic for each in result.plan.remarks] == ["drift"]
    assert shown(world) == ("passed", "automated", '["auc 0.7, needs >= 0.8"]')
    assert world.version_record("credit")["validation_status"] == "Failed"


def test_a_failed_gate_stops_no_human_field_and_stays_the_next(world: InProcessWorld) -> None:
    gated(world, auc=0.7)
    settled(world)
    world.officer.patch(world.version_record("credit")["id"], compliance_review="Approved")
    settled(world)
    assert world.tags("credit", "1")["compliance_review"] == "approved"
    assert shown(world)[1] == "automated"


def test_nobody_passes_a_stage_by_a_tag_that_the_grc_owns(world: InProcessWorld) -> None:
    gates = GatePolicy(needs={"high": GATES.needs["medium"]}, automated=GATES.automated)
    world.policy = Policy(gates=gates, undo_drift=False)
    gated(world)
    settled(world)
    world.author.set_tag("credit", "compliance_review", "approved", "1")
    settled(world)
    assert world.tags("credit", "1")["compliance_review"] == "approved"
    assert shown(world)[1] == "compliance"
    world.officer.patch(world.version_record("credit")["id"], compliance_review="Approved")
    settled(world)
    assert shown(world)[1] == "none"


def test_the_gates_follow_the_tier_in_the_cycle_that_changes_it(world: InProcessWorld) -> None:
    gated(world, tier="low", auc=0.7)
    settled(world)
    assert shown(world) == ("passed", "none", "[]")
    world.author.set_tag("credit", "risk_classification", "high")
    world.sync()
    assert shown(world) == ("failed", "automated", '["auc 0.7, needs >= 0.8"]')
    assert is_idle(world)


def test_a_lowered_tier_that_is_put_back_lets_nobody_through(world: InProcessWorld) -> None:
    gated(world, auc=0.7)
    settled(world)
    world.author.set_tag("credit", "risk_classification", "low")
    world.sync()
    assert shown(world)[0] == "failed"
    world.author.delete_tag("credit", "risk_classification")
    world.sync()
    assert shown(world)[0] == "failed"


def test_what_a_copied_version_brings_along_is_not_its_own(world: InProcessWorld) -> None:
    gated(world)
    settled(world)
    world.author.create_version("credit", tags=world.tags("credit", "1"))
    settled(world)
    assert shown(world, "2") == (
        "failed",
        "automated",
        '["no run tells auc: register the version from its run"]',
    )


def test_versions_outside_the_scope_are_left_alone(world: InProcessWorld) -> None:
    world.connection.translator = replace(
        world.connection.translator,
        settings=replace(world.connection.translator.settings, scope=replace(world.scope, aliased_only=True)),
    )
    gated(world, auc=0.1)
    settled(world)
    assert shown(world) == (None, None, None)
    world.author.set_alias("credit", "champion", "1")
    settled(world)
    assert shown(world)[0] == "failed"


def test_switched_off_the_tags_go_and_the_status_is_people_s_again(world: InProcessWorld) -> None:
    gated(world, auc=0.7)
    settled(world)
    world.policy = Policy(fuses={FuseClass.TAG_REMOVAL: FuseLimit(0, 0)})
    world.reopen()
    settled(world)
    assert shown(world) == ("failed", None, None)
    assert is_idle(world)
    world.author.set_tag("credit", STATUS, "passed", "1")
    settled(world)
    assert shown(world) == ("passed", None, None)
    assert world.version_record("credit")["validation_status"] == "Passed"


def test_switched_on_the_gates_take_over_what_a_pipeline_said(make_quick: Make) -> None:
    world = gated(make_quick(), auc=0.7)
    world.author.set_tag("credit", STATUS, "passed", "1")
    settled(world)
    assert world.version_record("credit")["validation_status"] == "Passed"
    world.policy = GATED
    world.reopen()
    settled(world)
    assert shown(world)[0] == "failed"
    assert world.version_record("credit")["validation_status"] == "Failed"
    assert is_idle(world)


def test_without_automated_gates_the_status_stays_people_s_and_the_next_gate_is_told(make_quick: Make) -> None:
    world = gated(make_quick(policy=Policy(gates=GatePolicy())))
    settled(world)
    assert shown(world) == (None, "automated", None)
    world.author.set_tag("credit", STATUS, "passed", "1")
    settled(world)
    assert shown(world) == ("passed", "validation", None)
    assert is_idle(world)


def test_lost_state_ends_where_it_was_without_a_write_on_the_versions(world: InProcessWorld) -> None:
    gated(world, auc=0.7)
    settled(world)
    before = world.tags("credit", "1")
    world.lose_state()
    result = world.sync()
    assert [each for each in names(result) if each[2] in (STATUS, NEXT, REASONS)] == []
    assert world.tags("credit", "1") == before
    world.author.set_tag("credit", STATUS, "passed", "1")
    assert [c.drift for o in world.sync().applied.operations for c in o.changes] == [True]


def test_a_refusal_by_the_grc_does_not_hide_the_decision_in_mlflow(world: InProcessWorld) -> None:
    gated(world)
    world.author.delete_tag("credit", "purpose")
    settled(world)
    world.author.set_tag("credit", "purpose", "Scores.")
    refusing(world, "update", Rejected("read-only on this form", field="validation_status"))
    world.sync()
    assert shown(world)[0] == "passed"
    before = sent(world)
    world.sync()
    assert sent(world) == before, "what was refused is not tried again"
    calm(world)


def test_a_value_that_the_grc_does_not_take_is_sent_once(world: InProcessWorld) -> None:
    gated(world)
    world.author.delete_tag("credit", "purpose")
    settled(world)
    ignoring(world, "validation_status")
    world.author.set_tag("credit", "purpose", "Scores.")
    assert world.sync().applied.not_stuck
    world.sync()
    before = sent(world)
    result = world.sync()
    assert sent(world) == before
    assert "did not stick" in [each.topic for each in result.plan.remarks]
    assert shown(world)[0] == "passed"


def test_the_decision_reaches_the_grc_where_mlflow_is_only_read(make_quick: Make) -> None:
    world = gated(make_quick(policy=replace(GATED, read_only=frozenset({Side.REGISTRY}))))
    world.sync()
    world.sync()
    assert world.version_record("credit")["validation_status"] == "Passed"
    assert shown(world) == (None, None, None)
    before = sent(world)
    world.sync()
    assert sent(world) == before


@pytest.mark.parametrize("mode", ["governed", "none"])
def test_where_the_grc_has_no_versions_mlflow_is_told_all_the_same(make_quick: Make, mode: str) -> None:
    world = gated(make_quick(policy=GATED, mode=mode), auc=0.7)
    version(world, 0.9)
    settled(world)
    assert [shown(world, number)[0] for number in "12"] == ["failed", "passed"]
    assert is_idle(world)
    world.author.set_tag("credit", STATUS, "passed", "1")
    assert [c.drift for o in world.sync().applied.operations for c in o.changes] == [True]


def test_the_status_of_a_governed_version_follows_the_record_from_one_version_to_the_next(
    make_quick: Make, tmp_path: Path
) -> None:
    """The record holds the status of the version that it governs; that of another one never stays there for it."""
    file = write_mapping(tmp_path, "governed")
    text = file.read_text(encoding="utf-8")
    place = "    version_fields:\n"
    file.write_text(text.replace(place, f"{place}      validation_status: assumptions\n"), encoding="utf-8")
    world = gated(make_quick(policy=GATED, mode="governed", mapping_file=file), auc=0.7)
    version(world, 0.9)
    version(world, 0.7)
    settled(world)
    assert [shown(world, number)[0] for number in "123"] == ["failed", "passed", "failed"]
    for number, status in {"1": "failed", "2": "passed", "3": "failed"}.items():
        world.author.set_tag("credit", "grc_approval_request", "submit", number)
        settled(world)
        assert world.record("credit")["governed_version"] == number
        assert world.record("credit")["assumptions"] == status
        world.officer.decide(world.record("credit")["id"], "approved")
        settled(world)
        assert is_idle(world)
    assert [shown(world, number)[0] for number in "123"] == ["failed", "passed", "failed"]
    assert not [entry for entry in world.audit() if entry.field == STATUS and "MLflow put back" in entry.rule]


def interrupted_at_each_step(world: InProcessWorld, story: Callable[[int], None]) -> Iterator[int]:
    """Do something, kill the cycle at one step more each time, and let the next ones end it."""
    for number in range(60):
        story(number)
        try:
            with dying_at(number) as step:
                world.sync(step)
        except Interrupted:
            world.reopen()
            settled(world)
            assert is_idle(world)
            assert not [entry for entry in world.audit() if entry.field == STATUS and "put back" in entry.rule]
            yield number
        else:
            assert number > 5
            return
    raise AssertionError("the story has more than 60 steps")


def test_a_change_that_is_interrupted_anywhere_ends_the_same(world: InProcessWorld) -> None:
    gated(world)
    settled(world)

    def toggle(number: int) -> None:
        if number % 2:
            world.author.set_tag("credit", "purpose", "Scores.")
        else:
            world.author.delete_tag("credit", "purpose")

    for number in interrupted_at_each_step(world, toggle):
        expected = "passed" if number % 2 else "failed"
        assert shown(world)[0] == expected
        assert world.version_record("credit")["validation_status"] == expected.capitalize()


def test_a_new_version_that_is_interrupted_anywhere_ends_the_same(world: InProcessWorld) -> None:
    gated(world)
    settled(world)
    for number in interrupted_at_each_step(world, lambda number: void(version(world))):
        made = str(number + 2)
        assert shown(world, made) == ("passed", "validation", "[]")
        assert world.version_record("credit", made)["validation_status"] == "Passed"


def void(value: object) -> None:
    del value


def test_a_lost_answer_is_looked_up(world: InProcessWorld) -> None:
    gated(world)
    settled(world)
    world.author.delete_tag("credit", "purpose")

    def lose(call: object) -> None:
        if getattr(call, "is_write", False):
            calm(world)
            raise MlflowGrcError("unforeseen")

    world.adapter.after.append(lose)
    world.sync()
    settled(world)
    assert shown(world)[0] == "failed"
    assert world.version_record("credit")["validation_status"] == "Failed"


def test_a_metric_with_a_strange_name_causes_one_write(world: InProcessWorld) -> None:
    """MLflow takes names in any Unicode form, and the tag holds one form alone."""
    rule = MetricRule("caf*", Operator.AT_LEAST, 0.5)
    world.policy = Policy(gates=GatePolicy(automated={"high": AutomatedGates((rule,))}))
    world.author.create_model("credit", tags={"risk_classification": "high"})
    run = world.author.log_run(metrics={"cafe\u0301": 0.1, "caf\u00e9": 0.2, "caf-\u202eevil": 0.3})
    world.author.create_version("credit", run_id=run)
    settled(world)
    assert shown(world)[0] == "failed"
    assert is_idle(world)
