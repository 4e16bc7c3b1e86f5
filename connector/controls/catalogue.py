"""The controls, by the ids of the inventory's control catalogue: what each sees, and how severe that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from connector.controls.inventory import SEVERITIES, Finding, Inventory, JoinedModel, JoinedVersion
from connector.model.fields import Owner, Value
from connector.model.state import LinkState

IN_FORCE = ("approved", "conditional", "provisional")
OUT_OF_USE = ("decommissioned", "suspended")
TOP_TIERS = ("critical", "high")
_PLACES: Mapping[Owner | None, str] = {Owner.MLFLOW: "in MLflow", Owner.GRC: "in the GRC"}

TITLES: Mapping[str, str] = {
    "C01": "a version under a production alias has no approval in force",
    "C04": "a decommissioned or suspended model, or a rejected version, is in production",
    "C05": "a registered model is missing from the inventory",
    "C06": "an inventory record names a model that does not exist",
    "C07": "an approval of a version in production has expired",
    "C09": "remediation is overdue",
    "C13": "a field that the regime requires is empty",
}
"""What each control looks for."""

Control = Callable[[Inventory, JoinedModel], Iterator[Finding]]


def findings(inventory: Inventory) -> tuple[Finding, ...]:
    """Run every control over every model: the most severe findings first, then by control and name."""
    found = [each for control in CONTROLS.values() for model in inventory.models for each in control(inventory, model)]
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return SEVERITIES.index(finding.severity), finding.control, finding.model, finding.version or ""


def _status(version: JoinedVersion) -> Value:
    return (version.grc or {}).get("approval_status")


def unapproved_in_production(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C01: critical."""
    del inventory
    for version in model.in_production:
        status = _status(version)
        if status not in IN_FORCE and model.registry is not None:
            seen = f"under {_aliases(version)}, and its approval is {status or 'not recorded'}"
            remedy = "approve it in the GRC, or point the alias at an approved version"
            yield Finding("C01", "critical", model.name, version.version, seen, remedy)


def out_of_use_in_production(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C04: critical."""
    del inventory
    status = (model.grc or {}).get("lifecycle_status")
    for version in model.in_production:
        rejected = _status(version) == "rejected"
        if status in OUT_OF_USE or rejected:
            seen = f"under {_aliases(version)}, and {'it was rejected' if rejected else f'the model is {status}'}"
            yield Finding("C04", "critical", model.name, version.version, seen, "take the alias away")


def missing_from_inventory(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C05: high; critical in production."""
    del inventory
    if model.registry is not None and model.grc is None:
        gone = model.link is LinkState.RECORD_GONE
        seen = f"its record {model.record_id} is gone from the GRC" if gone else "the GRC has no record of it"
        remedy = "link another record, or forget the link" if gone else "run a sync; its status says what holds it back"
        severity = "critical" if model.in_production else "high"
        yield Finding("C05", severity, model.name, None, seen, remedy)


def record_without_model(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C06: high."""
    del inventory
    grc = model.grc or {}
    points = grc.get("identity.key") is not None
    if model.registry is None and points and grc.get("lifecycle_status") != "decommissioned":
        seen = f"record {model.record_id} names a registered model that does not exist"
        yield Finding("C06", "high", model.name, None, seen, "retire the record, or link it to its model")


def approval_expired(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C07: high."""
    for version in model.in_production:
        expiry = (version.grc or {}).get("approval_expiry")
        if _status(version) == "expired" or (expiry is not None and expiry < inventory.today):
            seen = f"under {_aliases(version)}, and its approval expired{f' on {expiry}' if expiry else ''}"
            yield Finding("C07", "high", model.name, version.version, seen, "renew the approval in the GRC")


def remediation_overdue(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C09: the issue's severity."""
    for issue in model.issues:
        if issue.is_open and issue.due is not None and issue.due < inventory.today:
            severity = issue.severity if issue.severity in SEVERITIES else "high"
            seen = f"{issue.number} ({issue.title}) was due on {issue.due}"
            yield Finding("C09", severity, model.name, None, seen, "close it in the GRC, or agree another date")


def required_field_empty(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C13: medium; high in the top tiers."""
    if model.registry is None or model.placeholder:
        return
    tier = model.field("risk_classification")
    required = inventory.required.get(tier, ())
    severity = "high" if tier in TOP_TIERS else "medium"
    missing = [name for name in required if name in inventory.model_fields and model.field(name) is None]
    if missing:
        seen = f"empty: {', '.join(missing)}"
        yield Finding("C13", severity, model.name, None, seen, _fill(inventory, missing))
    for version in model.in_production:
        held: Mapping[str, Value] = {**(version.registry or {}), **_filled(version.grc)}
        # A field of both levels was asked of the model already.
        own = inventory.version_fields - inventory.model_fields
        lacking = [name for name in required if name in own and held.get(name) is None]
        if lacking:
            seen = f"in production, empty: {', '.join(lacking)}"
            yield Finding("C13", severity, model.name, version.version, seen, _fill(inventory, lacking))


def _fill(inventory: Inventory, names: Sequence[str]) -> str:
    """Where each empty field is to be filled: on the side that owns it."""
    by_place: dict[str, list[str]] = {}
    for name in names:
        by_place.setdefault(_PLACES.get(inventory.owners.get(name), "on either side"), []).append(name)
    return "fill " + "; ".join(f"{', '.join(fields)} {place}" for place, fields in by_place.items())


def _filled(fields: Mapping[str, Value] | None) -> dict[str, Value]:
    return {name: value for name, value in (fields or {}).items() if value is not None}


def _aliases(version: JoinedVersion) -> str:
    return ", ".join(version.aliases) or "a production alias"


CONTROLS: Mapping[str, Control] = {
    "C01": unapproved_in_production,
    "C04": out_of_use_in_production,
    "C05": missing_from_inventory,
    "C06": record_without_model,
    "C07": approval_expired,
    "C09": remediation_overdue,
    "C13": required_field_empty,
}
