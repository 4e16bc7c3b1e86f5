"""The rules of a risk function that follow from what people do: what a decision sets, what closing an issue sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.mock.catalog import APPROVAL_STATES, CLOSED, ISSUES, MODELS, NOT_SUBMITTED, OPEN, PENDING, VERSIONS
from connector.mock.errors import Clash, Invalid
from connector.mock.schema import USERS, Json
from connector.mock.users import Role, User

DECISIONS: Mapping[str, str] = {
    "approved": "Approved",
    "conditional": "Approved with Conditions",
    "provisional": "Provisional Use",
    "rejected": "Rejected",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
}
"""Short words for the decisions, beside their labels."""
PERMITTING = ("Approved", "Approved with Conditions", "Provisional Use")
_DECIDED_FIELDS = ("approved_by", "approval_date", "approval_expiry", "conditions")
DECIDED_KINDS = (MODELS, VERSIONS)
STEP_PARTS = ("step", "name", "role", "time", "decision", "comment", "link")


def decision_label(decision: object) -> str:
    """The label of a decision given as label or short word; Invalid for anything else."""
    text = str(decision).strip()
    for short, label in DECISIONS.items():
        if text.casefold() in (short, label.casefold()):
            return label
    raise Invalid({"decision": f"must be one of {', '.join(DECISIONS.values())}"})


def decided(row: Mapping[str, Any], label: str, user: User, now: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a decision sets. One that permits nothing names no approver, no conditions and no expiry."""
    if row["lifecycle_status"] == "Decommissioned":
        raise Clash(f"{row['id']} is decommissioned and takes no decision.")
    permits = label in PERMITTING
    return {
        "approval_status": label,
        "approved_by": user.email if permits else None,
        "approval_date": now[:10],
        "approval_expiry": details.get("expiry") if permits else None,
        "conditions": _joined(details.get("conditions")) if permits else None,
    }


def step(row: Mapping[str, Any], label: str, user: User, now: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The approval step that records a decision."""
    return {
        "step": len(row["approval_chain"]) + 1,
        "name": user.name,
        "role": str(user.role),
        "time": now,
        "decision": label,
        "comment": details.get("comment"),
        "link": details.get("link"),
    }


def defaults(kind: str, values: Mapping[str, Any], now: str) -> dict[str, Any]:
    """What a new record holds where the request says nothing."""
    if kind == VERSIONS:
        return {"approval_status": NOT_SUBMITTED}
    if kind == ISSUES:
        return {"state": OPEN, "opened": now, **_closing(values.get("state"), None, now)}
    return {"active": True} if kind == USERS else {}


def consequences(kind: str, row: Mapping[str, Any], values: Mapping[str, Any], now: str) -> dict[str, Any]:
    """What else changes with an update; what the request itself sets stands."""
    if kind == ISSUES and "state" in values:
        return {**_closing(values["state"], row["state"], now), **values}
    return dict(values)


def refuse_decisions_by_service(user: User, values: Mapping[str, Any]) -> None:
    """A service account submits and withdraws; it never decides. Invalid names the fields."""
    if user.role is not Role.CONNECTOR:
        return
    allowed = (None, NOT_SUBMITTED, PENDING)
    refused = {}
    if values.get("approval_status") in APPROVAL_STATES and values["approval_status"] not in allowed:
        refused["approval_status"] = "is set by a decision alone; a service account may submit or withdraw"
    for name in _DECIDED_FIELDS:
        if values.get(name) is not None:
            refused[name] = "is set by a decision alone"
    if refused:
        raise Invalid(refused)


def _joined(conditions: Json) -> Json:
    return "; ".join(map(str, conditions)) if isinstance(conditions, list) else conditions


def _closing(new: Json, old: Json, now: str) -> dict[str, Any]:
    if (new == CLOSED) == (old == CLOSED):
        return {}
    return {"closed": now if new == CLOSED else None}
