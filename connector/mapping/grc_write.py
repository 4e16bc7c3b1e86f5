"""Canonical values to what is sent to the GRC."""

from __future__ import annotations

from collections.abc import Mapping

from connector.mapping.connection import ConnectionMapping
from connector.mapping.native import to_native
from connector.mapping.platform import Place
from connector.model.cut import cut
from connector.model.errors import Rejected
from connector.model.fields import Entity, Field, FieldType, Value
from connector.model.grc import Json

IDENTITY_PREFIX = "identity."


def grc_values(mapping: ConnectionMapping, entity: Entity, values: Mapping[str, Value]) -> dict[str, Json]:
    """Platform fields and native values for canonical ones; ``identity.<name>`` stands for an identity field.

    With a governed mapping a version's values belong into the record of its model (see
    :meth:`ConnectionMapping.record_entity`). An identity field that the mapping does not name is left out. Raises
    Rejected, naming the field, for one that cannot be written, or a value that the mapping has no word for.
    """
    sent: dict[str, Json] = {}
    fields = {one.name: one for one in mapping.fields(entity)}
    for name, value in values.items():
        if name.startswith(IDENTITY_PREFIX):
            sent |= _identity_value(mapping, entity, name.removeprefix(IDENTITY_PREFIX), value)
        else:
            sent |= _field_value(mapping, entity, name, fields.get(name), value)
    return sent


def identity_values(
    *,
    key: str,
    instance: str,
    name: str,
    created_ms: int,
    version: str | None = None,
    parent_id: str | None = None,
) -> dict[str, Value]:
    """What ties a new record to its registry object, to be given to :func:`grc_values` with the other values."""
    made = {"key": key, "instance": instance, "name": name, "created": str(created_ms)}
    made |= {"version": version} if version is not None else {}
    made |= {"parent": parent_id} if parent_id is not None else {}
    return {IDENTITY_PREFIX + one: value for one, value in made.items()}


def _identity_value(mapping: ConnectionMapping, entity: Entity, name: str, value: Value) -> dict[str, Json]:
    place: Place | None = mapping.platform.identity_of(mapping.record_entity(entity)).get(name)
    if place is None or place.write_name is None:
        return {}
    native: Json = int(value) if name == "created" and value is not None else value
    return {place.write_name: native}


def _field_value(
    mapping: ConnectionMapping, entity: Entity, name: str, declared: Field | None, value: Value
) -> dict[str, Json]:
    mapped = mapping.mapped(entity, name)
    if declared is None or mapped is None or mapped.write_name is None or not mapped.writable:
        remedy = f"Name it, writable, under entities.{mapping.record_entity(entity)} of {mapping.file}."
        raise Rejected(f"{name} of a {entity} cannot be written to the GRC.", field=name, remedy=remedy)
    text = mapped.write_as == "text" or declared.type in (FieldType.STRING, FieldType.TEXT)
    native = to_native(declared, mapped, value)
    fits = cut(native, mapped.max_length) if text and isinstance(native, str) else native
    return {mapped.write_name: fits}
