"""The state database: what is remembered between runs, who may write, and both journals."""

from collections.abc import Callable
from pathlib import Path

from connector.state.base import APPROVAL_LIFETIME, Recorder, StateReader, Store
from connector.state.errors import LeaseHeld, StateUnavailable
from connector.state.sqlite import SqliteStore
from connector.state.types import Around, Change, Lease, Observation, Seen, Sighting, Snapshot, Withheld

__all__ = [
    "APPROVAL_LIFETIME",
    "Around",
    "Change",
    "Lease",
    "LeaseHeld",
    "Observation",
    "Recorder",
    "Seen",
    "Sighting",
    "Snapshot",
    "SqliteStore",
    "StateReader",
    "StateUnavailable",
    "Store",
    "Withheld",
    "open_store",
]


def open_store(path: str | Path, redact: Callable[[str], str]) -> Store:
    """Open the state database, making it where there is none. ``redact`` masks secrets in every free text kept.

    Raises StateCorrupt for a damaged or foreign file or one of a newer release, StateUnavailable where it cannot be
    written.
    """
    return SqliteStore(path, redact)
