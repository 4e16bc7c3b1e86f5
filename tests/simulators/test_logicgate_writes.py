"""What the simulated LogicGate does with writes through its older API, and with the read that changes what it reads."""

import pytest

from tests.simulators.logicgate.fixtures import OFFICER, client, officer, server, simulator
from tests.simulators.logicgate.schema import Permission

__all__ = ["client", "officer", "server", "simulator"]
CONNECTOR = "mlflow-grc@bank.example"


@pytest.fixture
def model(client):
    return client.create("models", {"Name in Registry": ["pd"]}).json()["content"]["id"]


@pytest.mark.parametrize("manner", ["content", "plain", "empty"])
def test_a_create_as_specified(simulator, client, officer, manner):
    simulator.manners.created_answer = manner
    answer = client.create(
        "models",
        {
            "Name in Registry": ["pd"],
            "Model Owner": ["head.retail@bank.example"],
            "Tier Confirmed On": ["2026-03-31"],
            "Registered At (ms)": ["1700000000000"],
            "Risk Tier": ["Tier 2 (High)"],
            "Regulations": ["SR 11-7", "SS1/23"],
        },
        assigneeEmailAddress=CONNECTOR,
        recordDueDate="2024-04-05 12:00:00",
    )
    (row,) = officer.records("models")
    expected = {"content": {"content": {"id": row["id"]}}, "plain": {"id": row["id"]}, "empty": {}}
    assert (answer.status_code, answer.json()) == (201, expected[manner])
    assert (row["model_owner"], row["tier_confirmed_on"]) == ("head.retail@bank.example", "2026-03-31")
    assert (row["registry_created"], row["tier"]) == (1700000000000, "2 - High")
    assert row["regulatory_scope"] == ["SR 11-7", "SS1/23"]
    record = client.record(row["id"])
    assert (record["status"], record["dates"]["dueDate"]) == ("ASSIGNED", 1712318400000)
    assert record["assignee"]["email"] == CONNECTOR


