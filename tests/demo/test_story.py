"""The story against a bank in memory: it ends as written, and says so when it does not."""

from __future__ import annotations

import pytest

from connector.demo.events import ActBegan, ActEnded, Checked, Parked, Synced
from connector.demo.stage import SyncSummary
from connector.demo.story import ACTS, play
from connector.model.errors import Unreachable
from connector.model.state import RunStatus


def test_it_ends_as_written(make_stage):
    stage = make_stage()
    play(stage)
    assert stage.failures == []
    ended = stage.narrator.of(ActEnded)
    assert [(event.number, event.ok) for event in ended] == [(number, True) for number in range(1, 9)]
    assert [event.title for event in stage.narrator.of(ActBegan)] == [act.title for act in ACTS]
    assert len(stage.narrator.of(Parked)) == 1


def test_the_last_sync_is_told_to_write_nothing(make_stage):
    stage = make_stage()
    play(stage)
    last = stage.narrator.of(Synced)[-1]
    assert (last.created, last.written_to_grc, last.written_to_mlflow, last.changes) == (0, 0, 0, ())


@pytest.mark.parametrize(
    ("wrong", "act", "check"),
    [
        ("put_back", 4, "retail-credit-scoring v4 is rejected again in MLflow"),
        ("put_back", 4, "complaint-summariser is high again in MLflow"),
        ("answer", 5, "carries the answer as a comment, once"),
        ("park", 6, "both texts stand as they were written"),
        ("close", 7, "is gone from aml-transaction-monitoring"),
    ],
)
def test_a_connector_that_leaves_a_step_out_is_found_out(make_stage, wrong, act, check):
    stage = make_stage(wrong)
    play(stage)
    assert any(check in failure for failure in stage.failures)
    assert act in [event.number for event in stage.narrator.of(ActEnded) if not event.ok]
    assert any(check in event.text and event.found for event in stage.narrator.of(Checked) if not event.ok)


def test_a_run_that_ends_otherwise_than_expected_is_a_failure(make_stage):
    stage = make_stage()
    play(stage, ACTS[:-1])
    stage.cycle.sync = lambda: SyncSummary(RunStatus.ATTENTION, message="update of 24 objects withheld")
    play(stage, ACTS[-1:])
    expected = "the sync ends as clean: found 'attention update of 24 objects withheld', expected 'clean'"
    assert stage.failures == [expected]


def test_an_unapproved_version_in_production_is_looked_up_and_not_assumed(make_stage):
    stage = make_stage()
    play(stage, ACTS[:-1])
    stage.registry.set_alias("sme-pd", "production", "1")
    play(stage, ACTS[-1:])
    assert "['card-fraud-detection v4', 'sme-pd v1']" in stage.failures[0]


def test_an_act_that_breaks_off_ends_the_story(make_stage):
    stage = make_stage()

    def lost():
        raise Unreachable("The GRC does not answer.", remedy="start it.")

    stage.cycle.sync = lost
    play(stage)
    assert len(stage.narrator.of(ActBegan)) == 1
    assert stage.failures == [
        "the act is played to its end: found 'Unreachable: The GRC does not answer. Remedy: start it.', expected ''"
    ]
