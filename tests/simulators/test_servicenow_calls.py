"""Requests in common words, and faults in the words of the mock GRC."""

import pytest
import requests

from tests.simulators.base import Call, Verb
from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.desk import Clock, Desk, refused, rows
from tests.simulators.servicenow.tenant import ISSUES, MODELS, USERS, VERSIONS
from tests.simulators.servicenow.vendor import AI_GOVERNANCE, AI_MODEL

OFFICER = "risk.officer@bank.example"


@pytest.fixture
def sn():
    with ServiceNow(clock=Clock()) as simulator:
        yield simulator


@pytest.fixture
def desk(sn):
    found = Desk(sn)
    sn.calls.clear()
    return found


def person(sn):
    return next(row["sys_id"] for row in sn.store.rows(USERS) if row["email"] == OFFICER)


def told(sn):
    return [(call.verb, call.path) for call in sn.calls]


@pytest.mark.parametrize(
    ("table", "query", "call"),
    [
        (MODELS, "sys_id>0^ORDERBYsys_id", (Verb.LIST, "models")),
        (VERSIONS, "sys_updated_on>=2026-01-01 00:00:00", (Verb.LIST, "versions")),
        (MODELS, "u_external_key=x", (Verb.FIND, "models")),
        (MODELS, "u_external_keyINx,y", (Verb.FIND, "models")),
        (AI_MODEL.name, "external_ref_id=x", (Verb.FIND, "models")),
        (MODELS, f"sys_id={'a' * 32}", (Verb.GET, f"models/{'a' * 32}")),
        (USERS, "active=true", (Verb.LIST, "users")),
        (USERS, "emailINx,y", (Verb.FIND, "users")),
        ("sysapproval_approver", "source_table=u_model_version", (Verb.LIST, "approvals")),
        ("sys_journal_field", f"element_id={'a' * 32}", (Verb.COMMENTS, f"issues/{'a' * 32}")),
        ("sys_dictionary", "name=x", (Verb.DESCRIBE, "")),
        ("cmdb_ci", "", (Verb.LIST, "")),
    ],
)
def test_what_a_listing_is(sn, desk, table, query, call):
    desk.page(table, query)
    assert told(sn) == [call]


def test_a_request_for_several_records_by_id_is_a_read_of_each(sn, desk):
    ids = [desk.make(u_registry_name=name)["sys_id"] for name in ("a", "b")]
    sn.calls.clear()
    query = f"sys_idIN{','.join(ids)}^ORDERBYsys_id"
    sn.faults.add("status", method="get", path=f"models/{ids[1]}", status=503)
    assert desk.page(MODELS, query).status_code == 503
    assert len(rows(desk.page(MODELS, query))) == 2
    assert told(sn) == [(Verb.GET, f"models/{one}") for one in ids] * 2


def test_what_other_requests_are(sn, desk):
    desk.api("GET", f"table/{ISSUES}/{'a' * 32}")
    desk.api("DELETE", f"table/{MODELS}/{'a' * 32}")
    desk.api("GET", f"stats/{VERSIONS}")
    desk.api("GET", "nowhere")
    desk.sign_in()
    assert told(sn) == [
        (Verb.GET, f"issues/{'a' * 32}"),
        (Verb.DELETE, f"models/{'a' * 32}"),
        (Verb.DESCRIBE, "versions"),
        (Verb.DESCRIBE, ""),
        (Verb.LOGIN, ""),
    ]


def test_a_write_is_told_with_all_its_values_and_no_other(sn, desk):
    made = desk.make(
        sys_id="ab" * 16,
        u_registry_name="credit",
        u_registry_created="1700000000000",
        u_risk_classification="2",
        u_limitations='["a", "b"]',
        u_model_owner=person(sn),
        u_purpose="",
        u_products="",
        u_nonsense="x",
    )
    desk.api("PATCH", f"table/{MODELS}/{made['sys_id']}", {"u_next_review_due": "2026-05-01", "u_complexity": "8"})
    assert sn.calls == [
        Call(
            Verb.CREATE,
            "models",
            "",
            {
                "registry_name": "credit",
                "registry_created": 1700000000000,
                "tier": "2 - High",
                "limitations": ["a", "b"],
                "model_owner": OFFICER,
                "purpose": None,
                "products": [],
                "u_nonsense": "x",
            },
        ),
        Call(Verb.UPDATE, "models", "ab" * 16, {"next_review_due": "2026-05-01", "complexity": "8"}),
    ]


def test_a_note_is_a_comment(sn, desk):
    issue = desk.make(ISSUES, short_description="Drift", priority="2")
    address = f"table/{ISSUES}/{issue['sys_id']}"
    desk.api("PATCH", address, {"work_notes": "hello"})
    desk.api("PATCH", address, {"state": "3", "work_notes": "done"})
    assert [(call.verb, call.values) for call in sn.calls] == [
        (Verb.CREATE, {"title": "Drift", "severity": "High"}),
        (Verb.COMMENT, {"text": "hello"}),
        (Verb.UPDATE, {"state": "Closed", "work_notes": "done"}),
    ]


