"""Each example from its first check to what comes back, on the server that its README describes."""

from __future__ import annotations

import pytest

from connector.mock.dialects import HABITS
from tests.examples.conftest import EXAMPLES, SECRETS, dialect_of_readme

pytestmark = pytest.mark.server


@pytest.mark.parametrize("name", SECRETS)
def test_an_example_works_from_check_to_decision(trial, name):
    it = trial(name)
    assert "No problem found" in it.say("check").out
    it.author.create_model("credit", description="Scores loans", tags={"purpose": "Credit decisions"})
    it.author.create_version("credit")
    it.author.set_tag("credit", "risk_classification", "high")
    it.author.set_tag("credit", "developer", "Dana Novak <data.scientist@bank.example>")
    it.say("sync")
    record = it.record("credit")
    assert (record["description"], record["purpose"], record["tier"]) == (
        "Scores loans",
        "Credit decisions",
        "2 - High",
    )
    assert record["developer_proposed"] == "data.scientist@bank.example"
    assert record["external_key"].startswith("mlflow:")
    assert record["connector_instance"]

    before = writes(it)
    it.say("plan", "--detailed-exitcode")
    it.say("sync")
    assert writes(it) == before

    out = it.say("check").out
    assert "No problem found" in out
    decide(it)
    it.officer.patch(record["id"], model_owner="head.fraud@bank.example", tier="1 - Critical")
    issue = it.officer.raise_issue("Drift", model=record["id"], severity="Critical")
    it.say("sync")
    tags = it.tags("credit")
    assert tags["risk_classification"] == "critical"
    assert tags["grc_model_owner"] == "head.fraud@bank.example"
    assert tags["grc_open_issues"] == "1"
    assert "Drift" in tags[f"grc_issue_{issue['number'].replace('-', '_')}"]
    returned(it)


def decide(it) -> None:
    """Submit version 1 and approve it, where the platform knows of approvals."""
    if it.name == "ledgerline":
        return
    it.author.set_tag("credit", "grc_approval_request", "submit", "1")
    it.say("sync")
    holder = it.record("credit", "versions" if it.name == "northgate" else "models")
    assert holder["approval_status"] == "Pending Approval"
    it.officer.decide(holder["id"], "conditional", conditions="Monthly review")


def returned(it) -> None:
    """What came back on the version."""
    if it.name == "ledgerline":
        return
    tags = it.tags("credit", "1")
    assert tags["grc_approval_status"] == "conditional"
    assert tags["grc_conditions"] == "Monthly review"
    assert tags["grc_approved_by"] == "risk.officer@bank.example"


def writes(it) -> int:
    """How many requests of the API were other than reads; a login is none."""
    logins = it.grc.requests.count("POST", "*/login") + it.grc.requests.count("POST", "/oauth/token")
    return it.grc.requests.writes - logins


def test_every_example_has_its_files_and_its_dialect():
    listed = {path.parent.name for path in EXAMPLES.glob("*/mapping.yaml")}
    assert listed == set(SECRETS)
    for name in listed:
        assert {path.name for path in (EXAMPLES / name).iterdir()} == {"README.md", "mapping.yaml", "mlflow-grc.yaml"}
        assert set(dialect_of_readme(name).split(",")) <= set(HABITS)
