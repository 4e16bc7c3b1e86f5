"""Every tag that the connector reads or writes in MLflow beside the mapped fields: the one registry of tag names.

A connection's prefix (``grc_`` unless configured) starts each of them. Tags of mapped fields are named by the
inventory; a GRC-owned field without a plain name stands at :meth:`Tags.field`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_PREFIX = "grc_"
TAG_LIMIT = 1_000
"""Longest tag value written, in characters."""
DESCRIPTION_LIMIT = 5_000
"""Longest description written, in characters: MLflow on PostgreSQL refuses longer ones."""
CLOSED_MARK = '{"state":"closed"}'
"""Stands in a version's tag where the account may set tags but not delete them; counts as absent."""
MAX_ISSUE_TAGS = 20
MAX_TAGS_PER_OBJECT = 50

_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9_]")
_STATE_SUFFIX = "_state"
_SERIES = ("issue_", "response_", "attestation_")
_SINGLE = (
    "record_id",
    "record_url",
    "version_ref",
    "tier_state",
    "placeholder",
    "approval_request",
    "next_gate",
    "gate_reasons",
    "promoted",
    "blocked",
    "taken_off",
    "open_issues",
    "max_issue_severity",
    "next_remediation_due",
    "issues_overdue",
    "issues_overflow",
)
"""The connector's own tags, without the prefix; those of an approval are fields of the inventory."""


def slug(number: str) -> str:
    """An issue's number as it stands in a tag key: every character but ASCII letters and digits becomes ``_``."""
    return _NOT_IN_A_KEY.sub("_", number)


@dataclass(frozen=True, slots=True)
class Tags:
    """The tag names of one connection."""

    prefix: str = DEFAULT_PREFIX

    def field(self, name: str) -> str:
        """The tag of a canonical field that has no plain name."""
        return self.prefix + name

    @property
    def record_id(self) -> str:
        """On a model: the id of its GRC record. Travels with a rename."""
        return self.field("record_id")

    @property
    def record_url(self) -> str:
        return self.field("record_url")

    @property
    def version_ref(self) -> str:
        """On a version: which record, version and creation time its connector tags belong to."""
        return self.field("version_ref")

    @property
    def tier_state(self) -> str:
        """On a model: ``provisional`` with a since-date while a raised risk class awaits confirmation."""
        return self.field("tier_state")

    @property
    def placeholder(self) -> str:
        """On a registered model that stands for a model known to the GRC alone."""
        return self.field("placeholder")

    @property
    def approval_request(self) -> str:
        """Written by people on a version: ``submit`` or ``withdraw``."""
        return self.field("approval_request")

    @property
    def next_gate(self) -> str:
        return self.field("next_gate")

    @property
    def gate_reasons(self) -> str:
        return self.field("gate_reasons")

    @property
    def promoted(self) -> str:
        """On a version: the alias that it had once all its gates held. It is not promoted to that one again."""
        return self.field("promoted")

    @property
    def blocked(self) -> str:
        """Why the object is not to be used: its record is gone, or the policy's enforcement says so."""
        return self.field("blocked")

    @property
    def taken_off(self) -> str:
        """On a version: the production aliases that enforcement took off it, as a list."""
        return self.field("taken_off")

    @property
    def approval_status(self) -> str:
        return self.field("approval_status")

    @property
    def approved_by(self) -> str:
        return self.field("approved_by")

    @property
    def approval_date(self) -> str:
        return self.field("approval_date")

    @property
    def approval_expiry(self) -> str:
        return self.field("approval_expiry")

    @property
    def conditions(self) -> str:
        return self.field("conditions")

    @property
    def open_issues(self) -> str:
        return self.field("open_issues")

    @property
    def max_issue_severity(self) -> str:
        return self.field("max_issue_severity")

    @property
    def next_remediation_due(self) -> str:
        return self.field("next_remediation_due")

    @property
    def issues_overdue(self) -> str:
        return self.field("issues_overdue")

    @property
    def issues_overflow(self) -> str:
        """How many open issues have no tag of their own because the object may carry no more."""
        return self.field("issues_overflow")

    def issue(self, number: str) -> str:
        """The tag that shows one open issue."""
        return self.field("issue_") + slug(number)

    def response(self, number: str) -> str:
        """Written by people: the answer to an issue, posted on the ticket once."""
        return self.field("response_") + slug(number)

    def response_state(self, number: str) -> str:
        """What became of a response."""
        return self.response(number) + _STATE_SUFFIX

    def attestation(self, part: int) -> str:
        """Part ``part`` (from 1) of the signed attestation."""
        return self.field(f"attestation_{part}")

    def is_attestation(self, key: str) -> bool:
        """Whether the tag ``key`` is one of those that would carry a signed attestation."""
        return _after(self.field("attestation_"), key) is not None

    def issue_slug(self, key: str) -> str | None:
        """The slug of the issue that the tag ``key`` shows, or None for any other tag."""
        return _after(self.field("issue_"), key)

    def response_slug(self, key: str) -> str | None:
        """The slug of the issue that the tag ``key`` answers, or None for any other tag."""
        found = _after(self.field("response_"), key)
        return None if found is None or found.endswith(_STATE_SUFFIX) else found

    def is_taken(self, key: str) -> bool:
        """Whether ``key`` is a tag that the connector works out, or an answer to it: no field stands there."""
        series = any(_after(self.field(start), key) is not None for start in _SERIES)
        return series or key in {self.field(name) for name in _SINGLE}

    def written_by_people(self, key: str) -> bool:
        """Whether a tag under the prefix is a person's to write: the approval request and the responses."""
        return key == self.approval_request or self.response_slug(key) is not None

    def written_by_connector(self, key: str) -> bool:
        """Whether the connector alone may write ``key``: everything else under its prefix."""
        return key.startswith(self.prefix) and not self.written_by_people(key)


def _after(start: str, key: str) -> str | None:
    return key[len(start) :] if key.startswith(start) and len(key) > len(start) else None
