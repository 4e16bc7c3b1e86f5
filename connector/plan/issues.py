"""Issues of the GRC as tags in MLflow.

One tag per open issue, the most severe first and within the limits of tags an object may carry; four tags with counts
and dates over all open ones. A closed issue's tag goes, the counts stay.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from connector.model.cut import cut
from connector.model.fields import Entity, Value
from connector.model.state import QuarantineCase
from connector.model.tags import MAX_ISSUE_TAGS, MAX_TAGS_PER_OBJECT, TAG_LIMIT, Tags, slug
from connector.model.views import Issue
from connector.plan.context import Context, Pair
from connector.plan.placing import REMEDY, issue_field, reasons

SEVERITIES = ("critical", "high", "medium", "low")


def open_first(issues: Iterable[Issue]) -> list[Issue]:
    """Return the open issues: most severe first, then the earliest due, then by number."""
    return sorted(
        (issue for issue in issues if issue.is_open),
        key=lambda issue: (_severity_rank(issue), issue.due or "9999", issue.number),
    )


def issue_tags(context: Context, pair: Pair, others: Callable[[], Iterable[str]]) -> dict[str, Value]:
    """The issue tags that the object should carry; None for one to remove. Empty when issues could not be listed.
    ``others`` tells the keys of all other tags that the object will carry.
    """
    if pair.issues is None:
        return {}
    tags, present = context.tags, pair.registry.tags
    opened = open_first(pair.issues)
    shown = _distinct(opened)[: _room(tags, others())] if opened else opened
    wanted: dict[str, Value] = {key: None for key in present if tags.issue_slug(key) is not None}
    wanted |= {tags.issue(issue.number): _compact(issue, pair.numbers.get(issue.version_id or "")) for issue in shown}
    wanted |= _counts(context, opened, present)
    wanted[tags.issues_overflow] = f"{len(opened) - len(shown)} more in the GRC" if len(opened) > len(shown) else None
    return {key: value for key, value in wanted.items() if value is not None or key in present}


def _distinct(opened: Iterable[Issue]) -> list[Issue]:
    """The first of those that would stand in the same tag."""
    found: dict[str, Issue] = {}
    for issue in opened:
        found.setdefault(slug(issue.number), issue)
    return list(found.values())


def unreadable_issues(pair: Pair) -> list[QuarantineCase]:
    """A case for each open issue of the model that could be read in part only."""
    partly = (issue for issue in pair.issues or () if issue.is_open and issue.unreadable)
    return [QuarantineCase(pair.ref, issue_field(issue.number), reasons(issue), REMEDY) for issue in partly]


def closing(pair: Pair, tags: Tags, key: str) -> bool:
    """Whether removing the tag ``key`` rests on an issue that was seen, closed or less severe than those shown, rather
    than on its absence.
    """
    number = tags.issue_slug(key)
    if number is None:
        return shows_issues(tags, key)
    return any(slug(issue.number) == number for issue in pair.issues or ())


def shows_issues(tags: Tags, key: str) -> bool:
    """Whether the tag ``key`` tells of issues and goes when they are closed."""
    over_all = (tags.issues_overflow, tags.next_remediation_due, tags.max_issue_severity)
    return key in over_all or tags.issue_slug(key) is not None


def marks_instead(entity: Entity, tags: Tags, key: str) -> bool:
    """Whether the closed marker may stand for the removal of the tag ``key``, where that is not allowed."""
    return entity is Entity.VERSION and (shows_issues(tags, key) or tags.is_attestation(key))


def _room(tags: Tags, others: Iterable[str]) -> int:
    over_all = {
        tags.open_issues,
        tags.issues_overdue,
        tags.max_issue_severity,
        tags.next_remediation_due,
        tags.issues_overflow,
    }
    return max(0, min(MAX_ISSUE_TAGS, MAX_TAGS_PER_OBJECT - len(over_all.union(others))))


def _counts(context: Context, opened: Sequence[Issue], present: Mapping[str, str]) -> dict[str, Value]:
    tags = context.tags
    if not opened and tags.open_issues not in present:
        return {}
    dues = sorted(issue.due for issue in opened if issue.due)
    overdue = sum(1 for due in dues if due < context.today)
    return {
        tags.open_issues: str(len(opened)),
        tags.issues_overdue: str(overdue),
        tags.max_issue_severity: _severity(opened[0]) if opened else None,
        tags.next_remediation_due: dues[0] if dues else None,
    }


def _compact(issue: Issue, version: str | None) -> Value:
    """Compact JSON within the tag limit; the title gives way first. ``version``: MLflow's number of the version that
    the issue is about.
    """
    body = {
        "assignee": issue.assignee,
        "due": issue.due,
        "severity": issue.severity,
        "state": issue.state,
        "title": issue.title,
        "url": issue.url,
        "version": version,
    }
    text = _dump(body)
    if len(text) > TAG_LIMIT:
        room = max(60, len(issue.title) - (len(text) - TAG_LIMIT) - 20)
        body["title"] = cut(issue.title, room)
        text = _dump(body)
    return text if len(text) <= TAG_LIMIT else _dump(body | {"title": issue.number, "url": None, "assignee": None})


def _dump(body: Mapping[str, Value]) -> str:
    kept = {key: value for key, value in body.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _severity(issue: Issue) -> Value:
    """The severity that counts: of one that cannot be read, the worst."""
    return SEVERITIES[0] if "severity" in issue.unreadable else issue.severity


def _severity_rank(issue: Issue) -> int:
    severity = _severity(issue)
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
