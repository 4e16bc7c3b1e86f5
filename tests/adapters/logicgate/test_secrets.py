"""Neither secret nor token is in a log, an error, a finding or a record."""

import base64
import logging

import pytest

from adapters.httpclient import redact
from connector.model.errors import MlflowGrcError
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.logicgate.platform import KEY, PURPOSE


def everything(adapter, record_id):
    """What an adapter says, whatever it is asked."""
    said = []
    asks = [
        lambda: list(adapter.records(Entity.MODEL)),
        lambda: adapter.get(Entity.MODEL, record_id),
        lambda: adapter.find(Entity.MODEL, "k"),
        lambda: adapter.create(Write(Entity.MODEL, None, {KEY: "k2", "Risk Tier": "No"}, key="k2")),
        lambda: adapter.update(Write(Entity.MODEL, record_id, {PURPOSE: "x"})),
        lambda: adapter.comments("1"),
        adapter.check,
        adapter.discover,
    ]
    for ask in asks:
        try:
            said.append(repr(ask()))
        except MlflowGrcError as error:
            one = error
            while one is not None:
                said += [str(one), repr(one), repr(vars(one))]
                one = one.__cause__ or one.__context__
    return [*said, repr(adapter.__dict__), repr(adapter._wire.auth)]


@pytest.mark.parametrize("fault", [None, "status", "html", "cut_json", "cut"])
@pytest.mark.parametrize("who", ["client", "stranger", "token"])
def test_no_secret_is_said(simulator, platform, tmp_path, caplog, who, fault):
    caplog.set_level(logging.DEBUG)
    record_id = platform.seed({KEY: "k"})
    if fault is not None:
        simulator.faults.add(fault, count=None, **({"status": 500} if fault == "status" else {}))
    secrets = {simulator.client_secret, "no-such-secret", simulator.token}
    pair = f"{simulator.client_id}:{simulator.client_secret}"
    secrets.add(base64.b64encode(pair.encode()).decode())
    (tmp_path / "token").write_text(simulator.token)
    static = {"type": "bearer", "token": {"file": str(tmp_path / "token")}}
    opened = {"client": platform.adapter, "stranger": platform.stranger, "token": lambda: platform.adapter(static)}
    with opened[who]() as adapter:
        said = everything(adapter, record_id)
        simulator.roll_token()
        secrets.add(simulator.token)
        said += everything(adapter, record_id)
    said += [redact(record.getMessage()) for record in caplog.records] + [caplog.text]
    for secret in secrets:
        assert not [text for text in said if secret in text]


def test_a_server_that_repeats_the_token_does_not_get_it_into_an_error(simulator, platform, adapter, monkeypatch):
    from tests.simulators.logicgate.answers import Refusal
    from tests.simulators.logicgate.reading import Reading

    record_id = platform.seed({KEY: "k"})

    def talk(*_):
        raise Refusal(400, f"Bearer {simulator.token} of {simulator.client_secret} is odd")

    monkeypatch.setattr(Reading, "visible", talk)
    with pytest.raises(MlflowGrcError, match=r"Bearer \*\*\* of \*\*\* is odd"):
        adapter.get(Entity.MODEL, record_id)
