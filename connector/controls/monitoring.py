"""Controls of how models behave in use, and what rests on them: C20, C21."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.controls.inventory import Finding, Inventory, JoinedModel, JoinedVersion
from connector.controls.standing import IN_FORCE, days_before, in_force, is_in_use, lifecycle, members, status, under

_ALLOWED = ("approved", "in_use", "restricted")


def monitoring_unanswered(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C20: high. What monitoring measured is stale when neither it nor the verdict on it was seen to change."""
    oldest = days_before(inventory.today, inventory.rules.settings.C20.days)
    for version in model.versions:
        if not version.in_use or any(
            issue.is_open and issue.version in (None, version.version) for issue in model.raised
        ):
            continue
        measured = version.measured_at
        if version.field("monitoring_status") == "red":
            seen = "its monitoring is red"
        elif version.field("monitoring_evidence") is not None and measured is not None and measured[:10] < oldest:
            seen = f"what its monitoring measured has not changed since {measured[:10]}"
        else:
            continue
        remedy = "raise an issue in the GRC, or mend the monitoring"
        yield Finding(
            "C20", "high", model.name, version.version, f"{under(version)}, {seen}, and no issue is open", remedy
        )


def unsound_upstream(inventory: Inventory) -> Iterator[Finding]:
    """C21: high. A dependency that names nothing of this inventory is not judged."""
    known = _by_name(inventory)
    for model in inventory.models:
        if not is_in_use(model):
            continue
        upstream = (known.get(each) for each in members(model.field("dependencies")) if isinstance(each, str))
        told = [
            f"{each.name} is {what}"
            for each in upstream
            if each and each is not model and (what := _unsound(each, inventory.today))
        ]
        if told:
            seen = f"in use, and of what it depends on {', '.join(dict.fromkeys(told))}"
            remedy = "have the other model approved or mended, or take this one out of use"
            yield Finding("C21", "high", model.name, None, seen, remedy)


def _by_name(inventory: Inventory) -> Mapping[str, JoinedModel]:
    """Models by all that a dependency may call them; a name that two of them have means neither."""
    found: dict[str, JoinedModel | None] = {}
    for model in inventory.models:
        identity = (model.grc or {}).get("identity.name")
        for name in {model.name, model.record_id, identity, model.field("model_id")} - {None}:
            assert name is not None
            found[name] = None if name in found else model
    return {name: model for name, model in found.items() if model is not None}


def _unsound(model: JoinedModel, today: str) -> str:
    """What is wrong with a model that others depend on; empty where nothing is, or where nothing is known."""
    used = [version for version in model.versions if version.in_use]
    if any(version.field("monitoring_status") == "red" for version in used):
        return "red"
    if used:
        return "" if all(in_force(version, today) for version in used) else "in use without an approval in force"
    return "" if _may_be_used(model, model.versions) else "not approved"


def _may_be_used(model: JoinedModel, versions: tuple[JoinedVersion, ...]) -> bool:
    decided = {status(version) for version in versions} - {None}
    if decided:
        return not decided.isdisjoint(IN_FORCE)
    life = lifecycle(model)
    return life is None or life in _ALLOWED