def test_the_governance_of_an_ai_model_is_told_as_the_models(sn, desk):
    model = desk.make(AI_MODEL.name, display_name="credit", external_ref_id="k")
    details = desk.make(AI_GOVERNANCE.name, asset=model["sys_id"], governed="true")
    desk.api("PATCH", f"table/{AI_GOVERNANCE.name}/{details['sys_id']}", {"risk_score": "1"})
    assert [(call.verb, call.id) for call in sn.calls] == [
        (Verb.CREATE, ""),
        (Verb.UPDATE, model["sys_id"]),
        (Verb.UPDATE, model["sys_id"]),
    ]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"rest_requests": [1]}'])
def test_what_makes_no_sense_is_told_without_a_fuss(sn, desk, body):
    headers = {"Authorization": f"Bearer {desk.token}", "Content-Type": "application/json", "Accept": "*/*"}
    for path in ("v1/batch", f"table/{MODELS}"):
        requests.post(f"{sn.url}/api/now/{path}", data=body, headers=headers, timeout=10)
    assert len(sn.calls) == 2


# faults


def test_a_fault_finds_the_request_by_its_words(sn, desk):
    sn.faults.add("status", method="create", path="versions", status=429, retry_after=7)
    desk.make(u_registry_name="credit")
    answer = desk.api("POST", f"table/{VERSIONS}", {"u_model": "0" * 32, "u_version": "1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert rows(desk.page(VERSIONS)) == []


def test_values_may_be_rewritten_or_dropped(sn, desk):
    sn.faults.add("normalise", path="models*", field="purpose", how="truncate", length=3)
    sn.faults.add("ignore", path="models*", field="tier")
    made = desk.make(u_purpose="scoring", u_risk_classification="1", u_description="scoring")
    assert (made["u_purpose"], made["u_risk_classification"], made["u_description"]) == ("sco", "", "scoring")


@pytest.fixture
def ordered(sn):
    return sorted(sn.store.create(MODELS, {"u_registry_name": f"m{n}"}, "admin")["sys_id"] for n in range(6))


def ids(answer):
    return [row["sys_id"] for row in rows(answer)]


def pages(desk, ordered, limit=2):
    """The second page, by offset and by key."""
    by_offset = desk.page(MODELS, "ORDERBYsys_id", limit=limit, offset=limit)
    by_key = desk.page(MODELS, f"sys_id>{ordered[limit - 1]}^ORDERBYsys_id", limit=limit)
    return [ids(by_offset), ids(by_key)]


def test_a_page_may_be_short(sn, desk, ordered):
    sn.faults.add("short_page", path="models", count=2)
    assert pages(desk, ordered) == [[ordered[2]]] * 2
    assert pages(desk, ordered) == [ordered[2:4]] * 2


def test_a_page_may_overlap_with_the_one_before_unless_it_is_asked_for_by_key(sn, desk, ordered):
    sn.faults.add("overlap", path="models", count=2)
    assert pages(desk, ordered) == [ordered[1:4], ordered[2:4]]


def test_every_page_may_be_the_first(sn, desk, ordered):
    sn.faults.add("repeat_page", path="models", count=2)
    assert pages(desk, ordered) == [ordered[:2]] * 2


def test_the_total_may_lie(sn, desk, ordered):
    sn.faults.add("lying_total", path="models", amount=-2)
    assert desk.page(MODELS, limit=1).headers["X-Total-Count"] == "4"


def test_a_listing_may_lag_behind_a_creation(sn, desk, ordered):
    sn.faults.add("lag", path="models", amount=2)
    made = desk.make(u_registry_name="young")
    seen = [len(rows(desk.page(MODELS, "ORDERBYsys_id"))) for _ in range(3)]
    assert seen == [6, 6, 7]
    assert desk.api("GET", f"table/{MODELS}/{made['sys_id']}").status_code == 200


def test_a_record_may_be_left_out_of_listings_alone(sn, desk, ordered):
    sn.manners.unlisted.add(ordered[0])
    answer = desk.page(MODELS, "ORDERBYsys_id", limit=2)
    assert ids(answer) == [ordered[1]]
    assert answer.headers["X-Total-Count"] == "6"
    assert desk.api("GET", f"table/{MODELS}/{ordered[0]}").status_code == 200
    for operator in ("=", "IN"):
        assert ids(desk.page(MODELS, f"sys_id{operator}{ordered[0]}")) == [ordered[0]]
    assert refused(desk.api("GET", f"table/{MODELS}/{'0' * 32}"))[0] == 404
