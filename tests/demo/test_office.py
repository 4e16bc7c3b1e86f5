"""The demo's people at work in the real mock GRC."""

from __future__ import annotations

from contextlib import closing

import pytest

from connector.demo.cast import CAST, OFFICER, SCIENTIST, VALIDATOR
from connector.demo.office import MockOffice, users
from connector.mock import GrcError, MockGrc


@pytest.fixture
def grc():
    with MockGrc(users=users(CAST)) as server:
        desk = server.as_user(OFFICER.email)
        model = desk.create("models", registry_name="sme-pd", tier="3 - Medium")
        desk.create("versions", registry_name="sme-pd", version="3", model=model["id"])
        yield server


@pytest.fixture
def office(grc):
    with closing(MockOffice(grc)) as made:
        yield made


def test_records_read_in_the_words_of_the_inventory(office):
    assert office.models()["sme-pd"]["risk_classification"] == "medium"
    assert office.versions()["sme-pd", "3"]["approval_status"] == "not_submitted"


def test_edits_are_written_in_the_words_of_the_mock(office, grc):
    office.edit(OFFICER, "sme-pd", {"risk_classification": "high", "lifecycle_status": "in_use"})
    record = grc.as_user(OFFICER.email).records("models")[0]
    assert (record["tier"], record["lifecycle_status"], record["updated_by"]) == ("2 - High", "In Use", OFFICER.email)


def test_decisions_carry_condition_and_expiry(office):
    office.decide(OFFICER, "sme-pd", "3", "conditional", approval_expiry="2027-03-31", conditions="Monitor monthly.")
    record = office.versions()["sme-pd", "3"]
    assert record["approval_status"] == "conditional"
    assert (record["approved_by"], record["approval_expiry"]) == (OFFICER.email, "2027-03-31")
    assert record["conditions"] == "Monitor monthly."


def test_issues_are_raised_answered_and_closed(office, grc):
    number = office.raise_issue(
        VALIDATOR, "sme-pd", title="Too few defaults", severity="medium", due="2026-06-30", version="3"
    )
    issue = grc.as_user(VALIDATOR.email).records("issues")[0]
    assert (issue["number"], issue["severity"], issue["due_date"]) == (number, "Moderate", "2026-06-30")
    assert issue["version"] == office.versions()["sme-pd", "3"]["id"]

    grc.as_user(SCIENTIST.email).comment(issue["id"], "Segments merged.")
    assert office.comments(number) == ["Segments merged."]

    office.close_issue(VALIDATOR, number)
    assert grc.as_user(VALIDATOR.email).record(issue["id"])["state"] == "Closed"


def test_a_data_scientist_cannot_decide(office):
    with pytest.raises(GrcError, match="no right"):
        office.decide(SCIENTIST, "sme-pd", "3", "approved")
