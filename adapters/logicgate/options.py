"""The mapping's ``logicgate`` section: which workflows hold the records, and what of a tenant cannot be asked for.

Whatever has an ``id`` here need not be looked up by its name, which takes LogicGate's build permission. Every
``${NAME}`` stands for a variable of the connection.
"""

from __future__ import annotations

from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, field_validator, model_validator

from adapters.httpclient import Strict
from connector.model.fields import Entity

STEP = "record.step"


class FieldOptions(Strict):
    """What is known of a field beforehand."""

    id: str | None = None
    """Its id. Needed to write a field that no record shows yet, where the token has no build permission; and to tell
    two fields of one name apart."""
    type: str | None = None
    """Its type, as LogicGate names it: `DATE`, `USER`, `MULTI_SELECT`. Needed with `id` for anything but text."""


class LinkOptions(Strict):
    """How records of this workflow are linked with those of another entity."""

    layout: str
    """The layout that the older API wants with a new link."""
    as_: Literal["parent", "child"] = Field(default="parent", alias="as")
    """What the other record becomes to this one."""


class CommentOptions(Strict):
    """LogicGate's API has no comments: a text field of the issue holds them, one after the other."""

    field: str
    """A text area, by name or id. The token's user reads and writes it."""


class WorkflowOptions(Strict):
    """The workflow that holds the records of one entity."""

    workflow: str
    """Its name, or its id."""
    id: str | None = None
    """Its id, where `workflow` is its name."""
    step_id: str | None = None
    """The id of the step in which new records start. Left out: the origin step, as seen on records or looked up."""
    assignee: str | None = None
    """E-mail of the user to whom new records are assigned."""
    fields: dict[str, FieldOptions] = Field(default_factory=dict)
    """Fields of which something is to be said, by the mapping's name."""
    moves: dict[str, str | None] | None = None
    """Names of the steps that records may be moved to by writing `record.step`, each with its id or null (then it is
    looked up). Moving needs an admin's token and opens the record. Left out: the workflow's own routing moves them."""
    links: dict[Entity, LinkOptions] = Field(default_factory=dict)
    """How `linked.<entity>` is written."""
    comments: CommentOptions | None = None
    """Of issues: where comments stand. Left out: there are none."""
    url: str | None = None
    """Address of a record for people, with `{site}` and `{id}`."""


class Options(Strict):
    """The whole section."""

    application: str | None = None
    """Name or id of the application, where several have workflows of one name."""
    sees_all: bool = False
    """The token's user may see every record of these workflows: no entitlement hides one. Only then a record that is
    not found by its id counts as deleted; how LogicGate answers for a hidden one is not published."""
    page_size: PositiveInt = 500
    """Records a page; the server may give fewer."""
    attempts: PositiveInt = 3
    """How often the pages are walked before a listing that moves meanwhile is given up as incomplete."""
    overlap_seconds: NonNegativeInt = 120
    """How far before the last change an incremental listing starts: whether LogicGate includes it is not published."""
    metadata_seconds: PositiveFloat = 3600
    """How long what was looked up of workflows, steps and fields is believed."""
    links_seconds: PositiveFloat = 3600
    """How long the links of a record that did not change are believed."""
    date_write_format: Literal["date", "milliseconds", "seconds"] = "date"
    """How a date is sent: `2026-03-31` as the vendor has it, or its midnight since 1970, which some tenants want."""
    time_zone: str = "UTC"
    """The zone whose midnight a date is kept at."""
    clear_with: Literal["empty_list", "empty_text", "null", "refuse"] = "empty_list"
    """What empties a field: `[]`, `[""]`, `[null]`. Nobody publishes it; what it came to is read back. `refuse`: a
    field is never emptied, and the value is reported instead."""
    workflows: dict[Entity, WorkflowOptions]
    """Where the records of each entity are."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no time zone of this name is known; write e.g. Europe/London") from None
        return value

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if Entity.USER in self.workflows:
            raise ValueError("LogicGate's API lists no users: take workflows.user out")
        for entity, workflow in self.workflows.items():
            if workflow.comments is not None and entity is not Entity.ISSUE:
                raise ValueError(
                    f"comments stand on issues, not on {entity} records: take workflows.{entity}.comments out"
                )
            missing = [str(other) for other in workflow.links if other not in self.workflows]
            if missing:
                raise ValueError(f"workflows.{entity}.links names {missing[0]}, which has no workflow")
        return self
