"""Controls of what may be in use: C01, C02, C04, C07, C16."""

from __future__ import annotations

from collections.abc import Iterator

from connector.controls.facts import Approved
from connector.controls.inventory import Finding, Inventory, JoinedModel, JoinedVersion
from connector.controls.standing import IN_FORCE, OUT_OF_USE, lifecycle, spoken, status, under
from connector.model.fields import Value

RESTRICTING = ("use_restrictions", "operating_boundaries", "conditions")
"""What the GRC says of a version that those who use it have to see."""


def unapproved_in_production(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C01: critical."""
    del inventory
    for version in model.in_production:
        decided = status(version)
        if decided not in IN_FORCE and model.registry is not None:
            seen = f"{under(version)}, and its approval is {spoken(decided or 'not recorded')}"
            remedy = "approve it in the GRC, or point the alias at an approved version"
            yield Finding("C01", "critical", model.name, version.version, seen, remedy)


def changed_since_approval(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C02: critical. Compared is what both times are known: what was not recorded at the approval proves nothing."""
    del inventory
    for version in model.versions:
        then = version.approved
        if then is None or version.registry is None or status(version) not in IN_FORCE:
            continue
        changed = [f"{what} was {old!r}, is {new!r}" for what, old, new in _made_from(then, version) if old != new]
        if changed:
            seen = f"approved as seen {then.at[:10]}, and changed since: {'; '.join(changed)}"
            remedy = "have this artifact approved, or bring back the one that was"
            yield Finding("C02", "critical", model.name, version.version, seen, remedy)


def _made_from(then: Approved, version: JoinedVersion) -> Iterator[tuple[str, Value, Value]]:
    now = version.registry or {}
    pairs = (
        ("source", then.source, now.get("identity.source")),
        ("run", then.run, now.get("identity.run")),
        ("signature", then.schema, now.get("schema")),
    )
    return (pair for pair in pairs if None not in pair)


def out_of_use_in_production(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C04: critical."""
    del inventory
    life = lifecycle(model)
    for version in model.in_production:
        rejected = status(version) == "rejected"
        if life in OUT_OF_USE or rejected:
            why = "it was rejected" if rejected else f"the model is {life}"
            seen = f"{under(version)}, and {why}"
            yield Finding("C04", "critical", model.name, version.version, seen, "take the alias away")


def approval_expired(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C07: high. An approval holds on the day on which it expires."""
    for version in model.in_production:
        expiry = (version.grc or {}).get("approval_expiry")
        if status(version) == "expired" or (expiry is not None and expiry[:10] < inventory.today):
            what = "provisional approval" if status(version) == "provisional" else "approval"
            seen = f"{under(version)}, and its {what} expired{f' on {expiry}' if expiry else ''}"
            yield Finding("C07", "high", model.name, version.version, seen, "renew the approval in the GRC")


def restriction_not_visible(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C16: high. A text that MLflow holds in a form of its own is visible."""
    names = [name for name in RESTRICTING if name in inventory.version_fields]
    for version in model.versions:
        if version.registry is None or version.grc is None:
            continue
        hidden = [name for name in names if version.grc.get(name) and not _shows(version, name)]
        if hidden:
            seen = f"the GRC has {', '.join(map(spoken, hidden))}, and MLflow does not show it on the version"
            remedy = "run a sync; `mlflow-grc report reconcile` tells what keeps it from being written"
            yield Finding("C16", "high", model.name, version.version, seen, remedy)


def _shows(version: JoinedVersion, name: str) -> bool:
    return (version.registry or {}).get(name) is not None and name not in version.differs
