"""Runs that the schedule asked for and that never came; the proof of the trail's end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.config.settings import ScheduleSettings
from connector.controls.facts import Pause, Running
from connector.engine.watch import Plan, Turn, pauses, running_of
from connector.mapping.thresholds import RunningSetting
from connector.model.state import AuditEntry, Run, RunStatus
from connector.state import SqliteStore, Store
from connector.state.times import stamp
from tests.cli.desk import CONFIG

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EVERY_5 = Plan.of(ScheduleSettings(interval="5m", jitter="10s"))
DAILY = Plan.of(ScheduleSettings(cron="0 6 * * *"))


def turns(*minutes: float, lasting: float = 1) -> list[Turn]:
    times = [NOON + timedelta(minutes=each) for each in minutes]
    return [Turn(each, each + timedelta(minutes=lasting)) for each in times]


def missed(found: Iterator[Pause]) -> list[tuple[bool, int]]:
    """Whether the pause has ended, and how many runs it cost."""
    return [(pause.until is not None, pause.missed) for pause in found]


def test_runs_that_came_when_they_should() -> None:
    assert missed(pauses(turns(0, 5, 10.1, 15), EVERY_5, NOON + timedelta(minutes=20))) == []


def test_runs_that_did_not_come() -> None:
    found = list(pauses(turns(0, 5, 10, 30), EVERY_5, NOON + timedelta(minutes=50)))
    assert missed(iter(found)) == [(True, 3), (False, 3)]
    assert found[0].since == "2026-03-02T12:11:00.000Z"
    assert found[0].until == "2026-03-02T12:30:00.000Z"


def test_a_long_run_misses_nothing_while_it_runs() -> None:
    late = [*turns(0, 5), *turns(10, lasting=60), *turns(75)]
    assert missed(pauses(late, EVERY_5, NOON + timedelta(minutes=78))) == []


def test_without_a_time_nobody_asks_whether_the_last_run_is_late() -> None:
    assert missed(pauses(turns(0, 5, 10), EVERY_5, None)) == []


@pytest.mark.parametrize("minutes", [(), (0,), (0, 5), (0, 60, 120, 400), (0, 2, 4, 6)])
def test_a_schedule_that_no_daemon_kept_is_not_judged(minutes: tuple[float, ...]) -> None:
    assert missed(pauses(turns(*minutes), EVERY_5, NOON + timedelta(days=3))) == []


def days(*numbers: int) -> list[Turn]:
    six = datetime(2026, 3, 1, 6, 0, 2, tzinfo=UTC)
    return [Turn(six + timedelta(days=each), six + timedelta(days=each, minutes=5)) for each in numbers]


def test_a_cron_schedule() -> None:
    assert missed(pauses(days(0, 1, 2), DAILY, datetime(2026, 3, 3, 23, tzinfo=UTC))) == []
    assert missed(pauses(days(0, 1, 2), DAILY, datetime(2026, 3, 4, 6, 0, 30, tzinfo=UTC))) == []
    assert missed(pauses(days(0, 1, 2, 5), DAILY, datetime(2026, 3, 7, 7, tzinfo=UTC))) == [(True, 2), (False, 1)]
    by_hand = [Turn(each.started + timedelta(hours=3), each.ended + timedelta(hours=3)) for each in days(0, 1, 2)]
    assert missed(pauses(by_hand, DAILY, NOON + timedelta(days=9))) == []


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = SqliteStore(tmp_path / "state.db", lambda text: text)
    yield found
    found.close()


def watched(tmp_path: Path, store: Store, *, schedule: str = "schedule: {interval: 5m}\n", **setting: int) -> Running:
    from connector.config.config import load_config

    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(CONFIG.format(uri="http://127.0.0.1:9", grc="http://127.0.0.1:9") + schedule, encoding="utf-8")
    now = NOON + timedelta(minutes=40)
    return running_of(load_config(path), "bank", store, RunningSetting(**setting), now)


def ran(store: Store, *minutes: float) -> None:
    for each in minutes:
        run = store.start_run("bank", NOON + timedelta(minutes=each))
        end = stamp(NOON + timedelta(minutes=each + 1))
        store.end_run(Run(run.id, "bank", run.started, end, RunStatus.CLEAN))


def test_missed_runs_of_a_connection(tmp_path: Path, store: Store) -> None:
    ran(store, 0, 5, 10)
    assert missed(iter(watched(tmp_path, store).pauses)) == [(False, 5)]
    assert watched(tmp_path, store, missed_runs=6).pauses == ()
    assert watched(tmp_path, store, schedule="").pauses == ()


def test_a_pause_is_told_for_so_many_days(tmp_path: Path, store: Store) -> None:
    ran(store, -3000, -2995, -2990, -2900, 35)
    assert missed(iter(watched(tmp_path, store, days=1).pauses)) == [(True, 586)]
    assert len(watched(tmp_path, store, days=3).pauses) == 2


def tamper(tmp_path: Path, *, sequence: int, sql: str = "UPDATE audit SET rule = 'forged' WHERE sequence = ?") -> None:
    with sqlite3.connect(tmp_path / "state.db") as database:
        guards = list(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        database.execute(sql, [sequence])
        for _, made in guards:
            database.execute(made)
    database.close()


def entries(store: Store, number: int) -> None:
    lease = store.acquire_lease("bank", "me", NOON, 60)
    with store.recording(lease, NOON) as recorder:
        for index in range(number):
            recorder.append_audit(AuditEntry(stamp(NOON), "run", "bank", "note", rule=str(index)))


def test_the_trails_end_is_proved(tmp_path: Path, store: Store) -> None:
    assert watched(tmp_path, store).trail == ""
    entries(store, 20)
    for number in (0, 1, 5, 19, 20, 21):
        assert watched(tmp_path, store, entries=number).trail == ""
    tamper(tmp_path, sequence=18)
    assert "broken at entry 18: changed" in watched(tmp_path, store, entries=5).trail
    assert "broken at entry 18: changed" in watched(tmp_path, store, entries=0).trail
    assert watched(tmp_path, store, entries=2).trail == ""


@pytest.mark.parametrize("sequence", [20, 15])
def test_an_entry_that_was_removed_from_the_end_is_missed(tmp_path: Path, store: Store, sequence: int) -> None:
    entries(store, 20)
    tamper(tmp_path, sequence=sequence, sql="DELETE FROM audit WHERE sequence = ?")
    assert "broken" in watched(tmp_path, store, entries=5).trail


def test_without_its_guards_all_of_the_trail_is_in_doubt(tmp_path: Path, store: Store) -> None:
    entries(store, 20)
    tamper(tmp_path, sequence=3)
    with sqlite3.connect(tmp_path / "state.db") as database:
        database.execute("DROP TRIGGER audit_in_order")
    database.close()
    assert "broken at entry 3" in watched(tmp_path, store, entries=5).trail


def test_guards_that_are_gone_are_told_even_where_the_chain_holds(tmp_path: Path, store: Store) -> None:
    entries(store, 3)
    with sqlite3.connect(tmp_path / "state.db") as database:
        database.execute("DROP TRIGGER audit_in_order")
    database.close()
    assert "audit_in_order" in watched(tmp_path, store).trail
