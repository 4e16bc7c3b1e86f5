"""The store on SQLite."""

from __future__ import annotations

from pathlib import Path

from connector.state.sql.access import Redact
from connector.state.sql.store import SqlStore
from connector.state.sqlite.database import BUSY_SECONDS, SqliteDatabase


class SqliteStore(SqlStore):
    """The store on one file, in WAL mode with ``synchronous = FULL``: a write that was committed survives a loss of
    power, for an intent has to be on disk before its write is sent.
    """

    def __init__(self, path: str | Path, redact: Redact, *, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open or make the file. ``redact`` is applied to every free text. Raises StateCorrupt, StateUnavailable."""
        super().__init__(SqliteDatabase(Path(path), busy_seconds), redact)
