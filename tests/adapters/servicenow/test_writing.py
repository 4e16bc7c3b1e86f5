"""Writes: several in one request, each once, compared before and after, and made again by nobody."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.servicenow import sending, writing
from adapters.servicenow.writing import chosen_id
from connector.model.errors import AccessDenied, Conflict, LeaseLost, OutcomeUnknown, Rejected, Retriable
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.servicenow.platform import make_adapter, options
from tests.simulators.servicenow.access import Access, BusinessRule
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.tenant import MODELS, USERS

BATCH = "*/batch"


def new(key, **values):
    return Write(Entity.MODEL, None, {"u_external_key": key, **values}, key=key)


def rows(simulator):
    return {row["u_external_key"]: row for row in simulator.store.rows(MODELS)}


def test_fifty_writes_are_one_request(simulator, adapter):
    outcomes = list(adapter.write([new(f"k{n}", u_purpose=f"p{n}") for n in range(50)]))
    assert [outcome.record.values["u_purpose"] for outcome in outcomes] == [f"p{n}" for n in range(50)]
    assert simulator.requests.count("POST", BATCH) == 1
    assert simulator.requests.writes == 2  # that one, and the login
    assert len(rows(simulator)) == 50


def test_what_a_batch_leaves_unserviced_is_sent_again_and_nothing_else(simulator, adapter):
    simulator.manners.batch.unserviced = {1, 3}
    outcomes = list(adapter.write([new(f"k{n}") for n in range(5)]))
    assert [outcome.error for outcome in outcomes] == [None] * 5
    assert simulator.requests.count("POST", BATCH) == 2
    assert sum(call.verb == "create" for call in simulator.calls) == 7
    assert len(simulator.store.rows(MODELS)) == 5


def test_a_batch_that_takes_too_long_ends_in_several(simulator, adapter):
    simulator.manners.batch.write_milliseconds = 7_000
    outcomes = list(adapter.write([new(f"k{n}") for n in range(12)]))
    assert [outcome.error for outcome in outcomes] == [None] * 12
    assert len(simulator.store.rows(MODELS)) == 12


def test_what_is_never_serviced_failed_and_may_succeed_later(simulator, adapter):
    simulator.manners.batch.seconds = 0
    outcomes = list(adapter.write([new("a"), new("b")]))
    assert {type(outcome.error) for outcome in outcomes} == {Retriable}
    assert rows(simulator) == {}


def test_an_error_of_one_item_is_its_own(simulator, adapter):
    simulator.rules.business.append(
        BusinessRule(
            "No cats", "9" * 32, MODELS, lambda _user, _before, after: "No." if after["u_purpose"] == "cat" else None
        )
    )
    outcomes = list(adapter.write([new("a"), new("b", u_purpose="cat"), new("c")]))
    assert [type(outcome.error) for outcome in outcomes] == [type(None), Rejected, type(None)]
    assert "'No cats'" in outcomes[1].error.remedy


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "when": "after", "length": 0},
        {"kind": "cut", "when": "after", "length": 40},
        {"kind": "status", "when": "after", "status": 503},
        {"kind": "html", "when": "after"},
    ],
    ids=["cut", "cut within", "503", "html"],
)
def test_of_a_batch_whose_answer_is_lost_every_outcome_is_unknown(simulator, monkeypatch, fault):
    for _ in range(3):
        simulator.faults.add(method="create", path="models", **fault)
    with make_adapter(simulator, monkeypatch) as adapter:
        outcomes = list(adapter.write([new("a"), new("b"), new("c")]))
    errors = {outcome.write.key: type(outcome.error) for outcome in outcomes if outcome.error}
    assert set(errors.values()) == {OutcomeUnknown}
    stored = set(rows(simulator))
    assert stored | set(errors) == {"a", "b", "c"}
    assert len(simulator.store.rows(MODELS)) == len(stored)


def test_a_refused_batch_api_is_done_without(simulator, adapter, monkeypatch):
    monkeypatch.setattr(sending, "BATCH", "/api/now/v1/no_such_thing")
    assert [outcome.error for outcome in adapter.write([new("a"), new("b")])] == [None, None]
    assert [outcome.error for outcome in adapter.write([new("c"), new("d")])] == [None, None]
    assert simulator.requests.count("POST", "*/no_such_thing") == 1
    assert simulator.requests.count("POST", f"*/{MODELS}") == 4


def test_the_permit_is_asked_for_before_each_batch(simulator, monkeypatch):
    """Repetitions of what was left over included."""
    simulator.manners.batch.unserviced = {0}
    asked = []

    def permit():
        asked.append(len(simulator.store.rows(MODELS)))
        if len(asked) == 2:
            raise LeaseLost("another process holds it")

    with make_adapter(simulator, monkeypatch, before_write=permit) as adapter, pytest.raises(LeaseLost):
        list(adapter.write([new("a"), new("b")]))
    assert asked == [0, 1]
    assert set(rows(simulator)) == {"b"}


def test_revisions_of_a_batch_are_compared_in_one_read(simulator, adapter):
    made = [outcome.record for outcome in adapter.write([new(f"k{n}") for n in range(10)])]
    simulator.store.update(MODELS, made[4].id, {"u_assumptions": "theirs"}, ADMIN)
    simulator.requests.clear()
    writes = [
        Write(Entity.MODEL, one.id, {"u_purpose": "ours"}, one.values["u_external_key"], one.revision) for one in made
    ]
    outcomes = list(adapter.write(writes))
    assert [number for number, outcome in enumerate(outcomes) if isinstance(outcome.error, Conflict)] == [4]
    assert simulator.requests.count("GET", f"*/{MODELS}") == 1
    assert rows(simulator)["k4"]["u_purpose"] == ""
    assert outcomes[0].record.revision == "1"


def test_a_count_that_jumps_is_reported(simulator, adapter, monkeypatch):
    """A business rule that writes the record again shows so; an update that changes nothing does not count."""
    record = adapter.create(new("k"))
    told = []
    monkeypatch.setattr(writing.log, "warning", lambda text, *values: told.append(text % values))

    def touch(call):
        if call.verb == "update":
            simulator.store.touch(MODELS, record.id, "a rule")

    simulator.hooks.append(touch)
    # The rule acts between the comparison and the write.
    updated = adapter.update(Write(Entity.MODEL, record.id, {"u_purpose": "new"}, "k", record.revision))
    assert "sys_mod_count went from 0 to 2" in "".join(told)
    assert (updated.revision, updated.values["u_purpose"]) == ("2", "new")


def test_two_writes_of_one_record_keep_their_order(simulator, adapter):
    record = adapter.create(new("k"))
    writes = [Write(Entity.MODEL, record.id, {"u_purpose": str(n)}) for n in range(4)]
    assert [outcome.record.values["u_purpose"] for outcome in adapter.write(writes)] == ["0", "1", "2", "3"]
    assert rows(simulator)["k"]["u_purpose"] == "3"


def test_a_new_record_has_the_id_that_its_key_gives(simulator, adapter):
    record = adapter.create(new("k"))
    assert record.id == chosen_id(MODELS, "k") == rows(simulator)["k"]["sys_id"]


def test_without_chosen_ids_the_platform_gives_them(simulator, monkeypatch):
    with make_adapter(simulator, monkeypatch, options(chosen_ids=False)) as adapter:
        assert adapter.create(new("k")).id != chosen_id(MODELS, "k")


def test_a_creation_sent_twice_is_one_record(simulator, adapter):
    first = adapter.create(new("k", u_purpose="p"))
    assert adapter.create(new("k", u_purpose="p")) == first
    (outcome,) = adapter.write([new("k", u_purpose="p")])
    assert outcome.record == first
    assert len(simulator.store.rows(MODELS)) == 1


def test_a_record_in_the_way_with_other_values_is_to_be_merged(simulator, adapter):
    adapter.create(new("k", u_purpose="theirs"))
    with pytest.raises(Conflict, match="is there already"):
        adapter.create(new("k", u_purpose="ours"))
    assert rows(simulator)["k"]["u_purpose"] == "theirs"


def test_a_record_in_the_way_is_found_by_its_key_where_its_id_is_another(simulator, adapter):
    simulator.store.unique.add((MODELS, "u_external_key"))
    made = simulator.store.create(MODELS, {"u_external_key": "k", "u_purpose": "p"}, ADMIN)
    assert adapter.create(new("k", u_purpose="p")).id == made["sys_id"]


def test_another_record_in_the_way_is_a_refusal(simulator, adapter):
    simulator.store.unique.add((MODELS, "u_purpose"))
    simulator.store.create(MODELS, {"u_external_key": "other", "u_purpose": "p"}, ADMIN)
    with pytest.raises(Rejected, match="Error during insert"):
        adapter.create(new("k", u_purpose="p"))


def test_a_hidden_record_in_the_way_is_not_doubled(simulator, adapter):
    record = adapter.create(new("k"))
    simulator.access[CONNECTOR] = Access(hides=lambda table, row: row["sys_id"] == record.id)
    with pytest.raises(AccessDenied):
        adapter.create(new("k"))
    assert len(simulator.store.rows(MODELS)) == 1


def test_a_column_that_keeps_its_value_shows_so(simulator, adapter):
    """The platform says 200 and does not write it: what is read back is what stands."""
    simulator.access[CONNECTOR] = Access(fixed_columns={(MODELS, "u_purpose")})
    assert adapter.create(new("k", u_purpose="p")).values["u_purpose"] is None


def test_people_are_written_by_reference(simulator, adapter):
    owner = next(row for row in simulator.store.rows(USERS) if row["user_name"] == ADMIN)
    record = adapter.create(new("k", u_model_owner=owner["email"].upper()))
    assert record.values["u_model_owner"] == owner["email"]
    assert rows(simulator)["k"]["u_model_owner"] == owner["sys_id"]


@pytest.mark.parametrize("mail", ["nobody@bank.example", "a@b^ORactive=true", "javascript:gs.getUserID()"])
def test_a_person_whom_the_platform_does_not_know_is_refused_by_field(simulator, adapter, mail):
    with pytest.raises(Rejected) as caught:
        adapter.create(new("k", u_model_owner=mail))
    assert caught.value.field == "u_model_owner"
    assert rows(simulator) == {}
    asked = [call for call in simulator.calls if call.kind == "users"]
    assert all("^OR" not in json.dumps(call.id) for call in asked)


def test_an_address_that_two_people_have_is_refused(simulator, adapter):
    for name in ("one", "two"):
        simulator.store.create(USERS, {"user_name": name, "email": "same@bank.example", "active": "true"}, ADMIN)
    with pytest.raises(Rejected, match="2 active users"):
        adapter.create(new("k", u_model_owner="same@bank.example"))


def test_requests_at_the_same_time_share_no_session(simulator, adapter):
    """The instance throws away what waits behind another request of its session; here none may wait at all."""
    simulator.manners.queue = 0
    with ThreadPoolExecutor(8) as pool:
        records = list(pool.map(lambda n: adapter.create(new(f"k{n}")), range(16)))
    assert len({record.id for record in records}) == 16
