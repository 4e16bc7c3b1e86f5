"""Two daemons on one PostgreSQL, MLflow and the mock as real servers with webhooks, and everything goes wrong.

All the time the GRC answers one request in five with 429 or 500, or not at all. Cycle after cycle people edit both
sides, and one thing more goes wrong: a daemon is killed, stands still, stands still until another with a wrong clock
took its place, a clock jumps, PostgreSQL or MLflow is restarted. At the end both sides hold what people last wrote.
``MLFLOW_GRC_CHAOS`` sets the number of cycles (10), ``MLFLOW_GRC_SEED`` what happens in which order.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import MockGrc
from connector.mock.webhook import Webhook
from connector.registry.rest import MlflowRegistry
from tests.chaos.relay import Relay, relay
from tests.conftest import WEBHOOKS
from tests.e2e.site import Site
from tests.e2e.test_kill import SEED, Expected, check, edit
from tests.e2e.test_workers import BANK, Daemons, stocked
from tests.postgres import PostgresServer
from tests.server_version import version_of

CYCLES = int(os.environ.get("MLFLOW_GRC_CHAOS", "10"))
SHARED, KEY = "the-grc-proves-itself-with-this-one", "mlflow-signs-with-this-key-of-ours"
HOUR = 3600
MORE = """\
schedule: {interval: 1s, jitter: 0s}
workers: {heartbeat: 1s, stalled_after: 3s}
server: {listen: "127.0.0.1:0"}
events:
  url: "{relay}"
  full_cycle_every: 5s
  mlflow: {main: {secret: {env: E2E_KEY}}}
  grc: {bank: {secret: {env: E2E_SHARED}, model: record.id, version: record.id, issue: record.id}}
"""
PATIENT = "{timeout_seconds: 1, retry: {wait_seconds: 0.05, max_wait_seconds: 0.5}}"
"""Of the GRC: one request in five is spoilt, so that no wait may be a real one."""
REQUESTS = 400
"""So many requests to come are decided upon at once."""


RUN = re.compile(r"run_id=([0-9A-Za-z-]+)")
SERVING = re.compile(r"address=(http://[0-9.:]+)")


@dataclass
class Crew(Daemons):
    """Daemons whose clocks can be put wrong."""

    clocks: dict[int, Path] = field(default_factory=dict)

    def command(self) -> list[str]:
        self._next = self.site.directory / f"clock-{len(self.logs)}"
        self._next.write_text("0")
        return ["tests.chaos.skewed", str(self._next)]

    def start(self) -> int:
        pid = super().start()
        self.clocks[pid] = self._next
        return pid

    def put_wrong(self, pid: int, seconds: float) -> None:
        new = self.clocks[pid].with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.clocks[pid])  # nobody reads half a number

    def put_right(self) -> None:
        for pid in self.clocks:
            self.put_wrong(pid, 0)

    def revive(self) -> None:
        """As systemd does: one that was starting when PostgreSQL went away has ended with an error."""
        for pid, process in list(self.running.items()):
            if process.poll() is not None:
                assert "cannot be reached" in self.logs[pid].read_text(), self.logs[pid].read_text()
                del self.running[pid]
                self.start()

    def until(self, true: Callable[[], bool]) -> None:
        try:
            super().until(true)
        except AssertionError as error:
            error.add_note(self.told())
            raise

    def told(self) -> str:
        """Where everybody stands: what the database is asked and who waits, the jobs, and each daemon's threads."""
        with psycopg.connect(self.site.database) as connection:
            found = [
                *connection.execute("SELECT pid, state, wait_event, query_start, query FROM pg_stat_activity"),
                *connection.execute(
                    "SELECT id, status, worker_id, scheduled_at, queueing_lock FROM procrastinate_jobs"
                ),
                *connection.execute("SELECT * FROM procrastinate_workers"),
            ]
        for pid in self.running:
            os.kill(pid, signal.SIGUSR1)
        time.sleep(1)
        logs = [self.logs[pid].read_text()[-30_000:] for pid in self.running]
        return "\n".join([*map(str, found), str(self.store.lease(BANK)), *logs])

    def other(self, pid: int) -> int:
        return next(each for each in self.running if each != pid)


