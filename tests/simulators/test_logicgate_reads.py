"""What the simulated LogicGate shows through its newer API: pages that drift, what is left out, values by type."""

import pytest

from tests.simulators.logicgate.fixtures import client, officer, server, simulator
from tests.simulators.logicgate.schema import Permission

__all__ = ["client", "officer", "server", "simulator"]


def models(officer, count):
    return [officer.create("models", registry_name=f"m{number}")["id"] for number in range(count)]


def test_the_page_as_specified(simulator, client, officer):
    """The exchange of the vendor's description, name by name."""
    record_id = officer.create("models", registry_name="pd", tier="3 - Medium")["id"]
    whole = client.page("models")
    assert set(whole) == {"content", "links", "page"}
    assert set(whole["links"]) == {"first", "prev", "self", "next", "last"}
    assert whole["page"] == {"size": 20, "totalElements": 1, "totalPages": 1, "number": 0}
    (record,) = whole["content"]
    assert set(record) == {
        *("id", "recordName", "name", "status", "sequenceNumber", "dates", "assignee", "creator", "application"),
        *("workflow", "currentStep", "originStep", "fields", "object"),
    }
    assert (record["id"], record["recordName"], record["status"]) == (record_id, "Model-1", "NOT_ASSIGNED")
    assert set(record["dates"]) == {
        *("created", "dueDate", "recordDueDate", "daysUntilDue", "updated", "completed", "lastCompleted")
    }
    assert set(record["workflow"]) == {"id", "name", "recordPrefix", "object"}
    assert record["currentStep"] == {**record["originStep"], "type": "ORIGIN"}
    tier = next(one for one in record["fields"] if one["name"] == "Risk Tier")
    assert {name: tier[name] for name in ("type", "valueType", "required", "global", "object")} == {
        "type": "SELECT", "valueType": "OPTION", "required": False, "global": False, "object": "field"
    }  # fmt: skip
    (value,) = tier["values"]
    assert (value["type"], value["textValue"], value["numericValue"]) == ("OPTION", "Tier 3 (Medium)", 3.0)
    assert client.record(record_id) == record


def test_pages_count_from_zero_and_hold_twenty(client, officer):
    made = models(officer, 21)
    assert len(client.ids("models")) == 20
    assert len(client.ids("models", page=1)) == 1
    assert client.ids("models", page=2) == []
    assert set(client.ids("models") + client.ids("models", page=1)) == set(made)


def test_links_are_relative(client, officer):
    models(officer, 3)
    links = client.page("models", page=1, size=1)["links"]
    assert all(link.startswith("/api/v2/records?") for link in links.values())
    following = client.send("GET", links["next"]).json()
    assert following["page"]["number"] == 2
    assert following["links"]["next"] is None


def test_a_record_that_is_edited_changes_page(client, officer):
    """No order is published: the one here loses a record to whoever reads each page once."""
    made = models(officer, 4)
    first = client.ids("models", size=2)
    assert first == [made[3], made[2]]
    officer.patch(made[0], purpose="Leasing")
    second = client.ids("models", size=2, page=1)
    assert second == [made[2], made[1]]
    assert made[0] not in first + second


def test_a_record_that_is_deleted_pulls_one_over_the_edge(client, officer):
    made = models(officer, 4)
    first = client.ids("models", size=2)
    officer.delete(made[3])
    assert made[1] not in first + client.ids("models", size=2, page=1)


def test_the_server_may_give_smaller_pages_than_asked_for(simulator, client, officer):
    models(officer, 4)
    simulator.manners.max_size = 3
    assert client.page("models", size=100)["page"] == {"size": 3, "totalElements": 4, "totalPages": 2, "number": 0}


@pytest.mark.parametrize("query", [{"size": "0"}, {"size": "x"}, {"page": "-1"}, {"updated_min": "yesterday"}])
def test_a_query_that_makes_no_sense_is_refused(client, query):
    assert set(client.page("models", **query)) == {"property", "value", "message"}


@pytest.mark.parametrize("by_id", [403, 404])
def test_what_the_user_may_not_see_is_left_out_without_a_word(simulator, client, officer, by_id):
    seen, hidden = models(officer, 2)
    simulator.manners.hidden.add(hidden)
    simulator.manners.hidden_by_id = by_id
    page = client.page("models")
    assert [one["id"] for one in page["content"]] == [seen]
    assert page["page"]["totalElements"] == 1
    assert client.send("GET", f"/api/v2/records/{hidden}").status_code == by_id


@pytest.mark.parametrize("inclusive", [True, False])
def test_changes_since_a_time(simulator, client, officer, inclusive):
    simulator.manners.updated_min_is_inclusive = inclusive
    old, new = models(officer, 2)
    simulator.clock.now = simulator.clock.now.replace(minute=1)
    officer.patch(new, purpose="Leasing")
    at = client.record(new)["dates"]["updated"]
    assert client.ids("models", updated_min=at - 1) == [new]
    assert client.ids("models", updated_min=at) == ([new] if inclusive else [])
    assert old in client.ids("models", updated_min=client.record(old)["dates"]["updated"] - 1)


def test_a_list_keeps_to_its_place(simulator, client, officer):
    made = officer.create("models", registry_name="pd", lifecycle_status="Decommissioned")["id"]
    models(officer, 1)
    ended = simulator.store.application.by_kind("models").step("Out of Service")
    assert client.ids("models", step_id=ended.id) == [made]
    assert client.ids("versions") == []
    assert client.ids("models", application_id="another") == []


