"""What becomes of one issue of ours: opened, closed, reopened, or left to people.

The state remembers of each issue, under its key, what was last told of the finding, and whether the connector last saw
the issue open or closed it. So it knows who closed an issue: what it closed itself it reopens when the finding comes
back; what a person closed while the finding stood, it reopens only when the finding says something else by then.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from connector.model.operations import Operation, OperationKind
from connector.model.state import Base
from connector.model.views import Issue

FINDING = "finding"
"""The field under which the state remembers an issue: ``registry`` what was told of the finding (None: that it is no
more), ``grc`` whether the issue is open.
"""
TOLD_LINES = ("Seen: ", "Severity: ")
"""How the lines of an issue's text begin that tell of the finding itself."""
_OPEN, _CLOSED, _ACCEPTED = "open", "closed", "accepted"
_DIGEST = 16


class Verdict(StrEnum):
    """What to do about an issue."""

    OPEN = "open"
    CLOSE = "close"
    REOPEN = "reopen"
    LEAVE = "leave"
    """A person had the last word: closed while the finding stands, or open though it does not."""
    NOTHING = "nothing"


def decide(told: str | None, issue: Issue | None, known: Base | None) -> Verdict:
    """Decide about one issue. ``told`` is what the finding says (:func:`told_of`), None where the control holds or the
    finding was accepted; ``known`` what the state remembers. An issue whose state cannot be read is left alone.
    """
    if issue is None:
        return Verdict.OPEN if told is not None else Verdict.NOTHING
    if issue.state is None or issue.state == _ACCEPTED:
        return Verdict.NOTHING
    if issue.state == _CLOSED:
        return _of_closed(told, known)
    if told is not None:
        return Verdict.NOTHING
    return Verdict.LEAVE if known == _base(None) else Verdict.CLOSE


def _of_closed(told: str | None, known: Base | None) -> Verdict:
    if told is None:
        return Verdict.NOTHING
    same = known is not None and known.grc == _OPEN and known.registry == told
    return Verdict.LEAVE if same else Verdict.REOPEN


def decide_of(operation: Operation, issue: Issue | None, known: Base | None) -> Verdict:
    """Decide anew about the issue of an operation that was planned, with what was just read of it."""
    return decide(_told_by(operation), issue, known)


def agreed(told: str | None, issue: Issue, known: Base | None) -> Base | None:
    """What to remember of an issue that is not written to; None where that is remembered already, or where nothing is
    known of it.
    """
    if issue.state == _CLOSED:
        base = _base(None) if told is None and known is not None else None
    elif issue.state in (None, _ACCEPTED) or told is None:
        base = None
    else:
        base = _base(told)
    return base if base != known else None


def remembered(operation: Operation) -> Base:
    """What to remember of an issue once an operation on it was carried out."""
    return _base(_told_by(operation))


def told_of(text: str) -> str:
    """What a finding says, short: the lines of its issue's text that tell what was seen and how bad it is. The
    others are words of this release.
    """
    told = [line for line in text.splitlines() if line.startswith(TOLD_LINES)]
    return hashlib.sha256("\n".join(told or [text]).encode()).hexdigest()[:_DIGEST]


def _told_by(operation: Operation) -> str | None:
    return None if operation.kind is OperationKind.CLOSE_ISSUE else told_of(operation.text)


def _base(told: str | None) -> Base:
    return Base(told, _OPEN if told is not None else _CLOSED)
