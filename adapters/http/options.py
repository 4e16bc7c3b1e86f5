"""The mapping's ``http`` section: how one REST API is called. Unknown keys are refused.

Two path languages: what is *read* is named by a JMESPath, where something is *written* by a dotted path of keys.
``{id}``, ``{parent}`` and ``{key}`` stand for a record's id, its parent's id and its correlation key, ``${NAME}`` for
a variable of the connection. The text below each key is its description in the JSON Schema and in the documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from adapters.http.paging_options import JmesPath
from adapters.http.reading_options import FindSpec, GetSpec, LookupSpec, RecordList, WritePath
from adapters.http.writing_options import CommentsSpec, CreateSpec, UpdateSpec
from adapters.httpclient import AuthSettings, ErrorRule, Strict
from connector.model.fields import Entity
from connector.model.grc import Json

PLACEHOLDER = re.compile(r"(?<!\$)\{(\w+)\}")


class FieldSpec(Strict):
    """Where one of the platform's fields is read and written; by its name where nothing is said."""

    read: JmesPath | None = None
    """Where, or by which expression, the value is read."""
    write: WritePath | Literal[False] | None = None
    """Where it is written; `false`: never."""
    sets: dict[str, dict[WritePath, Json]] = Field(default_factory=dict)
    """For a value that several fields make up: per value, what is written where. The value `""` stands for empty."""
    lookup: str | None = None
    """Name under `lookups`: the field holds the id, the mapping sees what stands for it."""

    @model_validator(mode="after")
    def _one_way_of_writing(self) -> Self:
        if self.sets and self.write is not None:
            raise ValueError("`write` has no effect beside `sets`; leave one of them out")
        if self.sets and self.read is None:
            raise ValueError("`sets` needs `read`: the expression that tells the value")
        return self


class ParentSpec(Strict):
    """Records that stand below those of another entity. Their ids are written PARENT/ID. With `{parent}` in the path of
    the listing they are listed once per parent: one request for each parent and page, in every cycle.
    """

    entity: Entity
    """Whose records they stand below."""
    field: str
    """The name by which the mapping knows the parent's id; it is part of paths, never of a body."""
    id: JmesPath | None = None
    """Where a record tells its parent's id: for a listing over all parents, whose path has no `{parent}`, and for
    `find`."""


class _Records(Strict):
    """What a resource and a related one have in common."""

    id: JmesPath = "id"
    """Where the id stands."""
    list: RecordList
    """Read all. Required."""
    find: FindSpec | None = None
    """Ask for one by its key; the listing is read where this is not given."""
    create: CreateSpec | None = None
    """Create one; not given: never."""
    update: UpdateSpec | None = None
    """Change one; not given: never."""
    fields: dict[str, FieldSpec] = Field(default_factory=dict)
    """Fields that do not simply stand under their name."""
    omits_empty: bool = False
    """Whether answers leave out fields that are empty: one that is missing then counts as empty."""


class Related(_Records):
    """Fields of a record that the API keeps in another resource, one related record for each."""

    record: JmesPath
    """Where a related record tells the id of the record that it belongs to."""
    record_as: WritePath
    """Where that id is written."""
    of: FindSpec | None = None
    """Ask for the related record of one record, its id as `{key}`; the listing is read where this is not given."""
    resume: tuple[str, ...] = ()
    """Where the key stands here: fields of the record itself that tell whose it is, such as the connector's instance
    and the name. A record that has them and no key was left by a broken run and is taken up, not made again."""

    @model_validator(mode="after")
    def _has_fields(self) -> Self:
        if not self.fields:
            raise ValueError("name the fields that stand in the related resource")
        if self.list.by_ids:
            raise ValueError("list.by_ids is for records that the connector links, not for related ones")
        return self


