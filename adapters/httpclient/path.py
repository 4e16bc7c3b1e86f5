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


def check_path(value: str | None) -> str | None:
    """``value`` if it is a JMESPath. Raises ValueError saying what is wrong with it."""
    if value is not None:
        try:
            _compiled(value)
        except jmespath.exceptions.JMESPathError as error:
            raise ValueError(f"not a JMESPath: {' '.join(str(error).split())}") from None
    return value
