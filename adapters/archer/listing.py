"""All records of a level by Archer's search, each once, or the reason why not all came.

Every page runs the search anew, so that a record made or deleted meanwhile shifts the pages. What came is compared
with what the server counts; where they differ, the listing is begun again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from adapters.archer.layout import Layout
from adapters.archer.metadata import number
from adapters.archer.options import SearchOptions
from adapters.archer.soap import Condition, Search
from adapters.archer.wire import SearchFailed, Wire
from connector.model.errors import IncompleteSnapshot, Retriable


@dataclass(frozen=True, slots=True)
class Row:
    """A record of a search result. ``hidden`` are the ids of fields that were asked for and are not shown to this
    account at all, as opposed to those that are blank.
    """

    id: int
    fields: Mapping[str, Element]
    hidden: frozenset[int]

    def field(self, field_id: int) -> Element | None:
        """The record's own field."""
        return self.fields.get(str(field_id))


@dataclass(slots=True)
class _Pass:
    """One run through all pages: what came, and what the server counted."""

    ours: set[int] = field(default_factory=set)
    tops: set[str] = field(default_factory=set)
    counted: tuple[int | None, int | None] | None = None
    """Records of the whole result, and of our level."""


class Lister:
    """Runs searches of one instance. The page size follows what the server bears."""

    def __init__(self, wire: Wire, options: SearchOptions) -> None:
        self._wire, self._options = wire, options
        self._size = options.page_size

    def rows(
        self, layout: Layout, display: Sequence[int], conditions: Sequence[Condition] = (), logic: str = ""
    ) -> Iterator[Row]:
        """Every record of the level that meets the conditions, once. Raises IncompleteSnapshot."""
        self._size = min(self._options.page_size, 2 * self._size)
        search = Search(
            module=layout.level.application.id,
            display=tuple(dict.fromkeys(display)),
            sort=layout.order.id if layout.order else None,
            page_size=self._size,
            max_records=self._options.max_records,
            conditions=tuple(conditions),
            logic=logic,
        )
        seen: set[int] = set()
        why = ""
        for _ in range(self._options.attempts):
            why = yield from self._run(layout, search, seen)
            if not why:
                return
        raise _incomplete(layout, why)

    def page(self, layout: Layout, display: Sequence[int], size: int) -> tuple[list[Row], int | None]:
        """The first records, and how many the server counts. Raises SearchFailed."""
        search = Search(layout.level.application.id, tuple(display), None, size, self._options.max_records)
        root = self._wire.search(search, 1)
        counts = _counts(root, layout)
        return _rows(root, layout, search), counts[1] if counts[1] is not None else counts[0]

    def _run(self, layout: Layout, search: Search, seen: set[int]) -> Generator[Row, None, str]:
        """Yield the records not seen before; returns why the run proved nothing, or nothing."""
        state, page = _Pass(), 1
        while True:
            try:
                root = self._wire.search(replace(search, page_size=self._size), page)
            except SearchFailed as error:
                page, begin_again = self._smaller(layout, page, error)
                if begin_again:
                    state = _Pass()
                continue
            except Retriable as error:
                raise _incomplete(layout, error.message.rstrip(".")) from None
            tops = list(root.iterfind("Record"))
            counts = _counts(root, layout)
            self._check_cap(layout, counts)
            if state.counted is not None and counts != state.counted:
                return f"the count changed from {_told(state.counted)} to {_told(counts)} between two pages"
            state.counted = counts
            if not tops:
                return _difference(layout, state)
            names = {one.get("contentId") or "" for one in tops}
            if names <= state.tops:
                return f"page {page} repeats records that came before"
            state.tops |= names
            for row in _rows(root, layout, search):
                state.ours.add(row.id)
                if row.id not in seen:
                    seen.add(row.id)
                    yield row
            page += 1

    def _smaller(self, layout: Layout, page: int, error: SearchFailed) -> tuple[int, bool]:
        """Halve the page size; the page to go on with, and whether it is the first of a new run."""
        half = self._size // 2
        if half < min(self._options.least_page_size, self._options.page_size):
            raise IncompleteSnapshot(
                f"The {layout.entity} records could not be listed, with {self._size} a page at last: {error.message}",
                remedy=error.remedy,
            ) from None
        done = (page - 1) * self._size
        self._size = half
        return (done // half + 1, False) if done % half == 0 else (1, True)

    def _check_cap(self, layout: Layout, counts: tuple[int | None, int | None]) -> None:
        most = max((count for count in counts if count is not None), default=0)
        if most >= self._options.max_records:
            raise IncompleteSnapshot(
                f"The search for {layout.entity} records reached its cap of {self._options.max_records}.",
                remedy="raise search.max_records in the mapping's archer section.",
            )


def _rows(root: Element, layout: Layout, search: Search) -> list[Row]:
    """The records of our level, wherever they are nested."""
    level = str(layout.level.id)
    hidden = _hidden(root, search)
    found = []
    for one in root.iter("Record"):
        record_id = number(one.get("contentId"))
        if record_id is not None and one.get("levelId", level) == level:
            fields = {field.get("id") or "": field for field in one if field.tag == "Field"}
            found.append(Row(record_id, fields, hidden))
    return found


def _hidden(root: Element, search: Search) -> frozenset[int]:
    """The fields that were asked for and of which the result knows nothing; none where it tells of no fields at all."""
    if next(root.iter("Metadata"), None) is None:
        return frozenset()
    shown = {number(one.get("id")) for one in root.iter("FieldDefinition")}
    return frozenset(one for one in search.display if one not in shown)


def _counts(root: Element, layout: Layout) -> tuple[int | None, int | None]:
    level = str(layout.level.id)
    of_level = (one for one in root.iter("LevelCount") if one.get("id") == level)
    return number(root.get("count")), next((number(one.get("count")) for one in of_level), None)


def _difference(layout: Layout, state: _Pass) -> str:
    """Why what came is not what was counted; empty where it is."""
    whole, of_level = state.counted or (None, None)
    if of_level is not None and of_level != len(state.ours):
        return f"{len(state.ours)} records of level {layout.level.name} came where {of_level} were counted"
    if whole is not None and whole not in (len(state.tops), len(state.ours)):
        return f"{len(state.tops)} records came where {whole} were counted"
    return ""


def _told(counts: tuple[int | None, int | None]) -> str:
    return " of ".join(str(count) for count in reversed(counts) if count is not None) or "none"


def _incomplete(layout: Layout, why: str) -> IncompleteSnapshot:
    return IncompleteSnapshot(
        f"The listing of {layout.entity} records did not come to a proved end: {why}.",
        remedy="it is listed again in the next run; records may have come and gone meanwhile.",
    )
