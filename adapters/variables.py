"""``${NAME}`` in the options of a mapping: plain values that a connection gives, filled in once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel

from connector.model.errors import ConfigError
from connector.model.grc import Json

Model = TypeVar("Model", bound=BaseModel)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def with_variables(options: Model, variables: Mapping[str, str], section: str) -> Model:
    """The options with every ``${NAME}`` replaced, in keys and values. Raises ConfigError for a name that has no value,
    with the place below ``section``, the mapping's section that the options are.
    """
    plain = options.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return type(options).model_validate(_filled(plain, variables, section))


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
