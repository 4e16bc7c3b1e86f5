"""What controls know beside both sides as they stand: from the journal, the audit trail, what both sides agreed on, the
runs. A fact that nobody can know is left out, and the control that needs it finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.model.fields import Side, Value


@dataclass(frozen=True, slots=True)
class Approved:
    """What a version was made from when the approval in force was first seen, at ``at`` (ISO 8601 UTC): where its
    artifacts lay, which run had made it, its signature. None: not known.
    """

    at: str
    source: Value = None
    run: Value = None
    schema: Value = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A field, or a tag, edited on the ``side`` that does not own it. ``at`` (ISO 8601 UTC) is when it was put back;
    None: it stands. ``held`` is what the edit says, ``owned`` what the owner does.
    """

    field: str
    side: Side
    held: Value
    owned: Value
    at: str | None = None


@dataclass(frozen=True, slots=True)
class FormerName:
    """Another object of the registry that a model follows: one of the same name, deleted and created again
    (``renamed`` false), or itself under another name. It happened after ``after`` (ISO 8601 UTC; None: at an unknown
    time) and no later than ``at``.
    """

    name: str
    renamed: bool
    at: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that means nothing to the mapping: of a field, or of an issue by its number."""

    field: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """No run began between two times (ISO 8601 UTC) although the schedule asked for ``missed`` of them; ``until``
    None: none has begun since.
    """

    since: str
    until: str | None
    missed: int


@dataclass(frozen=True, slots=True)
class Running:
    """How the connector itself ran. ``trail`` says what is wrong with the audit trail, empty where nothing is or where
    it was not looked at.
    """

    trail: str = ""
    pauses: tuple[Pause, ...] = ()
