"""When the connector counts as ready: a table of standings and what is said of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.config.config import load_config
from connector.config.settings import ScheduleSettings
from connector.engine.watch import Plan
from connector.health import AuditState, Cause, Rules, Standing, health_of, standing, unavailable
from connector.model.fields import Entity, Side
from connector.model.state import Approval, ConflictCase, QuarantineCase, Resolution, Run, RunStatus
from connector.model.views import ObjectRef
from connector.state import SqliteStore, StateUnavailable, Withheld
from connector.state.times import stamp

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIVE = Plan.of(ScheduleSettings(interval="5m", jitter=0))
NINE = Plan.of(ScheduleSettings(cron="0 9 * * *"))
RULES = Rules(3, {"bank": FIVE})
REF = ObjectRef(Entity.MODEL, "k", "credit")
CASE = ConflictCase(REF, "purpose", "a", "b", "c", "c", "both")
HELD = Withheld("d1", "{}")


def run(minutes: float, status: RunStatus = RunStatus.CLEAN, *, took: float = 1, **counts: int) -> Run:
    """A run that ended so many minutes ago and took so many."""
    ended = NOW - timedelta(minutes=minutes)
    return Run(f"r{minutes}", "bank", stamp(ended - timedelta(minutes=took)), stamp(ended), status, "", counts)


GOING = Run("now", "bank", stamp(NOW), None)
WELL = run(1)
FINE = Standing("bank", (WELL,), WELL)
ANSWER = Resolution(REF, "purpose", Side.GRC, None, "a", "b", "Maria", stamp(NOW))


def approval(*digests: str) -> Approval:
    return Approval(frozenset(digests), "Maria", stamp(NOW), stamp(NOW + timedelta(hours=24)))


def causes(each: Standing, rules: Rules = RULES, audit: AuditState | None = None) -> list[Cause]:
    return [reason.cause for reason in health_of({each.connection: each}, NOW, rules, audit).reasons]


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        (FINE, []),
        (replace(FINE, runs=(GOING, WELL)), []),
        (replace(FINE, runs=(run(0.5, RunStatus.APPLIED, operations=3),)), []),
        # a fuse
        (replace(FINE, withheld=(HELD,)), [Cause.FUSE]),
        (replace(FINE, withheld=(HELD,), approvals=(approval("d1"),)), []),
        (replace(FINE, withheld=(HELD, Withheld("d2", "{}")), approvals=(approval("d1"),)), [Cause.FUSE]),
        # the last cycle
        (replace(FINE, runs=(run(0.5, RunStatus.FAILED), WELL)), [Cause.FAILED]),
        (replace(FINE, runs=(GOING, run(0.5, RunStatus.FAILED), WELL)), [Cause.FAILED]),
        (replace(FINE, runs=(run(0.5, RunStatus.ATTENTION, gaps=1), WELL)), [Cause.INCOMPLETE]),
        # the age of the last complete one: 3 cycles of 5 minutes and a minute of slack
        (replace(FINE, runs=(run(15),), complete=run(15)), []),
        (replace(FINE, runs=(run(16),), complete=run(16)), []),
        (replace(FINE, runs=(run(16.1),), complete=run(16.1)), [Cause.LATE]),
        (replace(FINE, runs=(run(40),), complete=run(40, took=20)), []),
        (replace(FINE, runs=(run(62),), complete=run(62, took=20)), [Cause.LATE]),
        (Standing("bank"), [Cause.NEVER]),
        (Standing("bank", (run(1, RunStatus.FAILED),)), [Cause.FAILED, Cause.NEVER]),
        (Standing("bank", (GOING,)), [Cause.NEVER]),
        # a person
        (replace(FINE, conflicts=(CASE,)), [Cause.CONFLICT]),
        (replace(FINE, conflicts=(CASE,), resolutions=(ANSWER,)), []),
        (replace(FINE, conflicts=(replace(CASE, grc="moved"),), resolutions=(ANSWER,)), [Cause.CONFLICT]),
        (replace(FINE, quarantines=(QuarantineCase(REF, "", "refused"),)), [Cause.QUARANTINE]),
        (replace(FINE, runs=(run(1, RunStatus.ATTENTION, not_stuck=2),)), [Cause.NOT_STUCK]),
    ],
)
def test_each_standing_has_its_reasons(each: Standing, expected: list[Cause]) -> None:
    health = health_of({"bank": each}, NOW, RULES)
    assert [reason.cause for reason in health.reasons] == expected
    assert health.ready == all(cause.needs_person for cause in expected)
    assert all(reason.text and reason.remedy and "credit" not in reason.text for reason in health.reasons)


def test_what_waits_for_a_person_does_not_make_it_unready() -> None:
    assert {cause for cause in Cause if cause.needs_person} == {Cause.CONFLICT, Cause.QUARANTINE, Cause.NOT_STUCK}


def test_one_connection_that_is_not_well_is_enough() -> None:
    other = replace(FINE, connection="other", withheld=(HELD,))
    health = health_of({"bank": FINE, "other": other}, NOW, RULES)
    assert (health.ready, [one.connection for one in health.unready]) == (False, ["other"])
    assert health.of("bank") == ()


def test_a_broken_trail_and_a_state_that_cannot_be_read() -> None:
    assert causes(FINE, audit=AuditState(NOW, 10)) == []
    assert causes(FINE, audit=AuditState(NOW, 10, "broken at entry 5")) == [Cause.AUDIT]
    health = unavailable(StateUnavailable("The state database /secret/place is locked."), NOW)
    assert ([one.cause for one in health.unready], "/secret" in health.reasons[0].text) == ([Cause.STATE], False)


@pytest.mark.parametrize(("minutes", "late"), [(60 * 24, False), (60 * 24 * 2 + 60, False), (60 * 24 * 3 + 60, True)])
def test_by_cron_the_ticks_are_counted(minutes: float, late: bool) -> None:
    old = run(minutes)
    each = Standing("bank", (old,), old)
    assert causes(each, Rules(3, {"bank": NINE})) == ([Cause.LATE] if late else [])


def test_how_many_cycles_may_be_missed_is_configured() -> None:
    old = run(8)
    assert causes(replace(FINE, complete=old), Rules(1, {"bank": FIVE})) == [Cause.LATE]
    assert causes(replace(FINE, complete=old), Rules(2, {"bank": FIVE})) == []


def test_without_a_schedule_nothing_is_too_old() -> None:
    old = run(10_000)
    assert causes(Standing("bank", (old,), old), Rules()) == []
    assert causes(Standing("bank"), Rules()) == []


CONFIG = """\
instance: 1a2b3c4d-0000-4000-8000-00000000000a
registries: {main: {uri: "http://127.0.0.1:9", id: 6f1f1f5e-0000-4000-8000-000000000001}}
connections:
  one: {registry: main, adapter: http, url: "http://127.0.0.1:9", mapping: mock, scope: {include: ["a*"]}}
  two: {registry: main, adapter: http, url: "http://127.0.0.1:9", mapping: mock, scope: {include: ["b*"]}, %s}
