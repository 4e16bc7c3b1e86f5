"""The error catalogue, one answer at a time: what the adapter raises, and what it tells the admin to do."""

import base64
import json

import pytest
import responses

from adapters.base import AdapterSettings, EntityFields
from adapters.httpclient import NotFound
from adapters.servicenow import ServiceNowAdapter
from adapters.servicenow.answers import ClosedTable, Collision, NoTable, OutOfTime
from connector.model.errors import (
    AccessDenied,
    AuthError,
    Conflict,
    IncompleteSnapshot,
    OutcomeUnknown,
    Rejected,
    Retriable,
    Unreachable,
)
from connector.model.fields import Entity
from connector.model.grc import Write

URL = "https://bank.service-now.example"
TABLE = f"{URL}/api/now/table/u_models"
ID = "0123456789abcdef0123456789abcdef"
ROW = {
    "sys_id": ID,
    "sys_mod_count": "1",
    "sys_updated_on": "2026-01-02 03:04:05",
    "sys_updated_by": "",
    "u_key": "k",
    "u_text": "t",
}


def failure(message, detail=None):
    return {"error": {"message": message, "detail": detail}, "status": "failure"}


NOBODY = failure("User Not Authenticated", "Required to provide Auth information")
NO_RECORD = failure("No Record found", "Record doesn't exist or ACL restricts the record retrieval")
CANCELLED = "Transaction cancelled: maximum execution time exceeded"
FAILED = "Operation Failed"
UNREADABLE = "Field(s) present in the query do not have permission to be read"
ASLEEP = "<html><title>Your instance is hibernating</title></html>"
LIMITED = {"Retry-After": "0", "X-RateLimit-Rule": "API users"}
TAKEN = "Error during insert of u_models (x)"
RULE = f"Operation against file 'u_models' was aborted by Business Rule 'No direct edits^{ID}'. Ask the model office."

# case: status, body, headers; what a read raises; what a write raises; what the admin is told
CATALOGUE = {
    "credentials": (401, NOBODY, {}, AuthError, AuthError, "check the credentials"),
    "unknown table": (400, failure("Invalid table u_models"), {}, NoTable, NoTable, "correct the table's name"),
    "closed table": (
        403, failure("User Not Authorized", "Failed API level ACL Validation"), {}, ClosedTable, ClosedTable,
        "Allow access to this table via web services",
    ),
    "row rule": (
        403, failure(FAILED, "ACL Exception Update Failed due to security constraints"), {}, AccessDenied, AccessDenied,
        "create and write ACLs",
    ),
    "business rule": (403, failure(FAILED, RULE), {}, Rejected, Rejected, "the business rule 'No direct edits'"),
    "data policy": (
        403, failure("Data Policy Exception: The following fields are mandatory: Model owner"), {}, Rejected, Rejected,
        "map Model owner (the label",
    ),
    "unreadable field in query": (
        403,
        failure("Insufficient rights to query records", UNREADABLE),
        {}, ClosedTable, ClosedTable, "paging: offset",
    ),
    "unique index": (403, failure(FAILED, TAKEN), {}, Collision, Collision, "unique column"),
    "any other 403": (403, failure("Forbidden", None), {}, AccessDenied, AccessDenied, "give the connector's account"),
    "value": (400, failure("Bad value", None), {}, Rejected, Rejected, "correct the value"),
    "moved": (409, failure("Moved", None), {}, Conflict, Conflict, "merged"),
    "rate rule": (
        429, failure("Rate limit exceeded"), LIMITED, Retriable, Retriable,
        "lower http.rate_limit",
    ),
    "semaphores": (429, failure("Too many requests"), {}, Retriable, Retriable, "lower http.max_concurrency"),
    "quota, error only": (200, failure(CANCELLED), {}, OutOfTime, OutcomeUnknown, ""),
    "quota, rows and error": (200, {"result": [ROW], **failure(CANCELLED)}, {}, OutOfTime, OutcomeUnknown, ""),
    "quota, as an error": (500, failure(CANCELLED), {}, OutOfTime, OutcomeUnknown, ""),
    "cut JSON": (200, '{"result":[{"sys_id":"01', {}, OutOfTime, OutcomeUnknown, ""),
    "another error on 200": (200, failure("Something odd"), {}, Retriable, OutcomeUnknown, ""),
    "202": (202, {"result": ROW}, {}, Retriable, OutcomeUnknown, ""),
    "hibernating": (200, ASLEEP, {}, Unreachable, OutcomeUnknown, ""),
    "down": (503, "", {}, Retriable, OutcomeUnknown, ""),
}  # fmt: skip


