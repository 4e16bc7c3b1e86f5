"""What a plan is made of. A plan is data: it can be printed, saved, compared and applied later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.model.fields import Side, Value
from connector.model.state import Base, ConflictCase, Link, QuarantineCase
from connector.model.views import ObjectRef


class OperationKind(StrEnum):
    """Every kind of effect the connector has on a side."""

    CREATE_RECORD = "create_record"
    UPDATE_RECORD = "update_record"
    RETIRE_RECORD = "retire_record"
    UPDATE_REGISTRY = "update_registry"
    CREATE_PLACEHOLDER = "create_placeholder"
    POST_COMMENT = "post_comment"
    PROMOTE = "promote"
    TAKE_OFF = "take_off"
    GIVE_BACK = "give_back"
    OPEN_ISSUE = "open_issue"
    CLOSE_ISSUE = "close_issue"
    REOPEN_ISSUE = "reopen_issue"


ALIAS_KINDS = frozenset({OperationKind.PROMOTE, OperationKind.TAKE_OFF, OperationKind.GIVE_BACK})
"""The kinds that set or remove an alias of a version."""


class FuseClass(StrEnum):
    """What a fuse counts together."""

    RETIRE = "retire"
    TAG_REMOVAL = "tag_removal"
    EMPTYING = "emptying"
    UPDATE = "update"
    PROMOTE = "promote"
    TAKE_OFF = "take_off"
    OPEN_ISSUE = "open_issue"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field going from ``old`` (as planned from) to ``new`` on the operation's side.

    ``field`` is a canonical field, a connector tag by its full key when ``is_tag``, or an alias (:func:`alias_field`),
    whose values are version numbers. ``rule`` is why, in words that
    ``plan`` prints, e.g. ``owned by grc`` or ``drift put back``. ``other`` is what the opposite side holds and what
    the base takes for it; ``provisional_since`` goes into the base of a raised risk class. A ``request`` leaves the
    base alone, for the GRC decides what becomes of it; so does a ``halfway`` one, the first of two writes that bring
    both sides to a value which neither held. An ``expected_removal`` rests on something seen (a closed issue, an
    answered request), not on an absence: no fuse counts it. ``meaning`` is what a value says that is signed anew
    whenever it is planned: two such values of one meaning are the same change.
    """

    field: str
    old: Value
    new: Value
    rule: str
    other: Value = None
    is_tag: bool = False
    drift: bool = False
    cut: bool = False
    request: bool = False
    halfway: bool = False
    expected_removal: bool = False
    provisional_since: str | None = None
    meaning: str = ""

    @property
    def says(self) -> Value:
        """What tells the new value from another one."""
        return self.meaning or self.new


@dataclass(frozen=True, slots=True)
class Operation:
    """One write to one object on one side. ``record_id`` is the GRC record concerned (None for a creation);
    ``text`` and ``token`` belong to a comment, ``record_id`` then being the issue's. An issue that is opened, closed or
    reopened for a finding has the description, or why it is closed, as its ``text``.
    """

    kind: OperationKind
    side: Side
    ref: ObjectRef
    changes: tuple[FieldChange, ...] = ()
    record_id: str | None = None
    fuse: FuseClass | None = None
    why: str = ""
    text: str = ""
    token: str = ""

    @property
    def digest(self) -> str:
        """Identifies this very write: kind, object and each field's old and new value, or its meaning."""
        body = [
            self.kind,
            self.side,
            self.ref.key,
            self.record_id,
            self.token,
            sorted((c.field, c.old, c.says) for c in self.changes),
        ]
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


_ALIAS = "alias:"


def alias_field(alias: str) -> str:
    """The pseudo-field of an alias: ``alias:champion``."""
    return _ALIAS + alias


def alias_of(field: str) -> str | None:
    """The alias that a pseudo-field is about; None for every other field."""
    return field[len(_ALIAS) :] if field.startswith(_ALIAS) else None


def operation_words(operation: Operation) -> str:
    """An operation as the trail names it: its digest, its kind, and the fields that it writes."""
    fields = ", ".join(change.field for change in operation.changes)
    return f"operation {operation.digest}: {operation.kind}{f' ({fields})' if fields else ''}"


@dataclass(frozen=True, slots=True)
class Settle:
    """A base pair to record without any write: both sides already agree, or stand as a person left them."""

    ref: ObjectRef
    field: str
    base: Base


@dataclass(frozen=True, slots=True)
class Move:
    """What the state remembers under ``previous_key`` is of ``ref`` from now on."""

    previous_key: str
    ref: ObjectRef


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link to record. ``previous_key`` is set when a link moves to another registry object (a rename); ``versions``
    are then those of a model that have no link of their own.
    """

    link: Link
    why: str
    previous_key: str | None = None
    versions: tuple[Move, ...] = ()

    @property
    def moves(self) -> tuple[Move, ...]:
        """All that moves with the link."""
        return (Move(self.previous_key, self.link.ref), *self.versions) if self.previous_key else ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know that no operation mends: drift only reported, a foreign record, a late
    request. ``attention`` makes the run end with 3.
    """

    ref: ObjectRef | None
    topic: str
    text: str
    attention: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would make both sides agree again. ``withheld`` are operations that a fuse holds back, with the fuse's
    words in ``fuses``; ``gaps`` are listings that were incomplete.
    """

    connection: str
    operations: tuple[Operation, ...] = ()
    settles: tuple[Settle, ...] = ()
    links: tuple[LinkChange, ...] = ()
    conflicts: tuple[ConflictCase, ...] = ()
    quarantines: tuple[QuarantineCase, ...] = ()
    remarks: tuple[Remark, ...] = ()
    withheld: tuple[Operation, ...] = ()
    fuses: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    made_at: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def needs_person(self) -> bool:
        """Whether a run of this plan ends with exit code 3."""
        return bool(self.conflicts or self.quarantines or self.withheld or self.gaps) or any(
            remark.attention for remark in self.remarks
        )
