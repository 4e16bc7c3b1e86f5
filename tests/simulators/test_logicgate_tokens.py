"""Who comes in to the simulated LogicGate, and how it says that it is busy."""

import pytest
import requests

from tests.simulators.logicgate.client import Client
from tests.simulators.logicgate.fixtures import server, simulator
from tests.simulators.logicgate.tokens import NEWER, OLDER

__all__ = ["server", "simulator"]
CONNECTOR = "mlflow-grc@bank.example"


def sign_in(simulator, secret=None, **options):
    pair = (simulator.client_id, simulator.client_secret if secret is None else secret)
    return requests.post(simulator.url + OLDER, auth=pair, timeout=10, **options)


def refresh(simulator, token):
    return requests.post(simulator.url + NEWER, json={"refresh_token": token}, timeout=10)


def test_the_token_as_specified(simulator):
    answer = sign_in(simulator)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["token_type"], told["scope"]) == ("bearer", "read write")
    assert 31_000_000 < told["expires_in"] <= 365 * 86400
    assert Client(simulator, told["access_token"]).send("GET", "/api/v2/records").status_code == 200


def test_the_call_hands_back_the_token_that_is_there_and_what_is_left_of_it(simulator):
    simulator.tokens.expire_in(CONNECTOR, 500)
    first, second = sign_in(simulator).json(), sign_in(simulator).json()
    assert first["access_token"] == second["access_token"] == simulator.token
    assert second["expires_in"] <= 500


def test_a_token_that_ran_out_is_refused_and_replaced(simulator):
    simulator.tokens.expire_in(CONNECTOR, -1)
    old = simulator.tokens._live[CONNECTOR][0]
    assert Client(simulator, old).send("GET", "/api/v2/records").status_code == 401
    assert sign_in(simulator).json()["access_token"] != old


@pytest.mark.parametrize("body", ["empty", "html", "json"])
def test_an_admin_rolls_the_token_in_mid_life(simulator, body):
    simulator.manners.unauthorized = body
    client = Client(simulator, simulator.token)
    assert client.send("GET", "/api/v2/records").status_code == 200
    simulator.roll_token()
    refused = client.send("GET", "/api/v2/records")
    assert refused.status_code == 401
    assert (refused.content == b"", b"<html" in refused.content) == (body == "empty", body == "html")


def test_a_wrong_secret_and_a_body_are_refused(simulator):
    assert sign_in(simulator, secret="wrong").status_code == 401
    assert sign_in(simulator, data={"grant_type": "client_credentials"}).status_code == 400
    assert requests.post(simulator.url + OLDER, timeout=10).status_code == 401


def test_a_refresh_token_dies_with_the_call(simulator):
    given = simulator.tokens.refresh_token(CONNECTOR)
    old = simulator.token
    answer = refresh(simulator, given).json()
    assert answer["access_token"] == simulator.token != old
    assert refresh(simulator, given).status_code == 401
    assert refresh(simulator, answer["refresh_token"]).status_code == 200


@pytest.mark.parametrize("wait", ["", "7"])
def test_too_many_requests_with_and_without_a_time_to_wait(simulator, wait):
    simulator.manners.busy, simulator.manners.retry_after = 1, wait
    client = Client(simulator)
    answer = client.send("GET", "/api/v2/records")
    assert (answer.status_code, answer.headers.get("retry-after", "")) == (429, wait)
    assert client.send("GET", "/api/v2/records").status_code == 200
