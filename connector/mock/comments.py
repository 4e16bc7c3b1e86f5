"""The comments of issues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from connector.mock.errors import Invalid
from connector.mock.schema import Json

Comment: TypeAlias = dict[str, str]
"""``id``, ``text``, ``author`` (e-mail) and ``at``."""

LONGEST = 32_000
"""Characters that a comment may have."""


class Comments:
    """Comments by issue id, oldest first. The caller holds the store's lock."""

    def __init__(self) -> None:
        self._by_issue: dict[str, list[Comment]] = {}
        self._added = 0

    def of(self, issue_id: str) -> list[Comment]:
        """The comments of one issue."""
        return list(self._by_issue.get(issue_id, []))

    def add(self, issue_id: str, text: Json, author: str, at: str) -> Comment:
        """Append a comment; Invalid for an empty one, and for one that is longer than :data:`LONGEST`."""
        if not isinstance(text, str) or not text.strip():
            raise Invalid({"text": "must not be empty"})
        if len(text) > LONGEST:
            raise Invalid({"text": f"has {len(text):,} characters, {LONGEST:,} at most"})
        self._added += 1
        comment = {"id": f"CMT{self._added:07d}", "text": text, "author": author, "at": at}
        self._by_issue.setdefault(issue_id, []).append(comment)
        return comment

    def move(self, old: str, new: str) -> None:
        """Follow an issue to its new id."""
        if old in self._by_issue:
            self._by_issue[new] = self._by_issue.pop(old)

    def dump(self) -> dict[str, Any]:
        """Everything as JSON values, for :meth:`load`."""
        return {"added": self._added, "by_issue": self._by_issue}

    def load(self, data: Mapping[str, Any]) -> None:
        """Replace everything by what :meth:`dump` gave."""
        self._by_issue = {issue: list(listed) for issue, listed in data["by_issue"].items()}
        self._added = int(data["added"])
