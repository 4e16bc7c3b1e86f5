"""JMESPath, with the few conveniences that configuration needs."""

from __future__ import annotations

from functools import lru_cache

import jmespath
from jmespath.parser import ParsedResult

from connector.model.grc import Json


@lru_cache(maxsize=1024)
def _compiled(path: str) -> ParsedResult:
    return jmespath.compile(path)


def search(path: str, data: Json) -> Json:
    """What stands at ``path`` in ``data``; None where nothing does, or where the path does not suit the data."""
    try:
        return _compiled(path).search(data)
    except jmespath.exceptions.JMESPathError:
        return None


def has_keys(path: str, data: Json) -> bool | None:
    """Whether all keys of a path such as ``details.title`` are there, whatever they hold; None for an expression of
    another kind, of which that cannot be said. Below a null all keys count as there, and empty.
    """
    keys = _keys(_compiled(path).parsed)
    for key in keys or ():
        if data is None:
            return True
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return None if keys is None else True


def _keys(node: Json) -> list[str] | None:
    if node["type"] == "field":
        return [node["value"]]
    if node["type"] != "subexpression":
        return None
    parts = [_keys(child) for child in node["children"]]
    return [key for part in parts if part for key in part] if all(parts) else None


def check_path(value: str | None) -> str | None:
    """``value`` if it is a JMESPath. Raises ValueError saying what is wrong with it."""
    if value is not None:
        try:
            _compiled(value)
        except jmespath.exceptions.JMESPathError as error:
            raise ValueError(f"not a JMESPath: {' '.join(str(error).split())}") from None
    return value
