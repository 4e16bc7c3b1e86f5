"""Findings to the GRC through the command line: a configuration, the packaged mapping, the mock GRC over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk

MAPPINGS = Path(__file__).parents[2] / "mappings"
POLICY = """
policy:
  findings_to_grc: {severity: critical, controls: [C01]}
reports:
  waivers: waivers.yaml
"""
WAIVER = """
waivers:
- control: C01
  model: credit
  reason: a pilot
  by: rita@bank.example
  expires: 2099-01-01
"""


@pytest.fixture
def exposed(desk: Desk) -> Desk:
    """A version in production that nobody approved, known on both sides."""
    desk.write(more=POLICY)
    (desk.directory / "waivers.yaml").write_text("waivers: []\n", encoding="utf-8")
    desk.author.create_model("credit", tags={"risk_classification": "high", "purpose": "Scores."})
    desk.author.create_version("credit")
    desk.registry.set_alias("credit", "production", "1")
    desk.run("sync")
    return desk


def issues(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.officer.records("issues"))


def test_waivers_that_cannot_be_read_hold_up_no_decision(exposed: Desk) -> None:
    exposed.run("sync")
    (exposed.directory / "waivers.yaml").write_text(WAIVER.replace("2099-01-01", "someday"), encoding="utf-8")
    exposed.officer.decide(exposed.record("credit", "versions")["id"], "approved")
    told = exposed.run("sync", expect=3).out
    assert "no issue is opened or closed for a finding" in told
    assert "waivers.yaml" in told
    assert exposed.tags("credit", "1")["grc_approval_status"] == "approved"
    assert [each["state"] for each in issues(exposed)] == ["Open"]
    (exposed.directory / "waivers.yaml").write_text("waivers: []\n", encoding="utf-8")
    exposed.run("sync")
    assert [each["state"] for each in issues(exposed)] == ["Closed"]


def test_issues_that_a_fuse_withholds_put_no_report_in_doubt(exposed: Desk) -> None:
    exposed.write(more=POLICY.replace("policy:\n", "policy:\n  fuse: {open_issue: {percent: 0, floor: 0}}\n"))
    exposed.run("sync", expect=3)
    told = exposed.run("report", "reconcile").out
    assert "1 withheld" in told
    assert "INCONCLUSIVE" not in told


def test_opened_shown_closed_and_opened_again(exposed: Desk) -> None:
    assert issues(exposed) == []
    out = exposed.run("plan").out
    assert "new issue" in out
    assert "finding of C01" in out
    exposed.run("sync")
    (issue,) = issues(exposed)
    assert (issue["severity"], issue["state"]) == ("Critical", "Open")
    assert issue["description"].startswith("Control C01: a version under a production alias is not approved.")
    exposed.run("sync")
    assert exposed.tags("credit", "1")["grc_open_issues"] == "1"
    assert "Clean" in exposed.run("sync").out
    exposed.officer.patch(exposed.record("credit", "versions")["id"], approval_status="Approved")
    exposed.run("sync")
    exposed.run("sync")
    (issue,) = issues(exposed)
    assert (issue["state"], issue["resolution"]) == ("Closed", "Control C01 holds again: nothing of it is found.")
    exposed.officer.patch(exposed.record("credit", "versions")["id"], approval_status="Expired")
    exposed.run("sync")
    exposed.run("sync")
    (issue,) = issues(exposed)
    assert issue["state"] == "Open"
    exposed.run("sync")
    assert "Clean" in exposed.run("sync").out
    assert exposed.run("audit", "verify").code == 0
    told = exposed.run("audit", "export", "--format", "csv").out
    assert "control C01 fails: " in told
    assert "C01 holds again" in told


def test_an_accepted_finding_is_closed_with_its_reason(exposed: Desk) -> None:
    exposed.run("sync")
    (exposed.directory / "waivers.yaml").write_text(WAIVER, encoding="utf-8")
    exposed.run("sync")
    exposed.run("sync")
    (issue,) = issues(exposed)
    assert (issue["state"], issue["resolution"]) == (
        "Closed",
        "Accepted by rita@bank.example until 2099-01-01: a pilot.",
    )


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("{severity: grave}", "severity"),
        ("{controls: [C99]}", "'C99' is no control"),
        ("{controls: [C27]}", "C27 is about no record of the GRC"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(desk: Desk, policy: str, told: str) -> None:
    desk.write(more=f"\npolicy:\n  findings_to_grc: {policy}\n")
    err = desk.run("sync", expect=2).err
    assert told in err
    assert "mlflow-grc.yaml:" in err


def test_a_mapping_that_cannot_open_issues_says_what_to_add(desk: Desk) -> None:
    text = (MAPPINGS / "mock.yaml").read_text(encoding="utf-8")
    opening = text.index("    # With policy.findings_to_grc")
    fields = text.index("    fields:\n      number: number")
    (desk.directory / "own.yaml").write_text(text[:opening] + text[fields:], encoding="utf-8")
    desk.write(("mapping: mock", "mapping: own.yaml"), more=POLICY)
    assert desk.run("check", "--json", expect=2).json
    err = desk.run("sync", expect=2).err
    assert "does not say how issues are opened" in err
    assert "give entities.issue there `opening`" in err
