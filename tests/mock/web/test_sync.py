"""From the officer's page to the engineer's tags: what was done in a browser is in MLflow after the next sync."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import site  # noqa: F401 - a fixture
from tests.e2e.site import Site
from tests.mock.web.bank import OFFICER
from tests.mock.web.conftest import Visitor

pytestmark = pytest.mark.server


def test_what_the_officer_did_comes_back_as_tags(site: Site) -> None:  # noqa: F811
    site.author.create_model("credit", tags={"risk_classification": "medium", "purpose": "Scores."})
    for _ in range(2):
        site.author.create_version("credit", source="s3://bank/models")
    site.run("sync")
    officer = Visitor(site.grc)
    page = officer.sign_in(OFFICER)
    page = officer.get(page.links()["credit"])
    assert "The tier is provisional." in page.text

    decide = officer.get(page.links()["Decide on version 2"])
    officer.submit(decide, decision="Approved with Conditions", conditions="Monthly monitoring", expiry="2099-12-31")
    page = officer.get(f"/records/{site.record('credit')['id']}")
    officer.submit(officer.get(page.links()["Change the tier"]), tier="1 - Critical", tier_override_reason="It grew.")
    raised = officer.get(page.links()["Raise an issue"])
    officer.submit(raised, title="Data gap", severity="High", due_date="2020-01-31")
    gap = officer.path
    officer.submit(raised, title="No owner", severity="Low")
    other = officer.path
    site.run("sync")

    model = site.registry.model("credit")
    first, second = (site.registry.version("credit", number) for number in "12")
    assert second.tags["grc_approval_status"] == "conditional"
    assert second.tags["grc_approved_by"] == OFFICER
    assert second.tags["grc_approval_expiry"] == "2099-12-31"
    assert second.tags["grc_conditions"] == "Monthly monitoring"
    assert first.tags["grc_approval_status"] == "not_submitted"
    assert model.tags["risk_classification"] == "critical"
    assert model.tags["grc_tier_state"] == "confirmed"
    assert (model.tags["grc_open_issues"], model.tags["grc_issues_overdue"]) == ("2", "1")
    tickets = {json.loads(text)["title"]: key for key, text in model.tags.items() if key.startswith("grc_issue_")}
    assert json.loads(model.tags[tickets["Data gap"]])["due"] == "2020-01-31"

    answer = tickets["Data gap"].replace("grc_issue_", "grc_response_")
    site.author.set_tag("credit", answer, "We refill it in May.")
    officer.submit(officer.get(officer.get(other).links()["Close the issue"]))
    site.run("sync")
    (comment,) = officer.get(gap).one("ol", class_="comments").all("li")
    assert "We refill it in May." in comment.text
    assert "service account" in comment.text
    tags = site.registry.model("credit").tags
    assert tags["grc_open_issues"] == "1"
    assert tickets["Data gap"] in tags
    assert tickets["No owner"] not in tags
