"""The inventory of a connection as a report tells it: what stands in it, how old it is, under which regime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.controls import Finding, Inventory, JoinedIssue, JoinedVersion
from connector.controls.inventory import SEVERITIES
from connector.controls.standing import in_force
from connector.mapping.inventory import InventoryField
from connector.mapping.profile import Profile
from connector.report.as_of.standing import Standing


@dataclass(frozen=True, slots=True)
class InventoryReport:
    """``registry`` is the registry's name in the configuration, ``configuration`` a hash of that. ``taken_at`` is when
    both sides were observed (ISO 8601 UTC); ``standing`` tells more where an earlier moment was asked for.
    ``with_issues``: whether the GRC's issues are mapped at all.
    """

    connection: str
    registry: str
    taken_at: str
    gaps: tuple[str, ...]
    inventory: Inventory
    profile: Profile
    findings: tuple[Finding, ...] = ()
    standing: Standing | None = None
    configuration: str = ""
    with_issues: bool = True
    declared: Mapping[str, InventoryField] = field(default_factory=dict)
    """The canonical fields as the inventory declares them."""

    @property
    def complete(self) -> bool:
        """Whether both sides had been read to their end."""
        return not self.gaps

    @property
    def today(self) -> str:
        """The day that the report is about, as an ISO date."""
        return self.inventory.today


def is_in_force(version: JoinedVersion, today: str) -> bool:
    """Whether the version may be used on that day by what was decided of it in the GRC."""
    return in_force(version, today)


def worst_of(issues: tuple[JoinedIssue, ...]) -> str | None:
    """The most severe of the issues' severities."""
    known = [issue.severity for issue in issues if issue.severity in SEVERITIES]
    return min(known, key=SEVERITIES.index, default=None)


def earliest_of(issues: tuple[JoinedIssue, ...]) -> str | None:
    """The earliest of the issues' due dates."""
    return min((issue.due for issue in issues if issue.due is not None), default=None)
