"""What a run remembers while it applies: the state's memory, kept up to date with each recorded operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from connector.apply.ledger import Entry
from connector.model.fields import Side
from connector.model.operations import FieldChange, LinkChange, Settle
from connector.model.state import Base, Link, QuarantineCase, Resolution
from connector.plan import Memory
from connector.plan.renaming import carry


class RunMemory:
    """A memory that learns."""

    def __init__(self, memory: Memory) -> None:
        self.links: dict[str, Link] = dict(memory.links)
        self.bases: dict[str, dict[str, Base]] = {key: dict(pairs) for key, pairs in memory.bases.items()}
        self.resolutions: dict[tuple[str, str], Resolution] = dict(memory.resolutions)
        self.quarantines: dict[tuple[str, str], QuarantineCase] = dict(memory.quarantines)
        self.responses: set[str] = set(memory.responses)
        self.undeletable: set[str] = set(memory.undeletable)
        self.singly: set[tuple[str, Side]] = set()
        """Objects, by key and side, whose changes are sent one by one to find out which is refused."""
        self._approved = memory.approved

    def view(self) -> Memory:
        """Return the memory as planning takes it; it shares this one's data."""
        return Memory(
            links=self.links,
            bases=self.bases,
            resolutions=self.resolutions,
            quarantines=self.quarantines,
            approved=self._approved,
            responses=frozenset(self.responses),
            undeletable=frozenset(self.undeletable),
        )

    def bases_of(self, key: str) -> Mapping[str, Base]:
        """Return one object's base pairs."""
        return dict(self.bases.get(key, {}))

    def learn(self, entry: Entry) -> None:
        """Take in what was recorded."""
        key = entry.operation.ref.key
        if entry.link is not None:
            self.links[entry.link.ref.key] = entry.link
        if entry.bases:
            self.bases.setdefault(key, {}).update(entry.bases)
        for case in entry.quarantines:
            self.quarantine(case)
        for name in entry.resolved:
            self.resolutions.pop((key, name), None)
        if entry.response is not None:
            self.responses.add(entry.response[1])

    def change_link(self, change: LinkChange) -> None:
        """Take in a link; after a rename what is remembered moves with it."""
        carry(change.moves, self.bases, self.resolutions, self.quarantines)
        if change.previous_key:
            self.links.pop(change.previous_key, None)
        self.links[change.link.ref.key] = change.link

    def settle(self, settles: Iterable[Settle]) -> None:
        """Take in base pairs that needed no write."""
        for each in settles:
            self.bases.setdefault(each.ref.key, {})[each.field] = each.base

    def remembered(self, case: QuarantineCase) -> QuarantineCase:
        """The case, since when it stands: that of an earlier run which says the same."""
        known = self.quarantines.get((case.ref.key, case.field))
        return replace(case, since=known.since) if known is not None and known.reason == case.reason else case

    def quarantine(self, case: QuarantineCase) -> None:
        """Take in a refusal."""
        self.quarantines[case.ref.key, case.field] = case

    def resolved(self, key: str, changes: Iterable[FieldChange]) -> tuple[str, ...]:
        """Return the fields among the changes whose conflict a person resolved, and that need no second write."""
        return tuple(each.field for each in changes if (key, each.field) in self.resolutions and not each.halfway)
