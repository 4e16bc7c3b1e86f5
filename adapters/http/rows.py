"""All rows of a resource: of one listing, or of one listing per parent.

One listing per parent costs one request per parent and page. What goes wrong with one parent is no reason not to read
the others, but the whole is incomplete then; a parent that is gone by the time its rows are asked for has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from adapters.http.listing import Listing
from adapters.http.shape import PARENT
from connector.model.errors import IncompleteSnapshot, MlflowGrcError, Rejected, Retriable, RunAborted, Unreachable
from connector.model.grc import Json

_ENOUGH = 3
"""So many parents whose rows cannot be read show that the fault is not one parent's; no more are asked then."""


class Rows(Protocol):
    """The rows of a resource. Both raise IncompleteSnapshot, ``rows`` after those that were read."""

    def rows(self, extra: Mapping[str, Json] | None = None) -> Iterator[Json]:
        """Every row once."""

    def sample(self, size: int, extra: Mapping[str, Json] | None = None, *, bare: bool = False) -> list[Json]:
        """Some rows, not many more than ``size``; ``bare``: without the declared params."""


class NestedRows:
    """One listing per parent. Each row carries its parent's id under :data:`adapters.http.shape.PARENT`. ``is_gone``
    tells of a parent whether it definitely does not exist any more.
    """

    def __init__(
        self,
        parents: Callable[[], Iterable[str]],
        below: Callable[[str], Listing],
        is_gone: Callable[[str], bool],
    ) -> None:
        self._parents, self._below, self._is_gone = parents, below, is_gone

    def rows(self, extra: Mapping[str, Json] | None = None) -> Iterator[Json]:
        """Every row of every parent."""
        failed: list[IncompleteSnapshot] = []
        for parent in list(self._parents()):
            try:
                yield from self.of(parent, extra)
            except IncompleteSnapshot as error:
                failed.append(error)
            if len(failed) >= _ENOUGH:
                break
        if failed:
            raise _told(failed)

    def of(self, parent: str, extra: Mapping[str, Json] | None = None) -> Iterator[Json]:
        """Every row of one parent; none where that is gone."""
        read: list[Json] = []
        failed: IncompleteSnapshot | None = None
        try:
            read.extend(self._below(parent).rows(extra))
        except IncompleteSnapshot as error:
            if self._has_vanished(parent):
                return
            failed = error
        yield from (marked(row, parent) for row in read)
        if failed:
            raise failed

    def sample(self, size: int, extra: Mapping[str, Json] | None = None, *, bare: bool = False) -> list[Json]:
        """Some rows of the first parents that have any."""
        for number, parent in enumerate(self._parents()):
            try:
                found = self._below(parent).sample(size, extra, bare=bare)
            except (Rejected, IncompleteSnapshot):
                if not self._has_vanished(parent):
                    raise
                continue
            if found or number + 1 >= size:
                return [marked(row, parent) for row in found]
        return []

    def _has_vanished(self, parent: str) -> bool:
        """Whether the parent is why its rows could not be read. Where that cannot be told, it is not."""
        try:
            return self._is_gone(parent)
        except Unreachable:
            return False
        except RunAborted:
            raise
        except MlflowGrcError:
            return False


def _told(failed: list[IncompleteSnapshot]) -> IncompleteSnapshot:
    """The first of the errors, with how many there were."""
    first = failed[0]
    if len(failed) == 1:
        return first
    more = " and no further ones were asked" if len(failed) >= _ENOUGH else ""
    return IncompleteSnapshot(
        f"{first.message} The same went wrong below {len(failed)} records{more}.", remedy=first.remedy
    )


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
