"""Exceptions to policy as a GRC lists them: objects, or the text of one, or a sentence with a date in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from connector.controls.standing import day, members
from connector.model.fields import Value

_EXPIRY = ("expiry", "expires", "expiry_date", "valid_until", "until")
_NAMES = ("type", "title", "name", "id", "number")
_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class PolicyException:
    """One exception: what it is called, all that it says, and its last day (None: it states none)."""

    name: str
    text: str
    expiry: date | None

    def has_expired(self, today: str) -> bool:
        """Whether its last day is before ``today`` (ISO date)."""
        return self.expiry is not None and self.expiry.isoformat() < today

    def covers(self, number: str) -> bool:
        """Whether it names the issue of this number."""
        return re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", self.text) is not None


def policy_exceptions(value: Value) -> Iterator[PolicyException]:
    """The exceptions of a model, from the canonical list."""
    for member in members(value):
        body = _parsed(member)
        if isinstance(body, dict):
            name = next((str(body[key]) for key in _NAMES if body.get(key)), "exception")
            expiry = next((day(str(body[key])) for key in _EXPIRY if body.get(key)), None)
            yield PolicyException(name, "; ".join(str(each) for each in body.values()), expiry)
        else:
            yield PolicyException(str(body), str(body), _last_date(str(body)))


def _parsed(member: object) -> object:
    if isinstance(member, str) and member.startswith("{"):
        try:
            return json.loads(member)
        except ValueError:
            return member
    return member


def _last_date(text: str) -> date | None:
    """The latest date in a sentence: an exception runs until then, whenever it was granted."""
    return max(filter(None, map(day, _DATE.findall(text))), default=None)
