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
    """What all kinds have. ``limit_param`` names the parameter for ``page_size`` (null: none is sent). ``max_pages``
    is a guard: a listing that reaches it is incomplete, not at its end.
    """

    limit_param: str | None = "limit"
    page_size: PositiveInt = 100
    max_pages: PositiveInt = 1000


class NoPaging(Paging):
    """One request gives everything."""

    type: Literal["none"] = "none"
    limit_param: str | None = None


class OffsetPaging(Paging):
    """The number of records to leave out. Ends at the total; without one, at the first empty page."""

    type: Literal["offset"]
    offset_param: str = "offset"


class PagePaging(Paging):
    """The number of the page. Ends at the total; without one, at the first empty or missing page."""

    type: Literal["page"]
    page_param: str = "page"
    first_page: int = 1


class CursorPaging(Paging):
    """A mark at the JMESPath ``cursor`` of each page, to be sent for the next. Ends where there is none."""

    type: Literal["cursor"]
    cursor: JmesPath
    cursor_param: str = "cursor"


class LinkBodyPaging(Paging):
    """The address of the next page at the JMESPath ``next`` of each page. Ends where there is none."""

    type: Literal["link_body"]
    next: JmesPath


class LinkHeaderPaging(Paging):
    """The address of the next page in the Link header, ``rel="next"``. Ends where there is none."""

    type: Literal["link_header"]


Pagination: TypeAlias = Annotated[
    NoPaging | OffsetPaging | PagePaging | CursorPaging | LinkBodyPaging | LinkHeaderPaging, Field(discriminator="type")
]
