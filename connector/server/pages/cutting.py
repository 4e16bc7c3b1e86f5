"""A long list, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")

LENGTH = 50
"""Lines of a page."""


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    """The lines of one page. ``address`` is the list's own, with its filters."""

    lines: Sequence[T]
    number: int
    total: int
    address: str
    filters: tuple[tuple[str, str], ...] = ()

    @property
    def pages(self) -> int:
        """How many pages there are, one at least."""
        return max(1, -(-self.total // LENGTH))

    @property
    def first(self) -> int:
        """The place of the first line, from 1."""
        return (self.number - 1) * LENGTH + 1

    @property
    def last(self) -> int:
        """The place of the last line."""
        return self.first + len(self.lines) - 1

    def to(self, number: int) -> str:
        """The address of another page."""
        return linked(self.address, *self.filters, ("page", str(number)))


def cut(items: Sequence[T], number: int, address: str, **filters: str) -> Cut[T]:
    """The page of this number, or the last one where there are fewer."""
    number = min(number, max(1, -(-len(items) // LENGTH)))
    start = (number - 1) * LENGTH
    return Cut(items[start : start + LENGTH], number, len(items), address, tuple(filters.items()))


def linked(address: str, *filters: tuple[str, str]) -> str:
    """An address with the filters that are set."""
    query = urlencode([(name, value) for name, value in filters if value])
    return f"{address}?{query}" if query else address