@pytest.fixture
def adapter(monkeypatch):
    monkeypatch.setenv("SN_KEY", "a-secret-key")
    section = {"tables": {"model": {"table": "u_models"}}}
    with ServiceNowAdapter(
        AdapterSettings(
            connection="test",
            url=URL,
            auth={"type": "api_key", "header": "x-sn-apikey", "key": {"env": "SN_KEY"}},
            http={"retry": {"max_attempts": 2, "max_wait_seconds": 0}},
            options=ServiceNowAdapter.Options.model_validate(section),
            entities={Entity.MODEL: EntityFields(("u_text",), "u_key")},
        )
    ) as adapter:
        yield adapter


@pytest.fixture
def server():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(server, method, url, status, body, headers):
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if text.startswith("<") else "application/json"
    server.add(
        method, url, body=text, status=status, headers={"Content-Length": str(len(text)), **headers}, content_type=kind
    )


def raised(call):
    """The error, exactly: a subclass would have the admin do something else."""
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("case", CATALOGUE)
def test_of_a_read(adapter, server, case):
    status, body, headers, expected, _, remedy = CATALOGUE[case]
    answer(server, "GET", f"{TABLE}/{ID}", status, body, headers)
    error = raised(lambda: adapter.get(Entity.MODEL, ID))
    assert type(error) is expected
    assert remedy in error.remedy
    assert error.remedy
    assert f"GET {TABLE}/{ID}" in error.message
    assert ID not in error.message.replace(f"{TABLE}/{ID}", "")


@pytest.mark.parametrize("case", CATALOGUE)
def test_of_a_write(adapter, server, case):
    status, body, headers, _, expected, remedy = CATALOGUE[case]
    answer(server, "PATCH", f"{TABLE}/{ID}", status, body, headers)
    error = raised(lambda: adapter.update(Write(Entity.MODEL, ID, {"u_text": "new"})))
    assert type(error) is expected
    assert remedy in error.remedy
    assert error.remedy
    sent = len(server.calls)
    assert sent == (2 if case in ("rate rule", "semaphores") else 1)


def test_the_rule_that_aborts_is_named_without_its_internal_id(adapter, server):
    answer(server, "PATCH", f"{TABLE}/{ID}", 403, failure(FAILED, RULE), {})
    error = raised(lambda: adapter.update(Write(Entity.MODEL, ID, {"u_text": "new"})))
    assert "'No direct edits'" in error.message
    assert "Ask the model office." in error.message


def test_a_404_is_missing_only_where_no_record_has_the_id(adapter, server):
    answer(server, "GET", f"{TABLE}/{ID}", 404, NO_RECORD, {})
    answer(server, "GET", TABLE, 200, {"result": []}, {"X-Total-Count": "0"})
    assert adapter.get(Entity.MODEL, ID) is None


def test_a_404_of_a_record_that_is_counted_is_hidden_not_gone(adapter, server):
    answer(server, "GET", f"{TABLE}/{ID}", 404, NO_RECORD, {})
    answer(server, "GET", TABLE, 200, {"result": []}, {"X-Total-Count": "1"})
    error = raised(lambda: adapter.get(Entity.MODEL, ID))
    assert type(error) is AccessDenied
    assert "hide it" in error.message


def test_a_404_of_a_write_is_a_refusal_of_that_record(adapter, server):
    answer(server, "PATCH", f"{TABLE}/{ID}", 404, NO_RECORD, {})
    assert type(raised(lambda: adapter.update(Write(Entity.MODEL, ID, {"u_text": "new"})))) is NotFound


