"""The proof of the audit trail, in the background: it reads the whole trail, which no probe could wait for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.engine.watch import trail_fault
from connector.health import AuditState
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError
from connector.state.base import StateReader

log = get_logger(__name__)


class AuditWatch:
    """Remembers what the last proof found. ``state`` is None before the first one has ended."""

    def __init__(self, store: StateReader, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self.state: AuditState | None = None

    def check(self) -> None:
        """Prove the trail. Where the state cannot be read, what was known stays: readiness says so by itself."""
        try:
            entries = self._store.audit_head().sequence
            broken = trail_fault(self._store)
        except MlflowGrcError as error:
            log.warning("audit trail not proved", error=str(error))
            return
        if broken:
            log.error("audit trail does not hold", reason=broken)
        self.state = AuditState(self._clock(), entries, broken)
