"""The state on one SQLite file: the embedded default."""

from connector.state.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