class Resource(_Records):
    """How the records of one entity are reached."""

    server: str | None = None
    """Name under `servers`, where the records are not on the connection's own."""
    parent: ParentSpec | None = None
    """Where the records stand below those of another entity."""
    revision: JmesPath | None = None
    """Where the revision for `update.if_match` stands."""
    updated_at: JmesPath | None = None
    """Where the time of the last change stands."""
    actor: JmesPath | None = None
    """Where it stands who changed it last."""
    url: str | None = None
    """A JMESPath to the address of its page, or an address with `{id}`."""
    get: GetSpec | None = None
    """Read one by id; the listing is read where this is not given."""
    comments: CommentsSpec | None = None
    """Of issues: how comments are read and added."""
    related: dict[str, Related] = Field(default_factory=dict)
    """Fields that stand in another resource, by a name of your choosing."""

    @model_validator(mode="after")
    def _if_match_has_revision(self) -> Self:
        if self.update and self.update.if_match and not self.revision:
            raise ValueError("update.if_match needs to know where the revision stands: give revision")
        return self

    @property
    def listed_per_parent(self) -> bool:
        """Whether there is a listing for each parent rather than one of all."""
        return "{parent}" in self.list.path

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        parent = ("parent",) if self.parent else ()
        for where, path, known in self._paths():
            allowed = (*known, *parent)
            unknown = next((name for name in PLACEHOLDER.findall(path) if name not in allowed), None)
            if unknown == "parent":
                raise ValueError(f"{where} has {{parent}}: say by `parent` whose records these stand below")
            if unknown is not None:
                listed = " and ".join(f"{{{name}}}" for name in allowed) or "nothing"
                raise ValueError(f"{where} has {{{unknown}}}, and only {listed} can stand there")
        if self.update and "{id}" not in self.update.path and self.update.id_as is None:
            raise ValueError("update does not say which record: put {id} into its path, or give id_as")
        if self.get and "{id}" not in f"{self.get.path} {self.get.params}":
            raise ValueError("get does not say which record: put {id} into its path or params")
        return self

    def _paths(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Every path with what may stand in it beside the parent's id."""
        yield "list.path", self.list.path, ()
        for verb, known in (("get", ("id",)), ("create", ()), ("update", ("id",))):
            spec = getattr(self, verb)
            if spec is not None:
                yield f"{verb}.path", spec.path, known
        if self.comments:
            yield "comments.list.path", self.comments.list.path, ("id",)
            yield "comments.create.path", self.comments.create.path, ("id",)

    @model_validator(mode="after")
    def _parent_in_paths(self) -> Self:
        parent = self.parent
        if parent is None:
            return self
        if not self.listed_per_parent and parent.id is None:
            raise ValueError(
                "a record's parent is not known: list.path needs {parent}, or a listing over all parents parent.id"
            )
        if self.find and parent.id is None:
            raise ValueError("find gives records of any parent: say by parent.id where a record tells its parent's id")
        if self.create and "{parent}" not in self.create.path:
            raise ValueError("create.path needs {parent}: the parent's id is never part of a body")
        if self.list.by_ids:
            raise ValueError("list.by_ids is for records of their own, not for those below a parent")
        if self.related:
            raise ValueError("`related` is for records of their own, not for those below a parent")
        return self


class WhoAmI(Strict):
    """A request that tells who is logged in: some servers serve a wrong key as an anonymous guest. It is sent by
    `check`, and whenever a record, or all of them, seem to be gone.
    """

    path: str
    """What to ask."""
    who: JmesPath
    """Where the answer names the account. Nothing there: nobody is logged in."""
    expect: str | None = None
    """Who it must be."""


class Server(Strict):
    """Another server than the connection's. It never gets the connection's credentials or headers, unless it is of
    the same origin and has no `auth` of its own.
    """

    url: str
    """Its address."""
    auth: AuthSettings | None = None
    """How to sign in there, as in a connection."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Sent with every request there."""
    whoami: WhoAmI | None = None
    """A request that tells who is logged in there."""


class Options(Strict):
    """The whole section."""

    headers: dict[str, str] = Field(default_factory=dict)
    """Sent with every request to the connection's own server."""
    errors: tuple[ErrorRule, ...] = ()
    """What answers mean; these come before the usual meanings of codes."""
    whoami: WhoAmI | None = None
    """A request that tells who is logged in."""
    servers: dict[str, Server] = Field(default_factory=dict)
    """Other servers, by a name of your choosing."""
    lookups: dict[str, LookupSpec] = Field(default_factory=dict)
    """Tables of ids and what stands for them, by a name of your choosing."""
    resources: dict[Entity, Resource]
    """How the records of each entity are reached."""

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for where, kind, name, known in self._named():
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise ValueError(f"{where} names '{name}', which is not among {kind} ({listed})")
        return self

    def _named(self) -> Iterator[tuple[str, str, str, set[str]]]:
        """Every name that is used: where, what it names, the name, those that there are."""
        servers, lookups = set(self.servers), set(self.lookups)
        for name, lookup in self.lookups.items():
            if lookup.server:
                yield f"lookups.{name}.server", "servers", lookup.server, servers
        alone = {
            str(entity) for entity, one in self.resources.items() if one.parent is None and one.list.by_ids is None
        }
        for entity, resource in self.resources.items():
            where = f"resources.{entity}"
            if resource.server:
                yield f"{where}.server", "servers", resource.server, servers
            if resource.parent:
                kind = "the resources that have no parent themselves and a listing"
                yield f"{where}.parent.entity", kind, str(resource.parent.entity), alone
            parts = [(where, resource.fields)] + [
                (f"{where}.related.{name}", related.fields) for name, related in resource.related.items()
            ]
            for part, fields in parts:
                for name, spec in fields.items():
                    if spec.lookup:
                        yield f"{part}.fields.{name}.lookup", "lookups", spec.lookup, lookups
