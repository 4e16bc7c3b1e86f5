"""Values that mean something in the query language pass unchanged, or are refused; never is a question wider."""

import re
from urllib.parse import parse_qs

import pytest

from adapters.servicenow.query import LONGEST, MOST_IN, all_of, chunks, equals, is_plain, literal, one_of, safe_start
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Lookup, Write
from tests.simulators.base import Request
from tests.simulators.servicenow.staff import ADMIN
from tests.simulators.servicenow.tenant import MODELS

NASTY = [
    "a^ORu_purposeISNOTEMPTY",
    "^NQactive=true",
    "a^ORDERBYDESCu_purpose",
    "javascript:gs.getUserID()",
    "JavaScript : gs.getUserID()",
    "two\nlines",
    "two\r\nlines^more",
    "tab\there",
    "\u2028separator",
    " leading",
    "trailing ",
    'quote\'s "double" `back`',
    "<script>alert(1)</script> & </x>",
    "%5E%0A",
    "a,b,c",
    "=>!=<",
    "x" * 250,
    "模型 🚀 naïve",
    "DYNAMIC90d1921e5f510100a9ad2572f2b477fe",
    "^",
]


@pytest.fixture
def queries(simulator, monkeypatch):
    """Every encoded query that comes in."""
    seen = []
    tell = simulator.tell

    def noted(request: Request):
        seen.extend(parse_qs(request.query).get("sysparm_query", []))
        return tell(request)

    monkeypatch.setattr(simulator, "tell", noted)
    return seen


@pytest.mark.parametrize("value", NASTY)
def test_a_nasty_value_passes_unchanged(adapter, value):
    record = adapter.create(Write(Entity.MODEL, None, {"u_external_key": "k", "u_purpose": value}, key="k"))
    assert record.values["u_purpose"] == value
    assert adapter.get(Entity.MODEL, record.id).values["u_purpose"] == value


@pytest.mark.parametrize("key", NASTY)
def test_a_nasty_key_finds_its_own_record_and_no_other(simulator, adapter, queries, key):
    simulator.store.create(MODELS, {"u_external_key": "another", "u_purpose": "filled"}, ADMIN)
    made = simulator.store.create(MODELS, {"u_external_key": key}, ADMIN)["sys_id"]
    assert adapter.find(Entity.MODEL, key).id == made
    (answer, _) = adapter.look_up([Lookup(Entity.MODEL, key=key), Lookup(Entity.MODEL, key="another")])
    assert answer.record.id == made
    for query in queries:
        first, *others = query.split("^")
        assert first.startswith(("u_external_key", "user_name", "sys_id", "ORDERBYsys_id"))
        assert others[-1:] == ["ORDERBYsys_id"] or first == "ORDERBYsys_id"
        assert all(other.startswith(("ORDERBYsys_id", "sys_id>")) for other in others)
        assert re.search(r"javascript\s*:", query, re.IGNORECASE) is None
        assert query.isprintable()


@pytest.mark.parametrize("record_id", [*NASTY, "../sys_user", "a" * 31, "0" * 32 + "/"])
def test_an_id_that_is_none_is_never_asked_for(simulator, adapter, queries, record_id):
    assert adapter.get(Entity.MODEL, record_id) is None
    (found,) = adapter.look_up([Lookup(Entity.MODEL, id=record_id)])
    assert found.record is None
    assert simulator.calls == []


@pytest.mark.parametrize("record_id", ["../sys_user", "a^b", "?sysparm_query=", "0" * 31, "x" * 64])
def test_nothing_is_written_to_what_is_no_id(simulator, adapter, record_id):
    (outcome,) = adapter.write([Write(Entity.MODEL, record_id, {"u_purpose": "new"})])
    assert isinstance(outcome.error, Rejected)
    assert simulator.calls == []


@pytest.mark.parametrize("value", ["a^b", "a\nb", "javascript:x", " a", "", "dynamic123"])
def test_what_cannot_be_written_in_a_query_is_refused(value):
    with pytest.raises(Rejected, match="cannot be asked for"):
        literal(value)


def test_a_member_with_a_comma_is_refused():
    with pytest.raises(Rejected, match="comma"):
        one_of("u_key", ["a", "b,c"])


@pytest.mark.parametrize("value", NASTY)
def test_the_safe_start_of_a_value_is_a_start_that_is_safe(value):
    start = safe_start(value)
    assert value.startswith(start)
    assert not start or is_plain(start)


def test_questions_stay_below_the_length_of_an_address():
    ids = [f"{number:032x}" for number in range(1000)]
    parts = list(chunks(ids))
    assert [one for part in parts for one in part] == ids
    assert all(len(part) <= MOST_IN and len(one_of("sys_id", part)) <= LONGEST for part in parts)
    wide = [f"u_column_{number}" for number in range(200)]
    assert max(len(part) for part in chunks(ids, beside=wide)) < 150
    long = ["ü" * 2000 for _ in range(3)]
    assert [len(part) for part in chunks(long)] == [1, 1, 1]


def test_ten_thousand_ids_are_asked_for_within_the_address_limit(simulator, adapter):
    made = [simulator.store.create(MODELS, {"u_external_key": f"k{n}"}, ADMIN)["sys_id"] for n in range(450)]
    found = list(adapter.look_up([Lookup(Entity.MODEL, id=one) for one in made]))
    assert [one.record.id for one in found] == made
    assert simulator.requests.count("GET", f"*/{MODELS}") == 3


def test_conditions_are_put_together():
    assert all_of("", equals("a", "b"), "c>1") == "a=b^c>1"