@dataclass
class Chaos:
    """What can go wrong. Each leaves two daemons and both servers running, and both clocks in whatever state."""

    crew: Crew
    chance: random.Random
    postgres: PostgresServer
    mlflow: MlflowServer
    seen: Counter[str] = field(default_factory=Counter)

    def kill(self) -> None:
        self.crew.kill(self.crew.in_mid_cycle())
        self.crew.start()

    def kill_any(self) -> None:
        """In mid-cycle or not, beside another that dies as well."""
        for pid in self.chance.sample(sorted(self.crew.running), self.chance.choice([1, 2])):
            self.crew.kill(pid)
            self.crew.start()

    def stand_still(self) -> None:
        pid = self.crew.in_mid_cycle()
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.1, 2.0))
        os.kill(pid, signal.SIGCONT)

    def overtake(self) -> None:
        """One stands still with the lease in its hand, and another, an hour ahead, takes it for expired."""
        pid = self.crew.in_mid_cycle()
        os.kill(pid, signal.SIGSTOP)
        try:
            lease = self.crew.store.lease(BANK)
            self.crew.put_wrong(self.crew.other(pid), HOUR)
            until = time.monotonic() + 3  # it may stand in a transaction, which the other then waits for
            while lease and self.crew.store.lease(BANK) == lease and time.monotonic() < until:
                time.sleep(0.02)
            self.seen["overtaken"] += self.crew.store.lease(BANK) != lease
        finally:
            os.kill(pid, signal.SIGCONT)

    def clock_ahead(self) -> None:
        self.crew.put_wrong(self.crew.in_mid_cycle(), HOUR)

    def clock_behind(self) -> None:
        self.crew.put_wrong(self.crew.in_mid_cycle(), -HOUR)

    def postgres_restarts(self) -> None:
        self.crew.in_mid_cycle()
        self.postgres.restart()

    def mlflow_restarts(self) -> None:
        self.crew.in_mid_cycle()
        assert self.mlflow.pid
        os.killpg(self.mlflow.pid, self.chance.choice([signal.SIGKILL, signal.SIGTERM]))
        self.mlflow.stop()
        self.mlflow.start()

    def sequence(self, cycles: int) -> Iterator[str]:
        """Ten at a time in an order by chance, so that ten have everything."""
        kinds = ["kill", "kill", "kill_any", "stand_still", "overtake", "overtake"]
        kinds += ["clock_ahead", "clock_behind", "postgres_restarts", "mlflow_restarts"]
        for number in range(cycles):
            if number % len(kinds) == 0:
                self.chance.shuffle(kinds)
            yield kinds[number % len(kinds)]


def intruders(crew: Crew) -> list[str]:
    """Runs in the midst of which another daemon recorded something: whoever lost the lease records no more."""
    crews = {run: pid for pid, log in crew.logs.items() for run in RUN.findall(log.read_text())}
    # That a run ended is recorded for it by whoever comes next, and of itself by one that lost the lease.
    found = ((each.entry.run_id, each.entry.action) for each in crew.store.audit())
    trail = [run for run, action in found if run in crews and action != "run_ended"]
    ends = {run: (trail.index(run), len(trail) - trail[::-1].index(run)) for run in set(trail)}
    assert len(ends) > 1
    return [run for run, (first, last) in ends.items() if {crews[each] for each in trail[first:last]} != {crews[run]}]


def weather(grc: MockGrc, chance: random.Random) -> None:
    """One of five requests to come is answered with 429 or 500, or not in time; of those, some were carried out."""
    grc.faults.clear()
    for number in range(REQUESTS):
        if chance.random() >= 0.2:
            continue
        kind = chance.choices(["429", "500", "hang"], [5, 4, 1])[0]
        if kind == "429":
            grc.faults.add("status", status=429, retry_after=0, skip=number)
            continue
        when = chance.choice(["before", "after"])
        grc.faults.add("hang" if kind == "hang" else "status", when=when, skip=number)


