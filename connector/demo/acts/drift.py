"""Act 4: someone edits in MLflow what the GRC decides, and it is put back."""

from __future__ import annotations

from connector.demo.acts.decisions import REJECTED
from connector.demo.cast import SCIENTIST
from connector.demo.stage import Stage

_TIERED = "complaint-summariser"


def put_back(stage: Stage) -> None:
    """Approve a rejected version by tag, lower a risk class, and see both undone."""
    registry = stage.registry
    registry.set_tag(REJECTED.name, "grc_approval_status", "approved", REJECTED.version)
    registry.set_tag(_TIERED, "risk_classification", "low")
    rows = [
        (f"{REJECTED.name} v{REJECTED.version}", "grc_approval_status", "rejected", "approved"),
        (_TIERED, "risk_classification", "high", "low"),
    ]
    stage.did(SCIENTIST, "In MLflow", "edits two tags by hand.", ("object", "tag", "before", "now"), rows)
    summary = stage.sync()
    stage.check(
        f"{REJECTED.name} v{REJECTED.version} is rejected again in MLflow",
        stage.eyes.tags(REJECTED.name, REJECTED.version).get("grc_approval_status"),
        "rejected",
    )
    stage.check(
        f"{_TIERED} is high again in MLflow: MLflow may raise a risk class, only the GRC may lower it",
        stage.eyes.tags(_TIERED).get("risk_classification"),
        "high",
    )
    record = stage.office.versions()[REJECTED.name, REJECTED.version]
    stage.check(
        "the GRC never saw the edits",
        (record.get("approval_status"), [change.subject for change in summary.changes if change.target == "GRC"]),
        ("rejected", []),
    )
