"""Act 1: what the registry holds becomes the GRC's inventory."""

from __future__ import annotations

from connector.demo.portfolio import DemoModel
from connector.demo.stage import Stage

_COLUMNS = ("model", "record", "risk class", "in production", "developer")


def first_sync(stage: Stage) -> None:
    """Create the inventory, and look it up on both sides."""
    stage.sync(show=lambda _change: False)
    records, versions = stage.office.models(), stage.office.versions()
    stage.listed(
        "The GRC's inventory now",
        _COLUMNS,
        [_row(model, str(records.get(model.name, {}).get("id", ""))) for model in stage.portfolio],
    )
    wanted = {(model.name, str(number)) for model in stage.portfolio for number in range(1, len(model.versions) + 1)}
    stage.check(
        f"the GRC holds one record for each of the {len(stage.portfolio)} models and {len(wanted)} versions",
        (len(records), len(versions), wanted == set(versions)),
        (len(stage.portfolio), len(wanted), True),
    )
    stage.gap(
        "every model in MLflow names its record (tag grc_record_id)",
        [
            model.name
            for model in stage.portfolio
            if stage.eyes.tags(model.name).get("grc_record_id") != records.get(model.name, {}).get("id")
        ],
    )
    stage.gap(
        "no version counts as approved yet",
        [
            f"{name} v{number}"
            for (name, number), record in versions.items()
            if record.get("approval_status") not in (None, "", "not_submitted")
        ],
    )
    stage.gap(
        "what the developers proposed as risk class stands in the GRC, to be confirmed there",
        [
            model.name
            for model in stage.portfolio
            if (records.get(model.name, {}).get("risk_classification") or "") != model.risk_classification
        ],
    )


def _row(model: DemoModel, record: str) -> tuple[str, ...]:
    version = model.in_production
    return (model.name, record, model.risk_classification, f"v{version}" if version else "", model.developer)
