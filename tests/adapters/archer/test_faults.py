"""Each row of the platform's error table: what the adapter makes of it, and what an admin gets to read."""

import pytest

from connector.model.errors import (
    AccessDenied,
    AuthError,
    IncompleteSnapshot,
    OutcomeUnknown,
    Rejected,
    Retriable,
    Unreachable,
)
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.archer.platform import test_options


def listed(adapter, entity=Entity.MODEL):
    return [record.id for record in adapter.records(entity)]


@pytest.fixture
def careful(platform):
    """An adapter whose account is not known to see all."""
    with platform.adapter(section=test_options(sees_all=False)) as adapter:
        yield adapter


# Unknown or invisible content id: 200, "No resource found."


def test_a_deleted_record_is_unknown_where_the_account_may_not_see_all(platform, careful):
    record_id = platform.seed({"External_Key": "k"})
    platform.delete(record_id)
    with pytest.raises(AccessDenied, match=r"No resource found.*does not tell which") as caught:
        careful.get(Entity.MODEL, record_id)
    assert "sees_all" in caught.value.remedy


def test_a_hidden_record_is_unknown_where_the_account_may_not_see_all(simulator, platform, careful):
    record_id = platform.seed({"External_Key": "k"})
    simulator.content.denied.add((simulator.service.id, int(record_id)))
    assert listed(careful) == []
    with pytest.raises(AccessDenied):
        careful.get(Entity.MODEL, record_id)


def test_a_record_that_a_search_shows_is_not_gone(simulator, platform, adapter, monkeypatch):
    from tests.simulators.archer import rest

    record_id = platform.seed({"External_Key": "k"})
    monkeypatch.setattr(rest.Rest, "_sees", lambda *_: False)
    with pytest.raises(AccessDenied, match="a search still shows it"):
        adapter.get(Entity.MODEL, record_id)


def test_an_account_that_lost_the_application_takes_nothing_for_gone(simulator, platform, adapter):
    record_id = platform.seed({"External_Key": "k"})
    assert listed(adapter) == [record_id]
    simulator.tenant.change(simulator.service.id, modules=frozenset())
    with pytest.raises((AccessDenied, AuthError, Retriable)):
        adapter.get(Entity.MODEL, record_id)


def test_the_last_record_of_all_is_gone_where_it_was_deleted(platform, adapter):
    record_id = platform.seed({"External_Key": "k"})
    platform.delete(record_id)
    assert adapter.get(Entity.MODEL, record_id) is None


def test_a_record_of_another_level_is_not_taken_for_ours(platform, adapter, issues):
    issue = platform.seed({"Title": "Drift"}, issues)
    with pytest.raises(AccessDenied, match="not of AI Model"):
        adapter.get(Entity.MODEL, issue)


@pytest.mark.parametrize("record_id", ["MDL0001001", "../1", "1 OR 2", "²"])
def test_an_id_of_another_platform_is_refused_before_anything_is_sent(adapter, record_id):
    adapter.check()
    before = adapter.requests_sent
    with pytest.raises(Rejected, match="no id of a record"):
        adapter.get(Entity.MODEL, record_id)
    assert adapter.requests_sent == before


def test_no_record_has_an_empty_id(adapter):
    assert adapter.get(Entity.MODEL, "") is None


# Required field missing: one message a field, with 200 or 400.


def test_a_required_field_that_is_missing_is_named(simulator, platform, adapter):
    with pytest.raises(Rejected, match="The Model field is a required field") as caught:
        adapter.create(Write(Entity.VERSION, None, {"External_Key": "k"}, key="k"))
    assert caught.value.field == "Parent_Model"
    assert "Version_Number" in caught.value.remedy


def test_a_required_field_that_is_emptied_is_named(platform, adapter, versions):
    parent = platform.seed({"External_Key": "m"})
    record_id = platform.seed({"External_Key": "k", "Version_Number": "1", "Parent_Model": [int(parent)]}, versions)
    with pytest.raises(Rejected, match="The Version field is a required field") as caught:
        adapter.update(Write(Entity.VERSION, record_id, {"Version_Number": None}))
    assert caught.value.field == "Version_Number"


# Invalid values: 200, IsSuccessful true, ignored, no message.


def test_a_reference_to_nothing_is_ignored_and_seen(platform, adapter):
    parent = platform.seed({"External_Key": "m"})
    values = {"External_Key": "k", "Version_Number": "1", "Parent_Model": parent}
    record = adapter.create(Write(Entity.VERSION, None, values, key="k"))
    assert record.values["Parent_Model"] == parent
    record = adapter.update(Write(Entity.VERSION, record.id, {"Parent_Model": "999999"}))
    assert record.values["Parent_Model"] == parent, "what was kept, not what was sent"


def test_a_field_that_the_server_ignores_is_seen(simulator, platform, adapter):
    record_id = platform.seed({"External_Key": "k", "Products": "old"})
    simulator.faults.add("ignore", field="products", count=None)
    assert adapter.update(Write(Entity.MODEL, record_id, {"Products": "new"})).values["Products"] == "old"


# POST of an existing id, PUT of a new id: 403.


def test_an_update_of_what_is_gone_is_forbidden_and_nothing_is_made(platform, adapter):
    record_id = platform.seed({"External_Key": "k"})
    platform.delete(record_id)
    with pytest.raises(AccessDenied, match=r"Forbidden\."):
        adapter.update(Write(Entity.MODEL, record_id, {"Products": "new"}))
    assert platform.stored() == {}


def test_an_account_that_only_reads_is_told_what_it_lacks(simulator, platform, adapter):
    record_id = platform.seed({"External_Key": "k"})
    simulator.tenant.change(simulator.service.id, reads_only=frozenset({platform.level.module}))
    with pytest.raises(AccessDenied) as caught:
        adapter.update(Write(Entity.MODEL, record_id, {"Products": "new"}))
    assert "AI Model Inventory" in caught.value.remedy


