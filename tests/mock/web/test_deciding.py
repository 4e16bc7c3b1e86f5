"""Deciding on a version."""

import pytest

from tests.mock.web.bank import AUDITOR, OFFICER
from tests.mock.web.conftest import note, summary


@pytest.fixture
def path(bank):
    return f"/ui/versions/{bank.version['id']}/decide"


def test_approve_with_conditions_and_expiry(officer_page, mock, bank, path):
    page = officer_page.submit(
        officer_page.get(path),
        decision="Approved with Conditions",
        conditions="Monthly monitoring.\nNo new products.",
        expiry="2027-03-31",
        comment="Committee of 31 March",
    )
    assert officer_page.path == f"/ui/versions/{bank.version['id']}"
    assert note(page) == "Version 10 is now: Approved with Conditions."
    row = mock.store.row(bank.version["id"])
    assert (row["approval_status"], row["approved_by"]) == ("Approved with Conditions", OFFICER)
    assert (row["approval_expiry"], row["conditions"]) == ("2027-03-31", "Monthly monitoring.\nNo new products.")
    assert row["approval_chain"][0]["comment"] == "Committee of 31 March"
    assert mock.store.row(bank.older["id"]) == bank.older


@pytest.mark.parametrize(
    ("decision", "more", "status"),
    [
        ("Approved", {}, "Approved"),
        ("Provisional Use", {"expiry": "2026-03-31"}, "Provisional Use"),
        ("Rejected", {"comment": "Not sound"}, "Rejected"),
        ("Withdrawn", {"comment": "Data lost"}, "Withdrawn"),
    ],
)
def test_every_decision(officer_page, mock, bank, path, decision, more, status):
    officer_page.submit(officer_page.get(path), decision=decision, **more)
    assert mock.store.row(bank.version["id"])["approval_status"] == status


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({}, {"decision": "Choose the decision."}),
        ({"decision": "Approved with Conditions"}, {"conditions": "Enter the conditions."}),
        (
            {"decision": "Approved", "conditions": "c"},
            {"conditions": "Choose “Approve with conditions”, or clear the conditions."},
        ),
        ({"decision": "Provisional Use"}, {"expiry": "Enter the last day of the provisional use."}),
        (
            {"decision": "Approved", "expiry": "2026-03-30"},
            {"expiry": "The last day is over already. Enter today or a later day."},
        ),
        ({"decision": "Approved", "expiry": "soon"}, {"expiry": "Approved until must be a date such as 2026-03-31."}),
        (
            {"decision": "Approved with Conditions", "conditions": "c" * 4001},
            {"conditions": "Conditions has 4001 characters, 4000 at most."},
        ),
        ({"decision": "Rejected"}, {"comment": "Say why."}),
        (
            {"decision": "Withdrawn", "comment": "c", "conditions": "c", "expiry": "2026-01-01"},
            {
                "conditions": "This decision carries no conditions. Clear them, or decide otherwise.",
                "expiry": "This decision carries no last day. Clear it, or decide otherwise.",
            },
        ),
        (
            {"decision": "Perhaps"},
            {
                "decision": "Decision must be one of Approved, Approved with Conditions, Provisional Use, "
                "Rejected, Expired, Withdrawn."
            },
        ),
    ],
)
def test_what_does_not_go_is_said_by_the_field_and_everything_is_kept(officer_page, mock, bank, path, values, errors):
    page = officer_page.submit(officer_page.get(path), 422, **{"comment": "", **values})
    assert page.errors() == errors
    assert summary(page) == list(errors.values())
    assert page.one("title").text.startswith("Error: ")
    kept = officer_page.form(page).values
    assert {name: kept.get(name, "") for name in values if name != "decision"} == {
        name: text for name, text in values.items() if name != "decision"
    }
    if values.get("decision") != "Perhaps":
        assert kept.get("decision") == values.get("decision")
    assert mock.store.row(bank.version["id"]) == bank.version
    assert mock.store.rows("approvals")[1:] == []


def test_a_decommissioned_version_takes_no_decision_and_offers_none(officer_page, officer, bank, path):
    form = officer_page.get(path)
    officer.patch(bank.version["id"], lifecycle_status="Decommissioned")
    page = officer_page.get(f"/ui/versions/{bank.version['id']}")
    assert "Decide" not in page.one("ul", class_="tasks").links()
    values = {**officer_page.form(form).values, "revision": "2", "decision": "Approved"}
    page = officer_page.post(path, 409, **values)
    assert page.one("h1").text == "This cannot be done now"
    assert f"{bank.version['id']} is decommissioned and takes no decision." in page.text


def test_a_decision_on_what_has_changed_meanwhile_is_shown_first(officer_page, mock, bank, path):
    form = officer_page.get(path)
    mock.as_user("mlflow-grc@bank.example").patch(bank.version["id"], metrics={"auc": 0.55})
    page = officer_page.submit(form, 409, decision="Approved", comment="Good figures")
    assert page.one("h2", id="errors-title").text == "The record has changed since you opened this form"
    (row,) = page.one("table", class_="changes").rows()
    assert row[:2] == ["Metrics", "auc: 0.81, ks: 0.44"]
    assert row[2] == "auc: 0.55 MLflow connector service account, 31 Mar 2026, 12:00 UTC"
    assert mock.store.row(bank.version["id"])["approval_status"] == "Not Submitted"
    page = officer_page.submit(page)
    assert mock.store.row(bank.version["id"])["approval_chain"][0]["comment"] == "Good figures"
    assert note(page) == "Version 10 is now: Approved."


def test_who_may_not_decide_cannot_by_a_made_up_form_either(visitor, mock, bank, path):
    auditor = visitor(AUDITOR)
    token = auditor.get("/ui/models").one("input", name="csrf").attrs["value"]
    page = auditor.post(path, 403, csrf=token, revision="1", decision="Approved")
    assert "your role is Auditor" in page.text
    assert mock.store.row(bank.version["id"]) == bank.version


def test_a_change_in_the_very_moment_of_deciding_is_shown_first_too(officer_page, mock, bank, path, monkeypatch):
    form = officer_page.get(path)
    decide = mock.grc.decide

    def late(record_id, decision, user, **details):
        mock.as_user("mlflow-grc@bank.example").patch(bank.version["id"], metrics={"auc": 0.55})
        return decide(record_id, decision, user, **details)

    monkeypatch.setattr(mock.grc, "decide", late)
    page = officer_page.submit(form, 409, decision="Approved")
    assert page.one("table", class_="changes").rows()[0][0] == "Metrics"
    assert mock.store.row(bank.version["id"])["approval_chain"] == []
    assert len(mock.store.rows("approvals")) == 1
