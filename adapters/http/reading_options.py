"""How records are listed, read by id and looked up by key, as an admin declares it."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from adapters.http.paging_options import JmesPath, NoPaging, Pagination
from adapters.httpclient import Strict
from adapters.httpclient.path import check_write_path
from connector.model.grc import Json


def _checked(value: str) -> str:
    check_write_path(value)
    return value


WritePath: TypeAlias = Annotated[str, AfterValidator(_checked)]
"""Dotted keys; ``custom[name=Tier].value`` goes through the object of an array whose ``name`` is ``Tier``."""
Params: TypeAlias = dict[str, str | int | float | bool]


class Incremental(Strict):
    """A list parameter that leaves out what was not changed since a time."""

    param: str
    """Name of the parameter."""
    format: Literal["iso8601", "epoch_seconds", "epoch_milliseconds", "epoch_microseconds"] = "iso8601"
    """How the platform writes times."""
    overlap_seconds: int = Field(default=300, ge=0)
    """So much before the time is asked for again, since clocks and indexes lag."""


class ListSpec(Strict):
    """Read many."""

    path: str
    """Below the connection's url; `{parent}` in it is the parent's id."""
    params: Params = Field(default_factory=dict)
    """Sent with every page, e.g. one that shows closed issues as well."""
    records: JmesPath = "@"
    """Where the array stands. No array there is an error, never "no records"."""
    total: JmesPath | None = None
    """Where the number of records over all pages stands."""
    empty: tuple[int, ...] = ()
    """Codes that say that there is no record, such as 204."""
    pagination: Pagination = Field(default_factory=NoPaging)
    """How the pages after the first are asked for."""


class ByIds(Strict):
    """For an API without a listing that reads many records by their ids, sent in the body. Only records that the
    connector knows of are read then, namely those it is linked with: what people add there is not found.
    """

    method: Literal["POST", "PUT"] = "POST"
    """The verb."""
    at: WritePath | None = None
    """Where the ids stand in the body; not given: the body is the array."""
    item: WritePath | None = None
    """Where an id stands in each member of the array; not given: the ids are its members."""
    static: dict[WritePath, Json] = Field(default_factory=dict)
    """Values by path that the body carries besides."""
    per_request: PositiveInt = 100
    """How many records a request asks for."""

    @model_validator(mode="after")
    def _object_for_static(self) -> Self:
        if self.static and self.at is None:
            raise ValueError("static needs `at`: the body is the array of ids without it")
        return self


class RecordList(ListSpec):
    """The listing of an entity."""

    incremental: Incremental | None = None
    """How to leave out what was not changed."""
    by_ids: ByIds | None = None
    """Where there is no listing: how records are read by the ids that the connector knows."""

    @model_validator(mode="after")
    def _by_ids_alone(self) -> Self:
        if self.by_ids and (self.incremental or self.total or not isinstance(self.pagination, NoPaging)):
            raise ValueError("incremental, total and pagination have no effect beside by_ids; leave them out")
        return self


class GetSpec(Strict):
    """Read one by id."""

    path: str
    """With `{id}`, and `{parent}` where records stand below others."""
    params: Params = Field(default_factory=dict)
    """Query parameters; `{id}` may stand in them as well."""
    record: JmesPath = "@"
    """Where the record stands in the answer."""
    missing: tuple[int | Literal["empty"], ...] = (404, 410)
    """What says that it does not exist: codes, or `empty` for nothing at `record` in a successful answer."""


class FindSpec(Strict):
    """Ask for the record of a key. What comes back is checked again here: many servers ignore a filter that they do
    not know and send everything; then the whole listing is read instead.
    """

    path: str
    """May hold `{key}`."""
    params: Params = Field(default_factory=dict)
    """May hold `{key}`."""
    records: JmesPath | None = None
    """Where the array stands; that of the listing unless given."""
    record: JmesPath | None = None
    """Where the one record, or null, stands, for answers without an array."""

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if self.records and self.record:
            raise ValueError("give records (an array) or record (a single one), not both")
        if "{key}" not in self.path and not any("{key}" in str(value) for value in self.params.values()):
            raise ValueError("neither path nor params mention {key}")
        return self


class LookupSpec(ListSpec):
    """A table in which a value stands for an id: people by e-mail, models by number. The platform's fields hold the
    id, the mapping sees the value.
    """

    id: JmesPath = "id"
    """What the platform's fields hold."""
    value: JmesPath
    """What stands for it; compared without regard to case."""
    server: str | None = None
    """Name under `servers`, where the table is not on the connection's own."""
