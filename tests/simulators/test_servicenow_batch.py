"""A batch: an answer for each item, items left out, limits, and faults that hit one item."""

import base64

import pytest
import requests

from tests.simulators.base import Verb
from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.desk import Clock, Desk, refused, served
from tests.simulators.servicenow.staff import CONNECTOR
from tests.simulators.servicenow.tenant import ISSUES, MODELS

TABLE = f"table/{MODELS}"


@pytest.fixture
def sn():
    with ServiceNow(clock=Clock()) as simulator:
        yield simulator


@pytest.fixture
def desk(sn):
    return Desk(sn)


def creates(count):
    return [("POST", TABLE, {"u_registry_name": f"m{number}"}) for number in range(count)]


def test_each_item_has_an_answer_of_its_own(sn, desk):
    sn.access[CONNECTOR].no_deletes = False
    made = desk.make(u_registry_name="credit")
    answer = desk.batch(
        ("PATCH", f"{TABLE}/{made['sys_id']}", {"u_purpose": "x"}),
        ("POST", f"{TABLE}?sysparm_fields=u_registry_name", {"u_registry_name": "fraud"}),
        ("GET", f"{TABLE}/{'0' * 32}", None),
        ("GET", f"{TABLE}?sysparm_query=u_registry_name%3Dfraud&sysparm_fields=u_registry_name", None),
        ("DELETE", f"{TABLE}/{made['sys_id']}", None),
    )
    found = served(answer)
    assert [found[number][0] for number in "01234"] == [200, 201, 404, 200, 204]
    assert found["0"][1]["result"]["u_purpose"] == "x"
    assert found["1"][1]["result"] == {"u_registry_name": "fraud"}
    assert found["3"][1]["result"] == [{"u_registry_name": "fraud"}]
    body = answer.json()
    assert (body["batch_request_id"], body["unserviced_requests"]) == ("1", [])
    first = body["serviced_requests"][0]
    assert (first["status_text"], type(first["execution_time"])) == ("OK", int)
    assert desk.names("") == ["fraud"]


def test_headers_are_told_unless_they_are_not_wanted(desk):
    item = ("GET", f"{TABLE}?sysparm_limit=1", None)
    told = desk.batch(item).json()["serviced_requests"][0]["headers"]
    assert {"name": "X-Total-Count", "value": "0"} in told
    assert desk.batch(item, exclude_response_headers=True).json()["serviced_requests"][0]["headers"] == []


def test_nothing_is_undone_when_an_item_fails(desk):
    found = served(desk.batch(*creates(1), ("POST", "table/u_nothing", {}), *creates(2)))
    assert [found[number][0] for number in "0123"] == [201, 400, 201, 201]
    assert len(desk.names("")) == 3


def test_items_may_be_left_out_and_are_not_carried_out(sn, desk):
    sn.manners.batch.unserviced = {1}
    answer = desk.batch(*creates(3))
    assert answer.json()["unserviced_requests"] == ["1"]
    assert set(served(answer)) == {"0", "2"}
    assert sorted(desk.names("")) == ["m0", "m2"]
    assert desk.batch(*creates(3)).json()["unserviced_requests"] == []


def test_a_batch_has_thirty_seconds(sn, desk):
    sn.manners.batch.write_milliseconds = 10_000
    answer = desk.batch(*creates(5))
    assert answer.json()["unserviced_requests"] == ["3", "4"]
    assert len(desk.names("")) == 3


def test_a_batch_has_a_size(sn, desk):
    sn.manners.batch.bytes_in = 1000
    assert desk.batch(*creates(9)).status_code == 413
    sn.manners.batch.bytes_in = 10**6
    sn.manners.batch.bytes_out = 500
    found = served(desk.batch(*creates(1)))
    assert found["0"][0] == 500
    assert desk.names("") == ["m0"]


@pytest.mark.parametrize("body", [{}, {"rest_requests": [{}]}, {"batch_request_id": "1", "rest_requests": [1]}, []])
def test_what_is_no_batch(desk, body):
    assert desk.api("POST", "v1/batch", body).status_code == 400


def test_a_batch_needs_a_token_like_anything_else(desk):
    desk.token = "x"
    assert refused(desk.batch(*creates(1)))[0] == 401


def test_a_batch_is_told_as_its_calls(sn, desk):
    issue = desk.make(ISSUES, short_description="Drift")
    sn.calls.clear()
    seen = []
    sn.hooks.append(seen.append)
    desk.batch(*creates(2), ("PATCH", f"table/{ISSUES}/{issue['sys_id']}", {"work_notes": "hello"}))
    assert [(call.verb, call.kind) for call in sn.calls] == [
        (Verb.CREATE, "models"),
        (Verb.CREATE, "models"),
        (Verb.COMMENT, "issues"),
    ]
    assert sn.calls == seen
    assert sn.calls[2].values == {"text": "hello"}


@pytest.mark.parametrize("count", [1, 3])
def test_a_status_hits_one_item(sn, desk, count):
    sn.faults.add("status", method="create", path="models", status=503, skip=count - 1)
    found = served(desk.batch(*creates(count)))
    assert [found[str(number)][0] for number in range(count)] == [201] * (count - 1) + [503]
    assert len(desk.names("")) == count - 1


def test_a_status_may_come_after_the_deed(sn, desk):
    sn.faults.add("status", method="create", status=500, when="after")
    assert served(desk.batch(*creates(1)))["0"][0] == 500
    assert desk.names("") == ["m0"]


def test_a_page_for_people_may_be_an_items_answer(sn, desk):
    sn.faults.add("html", method="create")
    item = desk.batch(*creates(1)).json()["serviced_requests"][0]
    assert item["status_code"] == 200
    assert b"<html" in base64.b64decode(item["body"]).lower() or b"<!doctype" in base64.b64decode(item["body"])


@pytest.mark.parametrize(("when", "done"), [("before", 1), ("after", 2)])
def test_a_cut_ends_the_batch_where_it_strikes(sn, desk, when, done):
    sn.faults.add("cut", method="create", skip=1, when=when)
    with pytest.raises(requests.exceptions.ConnectionError):
        desk.batch(*creates(3))
    assert len(desk.names("")) == done


def test_values_are_bent_in_an_item(sn, desk):
    sn.faults.add("normalise", path="models*", field="purpose", how="upper")
    sn.faults.add("ignore", path="models*", field="tier")
    body = {"u_registry_name": "credit", "u_purpose": "scoring", "u_risk_classification": "1"}
    told = served(desk.batch(("POST", TABLE, body)))["0"][1]["result"]
    assert (told["u_purpose"], told["u_risk_classification"]) == ("SCORING", "")
