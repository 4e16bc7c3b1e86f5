"""The whole workflow through the command line: a configuration, the packaged mapping, the mock GRC over HTTP."""

from __future__ import annotations

import pytest

from tests.cli.desk import Desk

POLICY = """
policy:
  gates:
    automated:
      high:
        metrics: [{metric: auc, operator: at_least, bound: 0.8}]
        fairness: [{metric: "fairness_*", bound: 0.1}]
        metadata: [purpose]
        security_scan: true
    promote: {alias: champion}
"""


@pytest.fixture
def gated(desk: Desk) -> Desk:
    desk.write(more=POLICY)
    desk.author.create_model("credit", tags={"risk_classification": "high", "purpose": "Scores."})
    run = desk.author.log_run(metrics={"auc": 0.9, "fairness_age": -0.05})
    desk.author.create_version("credit", run_id=run)
    return desk


def test_from_registration_to_the_alias(gated: Desk) -> None:
    gated.run("sync")
    assert gated.tags("credit", "1")["validation_status"] == "pending"
    assert gated.record("credit", "versions")["validation_status"] == "Pending"
    gated.author.set_tag("credit", "security_scan", "passed", "1")
    gated.run("sync")
    seen = [gated.tags("credit", "1")["grc_next_gate"]]
    steps = [
        {"independent_validation": "Passed"},
        {"compliance_review": "Approved"},
        {"business_approval": "Approved"},
    ]
    for step in steps:
        gated.officer.patch(gated.record("credit", "versions")["id"], **step)
        gated.run("sync")
        seen.append(gated.tags("credit", "1")["grc_next_gate"])
    assert seen == ["validation", "compliance", "business", "none"]
    gated.officer.patch(gated.record("credit", "versions")["id"], approval_status="Approved")
    out = gated.run("plan").out
    assert "promotion" in out
    assert "alias:champion" in out
    gated.run("sync")
    model = gated.registry.model("credit")
    assert model is not None
    assert model.aliases == {"champion": "1"}
    assert "Clean" in gated.run("sync").out
    trail = gated.run("audit", "verify")
    assert trail.code == 0
    told = gated.run("audit", "export", "--format", "csv").out
    assert "auc 0.9 >= 0.8; fairness_age -0.05 within +/-0.1; purpose is given; security_scan passed" in told
    assert "gates of tier high hold (automated, validation, compliance, business); approved" in told


def test_a_wrong_tier_is_refused_with_its_line(gated: Desk) -> None:
    gated.write(more=POLICY.replace("      high:", "      hihg:"))
    err = gated.run("sync", expect=2).err
    assert "'hihg' is no tier of the inventory" in err
    assert "mlflow-grc.yaml:" in err


def test_the_report_shows_who_decides(gated: Desk) -> None:
    gated.run("sync")
    gated.author.set_tag("credit", "validation_status", "passed", "1")
    report = gated.run("report", "reconcile", "--live", "--format", "json", expect=None).json["reports"][0]
    (row,) = [row for one in report["objects"] for row in one["fields"] if row["field"] == "validation_status"]
    assert (row["owner"], row["registry"], row["grc"]) == ("computed", "passed", "pending")
