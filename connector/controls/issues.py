"""Controls of open issues, exceptions, and what MLflow shows of them: C03, C09, C22, C25."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta

from connector.controls.exceptions import policy_exceptions
from connector.controls.inventory import SEVERITIES, TAG, Finding, Inventory, JoinedIssue, JoinedModel
from connector.controls.standing import is_judged, moment, spoken, under
from connector.model.fields import Value
from connector.model.tags import slug

_GRAVE = ("critical", "high")


def grave_issue_in_use(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C03: critical. An exception covers an issue that it names by number, until it expires."""
    grave = [issue for issue in model.raised if issue.is_open and issue.severity in _GRAVE]
    if not grave or not any(version.in_use for version in model.versions):
        return
    valid = [each for each in policy_exceptions(model.field("exceptions")) if not each.has_expired(inventory.today)]
    bare = [issue for issue in grave if not any(each.covers(issue.number) for each in valid)]
    for version in model.versions:
        told = [_issue(issue) for issue in bare if issue.version in (None, version.version)]
        if version.in_use and told:
            seen = f"{under(version)}, with open issues: {'; '.join(told)}"
            remedy = "remediate, take the version out of use, or have an exception granted that names the issue"
            yield Finding("C03", "critical", model.name, version.version, seen, remedy)


def _issue(issue: JoinedIssue) -> str:
    return f"{issue.number} ({issue.severity}: {issue.title})"


def remediation_overdue(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C09: the issue's severity."""
    for issue in model.raised:
        if issue.is_open and issue.due is not None and issue.due < inventory.today:
            severity = issue.severity if issue.severity in SEVERITIES else "high"
            seen = f"{issue.number} ({issue.title}) was due on {issue.due}"
            remedy = "remediate and close it in the GRC, or agree another date there"
            yield Finding("C09", severity, model.name, issue.version, seen, remedy)


def exception_expired(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C22: medium. An exception holds on its last day; one that states none is not judged."""
    if not is_judged(model):
        return
    told = [
        f"{each.name} (until {each.expiry})"
        for each in policy_exceptions(model.field("exceptions"))
        if each.has_expired(inventory.today)
    ]
    if told:
        seen = f"expired: {'; '.join(told)}"
        yield Finding("C22", "medium", model.name, None, seen, "renew the exception in the GRC, or end it")


def issue_shown_wrongly(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C25: high. An issue whose state was never seen to change is not judged, nor one that MLflow has no room for."""
    if model.registry is None or model.grc is None or inventory.taken_at is None:
        return
    latest = moment(inventory.taken_at) - timedelta(hours=inventory.rules.settings.C25.hours)
    settled = [issue for issue in model.issues if issue.since is not None and moment(issue.since) < latest]
    told = list(_wrong(inventory, model.registry, settled))
    if told:
        remedy = "run a sync; `mlflow-grc status` tells what holds it back"
        yield Finding("C25", "high", model.name, None, "; ".join(told), remedy)
    for version in model.versions:
        about = [issue for issue in settled if issue.version == version.version]
        told = list(_wrong(inventory, version.registry, about)) if version.registry is not None else []
        if told:
            remedy = "run a sync; `mlflow-grc status` tells what holds it back"
            yield Finding("C25", "high", model.name, version.version, "; ".join(told), remedy)


def _wrong(inventory: Inventory, fields: Mapping[str, Value], issues: list[JoinedIssue]) -> Iterator[str]:
    """What an object's tags say of issues that is not so."""
    tags = inventory.tags
    full = fields.get(TAG + tags.issues_overflow) is not None
    shown = {slug(issue.number) for issue in issues if issue.is_open}
    for issue in issues:
        tag = fields.get(TAG + tags.issue(issue.number))
        if issue.is_open and not full and not _is_open(tag):
            yield f"{issue.number} is open since {(issue.since or '')[:10]}, and MLflow does not show it"
        elif not issue.is_open and slug(issue.number) not in shown and _is_open(tag):
            state = spoken(issue.state or "closed")
            yield f"{issue.number} is {state} since {(issue.since or '')[:10]}, and MLflow shows it open"


def _is_open(tag: Value) -> bool:
    """Whether a tag shows an open issue; a closed marker may stand where the tag cannot be removed."""
    if tag is None:
        return False
    try:
        body = json.loads(tag)
    except ValueError:
        return True
    return not (isinstance(body, dict) and body.get("state") in ("closed", "accepted"))
