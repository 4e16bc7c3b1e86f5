"""What a run remembers while it applies: the state's memory, kept up to date with each recorded operation."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from connector.apply.ledger import Entry
from connector.model.fields import Side
from connector.model.operations import FieldChange, LinkChange, Settle
from connector.model.state import Base, Link, QuarantineCase, Resolution
from connector.plan import Memory
from connector.plan.renaming import carry


class RunMemory:
    """A memory that learns, from several threads. Each object's part is read and changed by the one thread that applies
    it; the lock keeps whole what is read over all objects.
    """

    def __init__(self, memory: Memory) -> None:
        self.links: dict[str, Link] = dict(memory.links)
        self.bases: dict[str, Mapping[str, Base]] = dict(memory.bases)
        """By key; what is learned of an object takes the place of its pairs, which the memory shares until then."""
        self.resolutions: dict[tuple[str, str], Resolution] = dict(memory.resolutions)
        self.quarantines: dict[tuple[str, str], QuarantineCase] = dict(memory.quarantines)
        self.responses: set[str] = set(memory.responses)
        self.undeletable: set[str] = set(memory.undeletable)
        self.singly: set[tuple[str, Side]] = set()
        """Objects, by key and side, whose changes are sent one by one to find out which is refused."""
        self._approved = memory.approved
        self._lock = threading.Lock()

    def view(self) -> Memory:
        """Return the memory as planning takes it; it shares this one's data."""
        with self._lock:
            responses, undeletable = frozenset(self.responses), frozenset(self.undeletable)
        return Memory(
            links=self.links,
            bases=self.bases,
            resolutions=self.resolutions,
            quarantines=self.quarantines,
            approved=self._approved,
            responses=responses,
            undeletable=undeletable,
        )

    def bases_of(self, key: str) -> Mapping[str, Base]:
        """Return one object's base pairs."""
        return self.bases.get(key, {})

    def learn(self, entry: Entry) -> None:
        """Take in what was recorded."""
        key = entry.operation.ref.key
        if entry.link is not None:
            self.links[entry.link.ref.key] = entry.link
        if entry.bases:
            self.learn_bases(key, entry.bases)
        for case in entry.quarantines:
            self.quarantine(case)
        for name in entry.resolved:
            self.resolutions.pop((key, name), None)
        if entry.response is not None:
            with self._lock:
                self.responses.add(entry.response[1])

    def cannot_remove(self, name: str) -> None:
        """Take in that this account may not remove tags from the versions of a registered model."""
        with self._lock:
            self.undeletable.add(name)

    def change_link(self, change: LinkChange) -> None:
        """Take in a link; after a rename what is remembered moves with it."""
        carry(change.moves, self.bases, self.resolutions, self.quarantines)
        if change.previous_key:
            self.links.pop(change.previous_key, None)
        self.links[change.link.ref.key] = change.link

    def settle(self, settles: Iterable[Settle]) -> None:
        """Take in base pairs that needed no write."""
        news: dict[str, dict[str, Base]] = defaultdict(dict)
        for each in settles:
            news[each.ref.key][each.field] = each.base
        for key, bases in news.items():
            self.learn_bases(key, bases)

    def learn_bases(self, key: str, bases: Mapping[str, Base]) -> None:
        """Take in base pairs of one object."""
        self.bases[key] = {**self.bases.get(key, {}), **bases}

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
