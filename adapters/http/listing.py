"""Reads a listing to its proved end, or says why it could not.

Every doubt is an IncompleteSnapshot: a page that is no list, a page that repeats, a cap that was hit, a number of
records other than the one announced. Nothing may be concluded from absence then, which is far better than to take a
broken listing for an empty one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from adapters.http.outline import keys_of, outline, sign_of_more
from adapters.http.pagers import Page, PageRequest, make_pager
from adapters.http.paging_options import NoPaging, PagePaging
from adapters.http.reading_options import ListSpec
from adapters.http.templates import fill_params
from adapters.httpclient import ErrorRule, HttpClient, NotFound
from adapters.httpclient.path import search
from connector.model.errors import AccessDenied, Conflict, IncompleteSnapshot, Rejected, Retriable
from connector.model.grc import Json


class Listing:
    """One listing of the API, which the mapping describes at ``key``. ``ident`` tells a row's id, None for a row that
    has none, by what the mapping says at ``id_keys``; ``of_one``: it belongs to one record, so that a refusal concerns
    that and not the account.
    """

    def __init__(
        self,
        client: HttpClient,
        spec: ListSpec,
        path: str,
        ident: Callable[[Json], str | None],
        rules: Sequence[ErrorRule] = (),
        *,
        of_one: bool = False,
        id_keys: str = "id",
        key: str = "list",
    ) -> None:
        self._client, self._spec, self._path, self._ident, self._rules = client, spec, path, ident, rules
        self._of_one, self._id_keys, self._key = of_one, id_keys, key

    def rows(self, extra: Mapping[str, Json] | None = None) -> Iterator[Json]:
        """Every row once. Raises IncompleteSnapshot after the rows that were read."""
        pager = make_pager(self._spec.pagination)
        seen: set[str] = set()
        asked: set[tuple[str, str]] = set()
        page: Page | None = None
        request: PageRequest | None = pager.first(self._path)
        while request is not None:
            self._guard(request, asked)
            read = self._next_page(request, extra or {}, page)
            if read is None:
                break
            fresh = self._fresh(read, seen)
            page, request = read, pager.following(read)
            yield from fresh
        self._compare(page, len(seen))

    def sample(self, size: int, extra: Mapping[str, Json] | None = None, *, bare: bool = False) -> list[Json]:
        """The rows of one page, asked for with a size of at most ``size``; ``bare``: without the declared params."""
        spec = self._spec.model_copy(update={"params": {}}) if bare else self._spec
        listing = Listing(self._client, spec, self._path, self._ident, self._rules, of_one=self._of_one, key=self._key)
        return next(listing.pages(size, extra)).rows

    def pages(self, size: int, extra: Mapping[str, Json] | None = None) -> Iterator[Page]:
        """The pages as they come, of at most ``size`` rows where the server heeds that; nothing is checked. Raises
        Rejected, as the server does.
        """
        paging = self._spec.pagination
        pager = make_pager(paging.model_copy(update={"page_size": min(size, paging.page_size)}))
        page: Page | None = None
        request: PageRequest | None = pager.first(self._path)
        while request is not None:
            try:
                page = self._fetch(request, extra or {}, page)
            except Rejected as error:
                error.remedy = self._remedy(error)
                raise
            yield page
            request = pager.following(page)

    def _guard(self, request: PageRequest, asked: set[tuple[str, str]]) -> None:
        if request.identity in asked:
            raise self._incomplete("the server names a page as the next that was read before")
        if len(asked) >= self._spec.pagination.max_pages:
            raise self._incomplete(f"the guard of {len(asked)} pages was reached", "raise pagination.max_pages.")
        asked.add(request.identity)

    def _next_page(self, request: PageRequest, extra: Mapping[str, Json], before: Page | None) -> Page | None:
        try:
            return self._fetch(request, extra, before)
        except NotFound as error:
            # Where pages are counted, many servers answer 404 for the one after the last.
            if before and before.total is None and isinstance(self._spec.pagination, PagePaging):
                return None
            raise self._incomplete(error.message, self._remedy(error)) from None
        except Rejected as error:
            raise self._incomplete(error.message, self._remedy(error)) from None
        except (Retriable, Conflict) as error:
            raise self._incomplete(error.message, error.remedy) from None

    def _fetch(self, request: PageRequest, extra: Mapping[str, Json], before: Page | None) -> Page:
        params = None if request.params is None else {**fill_params(self._spec.params), **extra, **request.params}
        spec = self._spec
        response = self._client.request(
            "GET",
            request.url,
            params=params,
            listing=not self._of_one,
            error_rules=self._rules,
            accept=spec.empty,
        )
        number, count = (before.number, before.count) if before else (0, 0)
        if response.status in spec.empty:
            return Page(request, response, None, [], number + 1, count, before.total if before else None)
        if not response.body:
            raise self._incomplete(
                f"the answer {response.status} has no body",
                f"correct {self._key}.path in the mapping's http section, or declare `empty: [{response.status}]` "
                "if that is how the server says that there is no record.",
            )
        data = response.json()
        rows = search(spec.records, data)
        if not isinstance(rows, list):
            found = "nothing" if rows is None else f"no list ({type(rows).__name__})"
            raise self._incomplete(
                f"the answer has {found} at {spec.records!r}: {outline(data)}",
                "correct records in the mapping's http section.",
            )
        total = self._total(data, before)
        whole = isinstance(spec.pagination, NoPaging) and total is None
        if whole and (sign := sign_of_more(response, data, len(rows))):
            raise self._incomplete(
                f"one page was read, and the answer shows that there are more: {sign}",
                "declare pagination (and total) in the mapping's http section.",
            )
        return Page(request, response, data, rows, number + 1, count + len(rows), total)

    def _total(self, data: Json, before: Page | None) -> int | None:
        found = search(self._spec.total, data) if self._spec.total else None
        if isinstance(found, str) and found.isdigit():
            found = int(found)
        if not isinstance(found, int) or isinstance(found, bool):
            return before.total if before else None
        if before and before.total is not None and found < before.total:
            raise self._incomplete(f"the total fell from {before.total} to {found}: a record may have been passed over")
        return found

    def _fresh(self, page: Page, seen: set[str]) -> list[Json]:
        fresh = []
        for row in page.rows:
            ident = self._ident(row)
            if ident is None:
                raise self._incomplete(
                    f"page {page.number} has a record without an id (its keys are {keys_of(row)})",
                    f"correct {self._id_keys} in the mapping's http section.",
                )
            if ident not in seen:
                seen.add(ident)
                fresh.append(row)
        if page.rows and not fresh:
            raise self._incomplete(
                f"page {page.number} repeats what came before: the server seems to ignore the paging parameters",
                "correct pagination in the mapping's http section, or declare type none.",
            )
        return fresh

    def _compare(self, page: Page | None, count: int) -> None:
        if page and page.total is not None and page.total != count:
            raise self._incomplete(f"{count} records came where {page.total} were announced")

    def _incomplete(self, what: str, remedy: str = "it is listed again in the next run.") -> IncompleteSnapshot:
        return IncompleteSnapshot(f"The listing {self._path} did not reach its end: {what.rstrip('.')}.", remedy=remedy)

    def _remedy(self, error: Rejected) -> str:
        """What to do about a listing that the server refuses: the request is wrong, not a value."""
        if isinstance(error, AccessDenied):
            return error.remedy
        what = f"{self._key}.path" if isinstance(error, NotFound) else f"{self._key}.path, params and pagination"
        return f"correct {what} in the mapping's http section."
