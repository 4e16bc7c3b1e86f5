"""Which part of the audit trail is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Every condition that is set must hold. ``object`` is a correlation key, a record id or a name, with its
    workspace or without; times are inclusive at ``since`` and exclusive at ``until``. ``rule`` are words that the
    entry's rule holds, ``after`` is a sequence.
    """

    connection: str | None = None
    run_id: str | None = None
    object: str | None = None
    field: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    rule: str | None = None
    after: int | None = None
