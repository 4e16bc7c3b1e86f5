"""Edits in the GRC, each told by a webhook, while full cycles run; and how long each takes to be an MLflow tag."""

from __future__ import annotations

import re
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from adapters.httpclient.redaction import redact
from benchmarks.content import model_name
from benchmarks.site import CONNECTION, STORE, Site, config_of
from connector.model.state import RunKind
from connector.state import open_store
from connector.state.times import parse

SECRET = "the-secret-of-the-benchmark's-webhook"  # noqa: S105 - of a receiver that lives for a minute
_SETTINGS = """
schedule: {{interval: 1, jitter: 0}}
server: {{listen: "127.0.0.1:0"}}
events:
  grc: {{bank: {{secret: {{file: {secret}}}, model: record.id}}}}
"""
_FIELD, _TAG = "allowed_changes", "grc_allowed_changes"
_EDITED = 300
"""Models that were edited before, so that the first full cycle has something to write."""
_SETTLE = 20.0
_POLL = 0.05
Result = dict[str, Any]


@dataclass(slots=True)
class Told:
    """Edits that wait to be seen, by model: their number and when they were made, oldest first; and the seconds that
    the others took.
    """

    waiting: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def edit(self, name: str, number: int, at: float) -> None:
        """An edit is made."""
        with self.lock:
            self.waiting.setdefault(name, []).append((number, at))

    def seen(self, name: str, number: int, at: float) -> None:
        """MLflow shows the edit of this number, and so every earlier one."""
        with self.lock:
            left = self.waiting.get(name, [])
            self.seconds += [at - made for edit, made in left if edit <= number]
            self.waiting[name] = [each for each in left if each[0] > number]


def latency(at: Site, *, seconds: float, rate: float, objects: int) -> Result:
    """Measure ``rate`` edits a second over ``objects`` models for so many seconds."""
    names = [model_name(number) for number in range(objects)]
    with _grc(at) as officer:
        ids = {name: officer.find(name) for name in names}
        for number in range(objects, objects + _EDITED):
            officer.patch(officer.find(model_name(number)), "Recalibration.")
        before = _known(at)
        with _daemon(at) as receiver:
            _wait_for_a_full_cycle(at, before)
            return _measured(at, officer, receiver, ids, Plan(seconds, rate))


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, and how many edits a second."""

    seconds: float
    rate: float


def _measured(at: Site, officer: Officer, receiver: str, ids: dict[str, str], plan: Plan) -> Result:
    told, over = Told(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(at, list(ids), told, over))
    watcher.start()
    began, number, late = time.time(), 0, 0.0
    with requests.Session() as session:
        session.trust_env = False
        while (now := time.time()) < began + plan.seconds:
            name = list(ids)[number % len(ids)]
            number += 1
            told.edit(name, number, now)
            officer.patch(ids[name], f"edit {number}")
            _tell(session, receiver, ids[name])
            due = began + number / plan.rate
            late = max(late, time.time() - due)
            time.sleep(max(0.0, due - time.time()))
    until = time.monotonic() + _SETTLE
    while any(told.waiting.values()) and time.monotonic() < until:
        time.sleep(_POLL)
    over.set()
    watcher.join()
    _wait_for_the_end(at, began)
    taken = sorted(told.seconds)
    return {
        "events": number,
        "rate": round(number / plan.seconds, 1),
        "latest_start": round(late, 2),
        "unseen": sum(map(len, told.waiting.values())),
        "p50": round(statistics.median(taken), 2),
        "p95": round(taken[int(len(taken) * 0.95)], 2),
        "most": round(taken[-1], 2),
        **_runs(at, began),
    }


def _wait_for_the_end(at: Site, began: float) -> None:
    """The full cycle that ran meanwhile has come to its end, so that it can be told what it did."""
    until = time.monotonic() + 120
    with closing(open_store(config_of(at.directory).state_path, redact)) as store:
        while time.monotonic() < until:
            ended = [parse(run.ended).timestamp() for run in store.runs(CONNECTION, 5) if run.ended]
            if any(each >= began for each in ended):
                return
            time.sleep(_POLL)


def _runs(at: Site, began: float) -> Result:
    with closing(open_store(config_of(at.directory).state_path, redact)) as store:
        full = store.runs(CONNECTION, 1000)
        narrowed = store.runs(CONNECTION, 10_000, RunKind.NARROWED)
    ended = [run for run in full if run.ended and parse(run.ended).timestamp() >= began]
    lasted = [(parse(str(run.ended)) - parse(run.started)).total_seconds() for run in ended]
    return {
        "full_cycles": len(ended),
        "full_seconds": [round(each, 1) for each in lasted],
        "full_operations": sum(run.counts.get("operations", 0) for run in ended),
        "narrowed_cycles": len(narrowed),
        "failed": sum(str(run.status) == "failed" for run in (*full, *narrowed)),
    }


def flood(at: Site, *, requests_sent: int) -> Result:
    """Send forged events, and count what they left behind."""
    before = _known(at)
    with _grc(at) as officer, _daemon(at) as receiver, requests.Session() as session:
        session.trust_env = False
        record = officer.find(model_name(0))
        _wait_for_a_full_cycle(at, before)
        began, refused = time.perf_counter(), 0
        for number in range(requests_sent):
            forged = {"X-Webhook-Secret": f"{SECRET[:-1]}{number % 10}"}
            body = {"record": {"id": record}}
            answer = session.post(f"{receiver}/events/grc/bank/model", json=body, headers=forged, timeout=30)
            refused += answer.status_code == 401
        seconds = time.perf_counter() - began
        with closing(open_store(config_of(at.directory).state_path, redact)) as store:
            hints, narrowed = store.hints(CONNECTION, 10), store.runs(CONNECTION, 10, RunKind.NARROWED)
    return {
        "sent": requests_sent,
        "refused": refused,
        "a_second": round(requests_sent / seconds),
        "hints": len(hints),
        "narrowed_cycles": len(narrowed),
    }


def _tell(session: requests.Session, receiver: str, record: str) -> None:
    headers, body = {"X-Webhook-Secret": SECRET}, {"record": {"id": record}}
    answer = session.post(f"{receiver}/events/grc/bank/model", json=body, headers=headers, timeout=30)
    answer.raise_for_status()


def _watch(at: Site, names: list[str], told: Told, over: threading.Event) -> None:
    """Look at the models' tags again and again, in MLflow's store itself: through its API it would cost what is
    measured.
    """
    marks = ", ".join("?" * len(names))
    query = f"SELECT name, value FROM registered_model_tags WHERE key = ? AND name IN ({marks})"  # noqa: S608 - marks
    with closing(sqlite3.connect(f"{(at.directory / STORE).as_uri()}?mode=ro", uri=True)) as store:
        while not over.wait(_POLL):
            for name, value in store.execute(query, [_TAG, *names]).fetchall():
                word, _, number = value.partition(" ")
                if word == "edit":
                    told.seen(name, int(number), time.time())


@dataclass(frozen=True, slots=True)
class Officer:
    """The model risk officer at the GRC's API."""

    url: str
    session: requests.Session

    def find(self, name: str) -> str:
        """The id of the record of a model."""
        found = self.session.get(f"{self.url}/api/v1/models", params={"registry_name": name}, timeout=60).json()
        return str(found["items"][0]["id"])

    def patch(self, record: str, text: str) -> None:
        """Edit a record."""
        self.session.patch(f"{self.url}/api/v1/models/{record}", json={_FIELD: text}, timeout=60).raise_for_status()


