"""Encoded queries: what each operator finds, how they join, and what a caret in a value does."""

import pytest

from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.desk import Clock, Desk, refused, rows
from tests.simulators.servicenow.manners import Misspelt
from tests.simulators.servicenow.query import Condition, parse
from tests.simulators.servicenow.tenant import MODELS, VERSIONS

CREDIT = {"u_registry_name": "credit", "u_purpose": "scoring", "u_review_frequency": "12", "u_replacement": "scoring"}
FRAUD = {"u_registry_name": "fraud", "u_purpose": "card", "u_review_frequency": "6", "u_next_review_due": "2026-05-01"}
PRICE = {"u_registry_name": "price", "u_review_frequency": "100", "u_next_review_due": "2026-06-01"}


@pytest.fixture
def sn():
    with ServiceNow(clock=Clock()) as simulator:
        for values in (CREDIT, FRAUD, PRICE):
            simulator.store.create(MODELS, values, "admin")
        yield simulator


@pytest.fixture
def desk(sn):
    return Desk(sn)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("u_registry_name=credit", "credit"),
        ("u_registry_name=CREDIT", "credit"),
        ("u_registry_name!=credit", "fraud price"),
        ("u_review_frequency>12", "price"),
        ("u_review_frequency>=12", "credit price"),
        ("u_review_frequency<12", "fraud"),
        ("u_review_frequency<=12", "credit fraud"),
        ("u_next_review_due>2026-01-01", "fraud price"),
        ("u_next_review_due<2026-05-02", "fraud"),
        ("u_next_review_dueBETWEEN2026-05-01@2026-05-31", "fraud"),
        ("u_registry_nameINcredit,price", "credit price"),
        ("u_registry_nameNOT INcredit,price", "fraud"),
        ("u_registry_nameLIKErau", "fraud"),
        ("u_registry_nameCONTAINSRED", "credit"),
        ("u_registry_nameSTARTSWITHpri", "price"),
        ("u_registry_nameENDSWITHt", "credit"),
        ("u_purposeISEMPTY", "price"),
        ("u_purposeISNOTEMPTY", "credit fraud"),
        ("u_purpose=", "price"),
        ("u_purposeSAMEASu_replacement", "credit price"),
        ("u_purposeISNOTEMPTY^u_review_frequency<10", "fraud"),
        ("u_registry_name=credit^ORu_registry_name=price", "credit price"),
        # OR binds to the condition before it: (credit or price) and over 50, not credit or (price and over 50).
        ("u_registry_name=credit^ORu_registry_name=price^u_review_frequency>50", "price"),
        ("u_registry_name=credit^u_review_frequency>50^NQu_registry_name=fraud", "fraud"),
        ("u_registry_name=credit^NQu_review_frequency>50^ORDERBYu_registry_name", "credit price"),
        ("", "credit fraud price"),
    ],
)
def test_what_a_query_finds(desk, query, names):
    assert sorted(desk.names(query)) == names.split()


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("ORDERBYu_registry_name", "credit fraud price"),
        ("ORDERBYDESCu_registry_name", "price fraud credit"),
        ("ORDERBYu_review_frequency", "fraud credit price"),
        ("ORDERBYu_next_review_due^ORDERBYu_registry_name", "credit fraud price"),
    ],
)
def test_the_order(desk, order, names):
    assert desk.names(order) == names.split()


def test_a_query_may_walk_along_a_reference(desk, sn):
    credit = next(row for row in sn.store.rows(MODELS) if row["u_registry_name"] == "credit")
    desk.make(VERSIONS, u_model=credit["sys_id"], u_version="1")
    desk.make(VERSIONS, u_model="0" * 32, u_version="2")
    found = rows(desk.page(VERSIONS, "u_model.u_registry_name=credit", fields="u_version"))
    assert found == [{"u_version": "1"}]


