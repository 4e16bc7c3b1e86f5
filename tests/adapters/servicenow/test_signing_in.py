"""Every way of signing in works, and no secret of it is ever shown."""

import logging

import pytest
import requests

from connector.model.errors import AuthError, MlflowGrcError
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.servicenow.platform import FAST, make_adapter, options
from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.certificate import Authority
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.tenant import MODELS, USERS


def bearer(simulator):
    """A token that somebody fetched by hand."""
    client = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    form = {"grant_type": "client_credentials", **client}
    return requests.post(f"{simulator.url}/oauth_token.do", data=form, timeout=10).json()["access_token"]


AUTHS = {
    "oauth": lambda simulator: ({}, None),
    "basic": lambda simulator: (
        {"SN_PASSWORD": simulator.password},
        {"type": "basic", "username": CONNECTOR, "password": {"env": "SN_PASSWORD"}},
    ),
    "api key": lambda simulator: (
        {"SN_KEY": simulator.api_key},
        {"type": "api_key", "header": "x-sn-apikey", "key": {"env": "SN_KEY"}},
    ),
    "bearer": lambda simulator: ({"SN_TOKEN": bearer(simulator)}, {"type": "bearer", "token": {"env": "SN_TOKEN"}}),
}


@pytest.fixture(params=AUTHS)
def signed(request, simulator, monkeypatch):
    """An adapter, and the secrets that it was given."""
    simulator.doors.basic = True
    variables, auth = AUTHS[request.param](simulator)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with make_adapter(simulator, monkeypatch, options(account=CONNECTOR), auth=auth) as adapter:
        yield adapter, [*variables.values(), simulator.client_secret]


def test_each_way_of_signing_in_works(signed):
    adapter, _ = signed
    record = adapter.create(Write(Entity.MODEL, None, {"u_external_key": "k"}, key="k"))
    assert [one.id for one in adapter.records(Entity.MODEL)] == [record.id]


def test_no_secret_is_shown_by_errors_logs_and_findings(signed, simulator, caplog):
    """Not even where the instance repeats it."""
    adapter, secrets = signed
    caplog.set_level(logging.DEBUG)
    adapter.create(Write(Entity.MODEL, None, {"u_external_key": "k"}, key="k"))
    shown = []
    for secret in secrets:
        for kind, more in (("status", {"status": 403}), ("status", {"status": 500}), ("html", {})):
            simulator.faults.add(kind, count=1, **more)
            try:
                adapter.update(Write(Entity.MODEL, "0" * 32, {"u_purpose": secret}))
            except MlflowGrcError as error:
                shown += [str(error), repr(error)]
            shown += [f"{problem}" for problem in adapter.check()]
    told = caplog.text + "\n".join(shown)
    assert shown
    assert not [secret for secret in secrets if secret in told]


def test_a_token_that_ran_out_is_fetched_anew_once(simulator, monkeypatch):
    simulator.store.create(MODELS, {"u_external_key": "k"}, ADMIN)
    with make_adapter(simulator, monkeypatch) as adapter:
        assert adapter.find(Entity.MODEL, "k")
        simulator.doors.expire()
        assert adapter.find(Entity.MODEL, "k")
    assert simulator.requests.count("POST", "/oauth_token.do") == 2


def test_a_write_with_a_token_that_ran_out_is_done_once(simulator, adapter):
    adapter.create(Write(Entity.MODEL, None, {"u_external_key": "a"}, key="a"))
    simulator.doors.expire()
    outcomes = list(adapter.write([Write(Entity.MODEL, None, {"u_external_key": key}, key=key) for key in ("b", "c")]))
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert len(simulator.store.rows(MODELS)) == 3


def test_basic_authentication_that_the_instance_refuses_ends_the_run(simulator, monkeypatch):
    monkeypatch.setenv("SN_PASSWORD", simulator.password)
    auth = {"type": "basic", "username": CONNECTOR, "password": {"env": "SN_PASSWORD"}}
    with make_adapter(simulator, monkeypatch, auth=auth) as adapter, pytest.raises(AuthError):
        list(adapter.records(Entity.MODEL))


def test_an_account_that_was_closed_ends_the_run(simulator, adapter):
    list(adapter.records(Entity.MODEL))
    row = next(row for row in simulator.store.rows(USERS) if row["user_name"] == CONNECTOR)
    simulator.store.update(USERS, row["sys_id"], {"active": "false"}, ADMIN)
    with pytest.raises(AuthError):
        list(adapter.records(Entity.MODEL))


def test_a_client_certificate(tmp_path, monkeypatch, clock):
    """Over TLS, with nothing else: the certificate's common name is the user."""
    authority = Authority(tmp_path)
    with ServiceNow(clock=clock, tls=str(authority.server()), client_authority=str(authority.file)) as simulator:
        http = {**FAST, "ca_bundle": str(authority.file), "client_cert": str(authority.client(CONNECTOR))}
        with make_adapter(simulator, monkeypatch, auth={"type": "none"}, http=http) as adapter:
            record = adapter.create(Write(Entity.MODEL, None, {"u_external_key": "k"}, key="k"))
            assert adapter.get(Entity.MODEL, record.id) == record