@contextmanager
def _grc(at: Site) -> Iterator[Officer]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {at.officer}"
        yield Officer(at.grc, session)


@contextmanager
def _daemon(at: Site) -> Iterator[str]:
    """The daemon on the site; the receiver's address."""
    path, secret = at.configure(run_fields=False), at.directory / "webhook-secret"
    secret.write_text(SECRET, encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write(_SETTINGS.format(secret=secret))
    command = [sys.executable, "-m", "connector", "--config", str(path), "--log-level", "info", "run"]
    root, log = Path(__file__).parents[2], at.directory / "mlflow-grc.log"
    with subprocess.Popen(command, cwd=root) as process:  # noqa: S603 - ours
        try:
            yield _address(log)
        finally:
            process.terminate()
            process.wait()


def _address(log: Path) -> str:
    """Where the daemon serves, as its log tells."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = re.search(r"serving .*address=(http://\S+)", log.read_text(encoding="utf-8")) if log.exists() else None
        if found is not None:
            return found[1]
        time.sleep(_POLL)
    raise RuntimeError("the daemon does not serve")


def _known(at: Site) -> frozenset[str]:
    """The ids of the runs that were before; the configuration is written."""
    at.configure(run_fields=False)
    with closing(open_store(config_of(at.directory).state_path, redact)) as store:
        return frozenset(run.id for run in store.runs(CONNECTION, 100))


def _wait_for_a_full_cycle(at: Site, before: frozenset[str]) -> None:
    """The first full cycle has begun."""
    with closing(open_store(config_of(at.directory).state_path, redact)) as store:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if any(run.id not in before for run in store.runs(CONNECTION, 5)):
                return
            time.sleep(_POLL)
    raise RuntimeError("the daemon begins no cycle")
