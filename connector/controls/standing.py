"""How models and versions stand, in the words of the controls: approved, in use, out of use; people and dates."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from connector.controls.inventory import JoinedModel, JoinedVersion
from connector.model.fields import Value
from connector.model.state import LinkState

IN_FORCE = ("approved", "conditional", "provisional")
OUT_OF_USE = ("decommissioned", "suspended")
TOP_TIERS = ("critical", "high")


def status(version: JoinedVersion) -> Value:
    """The GRC's decision on a version; what MLflow says of it counts for nothing."""
    return (version.grc or {}).get("approval_status")


def in_force(version: JoinedVersion, today: str) -> bool:
    """Whether the GRC's approval of a version holds on a day (ISO date): given, and not past its last day."""
    expiry = (version.grc or {}).get("approval_expiry")
    return status(version) in IN_FORCE and (expiry is None or expiry[:10] >= today)


def spoken(value: str) -> str:
    """A choice, or a field's name, in words: ``not_submitted`` is ``not submitted``."""
    return value.replace("_", " ")


def is_governed(version: JoinedVersion) -> bool:
    """Whether a version is in use, or on its way there: what is merely tried out is free of gates."""
    return version.in_use or status(version) in (*IN_FORCE, "pending")


def lifecycle(model: JoinedModel) -> Value:
    """Where the GRC says that a model is in its life."""
    return (model.grc or {}).get("lifecycle_status")


def is_past(model: JoinedModel) -> bool:
    """Whether the inventory only keeps a model: decommissioned, or deleted in MLflow and retired."""
    return lifecycle(model) == "decommissioned" or model.link in (LinkState.RETIRED, LinkState.TOMBSTONE)


def is_orphan(model: JoinedModel) -> bool:
    """Whether it is a record that names a registered model which does not exist."""
    return model.registry is None and (model.grc or {}).get("identity.key") is not None


def is_judged(model: JoinedModel) -> bool:
    """Whether what the inventory states of a model is judged: not of one that it only keeps, nor of an orphan."""
    return not is_past(model) and not is_orphan(model)


def is_in_use(model: JoinedModel) -> bool:
    """Whether a model is in use: by a version of it, or by what the GRC says."""
    return any(version.in_use for version in model.versions) or lifecycle(model) == "in_use"


def under(version: JoinedVersion) -> str:
    """Which alias, or tier of deployment, makes it a version in use."""
    if version.production:
        return f"under {', '.join(version.aliases) or 'a production alias'}"
    return "deployed in production"


def filled(fields: Mapping[str, Value] | None) -> dict[str, Value]:
    """The fields that hold a value."""
    return {name: value for name, value in (fields or {}).items() if value is not None}


def members(value: Value) -> list[object]:
    """The members of a list as canonical values have it; of what is no list, the text itself is the one."""
    if value is None:
        return []
    try:
        found = json.loads(value)
    except ValueError:
        return [value]
    return found if isinstance(found, list) else [found]


def person(value: object) -> str:
    """A person's name or address, for comparing; empty for nobody."""
    return str(value).strip().casefold() if value is not None else ""


def day(text: Value) -> date | None:
    """The day of an ISO 8601 date or time; None where it is none."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def moment(text: str) -> datetime:
    """The time of an ISO 8601 text."""
    return datetime.fromisoformat(text)


def days_before(today: str, days: int) -> str:
    """The day (ISO) that many days before."""
    return (date.fromisoformat(today) - timedelta(days=days)).isoformat()


def months_after(start: date, months: int) -> date:
    """The same day that many months later, or the last of that month."""
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def whole(value: Value) -> int | None:
    """A positive whole number, or None."""
    return int(value) if value is not None and value.isdecimal() and int(value) > 0 else None
