"""The numbers that monitoring reads: right after a restart, on every replica, and with nobody's names in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapters.httpclient.traffic import Traffic, Waiting
from connector.health import Cause, Rules
from connector.metrics import AuditWatch, Collector, Readings
from connector.metrics.collector import Line
from connector.metrics.totals import Result, Totals, counted_as
from connector.model.fields import Side
from connector.model.operations import OperationKind
from connector.model.state import Resolution, RunStatus
from connector.state import Moved, SqliteStore
from connector.state.errors import StateUnavailable
from connector.state.sql.moved import mark_moved
from connector.state.sqlite.database import SqliteDatabase
from connector.state.times import stamp
from tests.server.bank import NOW, Clock, conflict, fill, record, run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "state.db", lambda text: text)
    yield opened
    opened.close()


def scraped(store: SqliteStore, clock: Clock | None = None, **more) -> dict[str, float]:
    """What a process that has just begun would answer: samples by ``name{label=value,...}``, without connections."""
    readings = Readings(store, ("bank",), Rules(), clock=clock or Clock(), audit=more.pop("audit", lambda: None))
    return samples_of(Collector(readings, **more))


def samples_of(collector: Collector) -> dict[str, float]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    found = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            labels = ",".join(
                f"{name}={value}" for name, value in sorted(sample.labels.items()) if name != "connection"
            )
            key = f"{sample.name.removeprefix('mlflow_grc_')}{{{labels}}}"
            assert key not in found
            found[key] = sample.value
    return found


def test_the_numbers_are_those_of_the_state(store: SqliteStore) -> None:
    fill(store)
    found = scraped(store, queued=lambda: {"bank": 4})
    expected = {
        "ready{}": 0, "state_available{}": 1, "attention{reason=fuse_tripped}": 1, "attention{reason=cycle_failed}": 0,
        "runs_total{status=applied}": 1, "runs_total{status=failed}": 0,
        "operations_total{kind=update_record,result=applied}": 2,
        "operations_total{kind=retire_record,result=failed}": 0,
        "conflicts{}": 2, "quarantined{}": 1, "withheld_operations{}": 2,
        "open_issues{severity=high}": 1, "open_issues{severity=low}": 0, "open_issues{severity=unstated}": 1,
        "findings{severity=critical}": 1, "findings{severity=low}": 3, "findings{severity=high}": 0,
        "findings_counted_timestamp_seconds{}": NOW.timestamp(),
        "seconds_since_complete_cycle{}": 110, "last_run_duration_seconds{}": 10,
        "audit_entries{}": 121, "hints_queued{}": 4,
    }  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected
    assert not [name for name in found if name.startswith(("audit_ok", "lease"))]


def test_no_label_holds_what_people_wrote(store: SqliteStore) -> None:
    fill(store)
    text = " ".join(scraped(store))
    assert not [
        word for word in ("credit", "fraud", "aml", "old-1", "script", "FND", "rec-1", "purpose") if word in text
    ]


def test_a_state_that_cannot_be_read_is_a_number_too(store: SqliteStore) -> None:
    store.close()
    found = scraped(store, queued=lambda: {"bank": len(store.hints("bank", 1))})
    assert (found["ready{}"], found["state_available{}"]) == (0, 0)
    assert not [name for name in found if name.startswith(("runs", "conflicts", "audit", "hints"))]


def test_a_state_that_goes_away_between_two_looks_costs_one_number(store: SqliteStore) -> None:
    def gone() -> dict[str, int]:
        raise StateUnavailable("The state database cannot be reached.")

    assert scraped(store, queued=gone)["state_available{}"] == 1


def test_nobody_waits_long_for_a_state_that_does_not_answer(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a database whose machine went away: a scrape has to tell so before it is given up."""
    answers = threading.Event()
    real = store.runs
    monkeypatch.setattr(store, "runs", lambda *a, **k: (answers.wait(30), real(*a, **k))[1])
    readings = Readings(store, ("bank",), Rules(), clock=Clock(), fresh=60, patience=0.01)
    try:
        health = [readings.take().health for _ in range(2)]
    finally:
        answers.set()
        readings.close()
    assert [[reason.cause for reason in each.reasons] for each in health] == [[Cause.STATE]] * 2


def test_the_holder_of_the_lease_is_a_host(store: SqliteStore) -> None:
    lease = store.acquire_lease("bank", "host-7:123:55:pid", NOW, 60)
    assert scraped(store)["lease{holder=host-7}"] == 1
    later = Clock(NOW + timedelta(seconds=61))
    assert not [name for name in scraped(store, later) if name.startswith("lease")], "it has run out"
    store.release_lease(lease)


def test_an_answered_conflict_waits_no_more(store: SqliteStore) -> None:
    fill(store)
    case = conflict()
    answer = Resolution(case.ref, case.field, Side.GRC, None, case.registry, case.grc, "Maria", stamp(NOW))
    store.resolve("bank", answer)
    assert scraped(store)["conflicts{}"] == 1


