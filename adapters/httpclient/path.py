"""The two path languages of configuration: JMESPath for what is read, dotted keys for where something is written."""

from __future__ import annotations

import re
from functools import lru_cache

import jmespath
from jmespath.parser import ParsedResult

from connector.model.errors import ConfigError
from connector.model.grc import Json

_STEP = re.compile(r"([^.\[\]]+)(?:\[([^=\[\]]+)=([^\[\]]*)\])?(?:\.|\Z)")


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


def put(target: dict[str, Json], path: str, value: Json) -> dict[str, Json]:
    """Set ``value`` at the dotted ``path`` within ``target``, which is returned.

    ``custom[name=Tier].value`` is the key ``value`` of that object of the array ``custom`` whose ``name`` is
    ``Tier``; it is added where the array has none. A number is a number unless it stands in quotes. Raises
    ConfigError where the path goes through a value.
    """
    *outer, (last, _) = steps(path)
    inner = target
    for step in outer:
        inner = _enter(inner, step, path)
    inner[last] = value
    return target


def steps(path: str) -> list[tuple[str, tuple[str, Json] | None]]:
    """The keys of a dotted path, each with what selects an object of the array there. Raises ValueError."""
    found, at = [], 0
    while at < len(path) or not path:
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"not a dotted path of keys: {path!r}")
        key, name, wanted = step.groups()
        found.append((key, None if name is None else (name, _literal(wanted))))
        at = step.end()
    if found[-1][1] is not None:
        raise ValueError(f"the path must go on after its last bracket: {path!r}")
    return found


def check_write_path(value: str | None) -> str | None:
    """``value`` if it is a dotted path. Raises ValueError."""
    if value is not None:
        steps(value)
    return value


def _literal(text: str) -> Json:
    return int(text) if text.isascii() and text.isdigit() else text.strip("'\"")


def _enter(inner: dict[str, Json], step: tuple[str, tuple[str, Json] | None], path: str) -> dict[str, Json]:
    key, selector = step
    found = inner.setdefault(key, {} if selector is None else [])
    if selector is not None and isinstance(found, list):
        name, wanted = selector
        element = next((one for one in found if isinstance(one, dict) and one.get(name) == wanted), None)
        if element is None:
            element = {name: wanted}
            found.append(element)
        return element
    if not isinstance(found, dict) or selector is not None:
        raise ConfigError(f"The write path {path} goes through {key}, which holds a value itself.")
    return found
