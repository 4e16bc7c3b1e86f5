"""The material of a report from both sides as they stand now; nothing is written anywhere."""

from __future__ import annotations

from connector.engine.connection import Connection
from connector.engine.cycle import Cycle
from connector.engine.seen import material_of
from connector.report.material import Material
from connector.state.times import stamp


def from_now(connection: Connection) -> Material:
    """Observe both sides and plan, as a cycle would, and return what a report needs. Raises RunAborted."""
    taken_at = stamp(connection.clock())
    observed, planned = Cycle(connection).look()
    return material_of(connection, observed, planned, taken_at)