def test_sums_go_on_where_they_were_and_are_those_of_a_new_process(store: SqliteStore) -> None:
    clock = Clock()
    readings = Readings(store, ("bank",), Rules(), clock=clock, fresh=0)
    collector = Collector(readings)
    applied = "operations_total{kind=update_registry,result=applied}"
    for number in range(45):
        run(store, NOW + timedelta(minutes=number), update_registry=number, failed_update_record=1)
        if number % 11 == 0:
            assert samples_of(collector)[applied] == sum(range(number + 1))
    found = samples_of(collector)
    assert found == samples_of(Collector(Readings(store, ("bank",), Rules(), clock=clock)))
    assert (found[applied], found["operations_total{kind=update_record,result=failed}"]) == (sum(range(45)), 45)
    assert found["runs_total{status=applied}"] == 45


def test_a_run_that_goes_on_is_counted_when_it_has_ended(store: SqliteStore) -> None:
    totals = Totals("bank")
    run(store, NOW)
    going = store.start_run("bank", NOW + timedelta(minutes=1))
    totals.add(store)
    assert totals.runs == {RunStatus.APPLIED: 1}
    store.end_run(replace(going, ended=stamp(NOW + timedelta(minutes=2)), status=RunStatus.FAILED))
    totals.add(store)
    totals.add(store)
    assert totals.runs == {RunStatus.APPLIED: 1, RunStatus.FAILED: 1}


def test_another_state_in_its_place_is_summed_anew(store: SqliteStore, tmp_path: Path) -> None:
    totals, other = Totals("bank"), SqliteStore(tmp_path / "other.db", str)
    for number in range(3):
        run(store, NOW + timedelta(minutes=number))
    totals.add(store)
    run(other, NOW, status=RunStatus.CLEAN)
    totals.add(other)
    assert totals.runs == {RunStatus.CLEAN: 1}
    other.close()


def test_kinds_and_results_have_names_of_their_own() -> None:
    names = [counted_as(kind, result) for kind in OperationKind for result in Result]
    assert len(set(names)) == len(names)


def test_requests_are_this_process_s_own(store: SqliteStore) -> None:
    traffic = Traffic()
    for status in (200, 201, 204, 404, 301, 429, 500, None):
        traffic.ended(status)
    traffic.retried()
    traffic.waited(Waiting.TURN, 0.25)
    traffic.waited(Waiting.TURN, 0.0)
    traffic.waited(Waiting.RETRY, 2.0)
    found = scraped(store, lines=lambda: [Line("bank", Side.GRC, "servicenow", traffic)])
    who = "platform=servicenow"
    expected = {"ok": 3, "refused": 2, "throttled": 1, "server_error": 1, "failed": 1}
    told = {name: found[f"requests_total{{outcome={name},{who},side=grc}}"] for name in expected}
    assert told == expected
    assert found[f"request_retries_total{{{who},side=grc}}"] == 1
    assert found[f"request_waits_total{{{who},reason=turn,side=grc}}"] == 1
    assert found[f"request_wait_seconds_total{{{who},reason=turn,side=grc}}"] == 0.25
    assert found[f"request_wait_seconds_total{{{who},reason=retry,side=grc}}"] == 2


def test_the_trail_is_proved_apart_and_its_damage_is_told(store: SqliteStore, tmp_path: Path) -> None:
    import sqlite3

    fill(store)
    watch = AuditWatch(store, Clock())
    watch.check()
    assert watch.state is not None
    assert (watch.state.entries, watch.state.broken) == (121, "")
    found = scraped(store, audit=lambda: watch.state)
    assert (found["audit_ok{}"], found["audit_checked_timestamp_seconds{}"]) == (1, NOW.timestamp())
    with sqlite3.connect(tmp_path / "state.db") as raw:
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("UPDATE audit SET new = 'forged' WHERE sequence = 7")
    watch.check()
    assert "broken at entry 7" in watch.state.broken
    assert scraped(store, audit=lambda: watch.state)["audit_ok{}"] == 0
    store.close()
    watch.check()
    assert "broken at entry 7" in watch.state.broken, "what cannot be read does not make it whole"


def test_many_questions_at_once_cost_one_reading(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = Readings(store, ("bank",), Rules(), clock=Clock(), fresh=60)
    looks = []
    real = store.runs
    monkeypatch.setattr(store, "runs", lambda *a, **k: (looks.append(1), real(*a, **k))[1])
    threads = [threading.Thread(target=readings.take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    once = len(looks)
    readings.take()
    assert len(looks) == once
    readings.forget()
    readings.take()
    assert len(looks) == 2 * once


def test_a_decision_is_seen_at_once(store: SqliteStore) -> None:
    fill(store)
    readings = Readings(store, ("bank",), Rules(), clock=Clock(), fresh=60)
    assert len(readings.take().connections["bank"].standing.conflicts) == 2
    record(store, lambda recorder: recorder.set_conflicts([]))
    assert len(readings.take().connections["bank"].standing.conflicts) == 2
    readings.forget()
    assert readings.take().connections["bank"].standing.conflicts == ()


def test_a_state_that_was_moved_away_is_not_available(store: SqliteStore, tmp_path: Path) -> None:
    fill(store)
    elsewhere = SqliteDatabase(tmp_path / "state.db")
    with closing(elsewhere), elsewhere.writing("") as session:
        mark_moved(session, Moved(stamp(NOW), "postgresql://db/grc", "ann"))
    found = scraped(store)
    assert (found["state_available{}"], found["ready{}"]) == (0, 0)
