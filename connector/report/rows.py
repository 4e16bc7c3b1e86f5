"""What the reconciliation report says: objects, fields, and how they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connector.controls import Finding, Inventory, Waiver
from connector.model.fields import Entity, Value
from connector.model.state import Tally
from connector.model.workspaces import is_called

__all__ = ["FieldRow", "ObjectRow", "Report", "Status", "Tally", "idle_waivers"]


class Status(StrEnum):
    """How a field, or a whole object, stands."""

    AGREE = "agree"
    DIFFER = "differ"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    ONLY_MLFLOW = "only-in-mlflow"
    ONLY_GRC = "only-in-grc"
    ORPHAN = "orphan"
    """The record is ours, and its registered model or version does not exist."""
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of an object on both sides."""

    field: str
    registry: Value
    grc: Value
    status: Status
    owner: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object: ``status`` is that of its worst field, or of the whole object where one side lacks it."""

    entity: Entity
    name: str
    version: str | None
    key: str
    record_id: str | None
    status: Status
    note: str = ""
    fields: tuple[FieldRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """``counts`` has objects and fields by status, ``waiting`` what waits for a person; ``findings`` are those of the
    controls, the most severe first, under the regime ``profile``. ``inventory`` are both sides joined, as the controls
    saw them, ``trend`` the tallies of past runs, oldest first. ``idle_waivers`` accept what no control found.
    ``swept_at``: when the GRC was last listed whole, where since then only what was changed was asked for.
    ``held_back`` is the number of operations that a fuse withholds and without which the report proves nothing.
    """

    connection: str
    taken_at: str | None
    complete: bool
    gaps: tuple[str, ...]
    objects: tuple[ObjectRow, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    profile: str = ""
    inventory: Inventory | None = None
    trend: tuple[Tally, ...] = ()
    idle_waivers: tuple[Waiver, ...] = ()
    swept_at: str | None = None
    held_back: int = 0

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why it proves nothing, in words; none where it does."""
        read = (f"not read to the end: {', '.join(self.gaps)}",) if self.gaps else ()
        noun = "operation" if self.held_back == 1 else "operations"
        return (*read, f"a fuse holds back {self.held_back:,} {noun}") if self.held_back else read

    @property
    def standing(self) -> tuple[Finding, ...]:
        """The findings that nobody accepted: those that count."""
        return tuple(each for each in self.findings if each.waiver is None)


def idle_waivers(reports: Sequence[Report], *, every: bool) -> tuple[Waiver, ...]:
    """The waivers that match nothing in any of the reports. ``every``: they are of all connections; a waiver may be
    meant for one that is not among them, unless its model is known here.
    """
    if not reports:
        return ()
    names = {model.name for report in reports if report.inventory is not None for model in report.inventory.models}
    idle = [each for each in reports[0].idle_waivers if all(each in report.idle_waivers for report in reports[1:])]
    return tuple(each for each in idle if every or any(is_called(name, each.model) for name in names))
