"""What the fuses hold back, and a person's consent."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connector.engine import deciding
from connector.health import released
from connector.model.operations import FuseClass, Operation
from connector.model.policy import FuseLimit
from connector.model.state import Approval
from connector.plan.codec import operation_from_json
from connector.server.addresses import WITHHELD
from connector.server.pages.cutting import LENGTH
from connector.server.visit import Done, Moved, Page, Visit

_MOVED = "What is held back is not what the page showed."


_WORDS: Mapping[FuseClass, str] = {
    FuseClass.RETIRE: "Records to be retired in the GRC",
    FuseClass.TAG_REMOVAL: "Objects to lose tags in MLflow",
    FuseClass.EMPTYING: "Records to have fields emptied in the GRC",
    FuseClass.UPDATE: "Objects to be updated that were in agreement",
    FuseClass.PROMOTE: "Versions to be promoted",
    FuseClass.TAKE_OFF: "Versions to lose a production alias",
    FuseClass.OPEN_ISSUE: "Issues to be opened in the GRC",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What one fuse holds back: how many objects, and the limit that was passed."""

    words: str
    objects: int
    limit: FuseLimit


@dataclass(frozen=True, slots=True)
class Shown:
    """What one connection holds back: the first of it, as many as fit, and how much there is."""

    connection: str
    kinds: tuple[Kind, ...]
    operations: tuple[Operation, ...]
    total: int
    waiting: int
    digest: str
    approved: Mapping[str, Approval]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.operations)


def withheld(visit: Visit) -> Page:
    """Everything that is held back, by connection."""
    shown = []
    for name, each in visit.connections.items():
        standing = each.standing
        if standing.withheld:
            operations = tuple(operation_from_json(one.payload) for one in standing.withheld)
            waiting = [one.digest for one in standing.unapproved]
            shown.append(
                Shown(
                    name,
                    tuple(_kinds(operations, visit.site.config.policy(name).fuses)),
                    operations[:LENGTH],
                    len(standing.withheld),
                    len(waiting),
                    _together(waiting),
                    released(standing.approvals),
                )
            )
    return Page("withheld.html", "Withheld operations", {"connections": shown})


def _kinds(operations: Iterable[Operation], limits: Mapping[FuseClass, FuseLimit]) -> Iterator[Kind]:
    objects: defaultdict[FuseClass, set[str]] = defaultdict(set)
    for operation in operations:
        if operation.fuse is not None:
            objects[operation.fuse].add(operation.ref.key)
    for fuse in FuseClass:
        if fuse in objects:
            yield Kind(_WORDS[fuse], len(objects[fuse]), limits[fuse])


def approve(visit: Visit) -> Done:
    """Consent to one operation, or to all of a connection as they were shown. Raises Moved where they are others."""
    visit.site.readings.forget()
    name, whole, one = visit.text("connection"), visit.text("all"), visit.text("digest")
    reading = visit.connections.get(name)
    waiting = [each.digest for each in reading.standing.unapproved] if reading is not None else []
    chosen = waiting if whole and whole == _together(waiting) else [digest for digest in waiting if digest == one]
    if not chosen:
        raise Moved(_MOVED)
    new = deciding.approve(visit.site.store, name, chosen, by=visit.person, now=visit.now)
    visit.site.readings.forget()
    number = f"{len(new):,} operation{'s are' if len(new) != 1 else ' is'}"
    return Done(WITHHELD, f"{number} approved for 24 hours. The next cycle carries out what still holds.")


def _together(digests: Iterable[str]) -> str:
    """Names a set of operations."""
    return hashlib.sha256(" ".join(sorted(digests)).encode()).hexdigest()[:32]
