"""Fills the placeholders of the options: ``${NAME}`` once, ``{id}``, ``{parent}`` and ``{key}`` per request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from adapters.http.options import Options
from connector.model.errors import ConfigError
from connector.model.grc import Json

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def with_variables(options: Options, variables: Mapping[str, str]) -> Options:
    """The options with every ``${NAME}`` replaced. Raises ConfigError for a name that has no value."""
    return Options.model_validate(_filled(options.model_dump(mode="json", exclude_unset=True), variables, "http"))


def _filled(value: Json, variables: Mapping[str, str], key: str) -> Json:
    match value:
        case dict():
            return {
                _filled(name, variables, key): _filled(item, variables, f"{key}.{name}") for name, item in value.items()
            }
        case list():
            return [_filled(item, variables, f"{key}.{number}") for number, item in enumerate(value)]
        case str():
            return _VARIABLE.sub(lambda found: _variable(found[1], variables, key), value)
        case _:
            return value


def _variable(name: str, variables: Mapping[str, str], key: str) -> str:
    if name not in variables:
        raise ConfigError(
            f"the variable ${{{name}}} has no value", key=key, remedy=f"give {name} in the connection's variables."
        )
    return variables[name]


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
