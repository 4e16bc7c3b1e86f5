"""How records are listed, read by id and looked up by key, as an admin declares it."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from adapters.http.paging_options import JmesPath, NoPaging, Pagination
from adapters.httpclient import Strict
from adapters.httpclient.path import check_write_path


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


class RecordList(ListSpec):
    """The listing of an entity."""

    incremental: Incremental | None = None
    """How to leave out what was not changed."""


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
