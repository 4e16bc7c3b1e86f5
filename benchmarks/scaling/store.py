"""SQLite and PostgreSQL as the state, side by side, on this machine."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.table import markdown
from connector.config.server import DatabaseServer
from connector.model.fields import Entity, Side
from connector.model.state import AuditEntry, Base, Intent
from connector.model.views import ObjectRef
from connector.state import Lease, Store, open_store
from connector.state.times import stamp
from tests.postgres import PostgresServer

OBJECTS, OPERATIONS = 10_000, 300
_NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
_CONNECTION = "bank"
_REF = ObjectRef(Entity.MODEL, "mlflow:r/credit@1", "credit")
_GRC_MODEL = (Side.GRC, Entity.MODEL)
Objects = dict[str, tuple[str, dict[str, str | None]]]


def compare() -> str:
    """Measure both and return the table."""
    with tempfile.TemporaryDirectory() as directory:
        file = _measured(Path(directory) / "state.db")
    with _server() as server:
        found = _measured(DatabaseServer(server.database()))
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}, {datetime.now(UTC):%Y-%m-%d}."
    rows = [(name, f"{seconds:.2f}", f"{found[name]:.2f}") for name, seconds in file.items()]
    return f"{load}\n\n{markdown('', ('', 'SQLite (s)', 'PostgreSQL (s)'), rows).strip()}"


@contextmanager
def _server() -> Iterator[PostgresServer]:
    server = PostgresServer(safe=True)
    try:
        yield server
    finally:
        server.close()


def _measured(place: Path | DatabaseServer) -> dict[str, float]:
    with closing(open_store(place, str)) as store:
        lease, run = store.acquire_lease(_CONNECTION, "me", _NOW, 60), store.start_run(_CONNECTION, _NOW)
        first = _objects("value")
        second = {key: (name, {**fields, "field 3": "other"}) for key, (name, fields) in first.items()}

        def observe(objects: Objects) -> Callable[[], object]:
            def act() -> None:
                with store.recording(lease, _NOW) as recorder:
                    recorder.observe(run.id, *_GRC_MODEL, objects, complete=True)

            return act

        return {
            f"observe {OBJECTS:,} objects of 20 fields, all new": _timed(observe(first)),
            "the same, nothing changed": _timed(observe(first)),
            "the same, one field of each changed": _timed(observe(second)),
            f"record {OPERATIONS} operations (two transactions each)": _timed(lambda: _operate(store, lease, run.id)),
            f"agree on {OBJECTS * 2:,} fields in one transaction": _timed(lambda: _agree(store, lease)),
            "read them all": _timed(lambda: store.bases(_CONNECTION)),
            "read the last snapshot": _timed(lambda: store.snapshot(_CONNECTION, *_GRC_MODEL)),
            "digest the journals": _timed(lambda: list(store.journal_digests())),
        }


def _objects(value: str) -> Objects:
    return {
        str(number): (f"model {number}", {f"field {place}": f"{value} {number} {place}" for place in range(20)})
        for number in range(OBJECTS)
    }


def _operate(store: Store, lease: Lease, run_id: str) -> None:
    for number in range(OPERATIONS):
        name, ref = f"operation {number}", replace(_REF, key=f"key {number}")
        with store.recording(lease, _NOW) as recorder:
            recorder.put_intent(Intent(name, run_id, "x" * 300, stamp(_NOW)))
        with store.recording(lease, _NOW) as recorder:
            recorder.drop_intent(name)
            for place in range(3):
                recorder.set_base(ref, f"field {place}", Base("x" * 20, "y" * 20))
            recorder.append_audit(AuditEntry(stamp(_NOW), run_id, _CONNECTION, "write", field="x"))


def _agree(store: Store, lease: Lease) -> None:
    with store.recording(lease, _NOW) as recorder:
        recorder.set_bases(
            (replace(_REF, key=f"agreed {number // 20}"), f"field {number % 20}", Base("x" * 20, "y" * 20))
            for number in range(OBJECTS * 2)
        )


def _timed(act: Callable[[], object]) -> float:
    from_ = time.perf_counter()
    act()
    return time.perf_counter() - from_
