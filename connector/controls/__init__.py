"""Controls: small pure checks over the joined view of both sides. Each finding says what was seen and what to do."""

from connector.controls.catalogue import CONTROLS, TITLES, findings
from connector.controls.inventory import Finding, Inventory, JoinedIssue, JoinedModel, JoinedVersion

__all__ = ["CONTROLS", "TITLES", "Finding", "Inventory", "JoinedIssue", "JoinedModel", "JoinedVersion", "findings"]
