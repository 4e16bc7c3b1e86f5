"""The actions that entries of the trail tell of."""

from __future__ import annotations

from connector.model.operations import OperationKind

RECOVERED = "recovered "
"""Before the kind of a write that an earlier run sent and a later one found to have landed."""

ACTIONS: frozenset[str] = frozenset(
    {
        *map(str, OperationKind),
        *(f"{RECOVERED}{kind}" for kind in OperationKind),
        "approved",
        "conflict",
        "fuse",
        "link",
        "mapping",
        "outcome unknown",
        "quarantine",
        "refused",
        "reopened",
        "resolved",
        "run_ended",
        "take_over",
        "unlink",
        "withheld",
    }
)
"""All of this release; a trail may hold others of an older one."""