@pytest.fixture
def mlflow(tmp_path: Path) -> Iterator[MlflowServer]:
    """One of our own, which can go away, and comes back where it was."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with MlflowServer(
        tmp_path / "mlflow",
        port=port,
        environment=WEBHOOKS | {"MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": Fernet.generate_key().decode()},
    ) as server:
        yield server


@pytest.fixture
def hook() -> Webhook:
    return Webhook("http://127.0.0.1:1", SHARED)


@pytest.fixture
def way() -> Iterator[Relay]:
    """By which MLflow's events come."""
    with relay() as made:
        yield made


@pytest.fixture
def site(
    tmp_path: Path,
    mlflow: MlflowServer,
    postgres: PostgresServer,
    hook: Webhook,
    way: Relay,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    monkeypatch.setenv("E2E_SHARED", SHARED)
    monkeypatch.setenv("E2E_KEY", KEY)
    with MockGrc(webhook=hook) as grc, RegistryAuthor(mlflow.url) as author:
        registry = MlflowRegistry(mlflow.url)
        yield Site(
            tmp_path, grc, author, registry, mlflow.url, postgres.database(), MORE.replace("{relay}", way.url), PATIENT
        )
        registry.close()


@pytest.fixture
def crew(site: Site) -> Iterator[Crew]:
    crew = Crew(site, site.store())
    yield crew
    for process in crew.running.values():
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
    crew.store.close()


def hear(hook: Webhook, way: Relay, crew: Crew) -> None:
    """Have both sides tell their changes to a daemon that listens; who is killed or stands still hears nothing."""
    listening = [url for pid in crew.running for url in SERVING.findall(crew.logs[pid].read_text())]
    if listening:
        hook.url, way.to = f"{listening[-1]}/events/grc/{BANK}", listening[-1]


@pytest.mark.server
@pytest.mark.timeout(240 + 30 * CYCLES)
def test_whatever_goes_wrong_both_sides_come_to_hold_what_people_wrote(
    crew: Crew, postgres: PostgresServer, mlflow: MlflowServer, hook: Webhook, way: Relay
) -> None:
    site, expected = crew.site, Expected()
    edits, chances = random.Random(SEED), random.Random(f"chaos {SEED}")
    chaos = Chaos(crew, chances, postgres, mlflow)
    stocked(site, edits)
    telling = version_of(mlflow.url) >= (3, 3)  # which brought webhooks
    if telling:
        site.run("webhooks", "register")
    crew.start()
    crew.start()
    crew.settled()  # from here on every record is there, so that the edits hang on the seed alone
    for number, kind in enumerate(chaos.sequence(CYCLES)):
        sys.stderr.write(f"seed {SEED}, cycle {number}: {kind}\n")
        crew.revive()
        weather(site.grc, chances)
        hear(hook, way, crew)
        edit(site, edits, number, expected)
        getattr(chaos, kind)()
        chaos.seen[kind] += 1
        if chances.random() < 0.5:
            crew.put_right()
        if chances.random() < 0.2:
            crew.settled()
    site.grc.faults.clear()
    crew.put_right()
    crew.revive()
    crew.settled()
    crew.addresses()  # one that only starts dies of SIGTERM
    crew.end()
    site.run("sync")
    assert "0 operations" in (again := site.run("sync")) or "othing" in again
    check(site, expected)
    assert crew.store.lease(BANK) is None
    assert intruders(crew) == []
    site.run("audit", "verify")
    site.run("status", expect=0)
    assert bool(way.answers[202]) is telling, way.answers
    runs = len(crew.store.runs(BANK, limit=100_000))
    sys.stderr.write(
        f"seed {SEED}: {dict(chaos.seen)}; {hook.delivered} events of the GRC heard, MLflow's "
        f"answered {dict(way.answers)}; {runs} runs recorded\n"
    )
