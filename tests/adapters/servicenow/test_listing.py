"""Listings that access rules, time limits and unkind instances bend: whole, or said to be unfinished."""

import pytest

from connector.model.errors import AccessDenied, AuthError, IncompleteSnapshot
from connector.model.fields import Entity
from tests.adapters.servicenow.platform import make_adapter, options
from tests.simulators.servicenow.access import Access
from tests.simulators.servicenow.manners import Cancelled, Misspelt, Quota
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.tenant import MODELS, USERS, VERSIONS

MODES = pytest.mark.parametrize("paging", ["keyset", "offset"])


@pytest.fixture
def ids(simulator):
    """Thirteen records in the order of their sys_ids: three pages and a bit."""
    made = [simulator.store.create(MODELS, {"u_external_key": f"k{n}"}, ADMIN)["sys_id"] for n in range(13)]
    return sorted(made)


def listed(adapter, **more):
    return [record.id for record in adapter.records(Entity.MODEL, **more)]


def hide(simulator, ids, table=MODELS):
    simulator.access[CONNECTOR] = Access(hides=lambda name, row: name == table and row["sys_id"] in ids)


@MODES
@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param([0], id="the first"),
        pytest.param([12], id="the last"),
        pytest.param([0, 1, 2, 3], id="the whole first page"),
        pytest.param([4, 5, 6, 7], id="a whole page in the middle"),
        pytest.param([3, 4, 5, 6, 7, 8, 9, 10], id="two pages at a stretch"),
        pytest.param([5, 6, 7, 8, 9, 10, 11, 12], id="all to the end"),
        pytest.param([0, 2, 4, 6, 8, 10, 12], id="every other one"),
    ],
)
def test_a_short_or_empty_page_is_not_the_end(simulator, monkeypatch, ids, paging, hidden):
    gone = {ids[number] for number in hidden}
    hide(simulator, gone)
    with make_adapter(simulator, monkeypatch, options(paging=paging)) as adapter:
        assert listed(adapter) == [one for one in ids if one not in gone]


@MODES
def test_where_nothing_is_shown_of_what_is_announced_nothing_is_concluded(simulator, monkeypatch, ids, paging):
    hide(simulator, set(ids))
    with (
        make_adapter(simulator, monkeypatch, options(paging=paging)) as adapter,
        pytest.raises(IncompleteSnapshot, match="13 records are announced, and none is shown"),
    ):
        listed(adapter)


def test_a_hidden_table_answers_as_if_it_were_empty_and_is_not_believed(simulator, adapter, ids):
    simulator.access[CONNECTOR] = Access(hidden_tables={MODELS})
    with pytest.raises(IncompleteSnapshot, match="none is shown"):
        listed(adapter)


def test_a_row_that_a_page_leaves_out_at_its_end_comes_with_the_next(simulator, adapter, ids):
    simulator.faults.add("short_page", method="list", path="models", amount=1, skip=1)
    assert listed(adapter) == ids


def test_rows_that_are_left_out_and_never_come_are_missed_by_the_second_sweep(simulator, adapter, ids):
    simulator.faults.add("short_page", method="list", path="models", amount=1, skip=3)
    with pytest.raises(IncompleteSnapshot, match="passed over"):
        listed(adapter)


@pytest.mark.parametrize("shape", Cancelled)
@pytest.mark.parametrize("most", [1, 2, 3])
def test_where_the_instance_runs_out_of_time_pages_get_smaller(simulator, adapter, ids, shape, most):
    simulator.manners.quota = Quota(most, shape)
    assert listed(adapter) == ids


def test_a_page_of_one_that_still_takes_too_long_ends_the_listing(simulator, adapter, ids):
    simulator.manners.quota = Quota(0, Cancelled.ERROR_ONLY)
    with pytest.raises(IncompleteSnapshot, match="maximum execution time"):
        listed(adapter)


def test_an_instance_that_ignores_the_range_is_found_out(simulator, adapter, ids, monkeypatch):
    simulator.faults.add("repeat_page", method="list", path="models", count=None)
    with pytest.raises(IncompleteSnapshot, match="repeats what came before") as caught:
        listed(adapter)
    assert "paging: offset" in caught.value.remedy


@MODES
@pytest.mark.parametrize("lie", [-9, -3, 3])
def test_a_wrong_number_never_passes_a_part_off_as_the_whole(simulator, monkeypatch, ids, paging, lie):
    simulator.faults.add("lying_total", method="list", path="models", amount=lie, count=None)
    seen, whole = [], False
    with make_adapter(simulator, monkeypatch, options(paging=paging)) as adapter:
        try:
            seen.extend(record.id for record in adapter.records(Entity.MODEL))
            whole = True
        except IncompleteSnapshot:
            pass
    assert seen == ids or not whole


def test_pages_that_overlap_give_each_record_once(simulator, adapter, ids):
    simulator.faults.add("overlap", method="list", path="models", amount=2, skip=1, count=1)
    assert listed(adapter) == ids


