"""Whether a request's values fit the fields of a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.mock.catalog import APPROVALS, KINDS
from connector.mock.errors import Invalid
from connector.mock.schema import Resolve, Unfit, clean


def checked(kind: str, values: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
    """Return the values as their fields store them; Invalid names every field that does not take its value."""
    specs = KINDS[kind].fields
    stored: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, value in values.items():
        if name not in specs:
            errors[name] = "is not a field"
        elif specs[name].read_only:
            errors[name] = "is read-only"
        else:
            try:
                stored[name] = clean(specs[name], value, resolve)
            except Unfit as error:
                errors[name] = str(error)
    if errors:
        raise Invalid(errors)
    return stored


def require(kind: str, values: Mapping[str, Any]) -> None:
    """Invalid names every required field that a new record lacks."""
    missing = {spec.name for spec in KINDS[kind].fields.values() if spec.required and values.get(spec.name) is None}
    if kind == APPROVALS and not (values.get("version") or values.get("model")):
        missing.add("version")
    if missing:
        raise Invalid(dict.fromkeys(missing, "is required"))
