"""What is signed: whose approval it is, what was decided, and how long it may be believed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from connector.attest.content import Content
from connector.attest.envelope import NotAttested
from connector.model.fields import Value

MAX_FRESH = timedelta(days=7)
"""The longest that a statement may be believed after it was issued."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class Decision(StrEnum):
    """What the GRC decided, as far as a deployment needs it."""

    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    """Not approved any more: withdrawn, rejected, expired, asked for again."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The version that a statement is about, as MLflow tells it; ``created_ms`` is the version's own creation time."""

    registry: str
    workspace: str | None
    model: str
    version: str
    created_ms: int
    source: str
    run_id: str
    model_id: str

    @property
    def made_of(self) -> tuple[str, str, str]:
        """What was registered."""
        return self.source, self.run_id, self.model_id


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a version, without when. ``status`` is the GRC's own word for the decision; ``conditions`` the
    SHA-256 of their text; ``expires`` the last day of the approval; ``next_gate`` the stage that the version waits for,
    ``none`` when it waits for no more, None where no gates are kept. ``revision`` and ``updated`` tell which state of
    the record was seen: they move with every edit, and say nothing by themselves. ``content`` is what was registered.
    """

    bearer: Bearer
    decision: Decision
    status: str
    approver: str | None
    conditions: str | None
    expires: str | None
    tier: str | None
    next_gate: str | None
    record: str
    revision: str | None = None
    updated: str | None = None
    content: Content = field(default_factory=Content)

    def means(self, other: Claim) -> bool:
        """Whether both say the same of the version."""
        return self == replace(other, revision=self.revision, updated=self.updated, content=self.content)


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim with its number and times, ISO 8601 UTC in whole seconds. ``serial`` rises from one statement about a
    version to the next.
    """

    claim: Claim
    serial: int
    issued: str
    fresh_until: str
    key_id: str

    def payload(self) -> bytes:
        """The one JSON text of the statement."""
        return _dump(_body(self))

    @property
    def half_life(self) -> datetime:
        """When it is to be issued anew."""
        issued, until = moment(self.issued), moment(self.fresh_until)
        return issued + (until - issued) / 2


def statement(payload: bytes) -> Statement:
    """Read a payload. Raises NotAttested for one that the connector cannot have written."""
    try:
        body = json.loads(payload)
        made = _made(body)
        same = made.payload() == payload and _is_sound(made)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        same = False
    if not same:
        raise NotAttested("signature", "what it says is no statement of an approval")
    return made


def stamp(when: datetime) -> str:
    """A time as statements write it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The time of a stamp, or of any ISO 8601 text in UTC. Raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)


_BEARER = tuple(each.name for each in fields(Bearer))
_CLAIM = tuple(each.name for each in fields(Claim) if each.name not in ("bearer", "content"))
_WHEN = ("serial", "issued", "fresh_until", "key_id")
_CONTENT = tuple(f"content_{each.name}" for each in fields(Content))


def _body(made: Statement) -> dict[str, Value | int]:
    bearer, claim, content = made.claim.bearer, made.claim, made.claim.content
    body: dict[str, Value | int] = {name: getattr(bearer, name) for name in _BEARER}
    body |= {name: getattr(claim, name) for name in _CLAIM}
    body |= {name: getattr(made, name) for name in _WHEN}
    return body | {name: getattr(content, name.removeprefix("content_")) for name in _CONTENT}


def _made(body: dict[str, Value | int]) -> Statement:
    if body.keys() != {*_BEARER, *_CLAIM, *_WHEN, *_CONTENT}:
        raise KeyError("members")
    content = Content(**{name.removeprefix("content_"): body[name] for name in _CONTENT})  # type: ignore[arg-type]
    bearer = Bearer(**{name: body[name] for name in _BEARER})  # type: ignore[arg-type]
    told = {name: body[name] for name in _CLAIM} | {"decision": Decision(str(body["decision"]))}
    claim = Claim(bearer=bearer, content=content, **told)  # type: ignore[arg-type]
    return Statement(claim, **{name: body[name] for name in _WHEN})  # type: ignore[arg-type]


_NUMBERS = frozenset({"created_ms", "serial"})
_MAY_LACK = frozenset(
    {"workspace", "approver", "conditions", "expires", "tier", "next_gate", "revision", "updated", "content_sha256"}
)


def _is_sound(made: Statement) -> bool:
    """Whether each member has its type and form, and the times are in their order."""
    for name, value in _body(made).items():
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not (number if name in _NUMBERS else isinstance(value, str) or (value is None and name in _MAY_LACK)):
            return False
    digests = (made.claim.conditions, made.claim.content.sha256)
    if not all(each is None or _DIGEST.fullmatch(each) for each in digests) or not _DIGEST.fullmatch(made.key_id):
        return False
    if not all(_TIME.fullmatch(each) for each in (made.issued, made.fresh_until)):
        return False
    lasts = moment(made.fresh_until) - moment(made.issued)
    return timedelta(0) < lasts <= MAX_FRESH


def _dump(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
