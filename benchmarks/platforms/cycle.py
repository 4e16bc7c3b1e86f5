"""One cycle of the connector in a process of its own, which opens everything afresh as a one-off command does; prints a
line of JSON. ``python -m benchmarks.platforms.cycle DIRECTORY``. With ``again`` it is a later cycle of a process that
remembers its listings, as the daemon does.

``DIRECTORY`` holds the registry (kept in memory, and written back), the state, and ``connection.json``.
"""

from __future__ import annotations

import gc
import json
import pickle
import sys
import time
from pathlib import Path
from typing import Any

from adapters.base import AdapterSettings
from adapters.httpclient.redaction import redact
from benchmarks.child import peak_mb
from benchmarks.site import INSTANCE, REGISTRY_ID
from connector import logs
from connector.apply.translate import Translator
from connector.cli.main import COLLECT_AFTER
from connector.engine import Connection, Cycle
from connector.engine.adapters import adapter_class
from connector.engine.listings import Listings
from connector.engine.permit import Permit
from connector.mapping.keys import Keys
from connector.mapping.load import load_mapping
from connector.mapping.sources import RegistrySettings
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit, Policy
from connector.state import open_store
from tests.fakes.mlflow_store import Store, ticking
from tests.fakes.registry import InProcessRegistry

REGISTRY, DESCRIBED, MAPPING, STATE = "registry.pickle", "connection.json", "mapping.yaml", "state.db"
_DAY = 86_400.0
_LATER = 1_900_000_000_000
_NO_FUSE = Policy(fuses={kind: FuseLimit(100, 10**9) for kind in FuseClass})


def load_registry(directory: Path) -> Store:
    """The registry that is kept there."""
    store = Store(ticking(_LATER))
    store.models, store.runs = pickle.loads((directory / REGISTRY).read_bytes())  # noqa: S301 - ours
    return store


def keep_registry(store: Store, directory: Path) -> None:
    """Keep a registry there."""
    (directory / REGISTRY).write_bytes(pickle.dumps((store.models, store.runs)))


def run(directory: Path, *, again: bool = False) -> dict[str, Any]:
    """One cycle; what it cost. ``again``: after one that listed everything and wrote to a model and a version, so that
    both have a record that was changed of late, and one that saw that come.
    """
    store = load_registry(directory)
    registry = InProcessRegistry(store.clock)
    registry._store = registry.author._store = store
    state = open_store(directory / STATE, redact)
    try:
        connection = _connection(directory, registry, state)
        try:
            if again:
                connection.listings = Listings(_DAY)
                name = min(store.models)
                registry.author.set_tag(name, "purpose", "Edited a moment ago.")
                registry.author.set_tag(name, "data_version", "2026-99", "1")
                Cycle(connection).run()
                Cycle(connection).run()
            return _measured(connection, registry)
        finally:
            connection.close()
            keep_registry(store, directory)
    finally:
        state.close()


def _measured(connection: Connection, registry: InProcessRegistry) -> dict[str, Any]:
    before, cpu, start = peak_mb(), time.process_time(), time.perf_counter()
    sent, written = connection.adapter.requests_sent, len(registry.writes)
    result = Cycle(connection).run()
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": peak_mb(),
        "before_mb": before,
        "requests": connection.adapter.requests_sent - sent,
        "registry_writes": len(registry.writes) - written,
        "status": str(result.run.status),
        "operations": len(result.applied.operations),
        "failed": len(result.applied.failures),
        "waiting": len(result.plan.quarantines) + len(result.plan.conflicts),
    }


def _connection(directory: Path, registry: InProcessRegistry, state: Any) -> Connection:  # noqa: ANN401 - the store
    described = json.loads((directory / DESCRIBED).read_text(encoding="utf-8"))
    adapter = adapter_class(described["adapter"])
    mapping = load_mapping(directory / MAPPING, adapter_options_model=adapter.Options)
    permit = Permit()
    access = described["access"]
    settings = AdapterSettings(
        connection="bank",
        url=access["url"],
        auth=access["auth"],
        http={"timeout_seconds": 300, **access["http"]},
        options=mapping.options,
        entities=mapping.entities,
        variables=access["variables"],
        before_write=permit,
    )
    keys = Keys(REGISTRY_ID, hashed=mapping.platform.entities.model.identity.hash)
    return Connection(
        name="bank",
        instance=INSTANCE,
        registry=registry,
        adapter=adapter(settings),
        translator=Translator(mapping, RegistrySettings(keys, production_aliases=("production",), label="main")),
        store=state,
        owner="benchmark",
        policy=_NO_FUSE,
        concurrency=described["concurrency"],
        permit=permit,
        lease_seconds=3600,
    )


if __name__ == "__main__":
    gc.set_threshold(COLLECT_AFTER)  # as the command does
    logs.configure(redact=redact, level="warning")
    sys.stdout.write(json.dumps(run(Path(sys.argv[1]), again="again" in sys.argv[2:])))
