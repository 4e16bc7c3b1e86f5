"""Who may do what, and what follows from what they do."""

import pytest

from connector.mock import GrcError, MockGrc, Role, User
from tests.mock.conftest import ADMIN, AUDITOR, OFFICER

SERVICE = "mlflow-grc@bank.example"


def test_me_says_who_you_are(api, user):
    assert api.get("me") == {"email": SERVICE, "name": "MLflow connector", "role": "Service Account"}
    assert user(AUDITOR).get("me")["role"] == "Auditor"


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer ", "Bearer", "Basic abc", "Bearer tökén"])
@pytest.mark.parametrize("path", ["me", "models", "models/MDL1", "history", "schema/models"])
def test_without_a_good_token_401_in_json(user, header, path):
    headers = {"Authorization": header.encode()} if header else {}
    response = user(None)("GET", f"/api/v1/{path}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


def test_writes_without_a_good_token_do_nothing(user, mock):
    stranger = user(None)
    assert stranger("POST", "/api/v1/models", json={}).status_code == 401
    assert stranger("POST", "/admin/faults", json={"kind": "html"}).status_code == 401
    assert mock.store.rows("models") == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "models", {}),
        ("PATCH", "models/MDL0001001", {"purpose": "x"}),
        ("POST", "issues", {"title": "x", "severity": "Low"}),
        ("POST", "issues/ISS0001001/comments", {"text": "x"}),
        ("POST", "versions/VER0001001/decide", {"decision": "Approved"}),
    ],
)
def test_an_auditor_reads_and_nothing_else(api, user, version, method, path, body):
    api.post("issues", title="x", severity="Low")
    auditor = user(AUDITOR)
    before = {kind: auditor.get(kind) for kind in ("models", "versions", "issues", "approvals")}
    response = auditor(method, f"/api/v1/{path}", json=body)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert {kind: auditor.get(kind) for kind in before} == before


@pytest.mark.parametrize("status", ["Approved", "Approved with Conditions", "Rejected", "Withdrawn"])
def test_the_connector_cannot_decide(api, version, status):
    assert api("POST", f"/api/v1/versions/{version['id']}/decide", json={"decision": status}).status_code == 403
    for values in ({"approval_status": status}, {"approved_by": OFFICER}, {"conditions": "none"}):
        response = api("PATCH", f"/api/v1/versions/{version['id']}", json=values)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == list(values)
    assert api.get("versions/" + version["id"])["approval_status"] == "Not Submitted"


def test_the_connector_submits_and_withdraws(api, version):
    path = "versions/" + version["id"]
    assert api.patch(path, approval_status="Pending Approval")["approval_status"] == "Pending Approval"
    assert api.patch(path, approval_status="Not Submitted")["approval_status"] == "Not Submitted"


def test_the_connector_may_repeat_a_decision_that_stands(api, officer, version):
    officer.decide(version["id"], "approved", conditions="monthly review")
    row = api.patch("versions/" + version["id"], approval_status="Approved", description="new")
    assert (row["approval_status"], row["description"]) == ("Approved", "new")


def test_a_decision_sets_what_follows_and_adds_a_step(api, user, clock, version):
    clock.forward(days=1)
    row = user(OFFICER).post(
        f"versions/{version['id']}/decide",
        decision="Approved with Conditions",
        comment="fine",
        conditions="monthly review",
        expiry="2027-03-31",
        link="https://bank.example/minutes/7",
    )
    assert (row["approval_status"], row["approved_by"]) == ("Approved with Conditions", OFFICER)
    assert (row["approval_date"], row["approval_expiry"]) == ("2026-04-01", "2027-03-31")
    assert (row["conditions"], row["revision"]) == ("monthly review", 2)
    (step,) = api.get("approvals", version=version["id"])["items"]
    assert (step["step"], step["name"], step["role"]) == (1, "Rita Okafor", "Model Risk Officer")
    assert (step["decision"], step["comment"], step["link"]) == (
        "Approved with Conditions",
        "fine",
        "https://bank.example/minutes/7",
    )
    parts = ("step", "name", "role", "time", "decision", "comment", "link")
    assert row["approval_chain"] == [{part: step[part] for part in parts}]


@pytest.mark.parametrize("word", ["rejected", "withdrawn", "expired"])
def test_a_decision_that_permits_nothing_clears_the_approval(officer, version, word):
    officer.decide(version["id"], "approved", conditions="c", expiry="2027-01-01")
    row = officer.decide(version["id"], word, comment="no longer")
    assert (row["approved_by"], row["approval_expiry"], row["conditions"]) == (None, None, None)
    assert row["approval_status"].casefold() == word
    assert [step["step"] for step in row["approval_chain"]] == [1, 2]


def test_a_model_record_takes_decisions_for_its_governed_version(officer, version):
    officer.patch(version["model"], governed_version="3")
    row = officer.decide(version["model"], "Provisional Use")
    assert (row["approval_status"], row["governed_version"]) == ("Provisional Use", "3")
    assert officer.records("approvals", model=row["id"])[0]["decision"] == "Provisional Use"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"decision": "maybe"}, 422, "decision"),
        ({}, 422, "decision"),
        ({"decision": "approved", "expiry": "soon"}, 422, "approval_expiry"),
        ({"decision": "approved", "nonsense": 1}, 422, "nonsense"),
    ],
)
def test_a_bad_decision_changes_nothing(user, version, body, status, field):
    officer = user(OFFICER)
    response = officer("POST", f"/api/v1/versions/{version['id']}/decide", json=body)
    assert response.status_code == status
    assert response.json()["errors"][0]["field"] == field
    assert officer.get("approvals")["total"] == 0
    assert officer.get("versions/" + version["id"]) == version


