"""Single exchanges as they are specified or were seen, each given to the adapter word for word."""

import json
import re

import pytest
import responses

from adapters.base import AdapterSettings, EntityFields
from adapters.logicgate import LogicGateAdapter, Options
from connector.model.errors import AccessDenied, IncompleteSnapshot, OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.fake_platform import FAST

URL = "https://bank.logicgate.example"
RECORD = {
    "id": "a1b2c3d4", "recordName": "Assessment-7", "name": "Medium Risk", "status": "IN_PROGRESS", "sequenceNumber": 7,
    "dates": {"created": 1672552800000, "dueDate": 1672552800000, "recordDueDate": 1672552800000, "daysUntilDue": 3,
              "updated": 1672552800000, "completed": None, "lastCompleted": None},
    "assignee": {"id": "u1", "name": "Ann Lee", "email": "ann@bank.example", "object": "user"},
    "creator": {"id": "u1", "object": "user"},
    "application": {"id": "app", "name": "Risks", "type": "CONTROLS_COMPLIANCE", "object": "application"},
    "workflow": {"id": "wf", "name": "Assessments", "recordPrefix": "Assessment", "object": "workflow"},
    "currentStep": {"id": "s1", "name": "Identify Risk", "type": "ORIGIN", "object": "step"},
    "originStep": {"id": "s1", "name": "Identify Risk", "type": "ORIGIN", "object": "step"},
    "fields": [{"id": "f1", "name": "Risk Severity", "label": "Severity", "global": False, "type": "SELECT",
                "valueType": "OPTION", "required": False, "values": [
                    {"id": "v1", "type": "OPTION", "textValue": "Medium Risk", "numericValue": 2.0, "object": "value"}],
                "object": "field"}],
    "object": "record",
}  # fmt: skip


