"""Workers over a real PostgreSQL: cycles serial per connection and shared out, reports once, and whatever goes away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from connector.config.server import DatabaseServer
from connector.config.settings import ScheduleSettings
from connector.model.errors import StateCorrupt
from connector.workers import Pace, jobs, schema, serve
from tests.postgres import PostgresServer

LIMIT = 40
PACE = Pace(cycles=2, heartbeat=1, stalled=5, poll=0.05)
OFTEN = ScheduleSettings(interval=1, jitter=0)
SELDOM = ScheduleSettings(interval=86_400, jitter=0)


@dataclass
class Seen:
    """What ran: (worker, connection), and whether two cycles of one connection ever met."""

    runs: list[tuple[str, str]] = field(default_factory=list)
    overlapped: bool = False
    busy: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def by(self, connection: str) -> list[str]:
        with self.lock:
            return [worker for worker, name in self.runs if name == connection]


@dataclass
class Job:
    name: str
    worker: str
    seen: Seen
    schedule: ScheduleSettings = OFTEN
    act: Callable[[], datetime | None] = lambda: None
    ended: bool = False

    def run(self) -> datetime | None:
        with self.seen.lock:
            self.seen.overlapped |= self.name in self.seen.busy
            self.seen.busy.add(self.name)
        try:
            return self.act()
        finally:
            with self.seen.lock:
                self.seen.busy.discard(self.name)
                self.seen.runs.append((self.worker, self.name))

    def request_end(self) -> None:
        self.ended = True


@dataclass
class Report:
    name: str
    cron: str
    write: Callable[[], object]


class Worker:
    def __init__(self, server: DatabaseServer, jobs: list[Job], reports: list[Report] = []) -> None:  # noqa: B006
        self.ended, self.jobs = threading.Event(), jobs
        self._thread = threading.Thread(target=serve, args=(jobs, reports, self.ended, server, PACE))
        self._thread.start()

    def stop(self) -> None:
        self.ended.set()
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()


@pytest.fixture
def server(postgres: PostgresServer) -> DatabaseServer:
    return DatabaseServer(postgres.database())


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    started: list[Worker] = []
    yield started
    for worker in started:
        worker.ended.set()
    for worker in started:
        worker.stop()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_two_workers_share_the_cycles_and_no_two_of_a_connection_meet(server: DatabaseServer, workers: list[Worker]):
    seen = Seen()
    names = [f"c{number}" for number in range(4)]
    for worker in ("one", "two"):
        mine = [Job(name, worker, seen, act=lambda: time.sleep(0.3)) for name in names]
        workers.append(Worker(server, mine))
    until(lambda: all(len(seen.by(name)) >= 3 for name in names))
    assert {worker for worker, _ in seen.runs} == {"one", "two"}
    assert not seen.overlapped


def test_ticks_that_come_while_a_cycle_runs_are_one_and_wait_for_it(
    server: DatabaseServer, workers: list[Worker], monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer
):
    monkeypatch.setattr(jobs, "spelled_cron", str)
    every_second = ScheduleSettings.model_construct(interval=None, jitter=0.0, cron="* * * * * *")
    seen, waiting = Seen(), "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name = 'cycle'"

    def act() -> None:
        time.sleep(2.2)
        seen.overlapped |= postgres.run(waiting, server.url)[0][0] > 1

    workers.extend(Worker(server, [Job("bank", name, seen, every_second, act)]) for name in ("one", "two"))
    until(lambda: len(seen.runs) >= 2)
    assert not seen.overlapped


def test_the_work_of_a_dead_worker_is_taken_over(
    server: DatabaseServer, workers: list[Worker], postgres: PostgresServer
):
    """Its cycle is run by whoever waits for it; what nobody waits for is begun anew."""
    schema.prepare(server)
    long_ago = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
    ((dead,),) = postgres.run(long_ago, server.url)
    for queue, task, lock, arguments in (
        ("cycle bank", "cycle", "cycle bank", '{"connection": "bank"}'),
        ("report findings", "report", "report", '{"name": "findings"}'),
    ):
        postgres.run(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, worker_id) "
            f"VALUES ('{queue}', '{task}', '{lock}', '{queue}', '{arguments}', 'doing', {dead})",
            server.url,
        )
    seen, written = Seen(), threading.Event()
    workers.append(Worker(server, [Job("bank", "one", seen, SELDOM)], [Report("findings", "0 0 1 1 *", written.set)]))
    until(lambda: seen.by("bank") == ["one"])
    assert written.wait(LIMIT)
    held = f"SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND coalesce(worker_id, {dead}) = {dead}"
    until(lambda: postgres.run(held, server.url) == [(0,)])


def test_a_report_is_written_once_however_many_workers_there_are(
    server: DatabaseServer, workers: list[Worker], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "spelled_cron", str)  # with seconds, which a configuration cannot have
    written: list[float] = []
    for _ in range(3):
        report = Report("findings", "* * * * * */2", lambda: written.append(time.time()))
        workers.append(Worker(server, [], [report]))
    until(lambda: len(written) >= 3)
    ticks = [int(moment) // 2 for moment in written]
    assert len(set(ticks)) == len(ticks)


def test_done_work_leaves_no_history(server: DatabaseServer, workers: list[Worker], postgres: PostgresServer):
    seen = Seen()
    workers.append(Worker(server, [Job("bank", "one", seen)]))
    until(lambda: len(seen.runs) >= 3)
    assert postgres.run("SELECT count(*) <= 3 FROM procrastinate_jobs", server.url) == [(True,)]
    assert postgres.run("SELECT count(*) <= 3 FROM procrastinate_periodic_defers", server.url) == [(True,)]


def test_the_end_waits_for_the_cycle_that_was_asked_to_end(server: DatabaseServer, workers: list[Worker]):
    seen, running, go = Seen(), threading.Event(), threading.Event()

    def act() -> None:
        running.set()
        assert go.wait(LIMIT)

    job = Job("bank", "one", seen, SELDOM, act)
    workers.append(worker := Worker(server, [job]))
    assert running.wait(LIMIT)
    worker.ended.set()
    until(lambda: job.ended)
    assert seen.runs == []
    go.set()
    worker.stop()
    assert seen.runs == [("one", "bank")]


def test_a_connection_held_by_another_is_tried_again_when_its_lease_ends(server: DatabaseServer, workers: list[Worker]):
    seen = Seen()
    for schedule, name in ((SELDOM, "interval"), (ScheduleSettings(cron="0 0 1 1 *"), "cron")):
        held = iter([datetime.now(UTC) + timedelta(seconds=1)])
        workers.append(Worker(server, [Job(name, "one", seen, schedule, act=lambda held=held: next(held, None))]))
    until(lambda: len(seen.by("interval")) == len(seen.by("cron")) == 2)


def test_a_worker_that_starts_does_not_repeat_what_is_due_soon(server: DatabaseServer, workers: list[Worker]):
    seen = Seen()
    workers.append(first := Worker(server, [Job("bank", "one", seen, SELDOM)]))
    until(lambda: len(seen.runs) == 1)
    first.stop()
    other = Job("other", "two", seen, SELDOM)
    workers.append(second := Worker(server, [Job("bank", "two", seen, SELDOM), other]))
    until(lambda: ("two", "other") in seen.runs)
    second.stop()
    assert seen.by("bank") == ["one"]
    workers.append(Worker(server, [Job("bank", "three", seen, OFTEN)]))  # the interval is shorter now
    until(lambda: "three" in seen.by("bank"))


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_wrong_puts_no_cycle_off(
    server: DatabaseServer, workers: list[Worker], monkeypatch: pytest.MonkeyPatch, hours: int
):
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(hours=hours)

    monkeypatch.setattr(jobs, "datetime", Wrong)
    seen = Seen()
    workers.append(Worker(server, [Job("bank", "one", seen)]))
    until(lambda: len(seen.runs) >= 3)


def test_a_cycle_put_off_is_brought_forward(server: DatabaseServer, workers: list[Worker], postgres: PostgresServer):
    seen = Seen()
    workers.append(Worker(server, [Job("bank", "one", seen)]))
    until(lambda: len(seen.runs) >= 1)
    put_off = (
        "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' "
        "WHERE status = 'todo' AND task_name = 'cycle' RETURNING 1"
    )
    until(lambda: bool(postgres.run(put_off, server.url)))
    before = len(seen.runs)
    until(lambda: len(seen.runs) >= before + 2)


def test_the_work_goes_on_after_the_database_was_away(
    server: DatabaseServer, workers: list[Worker], postgres: PostgresServer
):
    seen = Seen()
    both = [Job("bank", worker, seen, act=lambda: time.sleep(0.2)) for worker in ("one", "two")]
    workers.extend(Worker(server, [job]) for job in both)
    until(lambda: len(seen.runs) >= 2)
    postgres.restart()
    before = len(seen.runs)
    until(lambda: len(seen.runs) >= before + 3)
    assert not seen.overlapped


def test_the_jobs_tables_are_made_once_and_follow_the_library(
    server: DatabaseServer, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    schema.prepare(server)
    schema.prepare(server)
    (tmp_path / "99.01.00_01_pre_new.sql").write_text("CREATE TABLE procrastinate_new (x TEXT)")
    files = {**schema._known(), **{path.name: path for path in tmp_path.iterdir()}}
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_known", lambda: files)
        schema.prepare(server)
        schema.prepare(server)
    assert postgres.run("SELECT count(*) FROM procrastinate_new", server.url) == [(0,)]
    with pytest.raises(StateCorrupt, match=r"newer release.*99\.01"):
        schema.prepare(server)


def test_jobs_of_another_program_are_left_alone(server: DatabaseServer, postgres: PostgresServer):
    postgres.run("CREATE TABLE procrastinate_jobs (theirs TEXT)", server.url)
    with pytest.raises(StateCorrupt, match="another program"):
        schema.prepare(server)
