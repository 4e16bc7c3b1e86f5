"""Controls: small pure checks over the joined view of both sides. Each finding says what was seen and what to do."""

from connector.controls.catalogue import CONTROLS, TITLES, findings
from connector.controls.inventory import (
    ApprovalStep,
    Finding,
    Inventory,
    JoinedIssue,
    JoinedModel,
    JoinedVersion,
    Waiver,
)

__all__ = [
    "CONTROLS",
    "TITLES",
    "ApprovalStep",
    "Finding",
    "Inventory",
    "JoinedIssue",
    "JoinedModel",
    "JoinedVersion",
    "Waiver",
    "findings",
]
