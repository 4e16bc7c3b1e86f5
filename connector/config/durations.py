"""Durations as people write them: ``30s``, ``5m``, ``1h``, or a number of seconds."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_REMEDY = "Write 30s, 5m, 1h, 1d, or a number of seconds."
_FORM = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([smhd])", re.ASCII)


def seconds(value: object) -> object:
    """The number of seconds of ``5m`` and the like; a number as it is. Raises ValueError for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise ValueError(f"this is no duration Remedy: {_REMEDY}")  # noqa: TRY004 - pydantic reports no other
    found = _FORM.fullmatch(value.strip())
    if found is None:
        raise ValueError(f"'{value}' is no duration Remedy: {_REMEDY}")
    return float(found[1]) * _UNITS[found[2]]


Duration: TypeAlias = Annotated[
    float, BeforeValidator(seconds, json_schema_input_type=float | str), Field(ge=0, allow_inf_nan=False)
]
"""Seconds, written as a number or with a unit."""
