"""Findings that a person accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connector.controls.inventory import Finding, Waiver
from connector.model.workspaces import is_called


@dataclass(frozen=True, slots=True)
class Waived:
    """The findings, those accepted with their waiver, and the waivers that none of them came under."""

    findings: tuple[Finding, ...]
    idle: tuple[Waiver, ...] = ()


def waive(findings: Sequence[Finding], waivers: Sequence[Waiver], today: str) -> Waived:
    """Put to each finding the waiver that covers it on ``today`` (ISO date), the one that lasts longest of several. A
    finding whose waivers have all expired says so.
    """
    by_control: dict[str, list[Waiver]] = {}
    for waiver in sorted(waivers, key=lambda each: each.expires, reverse=True):
        by_control.setdefault(waiver.control, []).append(waiver)
    used: set[Waiver] = set()
    found = []
    for finding in findings:
        fitting = [waiver for waiver in by_control.get(finding.control, ()) if _covers(waiver, finding)]
        used.update(fitting)
        found.append(_marked(finding, fitting[0], today) if fitting else finding)
    return Waived(tuple(found), tuple(waiver for waiver in waivers if waiver not in used))


def _covers(waiver: Waiver, finding: Finding) -> bool:
    return is_called(finding.model, waiver.model) and waiver.version in (None, finding.version)


def _marked(finding: Finding, waiver: Waiver, today: str) -> Finding:
    if waiver.expires >= today:
        return replace(finding, waiver=waiver)
    return replace(finding, seen=f"{finding.seen} (the waiver of {waiver.by} expired on {waiver.expires})")
