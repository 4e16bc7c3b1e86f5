"""What the connector remembers between runs, and what it tells of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.model.fields import Entity, Side, Value
from connector.model.views import ObjectRef


class Agreement(StrEnum):
    """How a base pair came about. Unequal pairs are as settled as equal ones: neither side moved since."""

    AGREED = "agreed"
    REWRITTEN = "rewritten"
    """The other side stored its own form of what was written (trimmed, upper-cased, truncated)."""
    NOT_STUCK = "not_stuck"
    """The write was accepted and the old value stayed; reported, not repeated until the value changes."""
    UNSPOKEN = "unspoken"
    """The owner holds no value since the record was adopted, or since the mapping of the field changed; the other
    side's stands until it does. Of a field that the GRC owns, ``grc`` is the value that stands."""
    ANEW = "anew"
    """The mapping of the field changed, and nothing is agreed since. ``grc`` is kept of a field that the GRC owned and
    owns: what it decided last, for a version that its record does not name."""
    MOVED = "moved"
    """As ANEW, of a field that the GRC owns and that stands in another field of its records now. What that one says may
    be older than the last decision, ``grc``."""
    FORMER = "former"
    """Not a field but a tag, by its key, that the connector wrote under an earlier mapping as ``registry``: it goes.
    ``grc`` is the key of the tag that takes its value over, if one does."""
    CUT = "cut"
    """The value was cut to fit; the long side owns it until it fits again."""


NOT_STUCK_REMEDY = (
    "let the connector's account change the field there (a rule, a form or a list of choices may keep it from it), "
    "correct the value, or map the field with writable: false."
)
"""What a person does where a write was accepted and the old value stayed."""


@dataclass(frozen=True, slots=True)
class Base:
    """What each side was last seen to hold of one field. ``provisional_since`` (ISO date) is set while a risk class
    raised in MLflow awaits the GRC's confirmation.
    """

    registry: Value
    grc: Value
    agreement: Agreement = Agreement.AGREED
    provisional_since: str | None = None

    def left_by(self, grc: Value) -> bool:
        """Whether the GRC, which holds ``grc`` now, moved since: unknown, and so not, after the mapping changed."""
        if self.agreement in (Agreement.ANEW, Agreement.MOVED):
            return False
        return grc != self.grc and not (grc is None and self.agreement is Agreement.UNSPOKEN)


class LinkState(StrEnum):
    """The life of a link."""

    LIVE = "live"
    RETIRED = "retired"
    """The registry object was deleted and the record was given its retired status."""
    RECORD_GONE = "record_gone"
    """The record was found to be gone from the GRC."""
    TOMBSTONE = "tombstone"
    """Gone on both sides."""


@dataclass(frozen=True, slots=True)
class Link:
    """One registry object and one record that stand for the same thing."""

    ref: ObjectRef
    record_id: str
    state: LinkState = LinkState.LIVE
    created_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A write about to happen, committed before it is sent. ``payload`` is the operation as JSON."""

    operation_id: str
    run_id: str
    payload: str
    at: str


@dataclass(frozen=True, slots=True)
class ConflictCase:
    """A field parked for a person: both values stand as they are."""

    ref: ObjectRef
    field: str
    registry: Value
    grc: Value
    base_registry: Value
    base_grc: Value
    reason: str
    since: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A person's answer to a conflict; holds only while both sides still have the values that were looked at."""

    ref: ObjectRef
    field: str
    take: Side | None
    """The side whose value wins; ``None``: ``value`` is written to both."""
    value: Value
    registry: Value
    grc: Value
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class QuarantineCase:
    """A record, or one field of it, that is left alone. ``value_digest`` is over what was refused: it is tried again
    when that changes. ``field`` is empty when the whole object is meant.
    """

    ref: ObjectRef
    field: str
    reason: str
    remedy: str = ""
    value_digest: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's consent to operations that a fuse withheld, by operation digest; ``expires`` 24 hours later."""

    digests: frozenset[str]
    by: str
    at: str
    expires: str


class RunStatus(StrEnum):
    """How a run ended, as its exit code tells."""

    RUNNING = "running"
    CLEAN = "clean"
    APPLIED = "applied"
    ATTENTION = "attention"
    """A person is needed: conflict, quarantine, fuse, stale operation, incomplete listing."""
    FAILED = "failed"


class RunKind(StrEnum):
    """What a run looked at."""

    FULL = "full"
    """Both sides, whole."""
    NARROWED = "narrowed"
    """One registered model, because of an event."""


@dataclass(frozen=True, slots=True)
class Run:
    """One cycle. ``counts`` by name, e.g. ``operations``, ``failed``, ``conflicts``, ``withheld``, ``requests``."""

    id: str
    connection: str
    started: str
    ended: str | None = None
    status: RunStatus = RunStatus.RUNNING
    message: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    kind: RunKind = RunKind.FULL


@dataclass(frozen=True, slots=True)
class Tally:
    """How many findings a run ended with, by severity and by control (waived ones left out), among how many models in
    the inventory; ``at`` is ISO 8601 UTC.
    """

    at: str
    models: int
    severities: Mapping[str, int] = field(default_factory=dict)
    controls: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the trail, before it is chained. ``actor`` as far as the source tells; ``rule`` says why."""

    at: str
    run_id: str
    connection: str
    action: str
    side: Side | None = None
    ref: ObjectRef | None = None
    field: str = ""
    old: Value = None
    new: Value = None
    rule: str = ""
    actor: str = ""
    record_id: str = ""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What one side was seen to hold of one object: the changed fields only, whole at first sight. ``present`` is
    false when the object was confirmed to be gone.
    """

    side: Side
    entity: Entity
    id: str
    name: str
    changed: Mapping[str, Value] = field(default_factory=dict)
    present: bool = True
