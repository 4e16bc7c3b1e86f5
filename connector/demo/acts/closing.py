"""Act 8: nothing is left to do, and what is wrong in the bank is in plain sight."""

from __future__ import annotations

from connector.demo.stage import Stage
from connector.model.state import RunStatus

_GOOD = ("approved", "conditional", "provisional")


def nothing_left(stage: Stage) -> None:
    """Sync once more, and compare both sides past the connector."""
    summary = stage.sync(ends=RunStatus.CLEAN)
    stage.check("the sync wrote nothing, and no conflict is open", (summary.changes, summary.conflicts), ((), ()))
    records = stage.office.versions()
    stage.gap(
        f"all {len(records)} versions have the same approval in MLflow and in the GRC",
        [
            f"{name} v{number}"
            for (name, number), record in records.items()
            if stage.eyes.tags(name, number).get("grc_approval_status") != record.get("approval_status")
        ],
    )
    unapproved = [
        f"{name} v{number}"
        for name, number in stage.eyes.in_production().items()
        if records[name, number].get("approval_status") not in _GOOD
    ]
    stage.check(
        "one version is in production without an approval, and the report says so",
        unapproved,
        ["card-fraud-detection v4"],
    )
