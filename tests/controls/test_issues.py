"""C03, C09, C22, C25, and exceptions in whatever form a GRC lists them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from connector.controls import JoinedIssue, JoinedModel
from connector.controls.exceptions import policy_exceptions
from tests.controls.estate import GOOD, TODAY, controls, model, run, version

GRAVE = JoinedIssue("FND-1", "Bias", "high", "open")


def with_issue(issue: JoinedIssue, *exceptions: object, **grc: str) -> JoinedModel:
    listed = {"exceptions": json.dumps(exceptions)} if exceptions else {}
    return replace(model(**listed, **grc), issues=(issue,))


@pytest.mark.parametrize(("severity", "found"), [("critical", True), ("high", True), ("medium", False), (None, False)])
def test_c03_a_grave_issue_of_what_is_in_use(severity: str | None, found: bool) -> None:
    assert (("C03", "critical") in controls(with_issue(replace(GRAVE, severity=severity)))) is found


def test_c03_not_where_it_is_closed_accepted_or_of_another_version() -> None:
    for fine in (replace(GRAVE, state="closed"), replace(GRAVE, state="accepted"), replace(GRAVE, version="1")):
        assert controls(with_issue(fine)) == []
    assert controls(replace(with_issue(GRAVE), versions=(version(production=False),))) == []
    assert controls(with_issue(replace(GRAVE, version="3"))) == [("C03", "critical")]


def test_c03_a_version_deployed_without_an_alias_is_in_use_too() -> None:
    deployed = version(production=False, deployment_tier="production")
    assert controls(replace(with_issue(GRAVE), versions=(deployed,))) == [("C03", "critical")]


@pytest.mark.parametrize(
    ("exception", "covered"),
    [
        ("Bias FND-1 accepted by the CRO until 2026-12-31", True),
        ({"type": "issue", "issue": "FND-1", "expiry": "2026-03-02"}, True),
        ("all issues accepted", False),
        ("FND-12 accepted", False),
    ],
)
def test_c03_an_exception_covers_the_issue_that_it_names(exception: object, covered: bool) -> None:
    assert (("C03", "critical") not in controls(with_issue(GRAVE, exception))) is covered


def test_c03_an_expired_exception_covers_nothing() -> None:
    found = controls(with_issue(GRAVE, "FND-1 until 2026-03-01"))
    assert found == [("C03", "critical"), ("C22", "medium")]


def test_c09_remediation_overdue_is_as_severe_as_its_issue() -> None:
    late = JoinedIssue("FND-1", "Drift", "medium", "open", "2026-03-01")
    assert controls(with_issue(late)) == [("C09", "medium")]
    for fine in (replace(late, due=TODAY), replace(late, state="closed"), replace(late, due=None)):
        assert controls(with_issue(fine)) == []
    assert controls(with_issue(replace(late, severity=None))) == [("C09", "high")]
    (found,) = run(with_issue(replace(late, version="3")))
    assert found.version == "3"


@pytest.mark.parametrize(
    ("listed", "expiry"),
    [
        ('[{"type":"late","approver":"a@b.example","expiry":"2026-03-01"}]', "2026-03-01"),
        (json.dumps(['{"type":"late","expires":"2026-03-01T23:59:59Z"}']), "2026-03-01"),
        ('["granted 2025-03-01, ends 2026-03-01"]', "2026-03-01"),
        ("late, until 2026-03-01", "2026-03-01"),
        ('["{broken 2026-03-01"]', "2026-03-01"),
        ('["late, ends soon"]', None),
        ('[{"type":"late","expiry":"soon"}]', None),
        ('["number 12026-03-011"]', None),
        ("[7]", None),
    ],
)
def test_an_exception_in_any_form(listed: str, expiry: str | None) -> None:
    (found,) = policy_exceptions(listed)
    assert found.expiry == (date.fromisoformat(expiry) if expiry else None)
    assert controls(model(exceptions=listed)) == ([("C22", "medium")] if expiry else [])


def test_c22_holds_on_its_last_day_and_nothing_is_asked_of_a_decommissioned_model() -> None:
    assert controls(model(exceptions='["until 2026-03-02"]')) == []
    past = replace(model(exceptions='["until 2026-03-01"]', lifecycle_status="decommissioned"), versions=())
    assert controls(past) == []
    assert list(policy_exceptions(None)) == []


CLOSED = JoinedIssue("FND-1", "Bias", "low", "closed", since="2026-03-01T07:59:00.000Z")
TAG = {"tag:grc_issue_FND_1": '{"state":"open"}'}


def shown(issue: JoinedIssue, tags: dict[str, str]) -> JoinedModel:
    return replace(with_issue(issue), registry={**(GOOD.registry or {}), **tags})


def test_c25_a_closed_issue_that_mlflow_still_shows() -> None:
    (found,) = run(shown(CLOSED, TAG))
    assert (found.control, found.severity, found.version) == ("C25", "high", None)
    assert "FND-1 is closed since 2026-03-01" in found.seen
    assert controls(shown(CLOSED, {})) == []
    assert controls(shown(CLOSED, {"tag:grc_issue_FND_1": '{"state":"closed"}'})) == []
    assert controls(shown(CLOSED, {"tag:grc_issue_FND_1": "edited"})) == [("C25", "high")]


def test_c25_an_open_issue_that_mlflow_does_not_show() -> None:
    reopened = replace(CLOSED, state="open")
    assert controls(shown(reopened, {})) == [("C25", "high")]
    assert controls(shown(reopened, TAG)) == []
    assert controls(shown(reopened, {"tag:grc_issues_overflow": "3 more in the GRC"})) == []


def test_c25_within_the_lag_or_of_unknown_age_nothing_is_wrong() -> None:
    recent = replace(CLOSED, since="2026-03-01T08:00:00.000Z")
    assert controls(shown(recent, TAG)) == []
    assert controls(shown(recent, TAG), settings={"C25": {"hours": 23}}) == [("C25", "high")]
    assert controls(shown(replace(CLOSED, since=None), TAG)) == []
    assert controls(shown(CLOSED, TAG), taken_at=None) == []
    assert ("C25", "high") not in controls(replace(shown(CLOSED, TAG), grc=None))


def test_c25_an_issue_of_a_version_is_shown_there_as_well() -> None:
    issue = replace(CLOSED, state="open", version="3")
    bare = shown(issue, TAG)
    (found,) = run(bare)
    assert (found.control, found.version) == ("C25", "3")
    assert controls(replace(bare, versions=(replace(version(), registry=TAG),))) == []


def test_c25_two_numbers_of_one_tag() -> None:
    twins = (CLOSED, replace(CLOSED, number="FND.1", state="open"))
    assert controls(replace(shown(CLOSED, TAG), issues=twins)) == []