def test_only_models_and_versions_are_decided_on_and_none_decommissioned(user, officer, version):
    issue = officer.raise_issue("x", version=version["id"])
    client = user(OFFICER)
    decision = {"decision": "approved"}
    assert client("POST", f"/api/v1/issues/{issue['id']}/decide", json=decision).status_code == 404
    officer.patch(version["id"], lifecycle_status="Decommissioned")
    assert client("POST", f"/api/v1/versions/{version['id']}/decide", json=decision).status_code == 409


def test_a_step_entered_by_hand_joins_the_chain(user, version):
    officer = user(OFFICER)
    officer.post("approvals", version=version["id"], step=1, decision="Pending Approval", name="Committee")
    row = officer.get("versions/" + version["id"])
    assert [step["name"] for step in row["approval_chain"]] == ["Committee"]
    response = officer("POST", "/api/v1/approvals", json={"step": 1, "decision": "Approved"})
    assert response.json()["errors"][0]["field"] == "version"


def test_issues_close_and_reopen(api, officer, clock, version):
    issue = officer.raise_issue("Backtesting fails", severity="Critical", version=version["id"], due_date="2026-06-30")
    assert (issue["model"], issue["version"], issue["closed"]) == (version["model"], version["id"], None)
    clock.forward(days=2)
    closed = officer.close_issue(issue["id"])
    assert (closed["state"], closed["closed"]) == ("Closed", "2026-04-02T12:00:00.000000Z")
    reopened = officer.reopen_issue(issue["id"])
    assert (reopened["state"], reopened["closed"]) == ("Open", None)
    with pytest.raises(GrcError, match="not closed"):
        officer.reopen_issue(issue["id"])
    assert api.patch("issues/" + issue["id"], state="In Remediation")["closed"] is None


def test_an_issue_born_closed_says_when(officer):
    issue = officer.create("issues", title="old", severity="Low", state="Closed", closed="2020-01-01T00:00:00Z")
    assert issue["closed"] == "2020-01-01T00:00:00Z"
    assert officer.create("issues", title="old", severity="Low", state="Closed")["closed"] is not None


def test_comments(api, officer, clock):
    issue = officer.raise_issue("x")
    first = api.post(f"issues/{issue['id']}/comments", text="from the connector")
    clock.forward(seconds=1)
    officer.comment(issue["id"], "from a person")
    listed = api.get(f"issues/{issue['id']}/comments")
    assert listed["total"] == 2
    assert listed["items"][0] == first
    assert [(one["text"], one["author"]) for one in listed["items"]] == [
        ("from the connector", SERVICE),
        ("from a person", OFFICER),
    ]
    assert len({one["id"] for one in listed["items"]}) == 2
    assert api.get("issues/" + issue["id"])["revision"] == 1
    for text in ("", "  ", None, 5):
        response = api("POST", f"/api/v1/issues/{issue['id']}/comments", json={"text": text})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "text")


def test_history_tells_who_changed_what_when(api, officer, clock):
    row = api.post("models", purpose="a", tier="3 - Medium")
    clock.forward(minutes=5)
    officer.patch(row["id"], tier="1 - Critical", products=["cards"])
    lines = api.get("history", record=row["id"])["items"]
    assert lines == api.get(f"models/{row['id']}/history")["items"]
    assert [(one["action"], one["field"], one["old"], one["new"], one["user"], one["revision"]) for one in lines] == [
        ("create", "purpose", None, "a", SERVICE, 1),
        ("create", "tier", None, "3 - Medium", SERVICE, 1),
        ("update", "tier", "3 - Medium", "1 - Critical", OFFICER, 2),
        ("update", "products", [], ["cards"], OFFICER, 2),
    ]
    assert [one["at"][11:16] for one in lines] == ["12:00", "12:00", "12:05", "12:05"]


def test_history_outlives_the_record(api, officer):
    row = api.post("models", purpose="a")
    officer.delete(row["id"])
    assert [one["action"] for one in api.get("history", record=row["id"])["items"]] == ["create", "delete"]


def test_users_are_records_that_administrators_keep(api, user):
    admin = user(ADMIN)
    body = {"email": "new@bank.example", "name": "New", "role": "Model Owner"}
    assert api("POST", "/api/v1/users", json=body).status_code == 403
    assert admin.post("users", **body)["active"]
    assert api.post("models", model_owner="new@bank.example")["model_owner"] == "new@bank.example"
    assert admin("POST", "/api/v1/users", json=body).status_code == 409
    response = admin("POST", "/api/v1/users", json={**body, "email": "x@bank.example", "role": "King"})
    assert response.json()["errors"][0]["field"] == "role"


def test_an_inactive_user_is_nobody(mock, user):
    auditor, admin = user(AUDITOR), user(ADMIN)
    row = admin.get("users", email=AUDITOR)["items"][0]
    admin.patch("users/" + row["id"], active=False)
    assert auditor("GET", "/api/v1/me").status_code == 401
    with pytest.raises(GrcError, match="no active user"):
        mock.as_user(AUDITOR)


def test_people_can_be_added_with_their_tokens(mock):
    token = mock.add_user(User("new@bank.example", "New", Role.RISK_OFFICER))
    assert mock.tokens["new@bank.example"] == token
    assert len(set(mock.tokens.values())) == len(mock.tokens)


def test_tokens_follow_from_the_connectors_own():
    first, second, other = MockGrc(token="t"), MockGrc(token="t"), MockGrc()
    assert first.tokens == second.tokens
    assert not set(first.tokens.values()) & set(other.tokens.values())
    assert first.tokens[SERVICE] == first.token == "t"
