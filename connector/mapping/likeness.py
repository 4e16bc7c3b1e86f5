"""How like two names are: a canonical one, and one that a platform's people chose."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_CUSTOM = re.compile(r"^(u|x_[a-z0-9]+|c|cf|custom|customfield)_+", re.IGNORECASE)
"""What platforms put before the name of a field that a customer added."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_ORDINAL = re.compile(r"^\W*\d+\s*[-.:)]\s*(?=\S)")
"""The figure that sorts a list of choices: ``1 - Critical``."""
LIKE = 0.75
"""From this ratio on two names may mean the same."""

ALSO: Mapping[str, tuple[str, ...]] = {
    "risk_classification": ("tier", "risk tier", "model tier", "risk rating", "inherent risk"),
    "purpose": ("intended use", "business use", "use case"),
    "technique": ("methodology", "model type", "modelling technique", "algorithm"),
    "lifecycle_status": ("status", "state", "stage", "model status", "life cycle stage"),
    "next_review_due": ("next review", "next review date", "review due", "next validation date"),
    "last_validated": ("validation date", "last validation", "last review date"),
    "review_frequency": ("review cycle", "validation frequency"),
    "developer": ("developed by", "model developer"),
    "model_owner": ("owner", "business owner", "owned by"),
    "reviewer": ("validator", "model validator", "reviewed by"),
    "replacement": ("replaced by", "successor"),
    "assignee": ("assigned to", "owner", "responsible"),
    "due": ("due date", "target date", "deadline"),
    "title": ("name", "short description", "subject"),
    "state": ("status", "stage", "issue status"),
    "opened": ("opened at", "created", "created on", "date opened"),
    "closed": ("closed at", "date closed", "resolved"),
    "plan": ("remediation plan", "action plan", "corrective action"),
    "severity": ("priority", "rating", "issue rating"),
    "approval_status": ("approval", "approval state"),
    "approval_expiry": ("approved until", "expiry date", "expires"),
}
"""Other names that a field often goes by: never sure, worth a look."""
CHOICES_ALSO: Mapping[str, tuple[str, ...]] = {
    "medium": ("moderate",),
    "critical": ("very high", "severe"),
    "yellow": ("amber",),
    "decommissioned": ("retired",),
    "in_use": ("in production", "production", "live", "active"),
    "in_development": ("development",),
    "in_review": ("under review", "validation"),
    "conditional": ("approved with conditions", "conditionally approved"),
    "pending": ("requested", "submitted", "in progress", "awaiting approval"),
    "not_submitted": ("not yet requested", "draft"),
    "llm": ("generative ai",),
    "genai": ("generative ai",),
}
"""Other words for a value of a choice."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A choice of a platform's field: the value that is read, and what people see."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a canonical value may be on the platform; ``sure`` where it has the same name."""

    offered: Offered
    sure: bool


def words(text: str) -> tuple[str, ...]:
    """The words of a name or a label, in lower case, without what marks a customer's own field."""
    bare = _CUSTOM.sub("", text.strip())
    return tuple(word.casefold() for part in _WORD.findall(bare) for word in _HUMP.sub(" ", part).split())


def same(one: str, other: str) -> bool:
    """Whether two names differ in case, blanks, underscores and a customer's prefix at most."""
    joined = "".join(words(one))
    return bool(joined) and joined == "".join(words(other))


def likeness(one: str, other: str) -> float:
    """From 0 to 1. A name all of whose words are in the other's counts as like."""
    ours, theirs = words(one), words(other)
    if not ours or not theirs:
        return 0.0
    ratio = difflib.SequenceMatcher(None, "".join(ours), "".join(theirs)).ratio()
    shorter, longer = sorted((set(ours), set(theirs)), key=len)
    if shorter <= longer and max(map(len, shorter)) > 3:
        return max(ratio, LIKE)
    return ratio


def guesses(values: Sequence[str], offered: Sequence[Offered]) -> dict[str, Guess]:
    """What each canonical value may be, each choice standing for one of them; a value that is like none is left out."""
    found: dict[str, Guess] = {}
    for sure, alike in ((True, _is_named), (False, _is_called_also), (False, _abbreviates), (False, _is_like)):
        for value in values:
            left = [one for one in offered if one not in [guess.offered for guess in found.values()]]
            fitting = [one for one in left if value not in found and alike(value, one)]
            if len(fitting) == 1:
                found[value] = Guess(fitting[0], sure=sure)
    return found or _in_order(values, offered)


def _in_order(values: Sequence[str], offered: Sequence[Offered]) -> dict[str, Guess]:
    """As many figures as values, and no words: both run from the most severe to the least, or the guess is wrong."""
    if len(values) != len(offered) or not all(one.value.isdigit() and one.label in ("", one.value) for one in offered):
        return {}
    ordered = sorted(offered, key=lambda one: int(one.value))
    return {value: Guess(one, sure=False) for value, one in zip(values, ordered, strict=True)}


def _names(offered: Offered) -> Iterable[str]:
    return (_ORDINAL.sub("", text) for text in (offered.label, offered.value) if text)


def _is_named(value: str, offered: Offered) -> bool:
    return any(same(value, name) for name in _names(offered))


def _is_called_also(value: str, offered: Offered) -> bool:
    return any(same(other, name) for other in CHOICES_ALSO.get(value, ()) for name in _names(offered))


def _abbreviates(value: str, offered: Offered) -> bool:
    """``ml`` for Machine Learning."""
    return any(len(words(name)) > 1 and value == "".join(word[0] for word in words(name)) for name in _names(offered))


def _is_like(value: str, offered: Offered) -> bool:
    return any(likeness(value, name) >= LIKE for name in _names(offered))
