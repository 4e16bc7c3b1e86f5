"""People at work in the tenant: the mock's words on one side, columns and values of the platform on the other."""

from datetime import timedelta

import pytest

from connector.mock.catalog import KINDS
from connector.mock.errors import Clash, Invalid, NotFound
from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.desk import Clock
from tests.simulators.servicenow.tenant import APPROVERS, ISSUES, MODELS, TABLES, VERSIONS
from tests.simulators.servicenow.words import TABLES as TABLES_OF
from tests.simulators.servicenow.words import WORDS

OFFICER = "risk.officer@bank.example"
OWNER = "head.retail@bank.example"
FULL = {
    "registry_name": "credit",
    "registry_created": 1700000000000,
    "tier": "2 - High",
    "classification": "EUC",
    "materiality": "High",
    "lifecycle_status": "In Use",
    "limitations": ["a, b", "Ünï\ncode ^ 🚀"],
    "products": [],
    "exceptions": [{"type": "late", "expiry": "2026-05-01"}],
    "model_owner": OWNER,
    "review_frequency": 12,
    "next_review_due": "2026-05-01",
    "purpose": "x" * 4000,
}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sn(clock):
    return ServiceNow(clock=clock)


@pytest.fixture
def officer(sn):
    return sn.as_user(OFFICER)


def test_the_words_of_the_mock_all_have_a_column(officer):
    elsewhere = {"approvals": {"model", "version", "name"}, "issues": {"title"}}
    for kind, table in TABLES_OF.items():
        missing = set(KINDS[kind].fields) - set(WORDS[table]) - elsewhere.get(kind, set())
        assert not missing, (kind, missing)
        assert {word.column for word in WORDS[table].values()} <= set(TABLES[table].columns)


def test_every_choice_of_the_mock_has_a_value_that_the_column_takes(sn, officer):
    model = officer.create("models", registry_name="credit")
    version = officer.create("versions", model=model["id"], version="1")
    issue = officer.raise_issue("Drift", model=model["id"])
    for kind, record in (("models", model), ("versions", version), ("issues", issue)):
        for spec in KINDS[kind].fields.values():
            for value in spec.choices:
                assert officer.patch(record["id"], **{spec.name: value})[spec.name] == value


def test_values_come_back_as_they_went_in(sn, officer):
    record = officer.create("models", **FULL)
    assert {name: record[name] for name in FULL} == FULL
    row = sn.store.row(MODELS, record["id"])
    assert (row["u_risk_classification"], row["u_materiality"], row["u_lifecycle_status"]) == ("2", "1", "in_use")
    assert sn.store.row("sys_user", row["u_model_owner"])["email"] == OWNER
    emptied = officer.patch(record["id"], **dict.fromkeys(FULL))
    assert {emptied[name] for name in set(FULL) - {"limitations", "products", "exceptions"}} == {None}
    assert (emptied["limitations"], emptied["exceptions"]) == ([], [])


def test_who_and_when(officer, sn, clock):
    record = officer.create("models", registry_name="credit")
    clock.now += timedelta(minutes=1)
    changed = sn.as_user(OWNER).patch(record["id"], purpose="x")
    assert (changed["created_by"], changed["updated_by"]) == (OFFICER, OWNER)
    assert (changed["created_at"], changed["updated_at"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:01:00Z")
    assert (record["revision"], changed["revision"]) == (1, 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"nonsense": "x"},
        {"tier": "0 - Systemic"},
        {"model_owner": "nobody@bank.example"},
        {"next_review_due": "tomorrow"},
        {"purpose": "x" * 4001},
    ],
)
def test_a_form_refuses_what_does_not_fit(officer, fields):
    record = officer.create("models", registry_name="credit")
    with pytest.raises(Invalid):
        officer.patch(record["id"], **fields)
    with pytest.raises(Invalid):
        officer.create("versions", model="0" * 32, version="1")
    with pytest.raises(NotFound):
        officer.record("0" * 32)
    assert officer.record(record["id"]) == record


def test_a_new_version_is_not_submitted_and_a_new_model_says_nothing(officer):
    model = officer.create("models", registry_name="credit")
    version = officer.create("versions", model=model["id"], version="1")
    assert (model["approval_status"], version["approval_status"]) == (None, "Not Submitted")