@pytest.mark.parametrize("case", CATALOGUE)
def test_of_a_listing(adapter, server, case):
    """It ends the run where it concerns the account or the connection, else it leaves a gap."""
    status, body, headers, expected, _, _ = CATALOGUE[case]
    answer(server, "GET", TABLE, status, body, headers)
    error = raised(lambda: list(adapter.records(Entity.MODEL)))
    ends = issubclass(expected, AuthError | Unreachable | AccessDenied)
    assert type(error) is ((Unreachable if expected is Unreachable else AuthError) if ends else IncompleteSnapshot)
    assert error.remedy


def test_rows_before_an_error_on_200_are_not_a_page(adapter, server):
    """Not even the ones that came: they would be taken for the whole."""
    answer(server, "GET", TABLE, 200, {"result": [ROW], **failure(CANCELLED)}, {"X-Total-Count": "1"})
    seen = []
    with pytest.raises(IncompleteSnapshot):
        seen.extend(adapter.records(Entity.MODEL))
    assert seen == []


def test_a_success_needs_the_record(adapter, server):
    answer(server, "PATCH", f"{TABLE}/{ID}", 200, {"result": {}}, {})
    assert type(raised(lambda: adapter.update(Write(Entity.MODEL, ID, {"u_text": "new"})))) is OutcomeUnknown


def test_references_may_come_as_objects(adapter, server):
    answer(server, "GET", f"{TABLE}/{ID}", 200, {"result": {**ROW, "u_text": {"link": "x", "value": "inner"}}}, {})
    assert adapter.get(Entity.MODEL, ID).values == {"u_text": "inner", "u_key": "k"}


def test_v1_says_with_404_that_nothing_was_found(monkeypatch, adapter, server):
    answer(server, "GET", TABLE, 404, NO_RECORD, {})
    assert adapter.find(Entity.MODEL, "k") is None


def item(number, **more):
    body = base64.b64encode(json.dumps({"result": {**ROW, "sys_id": f"{number:032x}"}}).encode()).decode()
    return {"id": str(number), "status_code": 201, "status_text": "Created", "body": body, "headers": [], **more}


@pytest.mark.parametrize(
    ("batch", "errors"),
    [
        ({"serviced_requests": [item(0), item(1)], "unserviced_requests": []}, [None, None]),
        ({"serviced_requests": [item(1), item(0)]}, [None, None]),
        ({"serviced_requests": [item(0)], "unserviced_requests": []}, [None, OutcomeUnknown]),
        ({"serviced_requests": [item(0), item(1, status_code=None)]}, [None, OutcomeUnknown]),
        ({"serviced_requests": [item(0), item(1, body="")]}, [None, OutcomeUnknown]),
        ({"serviced_requests": [item(0), item(1, body="e30=")]}, [None, OutcomeUnknown]),
        ({"serviced_requests": [item(0), item(1, status_code=202)]}, [None, OutcomeUnknown]),
        ({"serviced_requests": [item(0), item(1, status_code=500)]}, [None, OutcomeUnknown]),
        ({"serviced_requests": [item(0), item(1, status_code=302)]}, [None, OutcomeUnknown]),
        ({}, [OutcomeUnknown, OutcomeUnknown]),
        ([], [OutcomeUnknown, OutcomeUnknown]),
    ],
    ids=[
        "both", "in another order", "one not mentioned", "no status", "no body", "no record", "202", "500", "redirect",
        "nothing", "no object",
    ],
)  # fmt: skip
def test_what_a_batch_does_not_tell_is_unknown(adapter, server, batch, errors):
    answer(server, "POST", f"{URL}/api/now/v1/batch", 200, batch, {})
    answer(server, "GET", f"{URL}/api/now/table/sys_user", 200, {"result": []}, {"X-Total-Count": "0"})
    outcomes = list(adapter.write([Write(Entity.MODEL, None, {"u_key": key}, key=key) for key in ("a", "b")]))
    assert [outcome.error and type(outcome.error) for outcome in outcomes] == errors
    assert [outcome.record.id for outcome in outcomes if outcome.record] == [
        f"{number:032x}" for number, error in enumerate(errors) if error is None
    ]
    assert sum(call.request.method == "POST" for call in server.calls) == 1
