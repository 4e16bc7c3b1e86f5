"""How a listing is paged, as an admin declares it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, PositiveInt

from adapters.httpclient import Strict
from adapters.httpclient.path import check_path


def _checked(value: str) -> str:
    check_path(value)
    return value


JmesPath: TypeAlias = Annotated[str, AfterValidator(_checked)]
"""A JMESPath expression."""


class Paging(Strict):
    """What all kinds have."""

    limit_param: str | None = "limit"
    """Name of the parameter for `page_size`; `null`: none is sent."""
    page_size: PositiveInt = 100
    """Records a page; a server that sends fewer does no harm."""
    max_pages: PositiveInt = 1000
    """A guard: a listing that reaches it is incomplete, not at its end."""


class NoPaging(Paging):
    """One request gives everything. An answer that shows signs of another page is an error."""

    type: Literal["none"] = "none"
    """One request."""
    limit_param: str | None = None
    """Name of the parameter for `page_size`; `null`: none is sent."""


class OffsetPaging(Paging):
    """The number of records to leave out. Ends at the total; without one, at the first empty page."""

    type: Literal["offset"]
    """By the number of records to leave out."""
    offset_param: str = "offset"
    """Name of the parameter."""


class PagePaging(Paging):
    """The number of the page. Ends at the total; without one, at the first empty or missing page."""

    type: Literal["page"]
    """By the number of the page."""
    page_param: str = "page"
    """Name of the parameter."""
    first_page: int = 1
    """The number of the first page."""


class CursorPaging(Paging):
    """A mark at the JMESPath ``cursor`` of each page, to be sent for the next. Ends where there is none."""

    type: Literal["cursor"]
    """By a mark that each page gives for the next."""
    cursor: JmesPath
    """Where the mark stands."""
    cursor_param: str = "cursor"
    """Name of the parameter."""


class LinkBodyPaging(Paging):
    """The address of the next page at the JMESPath ``next`` of each page. Ends where there is none."""

    type: Literal["link_body"]
    """By the address that each page gives for the next; a path alone will do."""
    next: JmesPath
    """Where the address stands."""


class LinkHeaderPaging(Paging):
    """The address of the next page in the Link header, ``rel="next"``. Ends where there is none."""

    type: Literal["link_header"]
    """By the Link header."""


Pagination: TypeAlias = Annotated[
    NoPaging | OffsetPaging | PagePaging | CursorPaging | LinkBodyPaging | LinkHeaderPaging, Field(discriminator="type")
]