def test_a_time_in_another_form_finds_nothing_in_a_range(desk):
    assert len(desk.names("sys_updated_on>=2026-03-02 12:00:00")) == 3
    assert desk.names("sys_updated_on>=2026-03-02T12:00:00Z") == []


def test_without_an_order_pages_overlap_and_lose_rows(desk, sn):
    for number in range(40):
        sn.store.create(MODELS, {"u_registry_name": f"m{number}"}, "admin")

    def paged(query):
        pages = [desk.names(query, limit=10, offset=offset) for offset in range(0, 43, 10)]
        return [name for page in pages for name in page]

    everything = {row["u_registry_name"] for row in sn.store.rows(MODELS)}
    unordered = paged("")
    assert len(unordered) == 43
    assert set(unordered) < everything
    assert sorted(paged("ORDERBYsys_id")) == sorted(everything)
    # An order that leaves ties open is none: all these rows were made in one second.
    assert set(paged("ORDERBYsys_updated_on")) < everything


@pytest.mark.parametrize("query", ["u_external_kye=x", "u_registry_nameIScredit", "nonsense", "u_model.u_nam=x"])
def test_a_misspelt_condition_returns_the_whole_table(desk, sn, query):
    assert len(desk.names(query)) == 3
    assert desk.names(f"{query}^u_registry_name=credit") == ["credit"]
    sn.manners.misspelt = Misspelt.NOTHING
    assert desk.names(f"{query}^ORu_registry_name=credit") == []
    sn.manners.misspelt = Misspelt.REFUSED
    assert refused(desk.page(MODELS, query))[0] == 403


def test_a_caret_in_a_value_splits_the_query(desk, sn):
    sn.store.create(MODELS, {"u_registry_name": "a^b"}, "admin")
    assert desk.names("u_registry_name=a^b") == []
    assert sorted(desk.names("u_registry_name=a^NQu_registry_name!=zz")) == ["a^b", "credit", "fraud", "price"]
    assert parse("u_registry_name=a^b").sets == [[(Condition("u_registry_name", "=", "a"),), (Condition("", "", "b"),)]]


def test_a_value_may_be_a_script_that_the_instance_runs(desk, sn):
    found = rows(desk.page("sys_user", "sys_id=javascript:gs.getUserID()", fields="user_name"))
    assert found == [{"user_name": "mlflow.connector"}]
    sn.store.create(MODELS, {"u_registry_name": "javascript:gs.log(1)"}, "admin")
    assert desk.names("u_registry_name=JavaScript:gs.log(1)") == []
    assert sn.manners.scripts == ["gs.getUserID()", "gs.log(1)"]


def test_operators_inside_values_stay_there():
    assert parse("u_purpose=x INside =LIKE 100%^u_aIN1,2").conditions == [
        Condition("u_purpose", "=", "x INside =LIKE 100%"),
        Condition("u_a", "IN", "1,2"),
    ]


def test_a_column_that_may_not_be_read_may_not_be_looked_for(desk, sn):
    access = sn.access["mlflow.connector"]
    access.hidden_columns.add((MODELS, "u_purpose"))
    refusal = (
        403,
        "Insufficient rights to query records",
        "Field(s) present in the query do not have permission to be read",
    )
    for query in ("u_purpose=card", "u_registry_name=credit^ORu_purpose=card", "ORDERBYu_purpose"):
        assert refused(desk.page(MODELS, query)) == refusal
    assert refused(desk.page(VERSIONS, "u_model.u_purpose=card")) == refusal


def test_a_column_may_be_closed_to_ranges_alone(desk, sn):
    sn.access["mlflow.connector"].no_ranges.add((MODELS, "sys_updated_on"))
    assert refused(desk.page(MODELS, "sys_updated_on>=2026-01-01 00:00:00"))[0] == 403
    assert len(desk.names("sys_updated_on=2026-03-02 12:00:00^ORDERBYsys_updated_on")) == 3
