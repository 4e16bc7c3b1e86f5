"""The mapping's ``archer`` section: which instance, which applications, and what of a tenant cannot be asked for.

Applications, levels, fields and values are named by GUID, alias or name, whichever is found first in that order. Every
``${NAME}`` stands for a variable of the connection.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from adapters.httpclient import Strict
from connector.model.fields import Entity


class FieldOptions(Strict):
    """What cannot be read off a field's definition."""

    field: str | None = None
    """GUID, alias or name of the field in Archer, where the mapping's own name for it is none of these."""
    rich: bool = False
    """A text area in which people format text: it holds HTML, and the mapping sees plain text."""
    multiple: bool = False
    """Several may be selected: the mapping sees a list, even of one."""
    refers_to: Entity | None = None
    """Of a cross-reference: the entity whose records it names."""
    prefix: str = ""
    """Of a tracking ID: what people see before the number, and the API leaves out."""


class WorkflowOptions(Strict):
    """A field that an Advanced Workflow moves: it is read as any other and changed by actions alone."""

    field: str
    """The field, by the mapping's name."""
    actions: dict[str, str]
    """The field's value to the name of the action that leads to it."""


class CommentOptions(Strict):
    """Where comments on issues stand: in a text field, one after the other, or in a sub-form, each an entry."""

    text: str | None = None
    """A plain text field, by GUID, alias or name. The account reads and writes it."""
    sub_form: str | None = None
    """A sub-form field, by GUID, alias or name."""
    level_id: PositiveInt | None = None
    """Of a sub-form: the id of its level, which its field's definition does not tell."""
    entry: str | None = None
    """Of a sub-form: the text field of its entries, by GUID, alias or name."""
    rich: bool = False
    """Of a sub-form: that field is a text area in which people format text."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.text is None) == (self.sub_form is None):
            raise ValueError("name either a text field, as `text`, or a sub-form, as `sub_form`")
        if (self.sub_form is not None) != (self.level_id is not None and self.entry is not None):
            raise ValueError("`sub_form`, `level_id` and `entry` go together")
        return self


class LevelOptions(Strict):
    """The level of an application that holds the records of one entity."""

    application: str
    """GUID, alias or name of the application."""
    level: str | None = None
    """GUID, alias, name or id of the level; only an application with several needs it."""
    fields: dict[str, FieldOptions] = Field(default_factory=dict)
    """Fields of which something is to be said, by the mapping's name."""
    updated: str | None = None
    """The Last Updated field; found by its type unless there are several."""
    order: str | None = None
    """A field that never changes, to sort by: the Tracking ID, or else First Published, unless it is named."""
    url: str | None = None
    """Address of a record for people, with `{site}`, `{module}`, `{level}` and `{id}`."""
    workflow: WorkflowOptions | None = None
    """A field that is changed by workflow actions. Left out: the workflow is never touched."""
    comments: CommentOptions | None = None
    """Of issues: where comments stand. Left out: there are none."""


class SessionOptions(Strict):
    """An Archer account has one session: each login ends the one before. These keep logins few."""

    relogin_seconds: NonNegativeFloat = 30
    """A session that another login ended is taken back once in so many seconds; sooner, the run ends and says why."""
    max_evictions: PositiveInt = 3
    """How often within `evictions_seconds` a session is taken back from another login."""
    evictions_seconds: PositiveFloat = 900
    """The time in which evictions are counted."""
    idle_seconds: PositiveFloat = 600
    """Idle time-out of the instance; a session that ends after so long a silence was not taken away by anybody."""


class SearchOptions(Strict):
    """How records are listed."""

    page_size: PositiveInt = 500
    """Records a page; halved down to `least_page_size` when the server fails on it."""
    least_page_size: PositiveInt = 10
    """A server that fails on so small a page is not asked for less."""
    max_records: PositiveInt = 100_000
    """The cap that is sent with a search. A search that reaches it is incomplete."""
    attempts: PositiveInt = 3
    """How often a listing is begun again whose count is not what came: records came and went meanwhile."""
    overlap_seconds: NonNegativeInt = 120
    """How far before the last watermark an incremental listing starts."""


class Options(Strict):
    """The whole section."""

    instance: str
    """Name of the Archer instance."""
    domain: str = ""
    """The domain of the account, for those that have one."""
    prefix: str | None = None
    """Path of the REST API below url, such as `RSAArcher/platformapi`; probed unless it is given."""
    reads: Literal["get", "override"] = "get"
    """How REST is read: plain GET, or POST with X-Http-Method-Override as the vendor documents it."""
    values: Literal["name", "alias", "id"] = "name"
    """By what the mapping knows the values of values lists."""
    people: Literal["email", "user_name"] = "email"
    """By what the mapping knows users."""
    sees_all: bool = False
    """The account may read every record of these applications: no record permission, no rule hides one from it. Only
    then a record that is neither found by id nor by a search counts as deleted."""
    metadata_seconds: PositiveFloat = 3600
    """How long definitions of fields, values and users are believed; what is unknown is asked for again at once."""
    session: SessionOptions = Field(default_factory=SessionOptions)
    """How the one session of the account is kept."""
    search: SearchOptions = Field(default_factory=SearchOptions)
    """How records are listed."""
    levels: dict[Entity, LevelOptions]
    """Where the records of each entity are. Users need none."""

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if Entity.USER in self.levels:
            raise ValueError("users are Archer's own, not records of an application: take levels.user out")
        for entity, level in self.levels.items():
            if level.comments is not None and entity is not Entity.ISSUE:
                raise ValueError(
                    f"comments stand on issues, not on {entity} records: take levels.{entity}.comments out"
                )
            for name, field in level.fields.items():
                if field.refers_to is not None and field.refers_to not in self.levels:
                    raise ValueError(f"levels.{entity}.fields.{name} refers to {field.refers_to}, which has no level")
        return self
