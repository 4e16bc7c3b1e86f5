"""The unkindness: access rules behind the limit, silent drops, refusals, quotas, pages for people, dropped requests."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.access import BusinessRule
from tests.simulators.servicenow.desk import JSON, Clock, Desk, refused, rows
from tests.simulators.servicenow.manners import Cancelled, Quota, RateRule
from tests.simulators.servicenow.tenant import ISSUES, MODELS, USERS, VERSIONS

CONNECTOR = "mlflow.connector"
NO_RECORD = (404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sn(clock):
    with ServiceNow(clock=clock) as simulator:
        yield simulator


@pytest.fixture
def desk(sn):
    return Desk(sn)


@pytest.fixture
def access(sn):
    return sn.access[CONNECTOR]


def fill(sn, count=6, **values):
    return [sn.store.create(MODELS, {"u_registry_name": f"m{n}", **values}, "admin") for n in range(count)]


# what may not be seen


def test_the_limit_comes_before_the_access_rules_and_the_count_is_blind_to_them(sn, desk, access):
    hidden = {row["sys_id"] for row in sorted(fill(sn), key=lambda row: row["sys_id"])[:4]}
    access.hides = lambda table, row: row["sys_id"] in hidden
    pages = [desk.page(MODELS, "ORDERBYsys_id", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [len(rows(page)) for page in pages] == [0, 0, 2]
    assert {page.headers["X-Total-Count"] for page in pages} == {"6"}
    for sys_id in hidden:
        for method, body in (("GET", None), ("PATCH", {"u_purpose": "x"}), ("DELETE", None)):
            assert refused(desk.api(method, f"table/{MODELS}/{sys_id}", body)) == NO_RECORD


@pytest.mark.parametrize("table", ["sys_dictionary", "sys_choice"])
def test_a_closed_table_answers_as_if_it_were_empty(sn, desk, table):
    announced = desk.page(table, limit=10)
    assert rows(announced) == []
    assert int(announced.headers["X-Total-Count"]) > 100
    sn.access[CONNECTOR].hidden_tables.clear()
    told = rows(desk.page(table, f"name={MODELS}^element=u_risk_classification"))
    assert {row["element"] for row in told} == {"u_risk_classification"}
    assert {row.get("label", "2 - High") for row in told} >= {"2 - High"}


def test_a_column_that_may_not_be_seen_is_left_out_and_keeps_its_value(sn, desk, access):
    made = desk.make(u_registry_name="credit", u_purpose="x")
    access.hidden_columns.add((MODELS, "u_purpose"))
    answer = desk.api("PATCH", f"table/{MODELS}/{made['sys_id']}", {"u_purpose": "y", "u_description": "z"})
    assert answer.status_code == 200
    assert "u_purpose" not in answer.json()["result"]
    assert "u_purpose" not in rows(desk.page(MODELS, fields="u_purpose,u_description"))[0]
    assert "u_model.u_purpose" not in _walked(desk, made)
    kept = sn.store.row(MODELS, made["sys_id"])
    assert (kept["u_purpose"], kept["u_description"]) == ("x", "z")


def _walked(desk, model):
    desk.make(VERSIONS, u_model=model["sys_id"], u_version="1")
    return rows(desk.page(VERSIONS, fields="u_version,u_model.u_purpose"))[0]


def test_what_hangs_on_a_hidden_table_is_left_out(sn, desk, access):
    access.hidden_tables.add(USERS)
    desk.make(u_registry_name="credit", u_model_owner=sn.store.rows(USERS)[0]["sys_id"])
    row = rows(desk.page(MODELS, fields="u_model_owner,u_model_owner.email", exclude_reference_link="true"))[0]
    assert set(row) == {"u_model_owner"}


# what a write loses


def test_unknown_and_fixed_columns_are_dropped_without_a_word(sn, desk):
    made = desk.make(u_registry_name="credit", u_nonsense="x", sys_mod_count="9", u_conditions="none", u_purpose="y")
    assert "u_nonsense" not in made
    assert (made["sys_mod_count"], made["u_conditions"], made["u_purpose"]) == ("0", "", "y")
    issue = desk.make(ISSUES, short_description="Drift")
    kept = {"number": "X", "sys_mod_count": "9", "sys_created_by": "x", "sys_id": "ab" * 16}
    assert desk.api("PATCH", f"table/{ISSUES}/{issue['sys_id']}", kept).json()["result"] == issue


@pytest.mark.parametrize(
    ("column", "sent", "kept"),
    [
        ("u_review_frequency", "a dozen", ""),
        ("u_review_frequency", 2**31, ""),
        ("u_next_review_due", "next week", ""),
        ("u_model_owner", "risk.officer@bank.example", ""),
        ("u_purpose", {"value": "x"}, ""),
        ("u_purpose", ["x"], ""),
        ("u_purpose", "x" * 5000, "x" * 4000),
        ("u_purpose", 12.5, "12.5"),
        ("u_model_owner", "0" * 32, "0" * 32),
    ],
)
def test_what_does_not_fit_is_dropped_or_cut(desk, column, sent, kept):
    made = desk.make(u_registry_name="credit", **{column: sent})
    told = made[column]
    assert (told["value"] if isinstance(told, dict) else told) == kept


def test_times_have_one_form(desk):
    made = desk.make(VERSIONS, u_model="0" * 32, u_version="1", u_deployed_at="2026-03-02T07:00:00Z")
    assert made["u_deployed_at"] == ""


def test_a_choice_that_is_none_is_kept_or_dropped_as_the_instance_has_it(sn, desk):
    kept = desk.make(u_risk_classification="7", u_lifecycle_status="In use")
    assert (kept["u_risk_classification"], kept["u_lifecycle_status"]) == ("7", "In use")
    sn.manners.keep_bad_choices = False
    dropped = desk.make(u_risk_classification="7", u_lifecycle_status="in_use")
    assert (dropped["u_risk_classification"], dropped["u_lifecycle_status"]) == ("", "in_use")


# what is refused


@pytest.mark.parametrize("path", [f"table/{name}" for name in ("u_nothing", "u_nothing/0")] + ["stats/u_nothing"])
def test_an_unknown_table(desk, path):
    assert refused(desk.api("GET", path)) == (400, "Invalid table u_nothing", None)


def test_a_missing_record(desk):
    for method, body in (("GET", None), ("PATCH", {"u_purpose": "x"}), ("PUT", {}), ("DELETE", None)):
        assert refused(desk.api(method, f"table/{MODELS}/{'0' * 32}", body)) == NO_RECORD


def test_a_table_closed_to_rest(sn, desk):
    sn.manners.closed_to_rest.add(MODELS)
    for method in ("GET", "POST"):
        assert refused(desk.api(method, f"table/{MODELS}", {})) == (
            403,
            "User Not Authorized",
            "Failed API level ACL Validation",
        )


def test_a_row_rule_on_writes(sn, desk, access):
    made = desk.make(u_registry_name="credit")
    access.locks, access.no_inserts = lambda table, row: True, {MODELS}
    detail = "ACL Exception {} Failed due to security constraints"
    address = f"table/{MODELS}/{made['sys_id']}"
    for action, answer in (
        ("Insert", desk.api("POST", f"table/{MODELS}", {"u_purpose": "x"})),
        ("Update", desk.api("PATCH", address, {"u_purpose": "x"})),
        ("Delete", desk.api("DELETE", address)),
    ):
        assert refused(answer) == (403, "Operation Failed", detail.format(action))
    assert rows(desk.page(MODELS)) == [made]


def test_a_business_rule_aborts(sn, desk):
    rule = BusinessRule("No pricing", "ab" * 16, MODELS, lambda user, old, new: "No." if new["u_purpose"] else None)
    sn.rules.business.append(rule)
    made = desk.make(u_registry_name="credit")
    answer = desk.api("PATCH", f"table/{MODELS}/{made['sys_id']}", {"u_purpose": "pricing"})
    detail = f"Operation against file '{MODELS}' was aborted by Business Rule 'No pricing^{'ab' * 16}'. No."
    assert refused(answer) == (403, "Operation Failed", detail)
    assert rows(desk.page(MODELS)) == [made]


@pytest.mark.parametrize("decision", ["approved", "conditional", "rejected", "expired"])
def test_the_connector_may_submit_and_withdraw_and_never_decides(desk, decision):
    made = desk.make(VERSIONS, u_model="0" * 32, u_version="1")
    address = f"table/{VERSIONS}/{made['sys_id']}"
    for state in ("pending", "not_submitted", "pending"):
        assert desk.api("PATCH", address, {"u_approval_status": state}).json()["result"]["u_approval_status"] == state
    status, _, detail = refused(desk.api("PATCH", address, {"u_approval_status": decision}))
    assert (status, "aborted by Business Rule" in detail) == (403, True)


def test_a_data_policy_names_labels(desk):
    answer = desk.api("POST", f"table/{VERSIONS}", {"u_version": "1"})
    assert refused(answer) == (
        403,
        "Operation Failed",
        "Data Policy Exception: The following fields are mandatory: Model",
    )
    made = desk.make(VERSIONS, u_model="0" * 32, u_version="1")
    assert refused(desk.api("PATCH", f"table/{VERSIONS}/{made['sys_id']}", {"u_version": ""}))[2].endswith(": Version")


def test_the_connector_does_not_make_users(desk):
    assert refused(desk.api("POST", f"table/{USERS}", {"user_name": "x"}))[0] == 403


def test_the_connector_deletes_nothing(sn, desk):
    made = desk.make(u_registry_name="credit")
    status, _, detail = refused(desk.api("DELETE", f"table/{MODELS}/{made['sys_id']}"))
    assert (status, detail) == (403, "ACL Exception Delete Failed due to security constraints")
    assert [row["sys_id"] for row in sn.store.rows(MODELS)] == [made["sys_id"]]


# what ails the instance


def test_too_many_rows_are_cancelled_and_a_smaller_page_is_not(sn, desk):
    fill(sn)
    sn.manners.quota = Quota(3)
    page = desk.page(MODELS, "ORDERBYsys_id", limit=4)
    body = page.json()
    assert (page.status_code, len(body["result"]), body["status"]) == (200, 3, "failure")
    assert body["error"]["message"] == "Transaction cancelled: maximum execution time exceeded"
    assert len(rows(desk.page(MODELS, "ORDERBYsys_id", limit=2))) == 2
    assert "error" not in desk.page(MODELS, "ORDERBYsys_id", limit=4, offset=4).json()


def test_a_cancelled_answer_may_stop_in_the_middle(sn, desk):
    fill(sn)
    sn.manners.quota = Quota(3, Cancelled.CUT)
    page = desk.page(MODELS)
    assert page.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(page.content)
    assert page.content.startswith(b'{"result": [{"sys_id"')


@pytest.mark.parametrize("status", [200, 500])
def test_a_cancelled_answer_may_be_the_error_alone(sn, desk, status):
    fill(sn)
    sn.manners.quota = Quota(3, Cancelled.ERROR_ONLY, status)
    page = desk.page(MODELS)
    assert page.status_code == status
    assert set(page.json()) == {"error", "status"}


def test_a_page_for_people_comes_with_200(sn, desk):
    sn.manners.shut = True
    for answer in (desk.page(MODELS), desk.api("POST", f"table/{MODELS}", {"u_purpose": "x"}), desk.sign_in()):
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    sn.manners.shut = False
    assert rows(desk.page(MODELS)) == []


def test_a_rate_rule_says_when_to_come_back(sn, desk, clock):
    sn.manners.rate = RateRule(2)
    for _ in range(2):
        assert rows(desk.page(MODELS)) == []
        clock.now += timedelta(minutes=2)
    answer = desk.page(MODELS)
    headers = answer.headers
    assert answer.status_code == 429
    assert headers["Retry-After"] == "3360"
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Rule"]) == ("2", "mlflow-grc: Table API")
    assert int(headers["X-RateLimit-Reset"]) == int(clock.now.timestamp()) + 3360
    assert "X-RateLimit-Remaining" not in headers
    clock.now += timedelta(seconds=3360)
    desk.token = desk.sign_in().json()["access_token"]
    assert rows(desk.page(MODELS)) == []


def test_busy_semaphores_say_nothing(sn, desk):
    sn.manners.busy = 1
    answer = desk.page(MODELS)
    assert answer.status_code == 429
    assert not [name for name in answer.headers if name.lower().startswith(("x-ratelimit", "retry"))]
    assert desk.page(MODELS).status_code == 200


def test_an_address_has_a_longest(desk):
    ids = [f"{number:032x}" for number in range(260)]
    assert desk.page(MODELS, f"sys_idIN{','.join(ids[:200])}^ORDERBYsys_id").status_code == 200
    assert desk.page(MODELS, f"sys_idIN{','.join(ids)}^ORDERBYsys_id").status_code == 414


# cookies


def wait_for(condition):
    waited = threading.Event()
    for _ in range(1000):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("it did not happen within ten seconds")


def test_requests_that_share_a_session_queue_and_the_twelfth_is_dropped(sn, desk):
    opened = desk.page(MODELS)
    cookies = opened.cookies.get_dict()
    assert "JSESSIONID" in cookies
    assert "JSESSIONID" not in desk.api("GET", f"table/{MODELS}", cookies=cookies).cookies
    sn.sessions.halt()

    def make(number):
        return desk.api("POST", f"table/{MODELS}", {"u_registry_name": f"m{number}"}, cookies=cookies).status_code

    with ThreadPoolExecutor(11) as pool:
        queued = [pool.submit(make, number) for number in range(11)]
        wait_for(lambda: sn.sessions.waiting() == 11)
        assert sn.sessions.served() == 1
        dropped = desk.api("POST", f"table/{MODELS}", {"u_registry_name": "dropped"}, cookies=cookies)
        assert (dropped.status_code, dropped.content) == (202, b"")
        # Whoever keeps no cookie does not wait.
        alone = desk.api("POST", f"table/{MODELS}", {"u_registry_name": "alone"})
        assert alone.status_code == 201
        assert desk.names("") == ["alone"]
        sn.sessions.resume()
        assert [one.result() for one in queued] == [201] * 11
    assert sorted(desk.names("")) == sorted(["alone", *(f"m{number}" for number in range(11))])
    assert sn.sessions.dropped == 1


def test_a_session_signs_nobody_in(sn, desk):
    cookies = desk.page(MODELS).cookies.get_dict()
    answer = requests.get(f"{sn.url}/api/now/table/{MODELS}", headers=JSON, cookies=cookies, timeout=10)
    assert answer.status_code == 401


def test_what_is_not_there_is_said_to_be_no_resource(desk):
    assert desk.api("GET", "v1/import/u_x").status_code == 400
    assert desk.api("POST", f"table/{ISSUES}/0").status_code == 405