"""


@pytest.mark.parametrize(
    ("own", "more", "kept"),
    [
        ("variables: {}", "", []),
        ("schedule: {interval: 1h}", "", ["two"]),
        ("variables: {}", "schedule: {interval: 1h}\n", ["one", "two"]),
        ("variables: {}", "server: {}\nhealth: {missed_cycles: 7}\n", ["one", "two"]),
    ],
)
def test_who_keeps_a_schedule(tmp_path: Path, own: str, more: str, kept: list[str]) -> None:
    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(CONFIG % own + more, encoding="utf-8")
    rules = Rules.of(load_config(path))
    assert (sorted(rules.plans), rules.missed_cycles) == (kept, 7 if "health" in more else 3)


def test_the_last_complete_run_is_found_far_back(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db", str)
    found = {}
    for number in range(8):
        at = NOW + timedelta(minutes=number)
        begun = store.start_run("bank", at)
        counts = {0: {}, 1: {"gaps": 1}, 2: {"left_out": 3}, 3: {"gaps": 2}}.get(number, {})
        status = RunStatus.ATTENTION if number < 4 else RunStatus.FAILED
        store.end_run(replace(begun, ended=stamp(at), status=status, counts=counts))
        found[number] = begun.id
    whole = standing(store, "bank", NOW)
    assert whole.complete is not None
    assert (whole.complete.id, len(whole.runs)) == (found[0], 5)
    assert standing(store, "other", NOW).complete is None
    store.close()