# Framework errors: {"Message": ..}; pages for people; passing failures.


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Rejected), (403, AccessDenied), (404, AccessDenied), (500, Retriable), (503, Retriable), (429, Retriable)],
)
def test_a_failing_read_by_id_is_never_absence(simulator, platform, adapter, status, error):
    record_id = platform.seed({"External_Key": "k"})
    simulator.faults.add("status", method="get", path="models/*", status=status, count=None)
    with pytest.raises(error):
        adapter.get(Entity.MODEL, record_id)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_does_not_harm_a_listing(simulator, platform, adapter, status):
    seeded = [platform.seed({"External_Key": f"k{n}"}) for n in range(9)]
    simulator.faults.add("status", method="list", path="models", status=status, skip=1)
    assert listed(adapter) == seeded


def test_a_page_for_people_is_unreachable_and_not_empty(simulator, platform, adapter):
    record_id = platform.seed({"External_Key": "k"})
    assert listed(adapter) == [record_id]
    simulator.faults.add("html", method="get", count=None)
    with pytest.raises(Unreachable, match="HTML page"):
        adapter.get(Entity.MODEL, record_id)
    simulator.faults.add("html", method="list", path="models", count=None)
    with pytest.raises(Unreachable, match="HTML page"):
        listed(adapter)


@pytest.mark.parametrize("kind", ["cut", "cut_json", "html"])
def test_a_write_that_landed_and_lost_its_answer_is_unknown(simulator, platform, adapter, kind):
    simulator.faults.add(kind, method="create", when="after", **({"length": 5} if kind == "cut" else {}))
    with pytest.raises(OutcomeUnknown):
        adapter.create(Write(Entity.MODEL, None, {"External_Key": "k"}, key="k"))
    assert list(platform.stored()) == [adapter.find(Entity.MODEL, "k").id]


def test_a_write_that_cannot_be_read_back_is_unknown(simulator, platform, adapter):
    simulator.faults.add("status", method="get", path="models/*", status=503, count=None)
    with pytest.raises(OutcomeUnknown, match="read-back failed"):
        adapter.create(Write(Entity.MODEL, None, {"External_Key": "k"}, key="k"))
    assert len(platform.stored()) == 1


# Searches whose end is in doubt.


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "short_page", "skip": 1, "count": None},
        {"kind": "lying_total", "amount": 3, "count": None},
        {"kind": "lying_total", "amount": -3, "count": None},
        {"kind": "repeat_page", "count": None, "skip": 1},
    ],
    ids=["rows missing", "total too high", "total too low", "pages repeat"],
)
def test_a_listing_whose_end_is_in_doubt_is_incomplete(simulator, platform, adapter, fault):
    for n in range(9):
        platform.seed({"External_Key": f"k{n}"})
    simulator.faults.add(method="list", path="models", **fault)
    read = []
    with pytest.raises(IncompleteSnapshot, match="did not come to a proved end"):
        read.extend(record.id for record in adapter.records(Entity.MODEL))
    assert len(set(read)) == len(read)


def test_a_listing_whose_count_was_wrong_once_is_begun_again(simulator, platform, adapter):
    seeded = [platform.seed({"External_Key": f"k{n}"}) for n in range(9)]
    simulator.faults.add("short_page", method="list", path="models", skip=1)
    assert sorted(listed(adapter)) == seeded


def test_a_record_that_is_deleted_during_a_listing_hides_no_other(simulator, platform, adapter):
    seeded = [platform.seed({"External_Key": f"k{n}"}) for n in range(9)]
    read = []
    for record in adapter.records(Entity.MODEL):
        read.append(record.id)
        if len(read) == 4:
            platform.delete(seeded[0])
    assert set(seeded[1:]) <= set(read)
    assert len(set(read)) == len(read)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_listing_that_fails_for_good_is_told(simulator, platform, adapter, status):
    for n in range(9):
        platform.seed({"External_Key": f"k{n}"})
    simulator.faults.add("status", method="list", path="models", status=status, skip=1, count=None)
    with pytest.raises(AuthError if status == 403 else IncompleteSnapshot):
        listed(adapter)


def test_a_page_that_is_too_large_is_halved(simulator, platform):
    seeded = [platform.seed({"External_Key": f"k{n}"}) for n in range(30)]
    simulator.soap.capacity = 6
    section = test_options(search={"page_size": 20, "least_page_size": 2})
    with platform.adapter(section=section) as adapter:
        assert listed(adapter) == seeded
        assert listed(adapter) == seeded


def test_a_server_that_fails_on_the_smallest_page_is_told(simulator, platform, adapter):
    for n in range(9):
        platform.seed({"External_Key": f"k{n}"})
    simulator.soap.capacity = 1
    with pytest.raises(IncompleteSnapshot, match="OutOfMemoryException") as caught:
        listed(adapter)
    assert caught.value.remedy == "lower search.page_size."


def test_a_capped_search_is_incomplete(platform):
    for n in range(6):
        platform.seed({"External_Key": f"k{n}"})
    section = test_options(search={"page_size": 4, "least_page_size": 2, "max_records": 5})
    with platform.adapter(section=section) as adapter, pytest.raises(IncompleteSnapshot, match="cap of 5"):
        listed(adapter)


def test_a_key_that_cannot_be_looked_up_is_not_absent(simulator, platform, adapter):
    platform.seed({"External_Key": "k"})
    simulator.faults.add("status", method="find", path="models", status=500, count=None)
    with pytest.raises(Retriable, match="could not be looked up"):
        adapter.find(Entity.MODEL, "k")
