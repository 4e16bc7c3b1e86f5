"""What a GRC told of its fields and containers, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from connector.cli.output import DIM, WARN, Cell, Output
from connector.cli.words import NONE, counted, short
from connector.mapping.connection import ConnectionMapping
from connector.model.fields import Entity
from connector.model.grc import Schema, SchemaField

CHOICES = 120
"""Characters of a list of choices that a table shows."""


def show_entities(
    out: Output, parts: Sequence[tuple[str, str, tuple[SchemaField, ...]]], *, mapping: ConnectionMapping | None = None
) -> None:
    """Print a table per entity or container, each given as name, label and fields; what the mapping calls a field,
    where it is given.
    """
    for name, label, fields in parts:
        out.heading(" ".join(filter(None, (name, f'"{label}"' if label else "", f"({counted(len(fields), 'field')})"))))
        used = _used(mapping, Entity(name)) if mapping is not None else {}
        columns = ("field", "label", "type", "length", "writable", "choices", *(("mapped as",) if mapping else ()))
        rows = [(*_row(each), *((used.get(each.name, NONE),) if mapping else ())) for each in fields]
        out.table(columns, rows)
    if not parts:
        out.line("The GRC tells nothing of the fields of the mapped entities.", WARN)


def show_containers(out: Output, schema: Schema) -> None:
    """Print the list of tables or applications."""
    if not schema.containers:
        out.line()
        out.line("The platform does not tell which tables or applications there are.", DIM)
        return
    out.heading(f"Containers: {len(schema.containers)}; the fields of one: mlflow-grc discover --container NAME")
    out.table(("name", "kind", "label"), [(each.name, each.kind, each.label) for each in schema.containers])


def as_document(connection: str, adapter: str, schema: Schema, *, fields_only: bool) -> dict[str, Any]:
    """The whole schema as plain data; with ``fields_only`` the containers that were asked for alone."""
    containers = [asdict(each) for each in schema.containers if each.fields or not fields_only]
    head = {"connection": connection, "adapter": adapter}
    if fields_only:
        return {**head, "containers": containers}
    entities = {str(entity): [asdict(each) for each in fields] for entity, fields in schema.entities.items()}
    return {**head, "entities": entities, "containers": containers}


def _row(field: SchemaField) -> tuple[Cell, ...]:
    length = NONE if field.max_length is None else f"{field.max_length:,}"
    writable = "yes" if field.writable else "no"
    required = ", required" if field.required else ""
    return field.name, field.label, field.type, length, writable + required, short(_choices(field), CHOICES)


def _choices(field: SchemaField) -> str:
    if len(field.choice_labels) != len(field.choices):
        return ", ".join(field.choices)
    pairs = zip(field.choices, field.choice_labels, strict=True)
    return ", ".join(f"{value} ({label})" if label not in ("", value) else value for value, label in pairs)


def _used(mapping: ConnectionMapping, entity: Entity) -> dict[str, str]:
    """What the mapping calls each platform field."""
    identity = {place.read_name: f"identity.{name}" for name, place in mapping.platform.identity_of(entity).items()}
    fields = {mapped.read_name: field.name for field, mapped in mapping.read_fields(entity)}
    if entity is Entity.MODEL:
        own = mapping.platform.entities.model.version_fields
        fields |= {mapped.read_name: f"{name} of the version" for name, mapped in own.items()}
    return identity | fields
