"""The mapping's ``servicenow`` section: which tables hold what, and what of an instance differs from another.

A field is named by its column. ``NAME.COLUMN``, with NAME under ``related``, ``links`` or ``approvals``, is one that
stands in another table. The text below each key is its description in the JSON Schema and in the documents.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PositiveInt, field_validator, model_validator

from adapters.httpclient import Strict
from connector.model.fields import Entity

_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}", re.ASCII)
_PATH = re.compile(r"[a-z][a-z0-9_]{0,79}(\.[a-z][a-z0-9_]{0,79})*", re.ASCII)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a table or column is named by small letters, digits and underscores: its name, not its label")
    return value


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError("a column is named by small letters, digits and underscores, with dots between where it is "
                         "reached through references")  # fmt: skip
    return value


def _query(value: str) -> str:
    if "javascript:" in value.lower() or not value.isprintable():
        raise ValueError("a filter holds no script and no control characters")
    if "ORDERBY" in value or "^NQ" in value:
        raise ValueError("a filter holds no ORDERBY and no ^NQ: both would change what the paging asks")
    return value.strip("^")


Name: TypeAlias = Annotated[str, AfterValidator(_name)]
"""A table or column."""
Path: TypeAlias = Annotated[str, AfterValidator(_path)]
"""A column, or one reached through references."""
Filter: TypeAlias = Annotated[str, AfterValidator(_query)]
"""An encoded query, as "Copy query" of a list gives it."""
FieldKind: TypeAlias = Literal["text", "user", "datetime", "boolean", "list"]


class Related(Strict):
    """Columns of a record that stand in another table, one row for each record: `governance.status`."""

    table: Name
    """The other table."""
    record: Name
    """Its reference to the record."""
    fields: dict[Name, FieldKind] = Field(default_factory=dict)
    """Its columns that are no plain text, as in `fields` of the table."""
    static: dict[Name, str] = Field(default_factory=dict)
    """What a row that the connector makes gets besides."""


class Link(Strict):
    """A reference that stands in a table of its own (many to many): `model_link.record` of an issue, say."""

    table: Name
    """The table of pairs."""
    owner: Name
    """Its reference to the record."""
    record: Name
    """Its reference to what the record belongs to."""
    filter: Filter = ""
    """Which pairs count, where the table holds others too."""


class Approvals(Strict):
    """Approvals that the platform's own engine keeps for each record. They are read-only fields: `approvals.state`,
    `approvals.by`, `approvals.at` and `approvals.chain` (all steps).
    """

    table: Name = "sysapproval_approver"
    """Where the approvers' answers stand."""
    record: Name = "document_id"
    """Its reference to the record."""
    source_table: Name | None = "source_table"
    """Its column with the record's table; `null` where it has none."""


class Comments(Strict):
    """Where comments are written, and how one is known to stand already."""

    field: Name = "work_notes"
    """The journal column; what is written there is appended."""
    token_field: Name | None = None
    """A text column of the issue in which the connector marks what it posted. For accounts that may not read the
    journal's table."""
    token_field_length: PositiveInt = 4000
    """How many characters the column holds."""


class Table(Strict):
    """Where the records of an entity stand."""

    table: Name
    """The table."""
    filter: Filter = ""
    """Which of its records count, as an encoded query; all where nothing is given."""
    fields: dict[Name, FieldKind] = Field(default_factory=dict)
    """Columns that are no plain text: `user` (a reference to sys_user, told as e-mail), `datetime`, `boolean`, `list`
    (several values between commas)."""
    static: dict[Name, str] = Field(default_factory=dict)
    """What a record that the connector makes gets besides."""
    related: dict[Name, Related] = Field(default_factory=dict)
    """Columns in other tables, one row each, by a name of your choosing."""
    links: dict[Name, Link] = Field(default_factory=dict)
    """References in tables of pairs, by a name of your choosing."""
    approvals: Approvals | None = None
    """Where the platform's approval engine decides on these records."""
    comments: Comments | None = None
    """Of issues: how comments are written."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        taken = [*self.related, *self.links, *(["approvals"] if self.approvals else [])]
        twice = sorted({name for name in taken if taken.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is the name of two things; related, links and approvals share names")
        return self


class Users(Strict):
    """How people are told: the table, and its columns for e-mail and user name."""

    table: Name = "sys_user"
    """The table."""
    email: Name = "email"
    """The column with the e-mail address."""
    user_name: Name = "user_name"
    """The column with the name that `sys_updated_by` holds."""


class Options(Strict):
    """The whole section."""

    tables: dict[Entity, Table]
    """Where the records of each entity stand."""
    users: Users = Users()
    """How people are told."""
    account: str | None = None
    """User name of the connector's own account, for `check`; that of basic authentication is known without it."""
    time_zone: str = "UTC"
    """The time zone of the connector's account: queries are read in it. `check` says which it is."""
    page_size: PositiveInt = Field(default=1000, le=10_000)
    """Records a page; it is halved by itself where the instance runs out of time."""
    paging: Literal["keyset", "offset"] = "keyset"
    """`offset` where the account may not query ranges of sys_id; `check` says so."""
    overlap_seconds: int = Field(default=60, ge=0)
    """How far an incremental listing reaches back before the last time seen."""
    batch_size: PositiveInt = Field(default=50, le=200)
    """Writes in one request; 1 sends each alone."""
    chosen_ids: bool = True
    """Whether a new record gets its sys_id from its key, so that a creation sent twice makes one record."""
    api: Literal["v1", "v2"] | None = None
    """A version of the Table API to keep to; the instance's newest where nothing is given."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no such time zone; write e.g. UTC or Europe/Berlin") from None
        return value

    @model_validator(mode="after")
    def _comments_of_issues(self) -> Self:
        for entity, table in self.tables.items():
            if table.comments is not None and entity is not Entity.ISSUE:
                raise ValueError(f"tables.{entity}.comments: only issues have comments")
        return self
