"""Issues of the GRC as tags in MLflow, and the engineer's answers on their way back.

One tag per open issue, the most severe first and within the limits of tags an object may carry; four tags with counts
and dates over all open ones. A closed issue's tag goes, the counts stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from connector.model.cut import cut
from connector.model.fields import Entity, Side, Value
from connector.model.operations import Operation, OperationKind, Remark
from connector.model.tags import MAX_ISSUE_TAGS, MAX_TAGS_PER_OBJECT, TAG_LIMIT, Tags, slug
from connector.model.views import Issue
from connector.plan.context import Context, Findings, Memory, Pair

SEVERITIES = ("critical", "high", "medium", "low")
CLOSED_MARK = '{"state":"closed"}'
"""Stands in a version's tag about issues where the account may set tags but not delete them; counts as absent."""

_POSTED = "posted"


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
    shown = opened[: _room(tags, others())] if opened else opened
    wanted: dict[str, Value] = {key: None for key in present if tags.issue_slug(key) is not None}
    wanted |= {tags.issue(issue.number): _compact(issue) for issue in shown}
    wanted |= _counts(context, opened, present)
    wanted[tags.issues_overflow] = f"{len(opened) - len(shown)} more in the GRC" if len(opened) > len(shown) else None
    return {key: value for key, value in wanted.items() if value is not None or key in present}


def answers(context: Context, memory: Memory, pair: Pair, found: Findings) -> dict[str, Value]:
    """Plan one comment per new answer to an issue, and return the tags that tell what became of each answer."""
    if pair.issues is None:
        return {}
    by_slug = {slug(issue.number): issue for issue in pair.issues}
    states: dict[str, Value] = {}
    for key, text in sorted(pair.registry.tags.items()):
        number = context.tags.response_slug(key)
        if number is None or not text.strip():
            continue
        issue = by_slug.get(number)
        state_key = context.tags.response_state(number)
        if issue is None:
            states[state_key] = "not posted: no such issue on this model"
            continue
        state = _state_of(context, memory, pair, issue, text, found)
        if state is not None:
            states[state_key] = state
    return states


def answer_field(issue_id: str | None) -> str:
    """The pseudo-field of a quarantined answer to an issue."""
    return f"answer to issue {issue_id}"


def _state_of(context: Context, memory: Memory, pair: Pair, issue: Issue, text: str, found: Findings) -> Value:
    """What becomes of one answer: posted once, refused, or kept back (None) where the GRC is only read.

    The words hold no time, so that a saved plan holds the next day; the trail and the ticket tell when.
    """
    token = response_token(context.instance, issue.id, text)
    told = pair.registry.tags.get(context.tags.response_state(slug(issue.number)), "")
    if told.startswith(_POSTED) and told.endswith(token):
        return told
    if token in memory.responses:
        return f"{_POSTED} {token}"
    case = memory.quarantines.get((pair.ref.key, answer_field(issue.id)))
    if case is not None and case.value_digest == token:
        found.quarantines.append(case)
        return "not posted: the GRC refused it"
    if Side.GRC in context.policy.read_only:
        found.remarks.append(Remark(pair.ref, "read-only side", f"an answer to issue {issue.number} is not posted"))
        return None
    found.operations.append(_comment(pair, issue, text, token))
    return f"{_POSTED} {token}"


def response_token(instance: str, issue_id: str, text: str) -> str:
    """The mark of one answer: the same answer to the same issue always has the same."""
    return hashlib.sha256(f"{instance}\n{issue_id}\n{text}".encode()).hexdigest()[:12]


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
    return entity is Entity.VERSION and shows_issues(tags, key)


def _comment(pair: Pair, issue: Issue, text: str, token: str) -> Operation:
    return Operation(
        kind=OperationKind.POST_COMMENT,
        side=Side.GRC,
        ref=pair.ref,
        record_id=issue.id,
        why=f"answer to issue {issue.number} set in MLflow",
        text=f"{text}\n(via MLflow, model {pair.ref}, author not known)",
        token=token,
    )


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
        tags.max_issue_severity: opened[0].severity if opened else None,
        tags.next_remediation_due: dues[0] if dues else None,
    }


def _compact(issue: Issue) -> Value:
    """Compact JSON within the tag limit; the title gives way first."""
    body = {
        "assignee": issue.assignee,
        "due": issue.due,
        "severity": issue.severity,
        "state": issue.state,
        "title": issue.title,
        "url": issue.url,
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


def _severity_rank(issue: Issue) -> int:
    return SEVERITIES.index(issue.severity) if issue.severity in SEVERITIES else len(SEVERITIES)


def remark_unknown_answers(context: Context, pair: Pair, found: Findings) -> None:
    """Tell of answers to issues that the model does not have."""
    if pair.issues is None:
        return
    known = {slug(issue.number) for issue in pair.issues}
    for key in pair.registry.tags:
        number = context.tags.response_slug(key)
        if number is not None and number not in known:
            text = f"the tag {key} answers an issue that this model does not have; correct the number"
            found.remarks.append(Remark(pair.ref, "answer", text))