def page(*rows, total=None, number=0, size=20):
    total = len(rows) if total is None else total
    return {
        "content": list(rows),
        "links": {"first": "/api/v2/resource?page=0&size=20", "prev": None, "self": "..", "next": None, "last": ".."},
        "page": {"size": size, "totalElements": total, "totalPages": -(-total // size), "number": number},
    }


@pytest.fixture
def wire():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add(
            "POST",
            f"{URL}/api/v1/account/token",
            json={"access_token": "t0ken", "token_type": "bearer", "expires_in": 31532918, "scope": "read write"},
        )
        yield mock


@pytest.fixture
def adapter(monkeypatch):
    monkeypatch.setenv("LOGICGATE_SECRET", "s3cret")
    auth = {
        "type": "oauth2_client_credentials", "send": "header", "token_url": "/api/v1/account/token",
        "client_id": "client", "client_secret": {"env": "LOGICGATE_SECRET"},
    }  # fmt: skip
    workflow = {
        "workflow": "Assessments", "id": "wf", "step_id": "s1", "url": "{site}/records/{id}",
        "fields": {"Risk Severity": {"id": "f1", "type": "SELECT"}, "Key": {"id": "f2", "type": "TEXT"},
                   "Due": {"id": "f3", "type": "DATE"}},
    }  # fmt: skip
    settings = AdapterSettings(
        connection="test",
        url=URL,
        auth=auth,
        http={"rate_limit": None, **FAST},
        options=Options.model_validate({"sees_all": True, "workflows": {"model": workflow}}),
        entities={Entity.MODEL: EntityFields(("Risk Severity", "Due"), "Key")},
    )
    with LogicGateAdapter(settings) as adapter:
        yield adapter


def sent(wire, number=-1):
    return wire.calls[number].request


def test_the_token_and_the_list_as_specified(wire, adapter):
    wire.add("GET", f"{URL}/api/v2/records", json=page(RECORD))
    (record,) = adapter.records(Entity.MODEL)
    login, listing = sent(wire, 0), sent(wire, 1)
    assert (login.body, login.headers["Authorization"]) == (None, "Basic Y2xpZW50OnMzY3JldA==")
    assert listing.headers["Authorization"] == "Bearer t0ken"
    assert listing.params == {"workflow-id": "wf", "page": "0", "size": "500"}
    assert record.values == {"Risk Severity": "Medium Risk", "Due": None, "Key": None}
    assert (record.id, record.updated_at) == ("a1b2c3d4", "2023-01-01T06:00:00.000Z")
    assert record.url == "https://bank.logicgate.example/records/a1b2c3d4"


def test_a_create_as_specified(wire, adapter):
    wire.add("POST", f"{URL}/api/v1/records/steps", json={"content": {"id": "a1b2c3d4"}}, status=200)
    wire.add("GET", f"{URL}/api/v2/records/a1b2c3d4", json=RECORD)
    values = {"Risk Severity": "Medium Risk", "Key": "k", "Due": "2024-04-05"}
    assert adapter.create(Write(Entity.MODEL, None, values, key="k")).id == "a1b2c3d4"
    assert json.loads(sent(wire, 1).body) == {
        "stepId": "s1",
        "fields": [
            {"fieldId": "f1", "values": ["Medium Risk"]},
            {"fieldId": "f2", "values": ["k"]},
            {"fieldId": "f3", "values": ["2024-04-05"]},
        ],
    }


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("answer", [{"id": "a1b2c3d4"}, {"content": {"id": "a1b2c3d4"}}])
def test_the_new_id_in_any_success(wire, adapter, answer, status):
    wire.add("POST", f"{URL}/api/v1/records/steps", json=answer, status=status)
    wire.add("GET", f"{URL}/api/v2/records/a1b2c3d4", json=RECORD)
    assert adapter.create(Write(Entity.MODEL, None, {"Key": "k"}, key="k")).id == "a1b2c3d4"


@pytest.mark.parametrize("answer", [{}, [], {"id": 7}, {"content": []}, {"content": {"id": ""}}, None])
def test_no_id_is_no_known_outcome(wire, adapter, answer):
    wire.add("POST", f"{URL}/api/v1/records/steps", json=answer)
    with pytest.raises(OutcomeUnknown):
        adapter.create(Write(Entity.MODEL, None, {"Key": "k"}, key="k"))


def test_an_update_as_specified(wire, adapter):
    wire.add("PATCH", f"{URL}/api/v1/records/a1b2c3d4", body=b"", status=200, headers={"Content-Length": "0"})
    wire.add("GET", f"{URL}/api/v2/records/a1b2c3d4", json=RECORD)
    adapter.update(Write(Entity.MODEL, "a1b2c3d4", {"Risk Severity": "Medium Risk", "Key": None}))
    body = json.loads(sent(wire, 1).body)
    assert body == [{"fieldId": "f1", "values": ["Medium Risk"]}, {"fieldId": "f2", "values": []}]


@pytest.mark.parametrize(
    "error",
    [
        {"property": "f1", "value": "No", "message": "Option not found"},
        {"status": 400, "message": "Option not found"},
    ],
)
def test_errors_in_both_shapes(wire, adapter, error):
    wire.add("PATCH", f"{URL}/api/v1/records/a1b2c3d4", json=error, status=400)
    with pytest.raises(Rejected, match="Option not found") as caught:
        adapter.update(Write(Entity.MODEL, "a1b2c3d4", {"Risk Severity": "No"}))
    assert caught.value.field == ("Risk Severity" if "property" in error else None)


@pytest.mark.parametrize(
    ("body", "gone"),
    [('{"status": 404, "message": "Not found"}', True), ("", True), ("<html><title>404</title></html>", False)],
)
def test_a_page_for_people_does_not_say_that_a_record_is_gone(wire, adapter, body, gone):
    wire.add("GET", f"{URL}/api/v2/records/a1b2c3d4", body=body, status=404, headers={"Content-Length": str(len(body))})
    if gone:
        assert adapter.get(Entity.MODEL, "a1b2c3d4") is None
    else:
        with pytest.raises(AccessDenied, match="an HTML page"):
            adapter.get(Entity.MODEL, "a1b2c3d4")


@pytest.mark.parametrize("answer", [{}, [], {"id": "another"}, {"content": RECORD}])
def test_a_record_that_is_not_the_one_is_no_answer(wire, adapter, answer):
    wire.add("GET", f"{URL}/api/v2/records/a1b2c3d4", json=answer)
    with pytest.raises(AccessDenied, match="without the record"):
        adapter.get(Entity.MODEL, "a1b2c3d4")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"content": []},
        {"content": [], "page": {}},
        {"content": None, "page": {"number": 0, "totalElements": 0, "totalPages": 0}},
        {"content": ["a"], "page": {"number": 0, "totalElements": 1, "totalPages": 1}},
        page({**RECORD, "id": None}),
        page(RECORD, number=3),
        page(RECORD, total=2),
        page(total=1),
    ],
    ids=lambda answer: str(answer)[:40],
)
def test_what_is_no_whole_page_is_incomplete(wire, adapter, answer):
    wire.add("GET", f"{URL}/api/v2/records", json=answer)
    with pytest.raises(IncompleteSnapshot):
        list(adapter.records(Entity.MODEL))


def test_a_server_that_gives_smaller_pages_is_read_by_its_own(wire, adapter):
    rows = [{**RECORD, "id": f"r{number}"} for number in range(3)]

    def answer(request):
        number = int(request.params["page"])
        return 200, {}, json.dumps(page(*rows[number : number + 1], total=3, number=number, size=1))

    wire.add_callback("GET", re.compile(rf"{URL}/api/v2/records\b.*"), answer)
    assert [record.id for record in adapter.records(Entity.MODEL)] == ["r0", "r1", "r2"]


def test_an_id_is_quoted(wire, adapter):
    wire.add("GET", f"{URL}/api/v2/records/a%2Fb%3Fc%23d", json={"status": 404, "message": "Not found"}, status=404)
    assert adapter.get(Entity.MODEL, "a/b?c#d") is None
    assert sent(wire).url == f"{URL}/api/v2/records/a%2Fb%3Fc%23d"
