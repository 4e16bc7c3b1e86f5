"""Addresses of HTTP servers, as an admin writes them: with the words that help where one is wrong. The value is never
quoted, for credentials may stand in it.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import AfterValidator, WithJsonSchema

_PLAIN = r"^https?://(\[[0-9A-Fa-f:.]+\](:\d+)?|[^\s/?#@\[\]]+)(/[^\s?#]*)?$"


def http_address(example: str) -> tuple[Any, ...]:
    """What annotates a text that has to be an http or https address without credentials, query or fragment."""

    def check(value: str) -> str:
        if re.fullmatch(_PLAIN, value) is None:
            remedy = f"Write it in full, without credentials, as in {example}."
            raise ValueError(f"this is no http or https address Remedy: {remedy}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": _PLAIN})
