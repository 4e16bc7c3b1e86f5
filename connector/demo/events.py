"""What happens in the demo, as data: the story tells events, a narrator prints or collects them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of the demo bank."""

    name: str
    email: str
    role: str

    def __str__(self) -> str:
        return f"{self.name}, {self.role}"


@dataclass(frozen=True, slots=True)
class Began:
    """The demo starts; ``note`` says what it touches."""

    note: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Something the story needs is there: a server and its address, the portfolio and its size."""

    what: str
    value: str
    remark: str


@dataclass(frozen=True, slots=True)
class ActBegan:
    """An act starts; ``number`` counts from 1."""

    number: int
    acts: int
    title: str
    intro: str


@dataclass(frozen=True, slots=True)
class Did:
    """A person acts on one side (``where`` as it is printed). ``columns`` head the ``rows``; both may be empty."""

    who: Person
    where: str
    what: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


COMMENT = "comment"
"""The ``field`` of a change that is a comment posted on an issue."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a sync wrote, or a comment that it posted. Empty text stands for no value."""

    target: str
    subject: str
    field: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Synced:
    """A sync ended: how many records it created and comments it posted in the GRC, how many fields it wrote where.
    ``changes`` are all of them but the creations; the first ``shown`` are worth a reader's time.
    """

    seconds: float
    created: int
    posted: int
    written_to_grc: int
    written_to_mlflow: int
    changes: tuple[Change, ...]
    shown: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Parked:
    """A conflict in the queue: both sides' words stand."""

    subject: str
    field: str
    agreed: str
    in_mlflow: str
    in_grc: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Something the story expects, looked up on the servers; ``found`` is told when it is not so."""

    text: str
    ok: bool
    found: str = ""


@dataclass(frozen=True, slots=True)
class ActEnded:
    """An act is over."""

    number: int
    seconds: float
    ok: bool


@dataclass(frozen=True, slots=True)
class Reported:
    """The reconciliation report: its table, a line that sums it up, the file it was written to, and what its controls
    found: severity, control, object, what was seen.
    """

    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    file: str
    findings: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """The story is over. ``files`` are (what it is, path) pairs; ``failures`` what did not come out as written."""

    ok: bool
    seconds: float
    failures: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """The servers stay up. ``places`` are (what, address, remark); ``logins`` (what stands before
    ``@bank.example``, token, role) of the GRC, good for this demo only. ``command`` is worth trying meanwhile.
    """

    places: tuple[tuple[str, str, str], ...]
    command: str
    logins: tuple[tuple[str, str, str], ...]


Event: TypeAlias = (
    Began | Ready | ActBegan | Did | Synced | Listed | Parked | Checked | ActEnded | Reported | Ended | Kept
)
