"""The controls, by the ids of the inventory's control catalogue: what each looks for, and what guidance it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from connector.controls import agreement, approval, existence, issues, monitoring, people, review, running
from connector.controls.inventory import SEVERITIES, Finding, Inventory, JoinedModel

Check = Callable[[Inventory], Iterator[Finding]]
"""What a control does: look at the whole inventory."""


@dataclass(frozen=True, slots=True)
class Control:
    """A control. ``severity`` says in words how severe its findings are, ``basis`` names the guidance."""

    title: str
    severity: str
    basis: str
    check: Check


def _each(check: Callable[[Inventory, JoinedModel], Iterator[Finding]]) -> Check:
    """A check of one model, made over all."""

    def over_all(inventory: Inventory) -> Iterator[Finding]:
        for model in inventory.models:
            yield from check(inventory, model)

    return over_all


_REMEDIATION = "SS1/23 1.2(c)(iii)"
_ROBUST = "E-23 appendix 1 (accurate, evergreen, subject to robust controls)"

CONTROLS: Mapping[str, Control] = {
    "C01": Control(
        "a version under a production alias is not approved",
        "critical",
        "SR 26-2 V; E-23 appendix 1",
        _each(approval.unapproved_in_production),
    ),
    "C02": Control(
        "source, run or signature of a version differ from what was approved",
        "critical",
        "E-23 3.5",
        _each(approval.changed_since_approval),
    ),
    "C03": Control(
        "a version in use has an open critical or high issue, and no exception covers it",
        "critical",
        f"{_REMEDIATION}, 5.3",
        _each(issues.grave_issue_in_use),
    ),
    "C04": Control(
        "a decommissioned or suspended model, or a rejected version, is in production",
        "critical",
        "SR 11-7; SS1/23 1.2; E-23 3.6",
        _each(approval.out_of_use_in_production),
    ),
    "C05": Control(
        "a registered model is missing from the inventory",
        "high; critical in production",
        _ROBUST,
        _each(existence.missing_from_inventory),
    ),
    "C06": Control(
        "an inventory record names a model that does not exist",
        "high",
        _ROBUST,
        _each(existence.record_without_model),
    ),
    "C07": Control(
        "an approval of a version in production has expired",
        "high",
        "SR 26-2 V; E-23 appendix 1",
        _each(approval.approval_expired),
    ),
    "C08": Control(
        "a validation or review is overdue for its tier",
        "high in the top tiers, else medium",
        "SR 11-7; SS1/23 1.2(c)(iv); E-23 appendix 1",
        _each(review.review_overdue),
    ),
    "C09": Control(
        "remediation is overdue",
        "the issue's; high where it is not known",
        _REMEDIATION,
        _each(issues.remediation_overdue),
    ),
    "C10": Control("a GRC-owned field was edited in MLflow", "high", _ROBUST, _each(agreement.edited_in_mlflow)),
    "C11": Control("an MLflow-owned field was edited in the GRC", "medium", _ROBUST, _each(agreement.edited_in_grc)),
    "C12": Control(
        "the developer is also the validator or the approver",
        "high",
        "SR 11-7; SS1/23 1.2(c)(iv); E-23 appendix 1",
        _each(people.own_validator),
    ),
    "C13": Control(
        "a field that the regime requires is empty",
        "medium; high in the top tiers",
        "the profile's own list",
        _each(review.required_field_empty),
    ),
    "C14": Control(
        "a tier is missing, or materiality and complexity ask for another and no reason is given",
        "high",
        "SR 26-2; SS1/23 1.3",
        _each(review.tier_unfounded),
    ),
    "C15": Control("a tier has been provisional for long", "medium", "SS1/23 1.3", _each(review.tier_provisional)),
    "C16": Control(
        "restrictions or conditions are not visible on the version",
        "high",
        "SR 11-7; SS1/23 5.2; E-23 appendix 1",
        _each(approval.restriction_not_visible),
    ),
    "C17": Control(
        "two registered models share one record, or one model has two", "high", _ROBUST, existence.shared_record
    ),
    "C18": Control("a name was reused, or a model renamed", "high", "E-23 appendix 1", _each(existence.name_changed)),
    "C19": Control(
        "a version newer than the last validation was not assessed",
        "medium",
        "SR 11-7; SS1/23 1.2(c)(iii)",
        _each(review.version_not_assessed),
    ),
    "C20": Control(
        "monitoring is red or stale, and no issue is open",
        "high",
        "SS1/23 1.2(c)(iii); E-23 appendix 1",
        _each(monitoring.monitoring_unanswered),
    ),
    "C21": Control(
        "a model in use depends on one that is unapproved or red",
        "high",
        "SR 11-7; SR 26-2; E-23 appendix 1",
        monitoring.unsound_upstream,
    ),
    "C22": Control("an exception has expired", "medium", "SR 11-7; SS1/23 5.3", _each(issues.exception_expired)),
    "C23": Control(
        "the owner is unknown in the GRC",
        "medium",
        "E-23 appendix 1; SS1/23 1.2(c)(iv)",
        _each(people.owner_unknown),
    ),
    "C24": Control(
        "a model in the scope of the EU AI Act lacks registration data",
        "medium; high from 2 December 2027",
        "EU AI Act annex VIII-A",
        _each(review.not_registered),
    ),
    "C25": Control(
        "MLflow shows an issue that is closed, or does not show an open one, beyond the agreed lag",
        "high",
        _REMEDIATION,
        _each(issues.issue_shown_wrongly),
    ),
    "C26": Control("a value means nothing to the mapping", "high", _ROBUST, agreement.unreadable_value),
    "C27": Control(
        "a listing was incomplete, or a fuse tripped: the report is inconclusive",
        "critical",
        _ROBUST,
        running.inconclusive,
    ),
    "C28": Control(
        "the audit trail is broken, or scheduled runs were missed",
        "critical",
        "E-23 appendix 1 (robust controls); EU AI Act art. 12",
        running.not_running,
    ),
}
"""Every control, by its id."""

TITLES: Mapping[str, str] = {control: each.title for control, each in CONTROLS.items()}
"""What each control looks for."""
BASIS: Mapping[str, str] = {control: each.basis for control, each in CONTROLS.items()}
"""The guidance that each control rests on."""


def findings(inventory: Inventory) -> tuple[Finding, ...]:
    """Run the controls in force over the inventory: the most severe findings first, then by control and name."""
    rules = inventory.rules
    found: list[Finding] = []
    for control in rules.in_force:
        severity = rules.settings.of(control).severity
        told = CONTROLS[control].check(inventory)
        found += (replace(each, severity=severity) for each in told) if severity else told
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return SEVERITIES.index(finding.severity), finding.control, finding.model, finding.version or ""
