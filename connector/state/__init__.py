"""The state database: what is remembered between runs, who may write, and both journals."""

from connector.state.base import APPROVAL_LIFETIME, Recorder, StateReader, Store
from connector.state.errors import LeaseHeld, StateUnavailable
from connector.state.sqlite import SqliteStore
from connector.state.types import Lease, Seen, Sighting, Snapshot, Withheld

__all__ = [
    "APPROVAL_LIFETIME",
    "Lease",
    "LeaseHeld",
    "Recorder",
    "Seen",
    "Sighting",
    "Snapshot",
    "SqliteStore",
    "StateReader",
    "StateUnavailable",
    "Store",
    "Withheld",
]
