"""A daemon runs for years: cycles leave nothing behind in memory, no thread, no file and no socket; nor do daemons.

``MLFLOW_GRC_ROUNDS`` sets the number of cycles (45), every third of them with a narrowed one beside it.
"""

from __future__ import annotations

import gc
import os
import textwrap
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import adapters
import connector
from adapters.httpclient.redaction import redact
from connector.config.config import load_config
from connector.daemon import run_daemon
from connector.engine.narrow import Narrow
from connector.logs import configure
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import MockGrc
from connector.state import Store, open_store
from tests.engine.world import World
from tests.events.test_real import CONFIG, KEY, SHARED
from tests.fakes.registry import InProcessRegistry

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux tells them")

ROUNDS = int(os.environ.get("MLFLOW_GRC_ROUNDS", "45"))
WARM = 20
"""Cycles after which everything has been loaded, opened and cached that ever will be."""
DAEMONS, WARM_DAEMONS = 14, 5
NOISE = 64 * 1024
"""Bytes by which the traced memory may differ from one look to the next."""
SPARE = 6
"""Files of the state that SQLite may keep to open again, while another connection to it has a lock."""
LIMIT = 20.0


@dataclass(frozen=True)
class Held:
    """What a process holds: bytes that the connector's own lines allocated, threads, open files with sockets, and files
    of the state.
    """

    memory: int
    threads: int
    files: int
    states: int

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        ours = [tracemalloc.Filter(True, f"{Path(part.__file__ or '').parent}/*") for part in (connector, adapters)]
        theirs = [tracemalloc.Filter(False, f"{Path(connector.__file__).parent}/mock/*")]
        traces = tracemalloc.take_snapshot().filter_traces(ours).filter_traces(theirs)
        memory = sum(each.size for each in traces.statistics("filename"))
        files = opened()
        states = sum("state.db" in each for each in files)
        return cls(memory, threading.active_count(), len(files) - states, states)


def opened() -> list[str]:
    """What each open file is."""
    files = []
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one by which they are listed
            files.append(str(each.readlink()))
    return sorted(files)


def flat(warm: Held, end: Held) -> None:
    assert end.threads <= warm.threads
    assert end.files <= warm.files
    assert end.states - warm.states <= SPARE
    assert end.memory - warm.memory < NOISE


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    registry = InProcessRegistry()
    with MockGrc() as grc:
        world = World(tmp_path, grc, registry, registry.author, concurrency=3)
        yield world
        world.close()


@pytest.mark.timeout(60 + 2 * ROUNDS)
def test_cycles_leave_nothing_behind(world: World, traced: None) -> None:
    names = ("credit", "fraud", "aml")
    for name in names:
        world.author.create_model(name, tags={"purpose": "first", "risk_classification": "low"})
        world.author.create_version(name)
    warm = None
    with ThreadPoolExecutor(1) as beside:
        for number in range(ROUNDS):
            name = names[number % 3]
            world.author.set_tag(name, "purpose", f"purpose {number}")
            if number % 7 == 3:
                world.grc.faults.add("status", status=503)
            world.sync()
            if number % 3 == 0:
                world.officer.patch(world.record(name)["id"], allowed_changes=f"changes {number}")
                beside.submit(Narrow(world.connection, name).run).result(LIMIT)
            world.registry.calls.clear()
            if number + 1 == WARM:
                warm = Held.now()
        assert warm is not None
        flat(warm, Held.now())
    assert all("grc_allowed_changes" in world.tags(name) for name in names[:1])


@contextmanager
def daemon(file: Path, store: Store) -> Iterator[None]:
    """A daemon of this process that has run a cycle."""
    config, stop, before = load_config(file), threading.Event(), {run.id for run in store.runs("bank")}
    configure(redact=redact, file=config.log_path)
    thread = threading.Thread(target=run_daemon, args=(config, ["bank"], store, stop))
    thread.start()
    try:
        until(lambda: any(run.id not in before and run.ended for run in store.runs("bank", limit=3)))
        yield
    finally:
        stop.set()
        thread.join(LIMIT)
        assert not thread.is_alive()


def until(true: Callable[[], bool], told: Callable[[], str] = lambda: "it did not come to that") -> None:
    deadline = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.01)


@pytest.mark.server
def test_daemons_leave_nothing_behind(
    tmp_path: Path,
    mlflow_server: MlflowServer,
    mlflow_author: RegistryAuthor,
    monkeypatch: pytest.MonkeyPatch,
    traced: None,
) -> None:
    file, warm = tmp_path / "mlflow-grc.yaml", None
    mlflow_author.create_model("credit", tags={"purpose": "one"})
    with MockGrc() as grc, closing(open_store(tmp_path / "state.db", redact)) as store:
        for name, value in (("TOKEN", grc.token), ("KEY", KEY), ("SHARED", SHARED)):
            monkeypatch.setenv(name, value)
        text = textwrap.dedent(CONFIG).format(mlflow=mlflow_server.url, grc=grc.url)
        # Without the web server: FastAPI caches what it knows of routes for the process, whatever became of their app.
        file.write_text(text.replace('server: {listen: "127.0.0.1:0"}\n', ""))
        for number in range(DAEMONS):
            with daemon(file, store):
                pass
            if number + 1 == WARM_DAEMONS:
                warm = Held.now()
        assert warm is not None
        # The other end of a socket closes when it comes to it.
        until(lambda: Held.now().files <= warm.files, lambda: f"{warm} before, now open: {opened()}")
        flat(warm, Held.now())
