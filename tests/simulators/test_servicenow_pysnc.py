"""The vendor's own client against the simulator, over TLS with a throw-away certificate."""

import pysnc
import pytest
from pysnc import auth, exceptions

from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.certificate import Authority
from tests.simulators.servicenow.desk import Clock
from tests.simulators.servicenow.manners import Quota
from tests.simulators.servicenow.tenant import ISSUES, MODELS, VERSIONS

CONNECTOR = "mlflow.connector"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def sn(authority):
    with ServiceNow(clock=Clock(), tls=str(authority.server())) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def trusted(authority, monkeypatch):
    """The client trusts what the environment names, more than what it was told."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))


@pytest.fixture
def client(sn, authority):
    flow = auth.ServiceNowClientCredentialsFlow(sn.client_id, sn.client_secret)
    made = pysnc.ServiceNowClient(sn.url, flow, verify=str(authority.file), auto_retry=False)
    yield made
    made.session.close()


def make(client, **values):
    record = client.GlideRecord(MODELS)
    record.initialize()
    for name, value in values.items():
        record.set_value(name, value)
    assert record.insert()
    return record


def test_it_refuses_http(sn):
    with pytest.raises(exceptions.InstanceException):
        pysnc.ServiceNowClient(sn.url.replace("https", "http"), ("x", "y"))


def test_it_signs_in_by_user_name_too(sn, authority):
    sn.doors.basic = True
    for password, name in ((sn.password, "credit"), ("x", None)):
        client = pysnc.ServiceNowClient(sn.url, (CONNECTOR, password), verify=str(authority.file), auto_retry=False)
        if name:
            assert make(client, u_registry_name=name).get_value("sys_created_by") == CONNECTOR
        else:
            with pytest.raises(exceptions.AuthenticationException):
                client.GlideRecord(MODELS).get("0" * 32)
        client.session.close()


def test_it_signs_in_by_certificate(authority):
    with ServiceNow(tls=str(authority.server()), client_authority=str(authority.file)) as sn:
        shown = str(authority.client(CONNECTOR))
        client = pysnc.ServiceNowClient(sn.url, cert=shown, verify=str(authority.file), auto_retry=False)
        assert make(client, u_registry_name="credit").get_value("sys_created_by") == CONNECTOR
        client.session.close()


def test_it_creates_reads_updates_and_deletes(sn, client):
    sn.access[CONNECTOR].no_deletes = False
    owner = next(row for row in sn.store.rows("sys_user") if row["name"] == "Rita Okafor")
    made = make(client, u_registry_name="credit", u_risk_classification="2", u_model_owner=owner["sys_id"])
    record = client.GlideRecord(MODELS)
    assert record.get(made.get_value("sys_id"))
    assert (record.get_value("u_risk_classification"), record.get_display_value("u_risk_classification")) == (
        "2",
        "2 - High",
    )
    assert record.get_display_value("u_model_owner") == "Rita Okafor"
    assert record.get_element("sys_created_on").date_value().isoformat() == "2026-03-02T12:00:00+00:00"
    record.set_value("u_purpose", "scoring")
    assert record.update() == made.get_value("sys_id")
    assert (record.get_value("u_purpose"), record.get_value("sys_mod_count")) == ("scoring", "1")
    assert record.delete()
    assert not client.GlideRecord(MODELS).get(made.get_value("sys_id"))


def test_a_sys_id_of_ones_own_is_kept_and_collides(client):
    record = client.GlideRecord(MODELS)
    record.initialize()
    record.set_new_guid_value("ab" * 16)
    record.set_value("u_registry_name", "credit")
    assert record.insert() == "ab" * 16
    with pytest.raises(exceptions.RoleException, match="Error during insert of"):
        record.insert()


def test_it_queries_and_pages(client):
    for number in range(25):
        make(client, u_registry_name=f"m{number:02}", u_review_frequency=str(number))
    record = client.GlideRecord(MODELS, batch_size=10)
    record.add_query("u_review_frequency", ">=", "5").add_or_condition("u_registry_name", "m01")
    record.order_by("u_registry_name")
    record.query()
    assert len(record) == 21
    assert [one.get_value("u_registry_name") for one in record] == [
        "m01",
        *(f"m{number:02}" for number in range(5, 25)),
    ]
    nothing = client.GlideRecord(MODELS)
    nothing.add_null_query("u_registry_name")
    nothing.query()
    assert not nothing.next()
    limited = client.GlideRecord(MODELS)
    limited.fields = "u_registry_name"
    limited.limit = 3
    limited.order_by_desc("u_registry_name")
    limited.query()
    assert [one.get_value("u_registry_name") for one in limited] == ["m24", "m23", "m22"]


def test_a_query_too_long_for_an_address_goes_in_a_batch(client):
    made = make(client, u_registry_name="credit")
    record = client.GlideRecord(MODELS)
    record.add_query("sys_id", "IN", ",".join([made.get_value("sys_id"), *(f"{number:032x}" for number in range(350))]))
    record.query()
    assert [one.get_value("u_registry_name") for one in record] == ["credit"]


def test_it_walks_along_references(client):
    model = make(client, u_registry_name="credit")
    version = client.GlideRecord(VERSIONS)
    version.initialize()
    version.set_value("u_model", model.get_value("sys_id"))
    version.set_value("u_version", "1")
    assert version.insert()
    walked = client.GlideRecord(VERSIONS)
    walked.fields = ["u_version", "u_model", "u_model.u_registry_name"]
    walked.query()
    assert walked.next()
    assert walked.u_model.u_registry_name == "credit"


def test_it_updates_and_deletes_many_in_a_batch(sn, client):
    sn.access[CONNECTOR].no_deletes = False
    for number in range(3):
        make(client, u_registry_name=f"m{number}")
    record = client.GlideRecord(MODELS)
    record.query()
    sn.manners.batch.unserviced = {1}
    while record.next():
        record.set_value("u_purpose", "scoring")
    record.rewind()
    assert record.update_multiple()
    assert [row["u_purpose"] for row in sn.store.rows(MODELS)] == ["scoring"] * 3
    gone = client.GlideRecord(MODELS)
    gone.add_query("u_registry_name", "!=", "m1")
    gone.query()
    assert gone.delete_multiple()
    assert [row["u_registry_name"] for row in sn.store.rows(MODELS)] == ["m1"]


def test_it_understands_a_refusal_and_a_cancelled_answer(sn, client):
    record = client.GlideRecord(VERSIONS)
    record.initialize()
    record.set_value("u_framework", "any")
    with pytest.raises(exceptions.RoleException, match="mandatory: Model, Version"):
        record.insert()
    with pytest.raises(exceptions.RequestException, match="Invalid table u_nothing"):
        client.GlideRecord("u_nothing").query()
    for number in range(4):
        make(client, u_registry_name=f"m{number}")
    sn.manners.quota = Quota(3)
    cancelled = client.GlideRecord(MODELS)
    cancelled.query()
    assert "Transaction cancelled" in client.session.get(f"{sn.url}/api/now/table/{MODELS}").text


def test_it_notes_on_an_issue(client):
    issue = client.GlideRecord(ISSUES)
    issue.initialize()
    issue.set_value("short_description", "Drift")
    issue.set_value("work_notes", "first")
    assert issue.insert()
    assert issue.get_value("work_notes") == ""
    noted = client.GlideRecord("sys_journal_field")
    noted.add_query("element_id", issue.get_value("sys_id"))
    noted.query()
    assert [one.get_value("value") for one in noted] == ["first"]
