"""Controls of which models there are, on which side, under which name: C05, C06, C17, C18."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector.controls.inventory import Finding, Inventory, JoinedModel
from connector.controls.standing import days_before, is_orphan, is_past, lifecycle
from connector.model.fields import Entity, Side
from connector.model.state import LinkState

_MODELS_OF_MLFLOW, _MODELS_OF_GRC = (Side.REGISTRY, Entity.MODEL), (Side.GRC, Entity.MODEL)


def missing_from_inventory(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C05: high; critical in production. Of an incomplete listing absence proves nothing."""
    if model.registry is None or model.grc is not None:
        return
    gone = model.link is LinkState.RECORD_GONE
    if not gone and _MODELS_OF_GRC in inventory.incomplete:
        return
    seen = f"its record {model.record_id} is gone from the GRC" if gone else "the GRC has no record of it"
    remedy = (
        "link another record with `mlflow-grc link`, or undo the link with `mlflow-grc link --forget`"
        if gone
        else "run a sync; `mlflow-grc status` says what holds it back"
    )
    yield Finding("C05", "critical" if model.in_production else "high", model.name, None, seen, remedy)


def record_without_model(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C06: high. Of an incomplete listing absence proves nothing."""
    if model.registry is not None or _MODELS_OF_MLFLOW in inventory.incomplete or is_past(model):
        return
    if is_orphan(model):
        seen = f"record {model.record_id} names a registered model that does not exist"
        yield Finding(
            "C06",
            "high",
            model.name,
            None,
            seen,
            "retire the record in the GRC, or tie it to its model with `mlflow-grc link`",
        )


def shared_record(inventory: Inventory) -> Iterator[Finding]:
    """C17: high, once for each registered model concerned."""
    holders: dict[str, list[JoinedModel]] = {}
    for model in inventory.models:
        for record in model.claims:
            holders.setdefault(record, []).append(model)
    for model in inventory.models:
        yield from _doubled(model, holders)


def _doubled(model: JoinedModel, holders: Mapping[str, list[JoinedModel]]) -> Iterator[Finding]:
    if model.registry is None:
        return
    rivals = {
        record: sorted(other.name for other in holders[record] if other.key != model.key) for record in model.claims
    }
    told = [f"record {record} is also claimed by {', '.join(names)}" for record, names in rivals.items() if names]
    if len(model.claims) > 1:
        told.append(f"{len(model.claims)} records are claimed for it: {', '.join(model.claims)}")
    if told:
        remedy = "leave one record to each model, and decide with `mlflow-grc link`"
        yield Finding("C17", "high", model.name, None, "; ".join(told), remedy)


def name_changed(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C18: high, for so many days after the change was seen."""
    oldest = days_before(inventory.today, inventory.rules.settings.C18.days)
    for former in model.former:
        if former.at[:10] < oldest or lifecycle(model) == "decommissioned":
            continue
        when = f"between {former.after} and {former.at}" if former.after else f"before {former.at}"
        what = f"renamed from {former.name}" if former.renamed else "deleted and created again under the same name"
        remedy = (
            "check that consumers and documents follow the new name"
            if former.renamed
            else "check that nothing that was approved of the former model is taken for this one's"
        )
        yield Finding("C18", "high", model.name, None, f"{what}, {when}", remedy)