@pytest.mark.parametrize(
    ("locale", "day", "number"), [("en-US", "03/31/2026", "1,250,000"), ("de-DE", "31.03.2026", "1.250.000")]
)
def test_texts_follow_the_users_locale_and_numbers_tell_the_truth(simulator, client, officer, locale, day, number):
    simulator.permit(Permission.READ, Permission.WRITE, locale=locale)
    record_id = officer.create("models", registry_name="pd", tier_confirmed_on="2026-03-31")["id"]
    client.patch("models", record_id, {"Annual Exposure": ["1250000"]})
    fields = client.fields(record_id)
    (date,), (exposure,) = fields["Tier Confirmed On"], fields["Annual Exposure"]
    assert (date["textValue"], date["numericValue"]) == (day, 1774915200000.0)
    assert (exposure["textValue"], exposure["numericValue"]) == (f"${number}", 1250000.0)


def test_a_user_is_shown_by_name_and_address(client, officer):
    record_id = officer.create("models", registry_name="pd", model_owner="head.retail@bank.example")["id"]
    (owner,) = client.fields(record_id)["Model Owner"]
    assert owner["textValue"] == "Helena Costa (head.retail@bank.example)"


@pytest.mark.parametrize(("manner", "expected"), [("absent", None), ("listed", [])])
def test_an_empty_field_may_be_left_out(simulator, client, officer, manner, expected):
    simulator.manners.empty_fields = manner
    (record_id,) = models(officer, 1)
    assert client.fields(record_id).get("Intended Purpose") == expected


def test_types_and_states_that_no_client_knows(simulator, client, officer):
    (record_id,) = models(officer, 1)
    simulator.manners.status = "AWAITING_TRIAGE"
    record = client.record(record_id)
    assert record["status"] == "AWAITING_TRIAGE"
    assert "GENERATED_SUMMARY" in {one["type"] for one in record["fields"]}


def test_dates_may_come_as_the_schema_says(simulator, client, officer):
    (record_id,) = models(officer, 1)
    assert client.record(record_id)["dates"]["updated"] == 1772452800000
    simulator.manners.dates = "iso"
    assert client.record(record_id)["dates"]["updated"] == "2026-03-02T12:00:00.000Z"


def test_linked_records_of_one_workflow(simulator, client, officer):
    (model,) = models(officer, 1)
    version = officer.create("versions", model=model, version="1")["id"]
    issue = officer.raise_issue("Drift", version=version)["id"]
    path, issues = f"/api/v2/records/{version}/linked", simulator.store.application.by_kind("issues").id
    found = client.send("GET", path, params={"workflow-id": issues}).json()
    assert [one["id"] for one in found["content"]] == [issue]
    assert client.send("GET", path).status_code == 400
    path = f"/api/v2/records/{issue}/linked"
    versions = simulator.store.application.by_kind("versions").id
    assert client.send("GET", path, params={"workflow-id": versions}).json()["page"]["totalElements"] == 1


@pytest.mark.parametrize("what", ["applications", "workflows", "steps", "fields", "workflow-maps"])
def test_the_application_is_told_to_those_who_may_build(simulator, client, what):
    refused = client.send("GET", f"/api/v2/{what}")
    assert (refused.status_code, refused.json()) == (403, {"status": 403, "message": "Access is denied"})
    simulator.permit(Permission.READ, Permission.BUILD)
    answer = client.send("GET", f"/api/v2/{what}", params={"size": 500}).json()
    assert answer["page"]["totalElements"] == len(answer["content"]) > 0


def test_fields_are_told_with_their_options(simulator, client):
    simulator.permit(Permission.READ, Permission.BUILD)
    workflow = simulator.store.application.by_kind("issues").id
    params = {"workflow-id": workflow, "field-type[]": ["SELECT"]}
    content = client.send("GET", "/api/v2/fields", params=params).json()["content"]
    assert [one["name"] for one in content] == ["Severity", "Issue Status"]
    assert [one["textValue"] for one in content[0]["values"]] == ["Critical", "Major", "Moderate", "Minor"]
    simulator.manners.option_key = ""
    content = client.send("GET", "/api/v2/fields", params=params).json()["content"]
    assert "values" not in content[0]


def test_reading_is_a_permission_too(simulator, client, officer):
    (record_id,) = models(officer, 1)
    simulator.permit()
    assert client.send("GET", "/api/v2/records").status_code == 403
    assert client.send("GET", f"/api/v2/records/{record_id}").status_code == 403


def test_an_unknown_address_is_a_page_for_people(client):
    answer = client.send("GET", "/api/v3/records")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ({"kind": "short_page"}, lambda pages: len(pages[0]["content"]) == 1),
        ({"kind": "overlap", "skip": 1}, lambda pages: pages[1]["content"][0] == pages[0]["content"][1]),
        ({"kind": "repeat_page", "count": None}, lambda pages: pages[1]["content"] == pages[0]["content"]),
        ({"kind": "lying_total", "amount": 7}, lambda pages: pages[0]["page"]["totalElements"] == 11),
        ({"kind": "lag", "amount": 9}, lambda pages: pages[0]["page"]["totalElements"] == 0),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_faults_bend_pages(simulator, client, officer, fault, check):
    simulator.faults.add(method="list", path="models", **fault)
    models(officer, 4)
    assert check([client.page("models", size=2, page=number) for number in range(2)])
