"""Controls: small pure checks over the joined view of both sides. Each finding says what was seen and what to do."""

from connector.controls.catalogue import BASIS, CONTROLS, TITLES, Control, findings
from connector.controls.inventory import (
    ApprovalStep,
    Finding,
    Inventory,
    JoinedIssue,
    JoinedModel,
    JoinedVersion,
    Waiver,
)
from connector.controls.rules import Rules, rules_of
from connector.controls.waiving import Waived, waive

__all__ = [
    "BASIS",
    "CONTROLS",
    "TITLES",
    "ApprovalStep",
    "Control",
    "Finding",
    "Inventory",
    "JoinedIssue",
    "JoinedModel",
    "JoinedVersion",
    "Rules",
    "Waived",
    "Waiver",
    "findings",
    "rules_of",
    "waive",
]
