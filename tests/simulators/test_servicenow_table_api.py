"""The Table API as the page has it: what it answers, in which of its modes, with which headers."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.desk import Clock, Desk, refused, rows
from tests.simulators.servicenow.staff import CONNECTOR
from tests.simulators.servicenow.tenant import ISSUES, MODELS, VERSIONS

OFFICER = "risk.officer@bank.example"


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


def person(sn, email=OFFICER):
    return next(row["sys_id"] for row in sn.store.rows("sys_user") if row["email"] == email)


def test_a_record_is_created_read_changed_in_part_and_deleted(sn, desk):
    sn.access[CONNECTOR].no_deletes = False
    made = desk.make(u_registry_name="credit", u_purpose="scoring")
    address = f"table/{MODELS}/{made['sys_id']}"
    assert made["sys_mod_count"] == "0"
    for method, purpose in (("PATCH", "limits"), ("PUT", "pricing")):
        answer = desk.api(method, address, {"u_purpose": purpose})
        assert answer.status_code == 200
        assert answer.json()["result"]["u_purpose"] == purpose
        assert answer.json()["result"]["u_registry_name"] == "credit"
    assert desk.api("GET", address).json()["result"]["sys_mod_count"] == "2"
    deleted = desk.api("DELETE", address)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert desk.api("GET", address).status_code == 404


def test_every_value_is_a_text_and_nothing_is_an_empty_one(desk):
    made = desk.make(u_registry_name="credit", u_review_frequency=12, u_next_review_due="2026-05-01")
    assert all(isinstance(value, str) for value in made.values())
    assert (made["u_review_frequency"], made["u_next_review_due"], made["u_model_owner"]) == ("12", "2026-05-01", "")
    user = rows(desk.page("sys_user", f"email={OFFICER}"))[0]
    assert user["active"] == "true"


def test_a_reference_is_an_object_with_a_link_unless_that_is_excluded(desk, sn):
    owner = person(sn)
    desk.make(u_registry_name="credit", u_model_owner=owner)
    link = f"https://bank.service-now.example/api/now/table/sys_user/{owner}"

    def told(**params):
        row = rows(desk.page(MODELS, fields="u_model_owner,u_reviewer", **params))[0]
        return row["u_model_owner"], row["u_reviewer"]

    assert told() == ({"link": link, "value": owner}, "")
    assert told(exclude_reference_link="true") == (owner, "")
    assert told(display_value="true") == ({"display_value": "Rita Okafor", "link": link}, "")
    assert told(display_value="true", exclude_reference_link="true") == ("Rita Okafor", "")
    assert told(display_value="all", exclude_reference_link="true") == (
        {"display_value": "Rita Okafor", "value": owner},
        {"display_value": None, "value": ""},
    )
    assert told(display_value="all")[0] == {"display_value": "Rita Okafor", "link": link, "value": owner}


def test_labels_stand_in_the_display_values(desk):
    desk.make(u_registry_name="credit", u_risk_classification="2")
    row = rows(desk.page(MODELS, display_value="all"))[0]
    assert row["u_risk_classification"] == {"display_value": "2 - High", "value": "2"}
    assert row["u_purpose"] == {"display_value": "", "value": ""}


def test_times_are_utc_in_values_and_the_users_own_in_display_values(desk, sn):
    caller = next(row for row in sn.store.rows("sys_user") if row["user_name"] == "mlflow.connector")
    sn.store.update(
        "sys_user", caller["sys_id"], {"time_zone": "America/New_York", "date_format": "dd/MM/yyyy"}, "admin"
    )
    desk.make(u_registry_name="credit", u_next_review_due="2026-05-01")
    row = rows(desk.page(MODELS, display_value="all"))[0]
    assert row["sys_updated_on"] == {"display_value": "02/03/2026 07:00:00", "value": "2026-03-02 12:00:00"}
    assert row["u_next_review_due"] == {"display_value": "01/05/2026", "value": "2026-05-01"}


def test_input_may_be_as_a_person_types_it(desk, sn):
    caller = next(row for row in sn.store.rows("sys_user") if row["user_name"] == "mlflow.connector")
    sn.store.update("sys_user", caller["sys_id"], {"time_zone": "America/New_York"}, "admin")
    body = {"u_model": "0" * 32, "u_version": "1", "u_deployed_at": "2026-03-02 07:00:00", "u_technique": "Vendor"}
    raw = desk.api("POST", f"table/{VERSIONS}", body).json()["result"]
    typed = desk.api("POST", f"table/{VERSIONS}", body, params={"sysparm_input_display_value": "true"}).json()["result"]
    assert raw["u_deployed_at"] == "2026-03-02 07:00:00"
    assert (typed["u_deployed_at"], typed["u_technique"]) == ("2026-03-02 12:00:00", "vendor")


def test_dot_walked_fields_come_as_flat_keys_and_bad_ones_not_at_all(desk, sn):
    model = desk.make(u_registry_name="credit", u_model_owner=person(sn))
    desk.make(VERSIONS, u_model=model["sys_id"], u_version="1")
    walked = "u_version,u_model.u_registry_name,u_model.u_model_owner.email,u_nonsense,u_model.nonsense"
    assert rows(desk.page(VERSIONS, fields=walked)) == [
        {"u_version": "1", "u_model.u_registry_name": "credit", "u_model.u_model_owner.email": OFFICER}
    ]


def test_an_empty_list_is_a_404_in_version_1_alone(desk):
    assert rows(desk.api("GET", f"table/{MODELS}")) == []
    assert rows(desk.api("GET", f"v2/table/{MODELS}")) == []
    assert desk.api("GET", f"v1/table/{MODELS}").status_code == 404
    desk.make(u_registry_name="credit")
    assert len(rows(desk.api("GET", f"v1/table/{MODELS}"))) == 1


def links(answer):
    found = {}
    for part in answer.headers["Link"].split(","):
        address, relation = part.split(">;rel=")
        found[relation.strip('"')] = urlsplit(address.strip("<"))
    return found


def offsets(answer):
    return {relation: parse_qs(address.query)["sysparm_offset"] for relation, address in links(answer).items()}


def test_the_link_header_names_another_host_and_a_page_before_the_first(desk):
    for number in range(5):
        desk.make(u_registry_name=f"m{number}")
    first = desk.page(MODELS, "ORDERBYsys_id", limit=2)
    assert {address.netloc for address in links(first).values()} == {"bank.service-now.example"}
    assert {address.path for address in links(first).values()} == {f"/api/now/table/{MODELS}"}
    assert offsets(first) == {"first": ["0"], "prev": ["-1"], "next": ["2"], "last": ["4"]}
    assert offsets(desk.page(MODELS, "ORDERBYsys_id", limit=2, offset=4)) == {
        "first": ["0"],
        "prev": ["2"],
        "last": ["4"],
    }


def test_total_and_links_can_be_left_out(desk):
    desk.make(u_registry_name="credit")
    full = desk.page(MODELS)
    assert full.headers["X-Total-Count"] == "1"
    assert "X-Total-Count" not in desk.page(MODELS, no_count="true").headers
    suppressed = desk.page(MODELS, suppress_pagination_header="true")
    assert "Link" not in suppressed.headers
    assert suppressed.headers["X-Total-Count"] == "1"


def test_a_page_has_ten_thousand_rows_unless_it_is_told(sn, desk):
    for number in range(10_001):
        sn.store.create(MODELS, {"u_registry_name": f"m{number}"}, "admin")
    for limit in ({}, {"limit": "many"}):
        page = desk.page(MODELS, "ORDERBYsys_id", fields="sys_id", **limit)
        assert (len(rows(page)), page.headers["X-Total-Count"]) == (10_000, "10001")
    assert len(rows(desk.page(MODELS, "ORDERBYsys_id", fields="sys_id", offset=10_000))) == 1


def test_a_time_has_a_resolution_of_a_second(desk, clock):
    made = desk.make(u_registry_name="credit")
    clock.now += timedelta(milliseconds=200)
    changed = desk.api("PATCH", f"table/{MODELS}/{made['sys_id']}", {"u_purpose": "x"}).json()["result"]
    assert made["sys_updated_on"] == changed["sys_updated_on"] == "2026-03-02 12:00:00"
    assert (made["sys_mod_count"], changed["sys_mod_count"]) == ("0", "1")


def test_a_write_of_what_stands_there_already_counts_for_nothing(desk, clock):
    made = desk.make(u_registry_name="credit")
    clock.now += timedelta(minutes=5)
    assert desk.api("PATCH", f"table/{MODELS}/{made['sys_id']}", {"u_registry_name": "credit"}).json()["result"] == made


def test_some_updates_leave_no_mark(desk, sn, clock):
    made = desk.make(u_registry_name="credit")
    clock.now += timedelta(minutes=5)
    sn.store.update(MODELS, made["sys_id"], {"u_purpose": "by a script"}, "admin", quiet=True)
    after = rows(desk.page(MODELS))[0]
    assert after == {**made, "u_purpose": "by a script"}


def test_journals_read_as_nothing_and_append(desk):
    issue = desk.make(ISSUES, short_description="Drift", work_notes="first")
    assert issue["work_notes"] == ""
    for _ in range(2):
        again = desk.api("PATCH", f"table/{ISSUES}/{issue['sys_id']}", {"work_notes": "second"}).json()["result"]
    assert (again["work_notes"], again["sys_mod_count"]) == ("", "2")
    noted = rows(desk.page("sys_journal_field", f"element_id={issue['sys_id']}^element=work_notes"))
    assert sorted(row["value"] for row in noted) == ["first", "second", "second"]
    assert {row["sys_created_by"] for row in noted} == {"mlflow.connector"}


def test_an_issue_is_a_task_with_a_number_of_its_own(desk):
    issue = desk.make(ISSUES, short_description="Drift")
    assert (issue["number"], issue["state"], issue["sys_class_name"]) == ("ISS0010001", "1", ISSUES)
    task = rows(desk.page("task", f"number={issue['number']}"))[0]
    assert task["short_description"] == "Drift"
    assert "u_model" not in task


def test_an_empty_text_clears(desk, sn):
    made = desk.make(u_registry_name="credit", u_purpose="x", u_model_owner=person(sn), u_next_review_due="2026-05-01")
    cleared = {"u_purpose": "", "u_model_owner": "", "u_next_review_due": ""}
    after = desk.api("PATCH", f"table/{MODELS}/{made['sys_id']}", cleared).json()["result"]
    assert {name: after[name] for name in cleared} == cleared


def test_a_sys_id_of_ones_own_is_kept_and_collides(desk):
    chosen = "c0ffee00" * 4
    assert desk.make(sys_id=chosen, u_registry_name="credit")["sys_id"] == chosen
    status, message, detail = refused(desk.api("POST", f"table/{MODELS}", {"sys_id": chosen, "u_registry_name": "x"}))
    assert (status, message) == (403, "Operation Failed")
    assert detail.startswith(f"Error during insert of {MODELS}")
    assert desk.make(sys_id="no hex", u_registry_name="x")["sys_id"] != "no hex"


def test_a_unique_index_refuses_on_create_and_on_update(desk, sn):
    desk.make(u_external_key="k1")
    desk.make(u_external_key="k1")
    sn.store.unique.add((MODELS, "u_external_key"))
    other = desk.make(u_external_key="k2")
    desk.make(u_registry_name="without a key")
    desk.make(u_registry_name="without one either")
    status, message, detail = refused(desk.api("POST", f"table/{MODELS}", {"u_external_key": "K1"}))
    assert (status, message, detail.partition(" of ")[0]) == (403, "Operation Failed", "Error during insert")
    answer = desk.api("PATCH", f"table/{MODELS}/{other['sys_id']}", {"u_external_key": "k1"})
    assert refused(answer)[2].startswith("Error during update of")


def test_the_count_of_an_aggregate(desk):
    for tier in ("1", "1", "2"):
        desk.make(u_risk_classification=tier)
    query = {"sysparm_count": "true", "sysparm_query": "u_risk_classification=1"}
    assert desk.api("GET", f"stats/{MODELS}", params=query).json() == {"result": {"stats": {"count": "2"}}}


def test_users_are_found_by_e_mail_and_the_caller_by_name(desk, sn):
    found = rows(desk.page("sys_user", f"emailIN{OFFICER.upper()},nobody@bank.example", fields="sys_id,email"))
    assert found == [{"sys_id": person(sn), "email": OFFICER}]
    me = rows(desk.page("sys_user", "user_name=mlflow.connector", fields="email,time_zone"))
    assert me == [{"email": "mlflow-grc@bank.example", "time_zone": ""}]


@pytest.mark.parametrize("accept", [None, "text/xml"])
def test_json_has_to_be_asked_for(desk, accept):
    assert desk.api("GET", f"table/{MODELS}", headers={"Accept": accept}).status_code == 406


def test_a_body_has_to_be_json_and_say_so(desk, sn):
    headers = {"Accept": "application/json", "Authorization": f"Bearer {desk.token}"}
    address = f"{sn.url}/api/now/table/{MODELS}"
    plain = requests.post(address, data=b'{"u_purpose":"x"}', headers=headers, timeout=10)
    assert plain.status_code == 415
    broken = requests.post(address, data=b"{", headers={**headers, "Content-Type": "application/json"}, timeout=10)
    assert broken.status_code == 400
    assert rows(desk.page(MODELS)) == []
