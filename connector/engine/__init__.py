"""One cycle: recover, observe, plan, apply, record."""

from connector.engine.connection import Connection
from connector.engine.cycle import Cycle
from connector.engine.result import RunResult

__all__ = ["Connection", "Cycle", "RunResult"]
