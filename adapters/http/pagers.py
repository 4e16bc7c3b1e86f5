"""How to ask for the page after a page, one class per kind. None is the server's word that it was the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin

from requests.utils import parse_header_links

from adapters.http.paging_options import (
    CursorPaging,
    LinkBodyPaging,
    LinkHeaderPaging,
    NoPaging,
    OffsetPaging,
    PagePaging,
    Pagination,
)
from adapters.httpclient.path import search
from adapters.httpclient.response import Response
from connector.model.grc import Json


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Where a page is asked for: a path with parameters beside the listing's own, or a whole address (``params``
    None: the address has them all).
    """

    url: str
    params: Mapping[str, Json] | None

    @property
    def identity(self) -> tuple[str, str]:
        """Equal for the same page."""
        return self.url, repr(sorted((self.params or {}).items()))


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read. ``count`` is the number of records up to and with this page, repetitions included,
    ``total`` what the server announces.
    """

    request: PageRequest
    response: Response
    data: Json
    rows: list[Json]
    number: int
    count: int
    total: int | None

    @property
    def may_be_last(self) -> bool:
        """For paging by numbers: only the total, or a page with nothing on it, is an end. A short page is none: many
        servers silently cap its size.
        """
        return not self.rows or (self.total is not None and self.count >= self.total)


class Pager(Protocol):
    """One kind of paging."""

    def first(self, path: str) -> PageRequest:
        """The first page."""

    def following(self, page: Page) -> PageRequest | None:
        """The page after ``page``."""


class _Base:
    def __init__(self, paging: Pagination) -> None:
        self._limit = {paging.limit_param: paging.page_size} if paging.limit_param else {}

    def first(self, path: str) -> PageRequest:
        return PageRequest(path, self._limit)

    def following(self, page: Page) -> PageRequest | None:  # noqa: ARG002 - the whole came at once
        return None


class _Offset(_Base):
    def __init__(self, paging: OffsetPaging) -> None:
        super().__init__(paging)
        self._param = paging.offset_param

    def first(self, path: str) -> PageRequest:
        return PageRequest(path, {**self._limit, self._param: 0})

    def following(self, page: Page) -> PageRequest | None:
        return None if page.may_be_last else PageRequest(page.request.url, {**self._limit, self._param: page.count})


class _Page(_Base):
    def __init__(self, paging: PagePaging) -> None:
        super().__init__(paging)
        self._param, self._first = paging.page_param, paging.first_page

    def first(self, path: str) -> PageRequest:
        return PageRequest(path, {**self._limit, self._param: self._first})

    def following(self, page: Page) -> PageRequest | None:
        number = self._first + page.number
        return None if page.may_be_last else PageRequest(page.request.url, {**self._limit, self._param: number})


class _Cursor(_Base):
    def __init__(self, paging: CursorPaging) -> None:
        super().__init__(paging)
        self._param, self._path = paging.cursor_param, paging.cursor

    def following(self, page: Page) -> PageRequest | None:
        cursor = search(self._path, page.data)
        if cursor is None or cursor is False or cursor == "":
            return None
        return PageRequest(page.request.url, {**self._limit, self._param: cursor})


class _LinkBody(_Base):
    def __init__(self, paging: LinkBodyPaging) -> None:
        super().__init__(paging)
        self._path = paging.next

    def following(self, page: Page) -> PageRequest | None:
        return _linked(page, search(self._path, page.data))


class _LinkHeader(_Base):
    def following(self, page: Page) -> PageRequest | None:
        links = parse_header_links(page.response.headers.get("link", ""))
        return _linked(page, next((link.get("url") for link in links if link.get("rel") == "next"), None))


def _linked(page: Page, link: Json) -> PageRequest | None:
    return PageRequest(urljoin(page.response.url, link), None) if link and isinstance(link, str) else None


def make_pager(paging: Pagination) -> Pager:
    """The pager for the declared kind."""
    match paging:
        case OffsetPaging():
            return _Offset(paging)
        case PagePaging():
            return _Page(paging)
        case CursorPaging():
            return _Cursor(paging)
        case LinkBodyPaging():
            return _LinkBody(paging)
        case LinkHeaderPaging() | NoPaging():
            return _LinkHeader(paging) if isinstance(paging, LinkHeaderPaging) else _Base(paging)
