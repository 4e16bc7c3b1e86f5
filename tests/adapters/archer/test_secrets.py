"""Neither password nor token is in a log, an error, a finding or a record."""

import logging

import pytest

from adapters.httpclient import redact
from connector.model.errors import MlflowGrcError
from connector.model.fields import Entity
from connector.model.grc import Write


def everything(adapter):
    """What an adapter says, whatever it is asked."""
    said = []
    asks = [
        lambda: list(adapter.records(Entity.MODEL)),
        lambda: adapter.get(Entity.MODEL, "227601"),
        lambda: adapter.find(Entity.MODEL, "k"),
        lambda: adapter.create(Write(Entity.MODEL, None, {"External_Key": "k2", "Risk_Rating": "No"}, key="k2")),
        lambda: adapter.update(Write(Entity.MODEL, "1", {"Products": "x"})),
        lambda: adapter.comments("1"),
        adapter.check,
        adapter.discover,
    ]
    for ask in asks:
        try:
            said.append(repr(ask()))
        except MlflowGrcError as error:
            chain, one = [], error
            while one is not None:
                chain += [str(one), repr(one), repr(vars(one))]
                one = one.__cause__ or one.__context__
            said += chain
    return said


@pytest.mark.parametrize("fault", [None, "status", "html", "cut_json"])
@pytest.mark.parametrize("who", ["account", "stranger", "token"])
def test_no_secret_is_said(simulator, platform, caplog, who, fault):
    caplog.set_level(logging.DEBUG)
    platform.seed({"External_Key": "k"})
    if fault is not None:
        extra = {"status": 500} if fault == "status" else {}
        simulator.faults.add(fault, count=None, **extra)
    opened = {"account": platform.adapter, "stranger": platform.stranger, "token": platform.token_adapter}[who]
    secrets = {simulator.service.password, "not-the-password"}
    with opened() as adapter:
        said = everything(adapter)
        secrets |= {session.token for session in simulator.sessions._sessions.values()}
        secrets |= set(simulator.sessions._personal)
    said += [redact(record.getMessage()) for record in caplog.records] + [caplog.text]
    for secret in secrets:
        assert not [text for text in said if secret in text]


def test_a_server_that_repeats_the_password_does_not_get_it_into_an_error(simulator, platform, monkeypatch):
    from tests.simulators.archer import envelopes

    told = envelopes.message("x", resourced=f"wrong password {simulator.service.password} for you")
    monkeypatch.setattr(envelopes, "LOGIN_NOT_VALID", told)
    monkeypatch.setattr(simulator.sessions, "login", lambda *_: None)
    with platform.adapter() as adapter, pytest.raises(MlflowGrcError) as caught:
        adapter.get(Entity.MODEL, "1")
    assert simulator.service.password not in str(caught.value)
    assert "wrong password *** for you" in str(caught.value)
