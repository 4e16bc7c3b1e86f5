"""Reads a table to its proved end.

A page's limit is applied before the access rules: a short page, or an empty one, may be followed by more. So pages go
on from the last sys_id that was seen, and where a page shows nothing although records are announced, by offset until
one shows something or the announced number is reached. What is announced and never shown is hidden by access rules, or
was left out by mistake: a second sweep, of ids alone, tells which.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from adapters.servicenow.answers import OutOfTime
from adapters.servicenow.api import Row, Rows, TableApi
from adapters.servicenow.query import all_of, is_sys_id, ordered
from connector.model.errors import AccessDenied, AuthError, Conflict, IncompleteSnapshot, Rejected, Retriable

log = logging.getLogger("mlflow_grc.servicenow")

AGAIN = "it is listed again in the next run."
SWEEP_SIZE = 10_000


@dataclass(slots=True)
class _Seen:
    """What one reading came to; ``announced``: how many answered the first question, hidden ones included."""

    ids: set[str] = field(default_factory=set)
    announced: int = 0


class Listing:
    """All records of a table that a filter lets through."""

    def __init__(self, api: TableApi, table: str, query: str, *, size: int, keyset: bool = True) -> None:
        self._api, self.table, self._query = api, table, query
        self._size, self._keyset = size, keyset

    def pages(self, fields: Sequence[str], extra: str = "") -> Iterator[Sequence[Row]]:
        """The rows, each sys_id once, page by page. Raises IncompleteSnapshot, and AuthError for a table that the
        account may not list. ``extra``: a further condition.
        """
        seen = _Seen()
        yield from self._walk(fields, extra, seen, self._size)
        if seen.announced > len(seen.ids):
            self._account_for(extra, seen)

    def _walk(self, fields: Sequence[str], extra: str, seen: _Seen, size: int) -> Iterator[Sequence[Row]]:
        last, offset = "", 0
        while True:
            after = f"sys_id>{last}" if last and self._keyset else ""
            query = ordered(all_of(self._query, extra, after))
            page, size = self._page(query, fields, offset, size)
            total = self._total(page, offset)
            if not last and not offset:
                seen.announced = total
            fresh = self._fresh(page.rows, seen)
            if fresh:
                yield fresh
            if self._is_end(page, offset, size, total):
                return
            if fresh and self._keyset:
                last, offset = str(page.rows[-1]["sys_id"]), 0
            else:
                offset += size

    def _page(self, query: str, fields: Sequence[str], offset: int, size: int) -> tuple[Rows, int]:
        """One page, asked for with a smaller size for as long as the instance runs out of time; and that size."""
        while True:
            try:
                return self._api.rows(self.table, query, fields, limit=size, offset=offset), size
            except OutOfTime as error:
                if size == 1:
                    raise self._incomplete(error.message, error.remedy) from None
                size = (size + 1) // 2
                log.warning("%s: the instance ran out of time; %d records a page from here", self.table, size)
            except AccessDenied as error:
                # It concerns the account, not one record.
                failed = AuthError(error.message, remedy=error.remedy)
                raise failed from None
            except (Rejected, Retriable, Conflict) as error:
                raise self._incomplete(error.message, error.remedy) from None

    def _total(self, page: Rows, offset: int) -> int:
        if page.total is None:
            raise self._incomplete(
                "the answer has no X-Total-Count, without which a short page proves nothing",
                "let the proxy before the instance pass its headers on.",
            )
        if page.total < len(page.rows) or (page.rows and page.total < offset + len(page.rows) and not self._keyset):
            raise self._incomplete(f"{page.total} records are announced, and {len(page.rows)} came")
        return page.total

    @staticmethod
    def _is_end(page: Rows, offset: int, size: int, total: int) -> bool:
        """Whether nothing can follow: all that is announced lies in the windows asked for, and this one was not filled
        to its brim, which a wrong number would hide.
        """
        return offset + size >= total and len(page.rows) < size

    def _fresh(self, rows: Sequence[Row], seen: _Seen) -> Sequence[Row]:
        ids = [str(row.get("sys_id", "")) for row in rows]
        if not all(map(is_sys_id, ids)):
            raise self._incomplete("a record came without a sys_id", "let the account read sys_id of the table.")
        if ids != sorted(ids, key=str.lower):
            raise self._incomplete("the instance does not keep to the order that was asked for")
        fresh = [row for row, sys_id in zip(rows, ids, strict=True) if sys_id not in seen.ids]
        if rows and not fresh:
            raise self._incomplete(
                "a page repeats what came before: the instance ignores the range of sys_id that was asked for",
                "set `paging: offset` in the mapping's servicenow section, or let the account query ranges of sys_id.",
            )
        seen.ids.update(ids)
        return fresh

    def _account_for(self, extra: str, seen: _Seen) -> None:
        """More was announced than came: hidden from this account, or passed over?"""
        if not seen.ids:
            raise self._incomplete(
                f"{seen.announced} records are announced, and none is shown to this account",
                "give the account a role that reads the table's records.",
            )
        swept = _Seen()
        for _ in self._walk(("sys_id",), extra, swept, SWEEP_SIZE):
            pass
        if not swept.ids <= seen.ids:
            missed = len(swept.ids - seen.ids)
            raise self._incomplete(f"{missed} records were passed over: they came and went while it was read")
        log.warning(
            "%s: %d of %d records are hidden from this account by access rules; they are taken for neither there nor "
            "gone", self.table, seen.announced - len(seen.ids), seen.announced,
        )  # fmt: skip

    def _incomplete(self, what: str, remedy: str = AGAIN) -> IncompleteSnapshot:
        return IncompleteSnapshot(
            f"The listing of {self.table} did not reach its end: {what.rstrip('.')}.", remedy=remedy
        )
