"""How records are created, changed and commented on, as an admin declares it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from adapters.http.paging_options import JmesPath
from adapters.http.reading_options import ListSpec, WritePath
from adapters.httpclient import Strict
from connector.model.grc import Json

WriteMethod: TypeAlias = Literal["POST", "PUT", "PATCH"]


class WriteSpec(Strict):
    """What creating and updating share."""

    path: str
    """With `{id}` of an update, and `{parent}` where records stand below others."""
    wrapper: WritePath | None = None
    """The body is put below this path: `issue` for `{"issue": {...}}`."""
    static: dict[WritePath, Json] = Field(default_factory=dict)
    """Values by path that every body carries."""
    record: JmesPath = "@"
    """Where the record stands in the answer."""
    read_back: bool = True
    """Whether the record is read again. `false` declares that the answer holds the full record as it is kept."""


class CreateSpec(WriteSpec):
    """Create one. A bare id as the JSON body, a Location header, and a look-up by key are tried as well."""

    method: WriteMethod = "POST"
    """The verb."""
    id: JmesPath | None = None
    """Where the new id stands in the answer: the resource's `id` within `record` unless given; `@` is the whole
    answer, plain text included."""


class UpdateSpec(WriteSpec):
    """Change one."""

    method: WriteMethod = "PATCH"
    """The verb."""
    send: Literal["changed", "all", "record"] = "changed"
    """`all` sends every mapped field and `record` the whole record as it was read, for servers that clear what is
    left out."""
    omit: tuple[str, ...] = ()
    """Keys of the record that `send: record` leaves out, since the server refuses them."""
    id_as: WritePath | None = None
    """Where the body repeats the id."""
    if_match: str | None = None
    """The If-Match header, with `{revision}`."""


class CommentList(ListSpec):
    """The comments of issue `{id}`."""

    id: JmesPath = "id"
    """A comment's id."""
    text: JmesPath = "text"
    """Its text."""
    author: JmesPath | None = "author"
    """Who wrote it."""
    at: JmesPath | None = "at"
    """When; comments are sorted by it."""


class CommentCreate(Strict):
    """Append a comment to issue `{id}`."""

    method: WriteMethod = "POST"
    """The verb."""
    path: str
    """With `{id}`, and `{parent}` where issues stand below others."""
    text: WritePath = "text"
    """Where the text goes in the body."""
    wrapper: WritePath | None = None
    """The body is put below this path."""
    static: dict[WritePath, Json] = Field(default_factory=dict)
    """Values by path that every body carries."""


class CommentsSpec(Strict):
    """Comments of an issue."""

    list: CommentList
    """How they are read."""
    create: CommentCreate
    """How one is added."""
