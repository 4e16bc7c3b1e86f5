"""A mapping that ships, cut down to the fields that the stories have (:class:`tests.scenarios.grc.Mapped`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from tests.scenarios.grc import Mapped

MODEL = (
    "description",
    "purpose",
    "limitations",
    "risk_classification",
    "tier_confirmed_on",
    "tier_override_reason",
    "allowed_changes",
    "model_owner",
    "lifecycle_status",
)
VERSION = ("description", "assumptions", "validation_status", "compliance_review")
APPROVAL = ("approval_status", "approved_by", "approval_expiry", "conditions")
ISSUE = ("number", "title", "severity", "state", "due", "assignee")


def model_fields(fields: dict[str, Any], wanted: Mapped, column_of: Callable[[str], str]) -> dict[str, Any]:
    """The model's fields; ``column_of`` gives the platform's name of a field of the mock."""
    names = [name for name in MODEL if name not in wanted.without] + ([wanted.more] if wanted.more else [])
    found = kept(fields, names)
    for name, field in wanted.moved:
        found[name] = {**long_form(found[name]), "field": column_of(field)}
    return found


def kept(fields: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Copies: the dumper would write one object in two places as an alias."""
    return {name: deepcopy(fields[name]) for name in names}


def long_form(mapped: Any) -> dict[str, Any]:
    """A mapped field as a map."""
    return {"field": mapped} if isinstance(mapped, str) else dict(mapped)
