"""People at work in the simulated LogicGate, and how its requests are told in common words."""

import pytest

from connector.mock.catalog import KINDS
from tests.simulators.base import Call, Verb
from tests.simulators.logicgate.fixtures import OFFICER, client, officer, server, simulator
from tests.simulators.logicgate.person import Refused
from tests.simulators.logicgate.seed import seed
from tests.simulators.logicgate.words import DISCUSSION, WORDS

__all__ = ["client", "officer", "server", "simulator"]


@pytest.mark.parametrize("kind", WORDS)
def test_every_field_of_the_mock_has_a_place(simulator, kind):
    assert set(WORDS[kind]) == set(KINDS[kind].fields)
    assert {word.name for word in WORDS[kind].values()} <= set(simulator.store.application.by_kind(kind).fields)


def test_what_a_person_enters_is_what_a_person_sees(officer):
    fields = {
        "registry_name": "pd",
        "tier": "1 - Critical",
        "lifecycle_status": "In Use",
        "limitations": ["a, b", "ünï"],
        "regulatory_scope": ["FDA", "E-23"],
        "model_owner": "head.fraud@bank.example",
        "retention": 120,
        "last_validated": "2026-02-28",
    }
    row = officer.create("models", **fields)
    assert {name: row[name] for name in fields} == fields
    assert officer.records("models", tier="1 - Critical") == [row]
    emptied = officer.patch(row["id"], **dict.fromkeys(fields))
    assert {emptied[name] for name in ("tier", "retention", "last_validated", "model_owner")} == {None}
    assert (emptied["limitations"], emptied["regulatory_scope"]) == ([], [])


@pytest.mark.parametrize(
    "fields", [{"tier": "0 - Systemic"}, {"model_owner": "nobody@bank.example"}, {"colour": "blue"}]
)
def test_a_form_refuses_what_does_not_fit(officer, fields):
    with pytest.raises(Refused):
        officer.create("models", registry_name="pd", **fields)
    assert officer.records("models") == []


def test_a_decision_leaves_an_approval_step(officer):
    model = officer.create("models", registry_name="pd")["id"]
    version = officer.create("versions", model=model, version="1")
    assert version["approval_status"] == "Not Submitted"
    decided = officer.decide(version["id"], "conditional", conditions="EU only", expiry="2027-03-31")
    assert (decided["approval_status"], decided["approved_by"]) == ("Approved with Conditions", OFFICER)
    assert (decided["conditions"], decided["approval_date"]) == ("EU only", "2026-03-02")
    (step,) = officer.records("approvals")
    assert (step["version"], step["decision"], step["name"]) == (
        version["id"],
        "Approved with Conditions",
        "Rita Okafor",
    )


def test_issues_are_raised_closed_and_talked_about(simulator, client, officer):
    model = officer.create("models", registry_name="pd")["id"]
    issue = officer.raise_issue("Drift", model=model, due_date="2026-04-01")
    assert (issue["number"], issue["state"], issue["severity"]) == ("Issue-1", "Open", "High")
    assert simulator.store.links == [(model, issue["id"])]
    officer.comment(issue["id"], "Please explain.\nIn writing.")
    officer.comment(issue["id"], "Soon.")
    assert [one["text"] for one in officer.comments(issue["id"])] == ["Please explain.\nIn writing.", "Soon."]
    assert officer.close_issue(issue["id"])["closed"] == "2026-03-02T12:00:00Z"
    assert client.record(issue["id"])["status"] == "COMPLETE"
    assert officer.reopen_issue(issue["id"])["closed"] is None
    assert client.record(issue["id"])["currentStep"]["name"] == "Raised"


def test_everything_can_be_put_aside_and_brought_back(simulator, officer):
    seed(simulator)
    dump, history = simulator.store.dump(), list(simulator.store.history())
    following = officer.create("models", registry_name="next")["id"]
    simulator.store.load(dump)
    assert simulator.store.dump() == dump
    assert list(simulator.store.history()) == history
    assert officer.create("models", registry_name="next")["id"] == following


def test_an_equal_value_is_no_change(simulator, officer):
    model = officer.create("models", registry_name="pd", purpose="Leasing")["id"]
    before = simulator.store.changes
    officer.patch(model, purpose="Leasing")
    assert simulator.store.changes == before
    simulator.store.touch(model, officer.account.id)
    assert simulator.store.changes == before + 1


def test_a_record_that_is_renumbered_keeps_its_own(simulator, officer):
    model = officer.create("models", registry_name="pd")["id"]
    issue = officer.raise_issue("Drift", model=model)["id"]
    new = simulator.store.reid(model, officer.account.id)
    assert officer.record(issue)["model"] == new
    assert simulator.store.links == [(new, issue)]
    assert [one["id"] for one in officer.records("models")] == [new]


def test_requests_are_told_in_common_words(simulator, client, officer):
    model = client.create(
        "models", {"Name in Registry": ["pd"], "Risk Tier": ["Tier 2 (High)"], "Limitations": ['["a", "b"]']}
    ).json()["content"]["id"]
    issue = officer.raise_issue("Drift", model=model)["id"]
    client.page("models")
    client.record(model)
    client.patch("models", model, {"Registered At (ms)": ["17"], "Intended Purpose": [], "Limitations": []})
    client.patch("issues", issue, {DISCUSSION: ["Explained."]})
    client.send("GET", f"/api/v1/records/{model}")
    client.send("POST", f"/api/v1/records/{issue}/parent", json={"id": model})
    client.send("GET", "/api/v2/fields")
    client.send("GET", "/nowhere")
    client.send("POST", "/api/v1/account/token")
    client.send("DELETE", f"/api/v1/records/{model}")
    told = simulator.calls[-11:]
    assert told == [
        Call(Verb.CREATE, "models", "", {"registry_name": "pd", "tier": "2 - High", "limitations": ["a", "b"]}),
        Call(Verb.LIST, "models"),
        Call(Verb.GET, "models", model),
        Call(Verb.UPDATE, "models", model, {"registry_created": 17, "purpose": None, "limitations": []}),
        Call(Verb.COMMENT, "issues", issue, {"text": "Explained."}),
        Call(Verb.GET, "models", model),
        Call(Verb.UPDATE, "", issue),
        Call(Verb.DESCRIBE),
        Call(Verb.DESCRIBE),
        Call(Verb.LOGIN),
        Call(Verb.DELETE, "models", model),
    ]
