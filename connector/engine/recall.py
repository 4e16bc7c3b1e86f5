"""What a cycle starts from: the state's memory of the connection, and the runs it knows."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connector.engine.observe import RunReads
from connector.mapping.connection import ConnectionMapping, needs_run
from connector.model.fields import Entity
from connector.model.gates import GatePolicy
from connector.model.operations import OperationKind
from connector.model.registry import RegistrySnapshot, RunData
from connector.plan import Memory
from connector.registry.base import VersionKey, version_key
from connector.state.base import StateReader

REFRESH_SHARE = 24
"""One in so many known runs is read again each cycle, so that late changes to a finished run arrive in the end."""

_RETIRING = f'"{OperationKind.RETIRE_RECORD}"'


def recall(store: StateReader, connection: str, now: datetime) -> Memory:
    """Read the memory that planning needs."""
    approvals, withheld = store.approvals(connection, now), store.withheld(connection)
    return Memory(
        links=store.links(connection),
        bases=store.bases(connection),
        resolutions={(each.ref.key, each.field): each for each in store.resolutions(connection)},
        quarantines={(each.ref.key, each.field): each for each in store.quarantines(connection)},
        conflicts=frozenset(replace(each, since="") for each in store.conflicts(connection)),
        approved=frozenset().union(*(each.digests for each in approvals)),
        withheld=frozenset(each.digest for each in withheld),
        retiring=frozenset(json.loads(each.payload)["ref"]["key"] for each in withheld if _RETIRING in each.payload),
        responses=frozenset(digest for _, digest in store.responses_posted(connection)),
        issues=store.issues(connection),
    )


def run_reads(
    store: StateReader, connection: str, run_id: str, mapping: ConnectionMapping, gates: GatePolicy | None = None
) -> RunReads:
    """Decide how this cycle reads MLflow runs: not at all where no mapped field and no bound of a gate is about one."""
    if not reads_runs(mapping, gates):
        return RunReads()
    known = known_runs(store, connection)
    share = zlib.crc32(run_id.encode()) % REFRESH_SHARE
    refresh = {key for key in known if zlib.crc32(repr(key).encode()) % REFRESH_SHARE == share}
    return RunReads(wanted=True, known=known, refresh=refresh)


def reads_runs(mapping: ConnectionMapping, gates: GatePolicy | None = None) -> bool:
    """Whether anything needs the runs behind versions."""
    versions = mapping.fields(Entity.VERSION)
    bounds = gates is not None and any(each.bounds for each in gates.automated.values())
    return mapping.run_fields and (bounds or any(needs_run(place) for one in versions for place in one.locations))


def known_runs(store: StateReader, connection: str, name: str | None = None) -> dict[VersionKey, RunData]:
    """The runs that the state remembers, by version; those of one registered model by ``name``."""
    beginning = "" if name is None else f"[{json.dumps(name, ensure_ascii=False)}, "
    return {_key_of(text): data for text, data in store.run_data(connection, beginning).items()}


def learned_runs(snapshot: RegistrySnapshot, known: Mapping[VersionKey, RunData]) -> dict[str, RunData]:
    """Return the run data that the state does not have yet, under the state's keys."""
    found = {version_key(v): v.run for model in snapshot.models for v in model.versions if v.run is not None}
    return {_text_of(key): data for key, data in found.items() if known.get(key) != data}


def _text_of(key: VersionKey) -> str:
    return json.dumps(key, ensure_ascii=False)


def _key_of(text: str) -> VersionKey:
    name, version, created = json.loads(text)
    return name, version, created
