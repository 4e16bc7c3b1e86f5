"""Where records are found again without looking at all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol


class Kept(Protocol):
    """What is looked at of a record."""

    id: int
    level: int
    values: dict[str, Any]


class Indexes:
    """Ids of records by level, and by what a field of theirs points at: a value that is a list of ids."""

    def __init__(self, records: Iterable[Kept] = ()) -> None:
        self._of: dict[int, list[int]] = defaultdict(list)
        self._at: dict[tuple[str, int], set[int]] = defaultdict(set)
        for one in records:
            self.add(one)

    def add(self, one: Kept) -> None:
        """Take a record in."""
        self._of[one.level].append(one.id)
        for name, value in one.values.items():
            self.point(one.id, name, None, value)

    def point(self, record: int, name: str, old: Any, new: Any) -> None:
        """The value of a record's field changes."""
        for target in _targets(old):
            self._at[name, target].discard(record)
        for target in _targets(new):
            self._at[name, target].add(record)

    def of(self, level: int) -> list[int]:
        """The records of a level, by id."""
        return sorted(self._of.get(level, ()))

    def at(self, name: str, target: int) -> list[int]:
        """The records whose field points at another one, by id."""
        return sorted(self._at.get((name, target), ()))


def _targets(value: Any) -> Iterator[int]:
    return (one for one in value if isinstance(one, int)) if isinstance(value, list) else iter(())
