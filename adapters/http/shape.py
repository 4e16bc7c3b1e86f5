"""Turns what the platform sends into records, and fields into what the platform takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from adapters.http.lookups import Lookup
from adapters.http.options import FieldSpec, ParentSpec
from adapters.http.templates import fill, nested_id, parent_of
from adapters.httpclient.path import has_keys, put, search
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Json, Record, Unreadable

_AS_NAMED = FieldSpec()
PARENT = "_parent"
"""The key under which a row of a nested listing carries its parent's id."""


class Looks(Protocol):
    """What a resource says about its records."""

    @property
    def id(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, FieldSpec]: ...
    @property
    def omits_empty(self) -> bool: ...


class Shape:
    """How records of one entity look, both ways. ``names`` are the platform fields to read, the key field included."""

    def __init__(
        self,
        entity: Entity,
        looks: Looks,
        names: Collection[str],
        key_field: str | None,
        lookups: Mapping[str, Lookup] | None = None,
    ) -> None:
        self.entity, self.looks, self.key_field = entity, looks, key_field
        self.names = tuple(dict.fromkeys((*names, *((key_field,) if key_field else ()))))
        self.lookups = {
            name: (lookups or {})[spec.lookup] for name, spec in looks.fields.items() if spec.lookup is not None
        }
        self._parent: ParentSpec | None = getattr(looks, "parent", None)

    @property
    def nested(self) -> bool:
        """Whether records stand below those of another entity."""
        return self._parent is not None

    @property
    def id_paths(self) -> tuple[str, ...]:
        """Where what makes up a record's id is read."""
        parent = self._parent.id if self._parent else None
        return (self.looks.id, parent) if parent else (self.looks.id,)

    @property
    def id_keys(self) -> str:
        """The keys of the mapping that say so."""
        return " and ".join(("id", "parent.id")[: len(self.id_paths)])

    def record(self, raw: Json) -> Record | None:
        """The record, or None when ``raw`` is not an object with an id."""
        record_id = self.id_of(raw)
        if record_id is None:
            return None
        return Record(
            entity=self.entity,
            id=record_id,
            values={name: self.value(raw, name) for name in self.names if not self.lacks(raw, name)},
            revision=self._text(raw, "revision"),
            updated_at=self._text(raw, "updated_at"),
            actor=self._text(raw, "actor"),
            url=self._url(raw, record_id),
        )

    def id_of(self, raw: Json) -> str | None:
        """The record's id as text."""
        if not isinstance(raw, dict):
            return None
        own = text_at(raw, self.looks.id)
        if own is None or not self.nested:
            return own
        parent = self.parent_in(raw)
        return None if parent is None else nested_id(parent, own)

    def parent_in(self, raw: Json) -> str | None:
        """The parent's id as a row carries it: from the path that it was asked for at, or where the mapping says."""
        if self._parent is None or not isinstance(raw, dict):
            return None
        return raw[PARENT] if PARENT in raw else text_at(raw, self._parent.id)

    def value(self, raw: Json, name: str) -> Json:
        """The value of a platform field, as it came; what stands for it, where it is looked up."""
        if self._parent is not None and name == self._parent.field:
            return self.parent_in(raw)
        read = self.spec(name).read
        found = search(read, raw) if read else raw.get(name)
        lookup = self.lookups.get(name)
        return lookup.value_of(found) if lookup else found

    def has(self, raw: Json, name: str) -> bool:
        """Whether the record certainly has the field, be it empty."""
        return self._has_keys(raw, name) is True or self.value(raw, name) is not None

    def lacks(self, raw: Json, name: str) -> bool:
        """Whether the record certainly has no such field, not even an empty one."""
        return not self.looks.omits_empty and self._has_keys(raw, name) is False

    def _has_keys(self, raw: Json, name: str) -> bool | None:
        if self._parent is not None and name == self._parent.field:
            return self.parent_in(raw) is not None
        read = self.spec(name).read
        return has_keys(read, raw) if read else name in raw

    def body(self, values: Mapping[str, Json], static: Mapping[str, Json]) -> dict[str, Json]:
        """The body that carries the fields. Raises Rejected for a field that is declared as never written, and for a
        value that has no words on the platform.
        """
        return self.put_all({}, values, static)

    def put_all(
        self, content: dict[str, Json], values: Mapping[str, Json], static: Mapping[str, Json]
    ) -> dict[str, Json]:
        """``content`` with the fields and the static values put in, as :meth:`body` says."""
        for path, value in static.items():
            put(content, path, value)
        for name, value in values.items():
            if self._parent is None or name != self._parent.field:
                for path, part in self._written(name, value).items():
                    put(content, path, part)
        return content

    def current(self, raw: Json) -> dict[str, Json]:
        """Every writable mapped field as it stands, for servers that clear what a write leaves out. Raises Rejected
        for one that cannot be read, since it could not be kept.
        """
        names = (name for name in self.names if self.spec(name).write is not False)
        values = {name: self.value(raw, name) for name in names}
        for name, value in values.items():
            if isinstance(value, Unreadable):
                remedy = "correct it in the GRC; until then the record is not written, which would clear the field."
                raise Rejected(f"{name}: {value.reason}.", remedy=remedy, field=name)
        return values

    def parent_id(self, values: Mapping[str, Json]) -> str:
        """The parent of a record to be made. Raises Rejected where the values name none."""
        assert self._parent is not None
        parent = values.get(self._parent.field)
        if not isinstance(parent, str) or not parent:
            raise Rejected(
                f"A {self.entity} stands below a {self._parent.entity}, and {self._parent.field} names none.",
                remedy=f"map {self._parent.field} as identity.parent.",
                field=self._parent.field,
            )
        return parent

    def must_stay(self, record_id: str, values: Mapping[str, Json]) -> None:
        """Raise Rejected where a write would move the record below another parent."""
        if self._parent is not None and values.get(self._parent.field, parent_of(record_id)) != parent_of(record_id):
            raise Rejected(
                f"The {self.entity} {record_id} cannot be moved to another {self._parent.entity}.",
                remedy="move it in the GRC.",
                field=self._parent.field,
            )

    def spec(self, name: str) -> FieldSpec:
        """What is declared of a field."""
        return self.looks.fields.get(name, _AS_NAMED)

    def _written(self, name: str, value: Json) -> Mapping[str, Json]:
        """What a field's value is, by path in the body."""
        spec = self.spec(name)
        where = f"the fields of {self.entity} in the mapping's http section"
        if spec.sets:
            word = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            if word not in spec.sets:
                what = f"{word!r} of {name} cannot be written: sets has words for {', '.join(map(repr, spec.sets))}."
                raise Rejected(what, remedy=f"add it to {name}.sets among {where}.", field=name)
            return spec.sets[word]
        if spec.write is False:
            raise Rejected(
                f"The field {name} of {self.entity} is declared as never written.",
                remedy=f"give {name}.write among {where}, or make the field the GRC's own.",
                field=name,
            )
        lookup = self.lookups.get(name)
        return {spec.write or name: lookup.id_of(value, name) if lookup else value}

    def _text(self, raw: Json, part: str) -> str | None:
        return text_at(raw, getattr(self.looks, part, None))

    def _url(self, raw: Json, record_id: str) -> str | None:
        url: str | None = getattr(self.looks, "url", None)
        return fill(url, id=record_id) if url and "{id}" in url else text_at(raw, url)


def wrapped(content: dict[str, Json], wrapper: str | None) -> dict[str, Json]:
    """``content`` below the dotted path ``wrapper``."""
    outer: dict[str, Json] = {}
    return put(outer, wrapper, content) if wrapper else content


def text_at(raw: Json, path: str | None) -> str | None:
    """The text at a JMESPath, a number as text; None for anything else, and for nothing."""
    found = search(path, raw) if path else None
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) and found != "" else None