@pytest.mark.parametrize("manner", ["json", "empty", "html"])
def test_an_update_is_a_bare_array(simulator, client, officer, model, manner):
    simulator.manners.patched_answer = manner
    answer = client.patch("models", model, {"Intended Purpose": ["Line one\nand “two” 😀"]})
    assert answer.status_code == 200
    assert bool(answer.content) == (manner != "empty")
    assert officer.record(model)["purpose"] == "Line one\nand “two” 😀"
    wrapped = client.send("PATCH", f"/api/v1/records/{model}", json={"fields": []})
    assert (wrapped.status_code, set(wrapped.json())) == (400, {"status", "message"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Risk Tier", "Tier 9 (Imaginary)"),
        ("Risk Tier", "tier 2 (high)"),
        ("Model Owner", "nobody@bank.example"),
        ("Tier Confirmed On", "31/03/2026"),
        ("Tier Confirmed On", "1774915200000"),
        ("Registered At (ms)", "1,700"),
        ("Tier Score", "2"),
        ("No Such Field", "x"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_property(simulator, client, officer, model, name, value):
    before = officer.record(model)
    answer = client.patch("models", model, {name: [value], "Intended Purpose": ["Leasing"]})
    assert (answer.status_code, set(answer.json())) == (400, {"property", "value", "message"})
    assert officer.record(model) == before


@pytest.mark.parametrize("values", ["text", [1], [None, "x"], ["a", "b"]])
def test_values_are_an_array_of_texts(client, model, values):
    assert client.patch("models", model, {"Intended Purpose": values}).status_code == 400


@pytest.mark.parametrize(("manner", "name"), [("unknown_option", "Risk Tier"), ("unknown_field", "No Such Field")])
def test_a_tenant_may_drop_what_it_does_not_know(simulator, client, officer, model, manner, name):
    setattr(simulator.manners, manner, "dropped")
    answer = client.patch("models", model, {name: ["unheard of"], "Intended Purpose": ["Leasing"]})
    assert answer.status_code == 200
    row = officer.record(model)
    assert (row["purpose"], row["tier"]) == ("Leasing", None)


@pytest.mark.parametrize("body", ["empty", "html"])
def test_a_refusal_may_have_no_words(simulator, client, model, body):
    simulator.manners.refused = body
    answer = client.patch("models", model, {"Risk Tier": ["unheard of"]})
    assert answer.status_code == 400
    assert answer.content.startswith(b"<!doctype") == (body == "html")


@pytest.mark.parametrize(("manner", "text"), [("ms", "1774915200000"), ("s", "1774915200")])
def test_a_tenant_may_want_dates_otherwise(simulator, client, officer, model, manner, text):
    simulator.manners.date_writes = manner
    assert client.patch("models", model, {"Tier Confirmed On": ["2026-03-31"]}).status_code == 400
    assert client.patch("models", model, {"Tier Confirmed On": [text]}).status_code == 200
    assert officer.record(model)["tier_confirmed_on"] == "2026-03-31"


@pytest.mark.parametrize(("clearing", "works"), [("[]", []), ('[""]', [""]), ("[null]", [None])])
def test_one_way_empties_a_field_and_the_others_are_taken_for_nothing(
    simulator, client, officer, model, clearing, works
):
    simulator.manners.clearing = frozenset({clearing})
    for values in ([], [""], [None]):
        officer.patch(model, purpose="Leasing")
        assert client.patch("models", model, {"Intended Purpose": values}).status_code == 200
        assert officer.record(model)["purpose"] == (None if values == works else "Leasing")


def test_only_the_fields_of_a_write_change(client, officer, model):
    officer.patch(model, purpose="Leasing", assumptions="Normal")
    client.patch("models", model, {"Intended Purpose": ["Mortgages"]})
    assert (officer.record(model)["purpose"], officer.record(model)["assumptions"]) == ("Mortgages", "Normal")


def test_the_older_read_opens_the_record_of_its_assignee(simulator, client, officer):
    """The status moves by being looked at."""
    fields = {"Name in Registry": ["pd"]}
    mine = client.create("models", fields, assigneeEmailAddress=CONNECTOR).json()["content"]["id"]
    theirs = client.create("models", fields, assigneeEmailAddress=OFFICER).json()["content"]["id"]
    for record_id in (mine, theirs):
        assert client.record(record_id)["status"] == "ASSIGNED"
        assert client.send("GET", f"/api/v1/records/{record_id}").status_code == 200
    assert client.record(mine)["status"] == "IN_PROGRESS"
    assert client.record(theirs)["status"] == "ASSIGNED"
    assert [one.action for one in simulator.store.history() if one.record == mine][-1] == "open"


def test_records_start_at_an_origin_step(simulator, client):
    workflow = simulator.store.application.by_kind("models")
    answer = client.create("models", {"Name in Registry": ["pd"]}, stepId=workflow.step("In Service").id)
    assert answer.status_code == 400
    assert client.create("models", {"Name in Registry": ["pd"]}, stepId="none").status_code == 404
    assert client.create("models", {}).json()["message"] == "Name in Registry is required"


def progress(client, record_id, kind, step, body=None):
    application = client.simulator.store.application
    workflow = application.by_kind(kind)
    path = f"/api/v1/records/{record_id}/progress/applications/{application.id}/workflows/{workflow.id}/steps/"
    whole = client.record(record_id) if body is None else body
    return client.send("PUT", path + workflow.step(step).id, json=whole)


def test_a_step_is_moved_by_an_admin_with_the_whole_record(simulator, client, model):
    assert progress(client, model, "models", "In Service").status_code == 403
    simulator.permit(*Permission)
    assert progress(client, model, "models", "In Service", body={"id": model}).status_code == 400
    moved = progress(client, model, "models", "Out of Service")
    assert (moved.status_code, moved.content) == (200, b"")
    record = client.record(model)
    assert (record["currentStep"]["name"], record["currentStep"]["type"]) == ("Out of Service", "END")
    assert record["status"] == "COMPLETE"
    assert record["dates"]["completed"] == record["dates"]["updated"]


def test_the_workflows_own_routing_moves_a_record(client, model):
    client.patch("models", model, {"Lifecycle": ["In Production"]})
    assert client.record(model)["currentStep"]["name"] == "In Service"
    client.patch("models", model, {"Lifecycle": ["Retired"]})
    assert client.record(model)["status"] == "COMPLETE"


def test_records_are_linked_by_a_layout_that_the_map_names(simulator, client, officer, model):
    version = officer.create("versions", model=model, version="1")["id"]
    by_kind = simulator.store.application.by_kind
    asked = {"workflow1": by_kind("versions").id, "workflow2": by_kind("models").id}
    (found,) = client.send("GET", "/api/v1/workflows/maps", params=asked).json()
    path, layout = f"/api/v1/records/{version}/parent", {"layout": found["layout"]}
    assert client.send("POST", path, json={"id": model}).status_code == 400
    assert client.send("POST", path, params=layout, json={"id": model}).status_code == 200
    assert client.send("POST", f"/api/v1/records/{model}/child", params=layout, json={"id": version}).status_code == 200
    assert simulator.store.links == [(model, version)]
    linked = client.send("GET", f"/api/v2/records/{version}/linked", params={"workflow-id": by_kind("models").id})
    assert [one["id"] for one in linked.json()["content"]] == [model]


def test_deleting_is_for_good_and_an_admins(simulator, client, model):
    assert client.send("DELETE", f"/api/v1/records/{model}").status_code == 403
    simulator.permit(*Permission)
    assert client.send("DELETE", f"/api/v1/records/{model}").status_code == 204
    assert client.send("GET", f"/api/v2/records/{model}").status_code == 404
    assert client.patch("models", model, {"Intended Purpose": ["x"]}).status_code == 404


def test_a_webhook_is_registered_by_an_admin(simulator, client):
    body = {"active": True, "authHeaderName": "X-Hook", "authHeaderValue": "s", "dateFormat": "ISO", "name": "n"}
    assert client.send("POST", "/api/v1/webhook-urls", json=body).status_code == 403
    simulator.permit(*Permission)
    assert client.send("POST", "/api/v1/webhook-urls", json=body).json()["property"] == "url"
    assert client.send("POST", "/api/v1/webhook-urls", json={**body, "url": "https://x.example"}).status_code == 201
    assert [hook["url"] for hook in simulator.webhooks] == ["https://x.example"]


def test_writing_is_a_permission_of_its_own(simulator, client, model):
    simulator.permit(Permission.READ)
    assert client.create("models", {"Name in Registry": ["pd"]}).status_code == 403
    assert client.patch("models", model, {"Intended Purpose": ["x"]}).status_code == 403


def test_faults_bend_what_is_written(simulator, client, officer, model):
    simulator.faults.add("normalise", path="models*", field="purpose", how="upper")
    simulator.faults.add("ignore", path="models*", field="assumptions")
    client.patch("models", model, {"Intended Purpose": ["leasing"], "Assumptions": ["none"]})
    row = officer.record(model)
    assert (row["purpose"], row["assumptions"]) == ("LEASING", None)
