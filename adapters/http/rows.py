"""All rows of a resource: of one listing, or of one listing per parent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from adapters.http.listing import Listing
from adapters.http.shape import PARENT
from connector.model.errors import IncompleteSnapshot, Retriable
from connector.model.grc import Json


class Rows(Protocol):
    """The rows of a resource. Both raise IncompleteSnapshot, ``rows`` after those that were read."""

    def rows(self, extra: Mapping[str, Json] | None = None) -> Iterator[Json]:
        """Every row once."""

    def sample(self, size: int, extra: Mapping[str, Json] | None = None, *, bare: bool = False) -> list[Json]:
        """Some rows, not many more than ``size``; ``bare``: without the declared params."""


class NestedRows:
    """One listing per parent. Each row carries its parent's id under :data:`adapters.http.shape.PARENT`."""

    def __init__(self, parents: Callable[[], Iterable[str]], below: Callable[[str], Listing]) -> None:
        self._parents, self._below = parents, below

    def rows(self, extra: Mapping[str, Json] | None = None) -> Iterator[Json]:
        """Every row of every parent."""
        for parent in list(self._parents()):
            for row in self._below(parent).rows(extra):
                yield marked(row, parent)

    def sample(self, size: int, extra: Mapping[str, Json] | None = None, *, bare: bool = False) -> list[Json]:
        """Some rows of the first parents that have any."""
        for number, parent in enumerate(self._parents()):
            found = self._below(parent).sample(size, extra, bare=bare)
            if found or number + 1 >= size:
                return [marked(row, parent) for row in found]
        return []


def marked(row: Json, parent: str | None) -> Json:
    """A row with its parent's id, where it has a parent."""
    return {**row, PARENT: parent} if parent is not None and isinstance(row, dict) else row


def whole(rows: Iterable[Json]) -> list[Json]:
    """All rows at once. Raises Retriable where the listing is incomplete: a single answer cannot say so otherwise."""
    try:
        return list(rows)
    except IncompleteSnapshot as error:
        failed = Retriable(error.message, remedy=error.remedy)
    raise failed
