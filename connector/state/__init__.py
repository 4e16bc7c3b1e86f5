"""The state database: what is remembered between runs, who may write, and both journals."""

from collections.abc import Callable
from pathlib import Path

from connector.config.server import DatabaseServer
from connector.state.base import APPROVAL_LIFETIME, Recorder, StateReader, Store
from connector.state.errors import LeaseHeld, StateMoved, StateUnavailable
from connector.state.postgres.library import require
from connector.state.sqlite import SqliteStore
from connector.state.types import Around, Change, Lease, Moved, Observation, Seen, Sighting, Snapshot, Withheld

__all__ = [
    "APPROVAL_LIFETIME",
    "Around",
    "Change",
    "Lease",
    "LeaseHeld",
    "Moved",
    "Observation",
    "Recorder",
    "Seen",
    "Sighting",
    "Snapshot",
    "SqliteStore",
    "StateMoved",
    "StateReader",
    "StateUnavailable",
    "Store",
    "Withheld",
    "open_store",
    "state_exists",
]


def state_exists(place: str | Path | DatabaseServer) -> bool:
    """Whether a state database is there, without making one. Raises StateUnavailable where the server cannot be
    reached or would not let its account make the tables, ConfigError as :func:`open_store` does.
    """
    if not isinstance(place, DatabaseServer):
        return Path(place).exists()
    require()
    from connector.state.postgres.looking import is_made  # noqa: PLC0415 - an extra, and slow to import

    return is_made(place)


def open_store(place: str | Path | DatabaseServer, redact: Callable[[str], str]) -> Store:
    """Open the state database, a file or one on a PostgreSQL server, making file or tables where there are none.
    ``redact`` masks secrets in every free text kept.

    Raises StateCorrupt for a damaged or foreign database or one of a newer release, StateUnavailable where it cannot
    be reached or written, ConfigError where the extra for PostgreSQL is not installed or the database is none for us.
    """
    if not isinstance(place, DatabaseServer):
        return SqliteStore(place, redact)
    require()
    from connector.state.postgres.store import PostgresStore  # noqa: PLC0415 - an extra, and slow to import

    return PostgresStore(place, redact)
