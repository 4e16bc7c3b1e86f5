"""The store as a whole."""

from __future__ import annotations

from connector.state.sql.hints import Hints
from connector.state.sql.leases import Leases
from connector.state.sql.memory import Decisions, Memory
from connector.state.sql.moved import Moves
from connector.state.sql.observations import Observations
from connector.state.sql.runs import Runs
from connector.state.sql.trail import Trail


class SqlStore(Runs, Leases, Hints, Memory, Decisions, Observations, Trail, Moves):
    """Implements :class:`connector.state.base.Store` on any database that understands its SQL."""

    def close(self) -> None:
        self._database.close()
