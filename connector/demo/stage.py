"""What the acts of the story play on: the two servers, the connector between them, and the narrator.

The acts know these protocols only, so that a test can play them against stand-ins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from connector.demo.events import COMMENT, Change, Checked, Did, Listed, Parked, Person, Synced
from connector.demo.narrator import Narrator
from connector.demo.portfolio import Author, DemoModel
from connector.model.fields import Side
from connector.model.state import RunStatus


@dataclass(frozen=True, slots=True)
class SyncSummary:
    """What one sync did. ``created`` counts records created in the GRC, ``changes`` are the fields written to objects
    that were there before, and ``conflicts`` those in the queue at its end.
    """

    status: RunStatus
    created: int = 0
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Parked, ...] = ()
    message: str = ""


class Cycle(Protocol):
    """The connector between the two servers."""

    def sync(self) -> SyncSummary:
        """Run one cycle, as ``mlflow-grc sync`` does."""

    def resolve(self, conflict: Parked, take: Side, by: str) -> None:
        """Answer a conflict, as ``mlflow-grc conflicts resolve`` does; the next sync carries it out."""


class Registry(Author, Protocol):
    """MLflow as its users see it."""

    def set_tag(self, name: str, key: str, value: str, version: str | None = None) -> None:
        """Set a tag of a version, or of the model where ``version`` is None."""

    def set_description(self, name: str, text: str, version: str | None = None) -> None:
        """Replace a description."""


class Eyes(Protocol):
    """Reads MLflow afresh, past the connector."""

    def tags(self, name: str, version: str | None = None) -> Mapping[str, str]:
        """The tags of a version, or of the model."""

    def in_production(self) -> Mapping[str, str]:
        """Model to version under the ``production`` alias."""


class Office(Protocol):
    """The GRC as its users see it. Fields and values are the canonical ones of ``mappings/inventory.yaml``."""

    def models(self) -> Mapping[str, Mapping[str, Any]]:
        """Every model record by the registered model's name."""

    def versions(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """Every version record by model name and version."""

    def edit(self, who: Person, name: str, values: Mapping[str, Any], version: str | None = None) -> None:
        """Change fields of a record."""

    def decide(self, who: Person, name: str, version: str, status: str, **values: Any) -> None:  # noqa: ANN401
        """Decide on a version's approval; ``values``: approval_expiry, conditions, comment."""

    def raise_issue(self, who: Person, name: str, **values: Any) -> str:  # noqa: ANN401
        """Open an issue on a model (``version=`` narrows it); its number."""

    def close_issue(self, who: Person, number: str) -> None:
        """Close an issue."""

    def comments(self, number: str) -> Sequence[str]:
        """The comments of an issue, oldest first."""


@dataclass
class Stage:
    """Everything an act needs. ``issues`` maps the story's own keys to the numbers that the GRC gave."""

    registry: Registry
    eyes: Eyes
    office: Office
    cycle: Cycle
    narrator: Narrator
    portfolio: Sequence[DemoModel]
    today: date
    clock: Callable[[], float] = time.monotonic
    issues: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def did(
        self,
        who: Person,
        where: str,
        what: str,
        columns: tuple[str, ...] = (),
        rows: Sequence[tuple[str, ...]] = (),
    ) -> None:
        """Tell what a person did."""
        self.narrator.tell(Did(who, where, what, columns, tuple(rows)))

    def listed(self, title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Tell a table."""
        self.narrator.tell(Listed(title, columns, tuple(rows)))

    def sync(
        self, ends: RunStatus = RunStatus.APPLIED, show: Callable[[Change], bool] = lambda _change: True
    ) -> SyncSummary:
        """Run a sync and tell it; ``show`` picks the changes worth reading, ``ends`` is how it has to end."""
        started = self.clock()
        with self.narrator.working("synchronising"):
            summary = self.cycle.sync()
        picked = [change for change in summary.changes if show(change)]
        rest = [change for change in summary.changes if not show(change)]
        posted = sum(1 for change in summary.changes if change.field == COMMENT)
        to_grc = sum(1 for change in summary.changes if change.target == "GRC") - posted
        self.narrator.tell(
            Synced(
                seconds=self.clock() - started,
                created=summary.created,
                posted=posted,
                written_to_grc=to_grc,
                written_to_mlflow=len(summary.changes) - to_grc - posted,
                changes=(*picked, *rest),
                shown=len(picked),
            )
        )
        if summary.status is not ends:
            found = f"{summary.status.value} {summary.message}".strip()
            self.check(f"the sync ends as {ends.value}", found, ends.value)
        return summary

    def check(self, text: str, found: object, expected: object) -> None:
        """Tell whether what was ``found`` on the servers is what the story expects, and remember when not."""
        good = found == expected
        told = "" if good else f"{found!r}, expected {expected!r}"
        self.narrator.tell(Checked(text, good, told))
        if not good:
            self.failures.append(f"{text}: found {told}")

    def gap(self, text: str, missing: Sequence[str]) -> None:
        """Tell a check over many objects: good when none is ``missing``."""
        self.check(text, ", ".join(missing[:3]) + (" ..." if len(missing) > 3 else ""), "")
