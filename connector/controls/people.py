"""Controls of who answers for what, and who may not do both: C12, C23."""

from __future__ import annotations

from collections.abc import Iterator

from connector.controls.inventory import Finding, Inventory, JoinedModel, JoinedVersion
from connector.controls.standing import filled, is_governed, is_judged, person


def own_validator(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C12: high, for versions in use, approved or pending."""
    del inventory
    sides = (filled(model.registry), filled(model.grc))
    developers = {person(side.get(name)) for side in sides for name in ("developer", "developer_proposed")} - {""}
    for version in model.versions:
        told = [f"{role} is {who}" for role, who in _judges(version) if person(who) in developers]
        if told and is_governed(version):
            seen = f"{'; '.join(dict.fromkeys(told))}, who developed the model"
            yield Finding("C12", "high", model.name, version.version, seen, "have it judged by somebody else")


def _judges(version: JoinedVersion) -> Iterator[tuple[str, str]]:
    for role, name in (("the validator", "validator"), ("the approver", "approved_by")):
        who = (version.grc or {}).get(name)
        if who is not None:
            yield role, who
    for step in version.approval_chain:
        if step.name is not None and person(step.decision).startswith("approved"):
            yield f"the approver in step {step.step or step.role or 'unnamed'}", step.name


def owner_unknown(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C23: medium."""
    if "model_owner" not in inventory.model_fields or model.grc is None or not is_judged(model):
        return
    if model.grc.get("model_owner") is None:
        reason = next((case.reason for case in model.unreadable if case.field == "model_owner"), "")
        seen = f"its owner is no person that is known: {reason}" if reason else "its record names no owner"
        yield Finding("C23", "medium", model.name, None, seen, "name an owner in the GRC")
