"""A look at a database that leaves nothing behind."""

from __future__ import annotations

from contextlib import closing

from connector.config.server import DatabaseServer
from connector.state.errors import StateUnavailable
from connector.state.postgres import schema
from connector.state.postgres.connecting import connect
from connector.state.postgres.failures import translated


def is_made(server: DatabaseServer) -> bool:
    """Whether our tables are there. Raises StateUnavailable where the database cannot be reached, and where they are
    not there and the account may not make them; ConfigError where it cannot serve.
    """
    where = str(server)
    with translated(where), closing(connect(server)) as connection:
        schema.require_fit(connection, where)
        if schema.applied(connection):
            return True
        row = connection.execute("SELECT has_schema_privilege(current_schema(), 'CREATE')").fetchone()
        if row != (True,):
            raise StateUnavailable(
                f"The state database {where} has no schema in which this account may make tables.",
                remedy="grant it CREATE on one, and name that one: ?options=-csearch_path%3DNAME in state.url.",
            )
        return False
