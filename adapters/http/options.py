"""The mapping's ``http`` section: how one REST API is called. Unknown keys are refused.

Two path languages: what is *read* is named by a JMESPath, where something is *written* by a dotted path of keys.
``{id}`` and ``{key}`` stand for a record's id and correlation key, ``${NAME}`` for a variable of the connection.
"""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from adapters.http.paging_options import JmesPath, NoPaging, Pagination
from adapters.httpclient import ErrorRule, Strict
from connector.model.fields import Entity
from connector.model.grc import Json

Params: TypeAlias = dict[str, str | int | float | bool]
WriteMethod: TypeAlias = Literal["POST", "PUT", "PATCH"]


class Incremental(Strict):
    """A list parameter that leaves out what was not changed since a time. ``overlap_seconds`` are asked for again,
    since clocks and indexes lag; ``format`` is how the platform writes times.
    """

    param: str
    format: Literal["iso8601", "epoch_seconds", "epoch_milliseconds"] = "iso8601"
    overlap_seconds: int = Field(default=300, ge=0)


class ListSpec(Strict):
    """Read many. ``records``: where the array stands (no array there is an error, never "no records");
    ``total``: where their number over all pages stands.
    """

    path: str
    params: Params = Field(default_factory=dict)
    records: JmesPath = "@"
    total: JmesPath | None = None
    pagination: Pagination = Field(default_factory=NoPaging)


class RecordList(ListSpec):
    """The listing of an entity."""

    incremental: Incremental | None = None


class GetSpec(Strict):
    """Read one by id. ``missing``: what says that it does not exist: codes, or ``empty`` for nothing at ``record``
    in a successful answer.
    """

    path: str
    params: Params = Field(default_factory=dict)
    record: JmesPath = "@"
    missing: tuple[int | Literal["empty"], ...] = (404, 410)


class FindSpec(Strict):
    """Ask for the record of a key. The answer holds an array at ``records``, or one record (or null) at ``record``.
    Each record is checked again here: many servers ignore a filter that they do not know and send everything.
    """

    path: str
    params: Params = Field(default_factory=dict)
    records: JmesPath | None = None
    record: JmesPath | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if self.records and self.record:
            raise ValueError("give records (an array) or record (a single one), not both")
        if "{key}" not in self.path and not any("{key}" in str(value) for value in self.params.values()):
            raise ValueError("neither path nor params mention {key}")
        return self


class WriteSpec(Strict):
    """What creating and updating share. ``wrapper``: the body is put below this path; ``static``: values by dotted
    path that every body carries. ``read_back: false`` declares that the answer holds the full record at ``record``
    as the server keeps it; otherwise the record is read again, for a success code is no proof.
    """

    path: str
    wrapper: str | None = None
    static: dict[str, Json] = Field(default_factory=dict)
    record: JmesPath = "@"
    read_back: bool = True


class CreateSpec(WriteSpec):
    """Create one. ``id``: where the new id stands in the answer (default: the resource's ``id`` within ``record``);
    a bare id as the whole body, a Location header, and a look-up by key are tried as well.
    """

    method: WriteMethod = "POST"
    id: JmesPath | None = None


class UpdateSpec(WriteSpec):
    """Change one. ``send: all`` sends every mapped field (for servers that clear what is left out); ``id_as``: a
    dotted path at which the body repeats the id; ``if_match``: the If-Match header, with ``{revision}``.
    """

    method: WriteMethod = "PATCH"
    send: Literal["changed", "all"] = "changed"
    id_as: str | None = None
    if_match: str | None = None


class CommentList(ListSpec):
    """The comments of issue ``{id}``; the paths name what is read of each."""

    id: JmesPath = "id"
    text: JmesPath = "text"
    author: JmesPath | None = "author"
    at: JmesPath | None = "at"


class CommentCreate(Strict):
    """Append a comment to issue ``{id}``; ``text`` is where the text goes in the body."""

    method: WriteMethod = "POST"
    path: str
    text: str = "text"
    wrapper: str | None = None
    static: dict[str, Json] = Field(default_factory=dict)


class CommentsSpec(Strict):
    """Comments of an issue."""

    list: CommentList
    create: CommentCreate


class FieldSpec(Strict):
    """Where a platform field is read (JMESPath) and written (dotted path; false: never). Default: its name."""

    read: JmesPath | None = None
    write: str | Literal[False] | None = None


class Resource(Strict):
    """How the records of one entity are reached. ``url`` is a JMESPath, or an address with ``{id}``.
    ``omits_empty``: an empty field is left out of the answer, so that one that is missing counts as empty.
    """

    id: JmesPath = "id"
    revision: JmesPath | None = None
    updated_at: JmesPath | None = None
    actor: JmesPath | None = None
    url: str | None = None
    list: RecordList
    get: GetSpec | None = None
    find: FindSpec | None = None
    create: CreateSpec | None = None
    update: UpdateSpec | None = None
    comments: CommentsSpec | None = None
    fields: dict[str, FieldSpec] = Field(default_factory=dict)
    omits_empty: bool = False

    @model_validator(mode="after")
    def _if_match_has_revision(self) -> Self:
        if self.update and self.update.if_match and not self.revision:
            raise ValueError("update.if_match needs to know where the revision stands: give revision")
        return self


class WhoAmI(Strict):
    """A request that tells who is logged in: some servers serve a wrong key as an anonymous guest."""

    path: str
    who: JmesPath
    expect: str | None = None


class Options(Strict):
    """The whole section. ``headers`` go with every request; ``errors`` come before the usual meanings of codes."""

    headers: dict[str, str] = Field(default_factory=dict)
    errors: tuple[ErrorRule, ...] = ()
    whoami: WhoAmI | None = None
    resources: dict[Entity, Resource]
