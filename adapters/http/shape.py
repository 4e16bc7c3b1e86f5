"""Turns what the platform sends into records, and fields into what the platform takes."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.base import EntityFields
from adapters.http.options import FieldSpec, Resource
from adapters.http.templates import fill
from adapters.httpclient.path import search
from connector.model.errors import ConfigError, Rejected
from connector.model.fields import Entity
from connector.model.grc import Json, Record

_AS_NAMED = FieldSpec()


class Shape:
    """How records of one entity look, both ways."""

    def __init__(self, entity: Entity, resource: Resource, wanted: EntityFields) -> None:
        self.entity, self.resource, self.key_field = entity, resource, wanted.key_field
        key = (wanted.key_field,) if wanted.key_field else ()
        self.names = tuple(dict.fromkeys((*wanted.fields, *key)))
        self._reads = tuple((name, self._spec(name).read) for name in self.names)

    def record(self, raw: Json) -> Record | None:
        """The record, or None when ``raw`` is not an object with an id."""
        record_id = self.id_of(raw)
        if record_id is None:
            return None
        resource = self.resource
        return Record(
            entity=self.entity,
            id=record_id,
            values={name: search(read, raw) if read else raw.get(name) for name, read in self._reads},
            revision=_text(raw, resource.revision),
            updated_at=_text(raw, resource.updated_at),
            actor=_text(raw, resource.actor),
            url=self._url(raw, record_id),
        )

    def id_of(self, raw: Json) -> str | None:
        """The record's id as text."""
        return _text(raw, self.resource.id) if isinstance(raw, dict) else None

    def value(self, raw: Json, name: str) -> Json:
        """The value of a platform field, as it came."""
        read = self._spec(name).read
        return search(read, raw) if read else raw.get(name)

    def has(self, raw: Json, name: str) -> bool:
        """Whether the record certainly has the field, be it empty."""
        return self.value(raw, name) is not None or (self._spec(name).read is None and name in raw)

    def body(self, values: Mapping[str, Json], *, static: Mapping[str, Json], wrapper: str | None) -> Json:
        """The body that carries the fields. Raises Rejected for a field that is declared as never written."""
        content: dict[str, Json] = {}
        for path, value in static.items():
            put(content, path.split("."), value)
        for name, value in values.items():
            write = self._spec(name).write
            if write is False:
                raise Rejected(
                    f"The field {name} of {self.entity} is declared as never written.",
                    remedy=f"give http.resources.{self.entity}.fields.{name}.write, or make the field the GRC's own.",
                    field=name,
                )
            put(content, write.split(".") if write else [name], value)
        return wrapped(content, wrapper)

    def current(self, raw: Json) -> dict[str, Json]:
        """Every writable mapped field as it stands, for servers that clear what a write leaves out."""
        return {name: self.value(raw, name) for name in self.names if self._spec(name).write is not False}

    def _spec(self, name: str) -> FieldSpec:
        return self.resource.fields.get(name, _AS_NAMED)

    def _url(self, raw: Json, record_id: str) -> str | None:
        url = self.resource.url
        return fill(url, id=record_id) if url and "{id}" in url else _text(raw, url)


def wrapped(content: dict[str, Json], wrapper: str | None) -> dict[str, Json]:
    """``content`` below the dotted path ``wrapper``."""
    outer: dict[str, Json] = {}
    return put(outer, wrapper.split("."), content) if wrapper else content


def put(target: dict[str, Json], keys: list[str], value: Json) -> dict[str, Json]:
    """Set ``value`` at the path ``keys`` within ``target``, which is returned."""
    inner = target
    for key in keys[:-1]:
        inner = inner.setdefault(key, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"The write path {'.'.join(keys)} goes through {key}, which holds a value itself.")
    inner[keys[-1]] = value
    return target


def _text(raw: Json, path: str | None) -> str | None:
    found = search(path, raw) if path else None
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) and found != "" else None
