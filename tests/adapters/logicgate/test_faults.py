"""Each row of the platform's limits and errors: what the adapter makes of it, and what an admin gets to read."""

import pytest

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
from tests.adapters.logicgate.platform import KEY, PURPOSE
from tests.simulators.base import Verb
from tests.simulators.logicgate.schema import Permission


@pytest.fixture
def record_id(platform):
    return platform.seed({KEY: "k", PURPOSE: "old"})


def update(adapter, record_id, **values):
    return adapter.update(Write(Entity.MODEL, record_id, {PURPOSE: "new", **values}))


# 429, with and without Retry-After


@pytest.mark.parametrize("wait", ["", "0", "Thu, 26 Nov 2026 10:00:00 GMT"])
def test_too_many_requests_are_sent_again(simulator, adapter, record_id, wait):
    adapter.get(Entity.MODEL, record_id)
    simulator.manners.busy, simulator.manners.retry_after = 1, wait
    assert update(adapter, record_id).values[PURPOSE] == "new"
    assert len([one for one in simulator.store.history() if one.action == "update"]) == 1


def test_too_many_requests_for_good_are_told(simulator, adapter, record_id):
    adapter.get(Entity.MODEL, record_id)
    simulator.manners.busy, simulator.manners.retry_after = 99, "7"
    with pytest.raises(Retriable, match="Too many requests") as caught:
        update(adapter, record_id)
    assert caught.value.retry_after == 7
    assert "rate_limit" in caught.value.remedy
    assert not isinstance(caught.value, OutcomeUnknown)


def test_requests_are_few_and_one_at_a_time_unless_the_connection_says_otherwise(platform):
    from adapters.httpclient import HttpSettings
    from adapters.logicgate.wire import _careful

    usual = _careful(HttpSettings())
    assert (usual.rate_limit.requests, usual.rate_limit.per_seconds, usual.max_concurrency) == (5, 1, 1)
    asked = _careful(HttpSettings.model_validate({"rate_limit": None, "max_concurrency": 4}))
    assert (asked.rate_limit, asked.max_concurrency) == (None, 4)


# Errors in both shapes, without a body, as a page


@pytest.mark.parametrize(
    ("body", "words"), [("json", "Option not found"), ("empty", "an empty body"), ("html", "Risk")]
)
def test_a_refused_value_is_that_records_alone(simulator, platform, adapter, record_id, body, words):
    simulator.manners.refused = body
    other = platform.seed({KEY: "other"})
    writes = [
        Write(Entity.MODEL, record_id, {"Risk Tier": "unheard of"}),
        Write(Entity.MODEL, other, {PURPOSE: "new"}),
    ]
    refused, done = adapter.write(writes)
    assert isinstance(refused.error, Rejected)
    assert words in refused.error.message
    assert refused.error.field == ("Risk Tier" if body == "json" else None)
    assert done.record.values[PURPOSE] == "new"


@pytest.mark.parametrize("body", ["json", "empty", "html"])
def test_what_the_user_may_not_write_is_unknown_not_gone(simulator, adapter, record_id, body):
    simulator.permit(Permission.READ)
    simulator.manners.forbidden = body
    with pytest.raises(AccessDenied) as caught:
        update(adapter, record_id)
    assert "permission" in caught.value.remedy


@pytest.mark.parametrize("body", ["json", "empty", "html"])
def test_a_user_who_may_not_list_ends_the_run(simulator, adapter, record_id, body):
    simulator.permit()
    simulator.manners.forbidden = body
    with pytest.raises(AuthError):
        list(adapter.records(Entity.MODEL))


def test_nothing_is_taken_for_absent_when_the_answer_is_a_page(simulator, adapter, record_id):
    simulator.faults.add("html", count=None)
    with pytest.raises(Unreachable, match="Sign in"):
        adapter.get(Entity.MODEL, record_id)
    with pytest.raises((Unreachable, IncompleteSnapshot)):
        list(adapter.records(Entity.MODEL))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_in_trouble_is_asked_again_and_a_write_looked_up(simulator, adapter, record_id, status):
    simulator.faults.add("status", method="get", status=status)
    assert adapter.get(Entity.MODEL, record_id) is not None
    simulator.faults.add("status", method="update", status=status, count=None)
    with pytest.raises(OutcomeUnknown):
        update(adapter, record_id)
    assert sum(call.verb is Verb.UPDATE for call in simulator.calls) == 1


@pytest.mark.parametrize(("status", "error"), [(409, Conflict), (412, Conflict), (422, Rejected), (404, Rejected)])
def test_what_is_refused_is_not_sent_again(simulator, adapter, record_id, status, error):
    simulator.faults.add("status", method="update", status=status, count=None)
    with pytest.raises(error):
        update(adapter, record_id)
    assert sum(call.verb is Verb.UPDATE for call in simulator.calls) == 1


# Lost answers


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "length": 0},
        {"kind": "cut", "length": 5},
        {"kind": "status", "status": 504},
        {"kind": "html"},
        {"kind": "redirect", "status": 303},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('length', '')}",
)
def test_a_create_that_landed_is_found_by_its_key(simulator, platform, adapter, fault):
    simulator.faults.add(method="create", when="after", **fault)
    with pytest.raises(OutcomeUnknown):
        adapter.create(Write(Entity.MODEL, None, {KEY: "k", "Name in Registry": "pd"}, key="k"))
    assert [adapter.find(Entity.MODEL, "k").id] == list(platform.stored())


def test_a_write_that_cannot_be_read_back_is_unknown(simulator, platform, adapter):
    simulator.faults.add("status", method="get", status=503, count=None)
    with pytest.raises(OutcomeUnknown, match="read-back failed"):
        adapter.create(Write(Entity.MODEL, None, {KEY: "k", "Name in Registry": "pd"}, key="k"))
    assert len(platform.stored()) == 1


def test_a_written_record_that_the_user_may_not_see_is_unknown(simulator, adapter, record_id):
    simulator.hooks.append(
        lambda call: (
            simulator.store.delete(record_id, "someone")
            if call.verb is Verb.GET and simulator.store.record(record_id)
            else None
        )
    )
    with pytest.raises(OutcomeUnknown, match="cannot be read"):
        update(adapter, record_id)


@pytest.mark.parametrize("body", ["empty", "json"])
def test_an_update_may_be_answered_with_nothing(simulator, adapter, record_id, body):
    simulator.manners.patched_answer = body
    assert update(adapter, record_id).values[PURPOSE] == "new"
