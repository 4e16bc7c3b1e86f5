"""The store on PostgreSQL."""

from __future__ import annotations

from connector.config.server import DatabaseServer
from connector.state.postgres.database import PostgresDatabase
from connector.state.sql.access import Redact
from connector.state.sql.store import SqlStore


class PostgresStore(SqlStore):
    """The store on a PostgreSQL server, for processes on many machines."""

    def __init__(self, server: DatabaseServer, redact: Redact) -> None:
        """Open the database. ``redact`` is applied to every free text. Raises ConfigError, StateCorrupt,
        StateUnavailable.
        """
        super().__init__(PostgresDatabase(server), redact)
