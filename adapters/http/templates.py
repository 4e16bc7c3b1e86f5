"""Fills the placeholders of the options for a request: ``{id}``, ``{parent}`` and ``{key}``."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote

from connector.model.grc import Json


def fill_path(template: str, **values: str) -> str:
    """A path with its placeholders filled, each as one segment: a slash in an id stays part of it."""
    return fill(template, **{name: quote(value, safe="") for name, value in values.items()})


def nested_id(parent: str, child: str) -> str:
    """The id of a record that stands below another: PARENT/ID, a slash of their own escaped."""
    return f"{quote(parent, safe='')}/{quote(child, safe='')}"


def parent_of(record_id: str) -> str:
    """The parent's id out of a nested one."""
    return unquote(record_id.partition("/")[0])


def path_values(record_id: str, *, nested: bool) -> dict[str, str]:
    """What a record's id puts into paths."""
    if not nested:
        return {"id": record_id}
    return {"parent": parent_of(record_id), "id": unquote(record_id.partition("/")[2])}


def fill(template: str, **values: str) -> str:
    """A text with its placeholders filled as they are."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def fill_params(params: Mapping[str, Json], **values: str) -> dict[str, Json]:
    """Query parameters with their placeholders filled; true and false as JSON writes them."""
    return {name: _param(value, values) for name, value in params.items()}


def _param(value: Json, values: Mapping[str, str]) -> Json:
    if isinstance(value, bool):
        return str(value).lower()
    return fill(value, **values) if isinstance(value, str) else value
