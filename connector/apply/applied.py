"""What may be applied of one object, and what applying came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connector.logs import get_logger
from connector.model.errors import MlflowGrcError
from connector.model.fields import Side
from connector.model.operations import FieldChange, Operation
from connector.model.state import QuarantineCase
from connector.model.tags import CLOSED_MARK
from connector.plan.context import ASSIGNED

log = get_logger(__name__)

Change = tuple[Side, str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which changes of an object may be applied. ``held`` are those that a fuse withholds; ``only`` (side, field, what
    the new value says), where given, are the only ones allowed: those of a saved plan. ``created``: the saved plan
    creates the record, and what the GRC fills in at that moment belongs to it.
    """

    held: frozenset[Change] = frozenset()
    only: frozenset[tuple[Side, str, str | None]] | None = None
    created: bool = False

    def allows(self, side: Side, change: FieldChange) -> bool:
        """Whether this very change may be written."""
        if (side, change.field) in self.held:
            return False
        if self.only is None or (self.created and side is Side.REGISTRY):
            return True
        meant = None if change.new == CLOSED_MARK else change.says
        return (side, change.field, meant) in self.only or (side, change.field, ASSIGNED) in self.only


@dataclass(slots=True)
class Applied:
    """What applying did: operations as they came out, and what went wrong."""

    operations: list[Operation] = field(default_factory=list)
    failures: list[tuple[Operation, MlflowGrcError]] = field(default_factory=list)
    quarantines: list[QuarantineCase] = field(default_factory=list)
    not_stuck: list[tuple[Operation, str]] = field(default_factory=list)

    def add(self, more: Applied) -> None:
        """Append what another part of the run did."""
        self.operations += more.operations
        self.failures += more.failures
        self.quarantines += more.quarantines
        self.not_stuck += more.not_stuck


def told(operation: Operation, *, not_stuck: Sequence[str] = ()) -> None:
    """Log one line for an operation that was done: which fields, never their values."""
    fields = [change.field for change in operation.changes]
    log.info("done", kind=str(operation.kind), object=str(operation.ref), fields=fields)
    if not_stuck:
        log.warning("did not stick", object=str(operation.ref), fields=list(not_stuck))