def test_an_account_that_may_not_query_ranges_is_told_to_page_by_offset(simulator, monkeypatch, ids):
    simulator.access[CONNECTOR] = Access(no_ranges={(MODELS, "sys_id")})
    with make_adapter(simulator, monkeypatch) as adapter, pytest.raises(AuthError) as caught:
        listed(adapter)
    assert "paging: offset" in caught.value.remedy
    with make_adapter(simulator, monkeypatch, options(paging="offset")) as adapter:
        assert listed(adapter) == ids


def test_a_table_closed_to_rest_ends_the_run(simulator, adapter, ids):
    simulator.manners.closed_to_rest.add(MODELS)
    with pytest.raises(AuthError) as caught:
        listed(adapter)
    assert "Allow access to this table via web services" in caught.value.remedy


def test_a_column_that_is_in_no_row_is_no_empty_column(simulator, monkeypatch, ids):
    with (
        make_adapter(simulator, monkeypatch, fields=("u_purpose", "u_misspelt")) as adapter,
        pytest.raises(IncompleteSnapshot, match="u_misspelt"),
    ):
        listed(adapter)


def test_increments_start_before_the_last_time_seen_in_the_accounts_zone(simulator, monkeypatch, clock, ids):
    user = next(row for row in simulator.store.rows(USERS) if row["user_name"] == CONNECTOR)
    simulator.store.update(USERS, user["sys_id"], {"time_zone": "America/New_York"}, ADMIN)
    with make_adapter(simulator, monkeypatch, options(time_zone="America/New_York")) as adapter:
        last = max(record.updated_at for record in adapter.records(Entity.MODEL))
        clock.advance(3600)
        simulator.store.update(MODELS, ids[3], {"u_purpose": "new"}, ADMIN)
        changed = [record.id for record in adapter.records(Entity.MODEL, since=last)]
    assert ids[3] in changed


def test_people_are_asked_for_in_bulk_and_once(simulator, adapter):
    people = [row["sys_id"] for row in simulator.store.rows(USERS)]
    for number in range(20):
        owner = {"u_model_owner": people[number % len(people)]}
        simulator.store.create(MODELS, {"u_external_key": f"k{number}", **owner}, ADMIN)
    simulator.requests.clear()
    mails = {record.values["u_model_owner"] for record in adapter.records(Entity.MODEL)}
    assert mails == {row["email"] for row in simulator.store.rows(USERS)}
    assert simulator.requests.count("GET", f"*/{USERS}") <= 5


def test_a_person_without_an_address_is_unreadable_not_nobody(simulator, adapter):
    user = simulator.store.create(USERS, {"user_name": "ghost", "active": "true"}, ADMIN)
    simulator.store.create(MODELS, {"u_external_key": "k", "u_model_owner": user["sys_id"]}, ADMIN)
    (record,) = adapter.records(Entity.MODEL)
    assert "no e-mail address" in record.values["u_model_owner"].reason


def test_who_changed_a_record_last_is_told_by_e_mail(simulator, adapter):
    simulator.store.create(MODELS, {"u_external_key": "k"}, ADMIN)
    (record,) = adapter.records(Entity.MODEL)
    admin = next(row for row in simulator.store.rows(USERS) if row["user_name"] == ADMIN)
    assert record.actor == admin["email"]


@pytest.mark.parametrize("habit", Misspelt)
def test_a_key_is_looked_up_rightly_whatever_the_instance_does_with_columns_it_does_not_know(
    simulator, monkeypatch, ids, habit
):
    simulator.manners.misspelt = habit
    with make_adapter(simulator, monkeypatch) as adapter:
        assert adapter.find(Entity.MODEL, "k3").values["u_external_key"] == "k3"
        assert adapter.find(Entity.MODEL, "none") is None


def test_where_the_keys_column_is_wrong_no_key_is_said_to_be_missing(simulator, monkeypatch, ids):
    simulator.manners.misspelt = Misspelt.WHOLE_TABLE
    with (
        make_adapter(simulator, monkeypatch, key="u_misspelt") as adapter,
        pytest.raises(IncompleteSnapshot, match="u_misspelt"),
    ):
        adapter.find(Entity.MODEL, "k3")


def test_a_record_with_the_key_that_is_hidden_is_not_made_again(simulator, adapter, ids):
    hide(simulator, {row["sys_id"] for row in simulator.store.rows(MODELS) if row["u_external_key"] == "k3"})
    with pytest.raises(AccessDenied, match="hide it"):
        adapter.find(Entity.MODEL, "k3")


def test_a_listing_of_versions_names_its_models(simulator, adapter, ids):
    simulator.store.create(VERSIONS, {"u_model": ids[0], "u_version": "1", "u_external_key": "v"}, ADMIN)
    (version,) = adapter.records(Entity.VERSION)
    assert version.values["u_model"] == ids[0]
