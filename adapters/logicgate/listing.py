"""Walks pages that drift: LogicGate has no order to ask for, so that a record moves to another page while one reads.

A walk proves that nothing was passed over when each page announced the same total, as many different records came as
were announced, and the first page, read again at the end, is as it was. A walk that proves nothing is done again: where
one record came twice, another one was passed over, and the count shows it. What stays hidden from this is a record that
is passed over because another one was deleted behind the first page while a third was created, with no edit between;
the engine looks a missing record up by its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.logicgate.layout import updated_ms
from adapters.logicgate.wire import Page, Wire
from connector.model.errors import Conflict, IncompleteSnapshot, Rejected, Retriable
from connector.model.grc import Json


@dataclass
class _Walk:
    """One way through all pages, and what speaks against it."""

    ids: set[str] = field(default_factory=set)
    first: tuple[tuple[str, int], ...] = ()
    total: int | None = None
    doubt: str = ""

    def take(self, page: Page, number: int) -> None:
        """Note a page."""
        if page.number != number:
            self.doubt = f"page {number} was asked for and page {page.number} came"
        if self.total is not None and page.total != self.total:
            self.doubt = f"the total went from {self.total} to {page.total}"
        self.total = page.total
        for row in page.rows:
            self.ids.add(str(row["id"]))

    def end(self) -> None:
        """The last page was read."""
        if not self.doubt and self.total != len(self.ids):
            self.doubt = f"{len(self.ids)} records came where {self.total} were announced"


class Walker:
    """Lists records of one environment."""

    def __init__(self, wire: Wire, page_size: int, attempts: int) -> None:
        self._wire, self._size, self._attempts = wire, page_size, attempts

    def records(self, path: str, params: Mapping[str, Json], workflow_id: str) -> Iterator[dict[str, Json]]:
        """Every record, each once, as LogicGate sends it. Raises IncompleteSnapshot after those that were read."""
        seen: set[str] = set()
        doubt = ""
        for _ in range(self._attempts):
            walk = _Walk()
            for row in self._walked(walk, path, params, workflow_id):
                if str(row["id"]) not in seen:
                    seen.add(str(row["id"]))
                    yield row
            if not walk.doubt:
                return
            doubt = walk.doubt
        raise _incomplete(path, f"records moved between pages each time of {self._attempts} ({doubt})")

    def _walked(
        self, walk: _Walk, path: str, params: Mapping[str, Json], workflow_id: str
    ) -> Iterator[dict[str, Json]]:
        number, pages = 0, 1
        while number < pages:
            page = self._page(path, params, number, workflow_id)
            before = len(walk.ids)
            walk.take(page, number)
            if number == 0:
                walk.first = _signature(page)
            yield from page.rows
            number, pages = number + 1, page.pages
            if len(walk.ids) == before and number < pages:
                walk.doubt = walk.doubt or f"page {number - 1} brought nothing new"
                return
        walk.end()
        if number > 1 and not walk.doubt and _signature(self._page(path, params, 0, workflow_id)) != walk.first:
            walk.doubt = "the first page changed while the others were read"

    def _page(self, path: str, params: Mapping[str, Json], number: int, workflow_id: str) -> Page:
        """A page. One that fails after others were read leaves the listing incomplete."""
        try:
            page = self._wire.page(path, {**params, "page": number, "size": self._size})
        except (Retriable, Conflict, Rejected) as error:
            if number == 0 and isinstance(error, Rejected):
                raise
            raise _incomplete(path, error.message.rstrip("."), error.remedy) from None
        for row in page.rows:
            if not isinstance(row.get("id"), str):
                raise _incomplete(path, f"page {number} has a record without an id")
            workflow = row.get("workflow")
            if isinstance(workflow, dict) and workflow.get("id") not in (None, workflow_id):
                raise _incomplete(path, f"record {row['id']} is of another workflow than was asked for")
        return page


def _signature(page: Page) -> tuple[tuple[str, int], ...]:
    return tuple((str(row["id"]), updated_ms(row)) for row in page.rows)


def _incomplete(path: str, what: str, remedy: str = "") -> IncompleteSnapshot:
    return IncompleteSnapshot(
        f"The listing of {path} did not reach its end: {what}.",
        remedy=remedy or "it is listed again in the next run; a larger logicgate.page_size has fewer pages to drift.",
    )