def test_a_decision_stands_on_the_version_and_with_the_approver(sn, officer):
    model = officer.create("models", registry_name="credit")
    version = officer.create("versions", model=model["id"], version="1")
    done = officer.decide(version["id"], "conditional", conditions="Watch", expiry="2027-01-01", comment="ok")
    assert (done["approval_status"], done["approved_by"]) == ("Approved with Conditions", OFFICER)
    assert (done["approval_date"], done["approval_expiry"], done["conditions"]) == ("2026-03-02", "2027-01-01", "Watch")
    (step,) = officer.records("approvals", version=version["id"])
    assert (step["step"], step["name"], step["decision"]) == (1, "Rita Okafor", "Approved with Conditions")
    assert done["approval_chain"] == [
        {name: step[name] for name in ("step", "name", "role", "time", "decision", "comment", "link")}
    ]
    (row,) = sn.store.rows(APPROVERS)
    assert (row["state"], row["source_table"], row["document_id"]) == ("approved", VERSIONS, version["id"])
    rejected = officer.decide(version["id"], "rejected")
    assert (rejected["approved_by"], rejected["conditions"], rejected["approval_expiry"]) == (None, None, None)
    assert [row["state"] for row in sn.store.rows(APPROVERS)] == ["approved", "rejected"]
    officer.patch(version["id"], lifecycle_status="Decommissioned")
    with pytest.raises(Clash):
        officer.decide(version["id"], "approved")


def test_an_issue_is_raised_answered_closed_and_opened_again(sn, officer):
    model = officer.create("models", registry_name="credit")
    version = officer.create("versions", model=model["id"], version="1")
    issue = officer.raise_issue("Drift", version=version["id"], due_date="2026-05-01", assignee=OWNER)
    assert (issue["model"], issue["version"], issue["state"]) == (model["id"], version["id"], "Open")
    assert (issue["severity"], issue["due_date"], issue["assignee"]) == ("High", "2026-05-01", OWNER)
    row = sn.store.row(ISSUES, issue["id"])
    assert (row["priority"], row["state"], row["due_date"]) == ("2", "1", "2026-05-01 00:00:00")
    with pytest.raises(Clash):
        officer.reopen_issue(issue["id"])
    assert officer.close_issue(issue["id"])["closed"] == "2026-03-02T12:00:00Z"
    again = officer.reopen_issue(issue["id"])
    assert (again["state"], again["closed"]) == ("Open", None)
    officer.comment(issue["id"], "one")
    sn.as_user(OWNER).comment(issue["id"], "two")
    said = [(one["text"], one["author"]) for one in officer.comments(issue["id"])]
    assert said == [("one", OFFICER), ("two", OWNER)]


def test_records_are_found_by_their_fields_in_the_order_of_creation(officer):
    made = [officer.create("models", registry_name=name, tier="1 - Critical") for name in ("b", "a", "c")]
    officer.patch(made[1]["id"], tier="2 - High")
    assert [one["registry_name"] for one in officer.records("models")] == ["b", "a", "c"]
    assert [one["registry_name"] for one in officer.records("models", tier="1 - Critical")] == ["b", "c"]
    officer.delete(made[0]["id"])
    assert [one["registry_name"] for one in officer.records("models")] == ["a", "c"]


def test_everything_can_be_kept_and_put_back(sn, officer):
    model = officer.create("models", **FULL)
    issue = officer.raise_issue("Drift", model=model["id"])
    kept = sn.store.dump()
    officer.comment(issue["id"], "gone")
    after = officer.create("models", registry_name="after")
    officer.delete(model["id"])
    sn.store.load(kept)
    assert officer.record(model["id"]) == model
    assert officer.comments(issue["id"]) == []
    assert sn.store.dump() == kept
    officer.comment(issue["id"], "gone")
    assert officer.create("models", registry_name="after")["id"] == after["id"]
    assert officer.raise_issue("Next", model=model["id"])["number"] == "ISS0010002"


def test_a_record_may_get_another_id_and_be_touched(sn, officer, clock):
    model = officer.create("models", registry_name="credit")
    version = officer.create("versions", model=model["id"], version="1")
    issue = officer.raise_issue("Drift", version=version["id"])
    officer.comment(issue["id"], "hello")
    officer.decide(version["id"], "approved")
    new_model = sn.store.reid(MODELS, model["id"], "admin")["sys_id"]
    new_version = sn.store.reid(VERSIONS, version["id"], "admin")["sys_id"]
    new_issue = sn.store.reid(ISSUES, issue["id"], "admin")["sys_id"]
    assert officer.record(new_version)["model"] == new_model
    told = officer.record(new_issue)
    assert (told["model"], told["version"]) == (new_model, new_version)
    assert [one["text"] for one in officer.comments(new_issue)] == ["hello"]
    assert officer.records("approvals", version=new_version)
    clock.now += timedelta(minutes=1)
    before = officer.record(new_model)
    sn.store.touch(MODELS, new_model, "admin")
    after = officer.record(new_model)
    assert after["revision"] == before["revision"] + 1
    stamps = {"revision", "updated_at", "updated_by"}
    assert {name for name in after if after[name] != before[name]} == stamps


def test_history_shows_what_was_undone(sn, officer):
    model = officer.create("models", registry_name="credit")
    begun = len(sn.store.history())
    for purpose in ("x", None, "x", "x"):
        officer.patch(model["id"], purpose=purpose)
    assert [(one.column, one.old, one.new) for one in sn.store.history()[begun:]] == [
        ("u_purpose", "", "x"),
        ("u_purpose", "x", ""),
        ("u_purpose", "", "x"),
    ]
