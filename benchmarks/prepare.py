"""Prepares what is measured, once: registries in MLflow's SQLite store, empty-handed and synchronised.

What a first load leaves behind is made by the engine itself, against the registry and the GRC that the quick tests
keep in memory, and then written into MLflow's store: without hours of requests. A large registry is a small one that
was loaded so, many times over, and the engine, without any state, finds its records again by their keys, and nothing to
write. Nor does it in idle cycles against the real servers.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from adapters.base import AdapterSettings
from adapters.http import Options
from adapters.httpclient.redaction import redact
from benchmarks.content import fill
from benchmarks.database import write_database
from benchmarks.multiply import multiplied
from benchmarks.site import CONNECTION, GRC, INSTANCE, STATE, STORE, TOKEN, config_of, write_config
from connector import logs
from connector.apply.translate import Translator
from connector.engine import Connection, Cycle
from connector.mock import MockGrc
from connector.mock.person import Person
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit, Policy
from connector.state import open_store
from tests.fakes.adapter import InProcessAdapter
from tests.fakes.mlflow_store import Store
from tests.fakes.registry import InProcessRegistry

EMPTY, PLAIN, RUNS = "empty", "plain", "runs"
"""Nothing synchronised yet; synchronised without run fields; and with them."""
BLOCK = 250
"""Models that are loaded one by one; a registry of a multiple of it is made of so many."""
ISSUE_SHARE = 20
"""One model in so many has an open issue."""
_NO_FUSE = Policy(fuses={kind: FuseLimit(100, 10**9) for kind in FuseClass})
Say = Callable[[str], None]


def default_cache() -> Path:
    """Where prepared registries are kept: ``XDG_CACHE_HOME``, or ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mlflow-grc-benchmarks"


def prepared(cache: Path, models: int, kind: str, say: Say) -> Path:
    """The directory with a registry of that many models, made now unless it is there."""
    root = cache / f"{models}"
    if not (root / kind / STORE).exists():
        say(f"preparing a registry of {models} models in {root}")
        root.mkdir(parents=True, exist_ok=True)
        if kind == EMPTY:
            _prepare_empty(root, models)
        else:
            _prepare_synchronised(root, models)
    return root / kind


def _prepare_empty(root: Path, models: int) -> None:
    with tempfile.TemporaryDirectory() as work:
        write_database(fill(models), Path(work) / STORE)
        _keep(Path(work), root / EMPTY)


def _prepare_synchronised(root: Path, models: int) -> None:
    times = models // BLOCK if models > BLOCK and models % BLOCK == 0 else 1
    store, mock = fill(models // times), MockGrc(token=TOKEN)
    with tempfile.TemporaryDirectory(dir=fast_directory()) as temporary:
        small = Path(temporary)
        for kind, run_fields in ((PLAIN, False), (RUNS, True)):
            synchronise(small, store, mock, run_fields=run_fields)
            if kind == PLAIN:
                raise_issues(mock)
                synchronise(small, store, mock, run_fields=False)
            large = small / kind
            large.mkdir()
            many, records = multiplied(store, mock.grc.dump(), times)
            grc = MockGrc(token=TOKEN)
            grc.grc.load(records)
            if synchronise(large, many, grc, run_fields=run_fields):
                raise RuntimeError("a registry made of many is not synchronised")
            (large / GRC).write_text(json.dumps(grc.grc.dump()), encoding="utf-8")
            write_database(many, large / STORE)
            _keep(large, root / kind)


def synchronise(work: Path, store: Store, mock: MockGrc, *, run_fields: bool) -> int:
    """One cycle against both in memory, with state and configuration in ``work``; how much it wrote. Raises
    RuntimeError where it left something undone.
    """
    logs.configure(redact=redact, level="warning")
    write_config(work, "http://127.0.0.1:1", "http://127.0.0.1:1", run_fields=run_fields, concurrency=1)
    config = config_of(work)
    mapping = config.mapping(CONNECTION, Options)
    registry = InProcessRegistry(store.clock)
    registry._store, registry.author._store = store, store
    settings = AdapterSettings(CONNECTION, "http://127.0.0.1:1", None, None, None, mapping.entities)
    state = open_store(work / STATE, redact)
    connection = Connection(
        name=CONNECTION,
        instance=INSTANCE,
        registry=registry,
        adapter=InProcessAdapter(settings, mock.grc),
        translator=Translator(mapping, config.reading(CONNECTION, mapping)),
        store=state,
        owner="preparation",
        policy=_NO_FUSE,
        run_fields=run_fields,
    )
    try:
        result = Cycle(connection).run()
    finally:
        state.close()
    if result.applied.failures or result.plan.quarantines or result.plan.conflicts:
        raise RuntimeError(f"the prepared registry is not at rest: {result.run.counts}")
    return len(result.applied.operations)


def raise_issues(mock: MockGrc) -> None:
    """Raise an issue on one model in ``ISSUE_SHARE``."""
    officer: Person = mock.as_user("risk.officer@bank.example")
    for row in officer.records("models")[::ISSUE_SHARE]:
        officer.raise_issue("Back-test outside its tolerance", severity="High", model=row["id"])


def _keep(work: Path, to: Path) -> None:
    """Copy what is needed, the finished store last: its presence says that all is there."""
    to.mkdir(parents=True, exist_ok=True)
    for name in (STATE, GRC, STORE):
        if (work / name).exists():
            shutil.copy(work / name, to / f"{name}.new")
            (to / f"{name}.new").replace(to / name)


def fast_directory() -> str | None:
    """Memory, where the system has a directory of it: every operation is committed to disk twice."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
