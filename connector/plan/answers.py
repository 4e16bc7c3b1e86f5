"""Engineers' answers to issues, on their way from tags in MLflow to the tickets.

An answer is posted once, and MLflow shows what became of it. Each has a token that also stands on the ticket; it is
made of the text and of the answer posted before it, so that A, B and A again are three answers, while the same answer
looked at again, after whatever interruption, is always the same one.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence

from connector.model.fields import Entity, Side, Value
from connector.model.operations import Operation, OperationKind, Remark
from connector.model.tags import slug
from connector.model.views import Issue
from connector.plan.context import Context, Findings, Memory, Pair
from connector.plan.placing import answer_field

_POSTED = re.compile(r"posted(?: before:)? ([0-9a-f]{16})")
_HALF = 8


def answers(context: Context, memory: Memory, pair: Pair, found: Findings) -> dict[str, Value]:
    """Plan one comment per new answer to an issue, and return the tags that tell what became of each answer. Those of
    a copied version are not its own.
    """
    if pair.issues is None or pair.inherited:
        return {}
    by_slug: dict[str, list[Issue]] = defaultdict(list)
    for issue in pair.issues:
        by_slug[slug(issue.number)].append(issue)
    states: dict[str, Value] = {}
    for key, text in sorted(pair.registry.tags.items()):
        number = context.tags.response_slug(key)
        if number is None or not text.strip():
            continue
        state_key = context.tags.response_state(number)
        last = _last_posted(memory, pair, state_key)
        if last.startswith(_digest(text)):
            states[state_key] = f"posted {last}"
            continue
        state = _state_of(context, memory, pair, by_slug[number], text, last, found)
        if state is not None:
            states[state_key] = state
    return states


def response_token(instance: str, issue_id: str, text: str, last: str = "") -> str:
    """The mark of one answer: the first half tells the text, the second which answer it is, after the ``last`` one that
    was posted.
    """
    return _digest(text) + _digest(f"{instance}\n{issue_id}\n{last}\n{text}")


def _state_of(
    context: Context, memory: Memory, pair: Pair, issues: Sequence[Issue], text: str, last: str, found: Findings
) -> Value:
    """What becomes of an answer that is not known to be posted: posted, refused, or kept back (None) where the GRC is
    only read. ``issues`` are those that its tag may mean.

    The words hold no time, so that a saved plan holds the next day; the trail and the ticket tell when.
    """
    meant = [issue for issue in issues if issue.is_open] or issues
    if len(meant) != 1:
        reason = _why_nowhere(pair, meant)
        found.remarks.append(Remark(pair.ref, "answer", f"the answer {text[:40]!r} is not posted: {reason}"))
        return _not_posted(reason, last)
    (issue,) = meant
    token = response_token(context.instance, issue.id, text, last)
    if token in memory.responses:
        return f"posted {token}"
    case = memory.quarantines.get((pair.ref.key, answer_field(issue.id)))
    if case is not None and case.value_digest == token:
        found.quarantines.append(case)
        return _not_posted("the GRC refused it", last)
    if Side.GRC in context.policy.read_only:
        found.remarks.append(Remark(pair.ref, "read-only side", f"an answer to issue {issue.number} is not posted"))
        return None
    found.operations.append(_comment(pair, issue, text, token))
    return f"posted {token}"


def _why_nowhere(pair: Pair, meant: Sequence[Issue]) -> str:
    if meant:
        return f"it may mean {' or '.join(sorted(issue.number for issue in meant))}; answer in the GRC"
    return f"no such issue on this {'version' if pair.ref.entity is Entity.VERSION else 'model'}"


def _not_posted(reason: str, last: str) -> str:
    return f"not posted: {reason}" + (f"; posted before: {last}" if last else "")


def _last_posted(memory: Memory, pair: Pair, state_key: str) -> str:
    """The token of the answer posted last. The tag is believed where the state knows its token; else what the state
    last saw there, for people may edit the tag; else the tag, for the state may be new.
    """
    shown = _token_in(pair.registry.tags.get(state_key))
    base = pair.bases.get(state_key)
    remembered = _token_in(base.registry) if base else ""
    return shown if shown in memory.responses or not remembered else remembered


def _token_in(state: Value) -> str:
    found = _POSTED.search(state or "")
    return found[1] if found else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HALF]


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
