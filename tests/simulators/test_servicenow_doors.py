"""Signing in: OAuth by a form in the body alone, tokens that end, basic, API key, a client's certificate."""

import base64
import json
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.certificate import Authority
from tests.simulators.servicenow.desk import JSON, Clock, Desk, refused, rows
from tests.simulators.servicenow.doors import JWT_BEARER
from tests.simulators.servicenow.tenant import MODELS

CONNECTOR = "mlflow.connector"
UNAUTHENTICATED = (401, "User Not Authenticated", "Required to provide Auth information")


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


def ask(sn, **more):
    headers = {**JSON, **more.pop("headers", {})}
    return requests.get(f"{sn.url}/api/now/table/{MODELS}", headers=headers, timeout=10, **more)


def test_client_credentials(sn, desk):
    answer = desk.sign_in()
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "scope", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 1800)
    assert desk.make(u_registry_name="credit")["sys_created_by"] == CONNECTOR


def test_the_current_token_is_returned_until_it_ends(sn, desk, clock):
    first = desk.sign_in().json()
    clock.now += timedelta(seconds=1795)
    again = desk.sign_in().json()
    assert (again["access_token"], again["expires_in"]) == (first["access_token"], 5)
    clock.now += timedelta(seconds=5)
    assert refused(desk.page(MODELS)) == UNAUTHENTICATED
    renewed = desk.sign_in().json()
    assert renewed["access_token"] != first["access_token"]
    assert (renewed["expires_in"], sn.doors.issued) == (1800, 2)
    desk.token = renewed["access_token"]
    assert rows(desk.page(MODELS)) == []


def test_tokens_end_by_command_too(sn, desk):
    sn.doors.expire()
    assert refused(desk.page(MODELS)) == UNAUTHENTICATED


def test_a_refresh_token(sn, desk):
    refresh = desk.sign_in().json()["refresh_token"]
    sn.doors.expire()
    desk.token = desk.sign_in(grant_type="refresh_token", refresh_token=refresh).json()["access_token"]
    assert rows(desk.page(MODELS)) == []
    assert desk.sign_in(grant_type="refresh_token", refresh_token="x").status_code == 401


def test_the_password_grant(sn, desk):
    form = {"grant_type": "password", "username": "risk.officer", "password": sn.password}
    desk.token = desk.sign_in(**form).json()["access_token"]
    assert desk.make(u_registry_name="credit")["sys_created_by"] == "risk.officer"
    assert desk.sign_in(**{**form, "password": "x"}).status_code == 401
    assert desk.sign_in(**{**form, "username": "nobody"}).status_code == 401


def assertion(key, **claims):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    signed = part(json.dumps({"alg": "RS256", "typ": "JWT"}).encode()) + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))).decode()


def test_the_jwt_bearer_grant(sn, desk, clock):
    key, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    sn.doors.applications[sn.client_id].jwt_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    claims = {"aud": sn.client_id, "sub": CONNECTOR, "exp": clock.now.timestamp() + 60}

    def signed_in(**form):
        return desk.sign_in(grant_type=JWT_BEARER, **form).status_code

    assert signed_in(assertion=assertion(key, **claims)) == 200
    assert signed_in(assertion=assertion(other, **claims)) == 401
    assert signed_in(assertion=assertion(key, **{**claims, "exp": clock.now.timestamp() - 1})) == 401
    assert signed_in(assertion=assertion(key, **{**claims, "aud": "another"})) == 401
    assert signed_in(assertion=assertion(key, **{**claims, "sub": "nobody"})) == 401
    assert signed_in(assertion="x.y") == 401
    assert signed_in() == 401


@pytest.mark.parametrize("how", ["json", "plain", "params", "auth", "get", "wrong secret", "wrong client", "no user"])
def test_nothing_but_a_form_in_the_body_signs_in(sn, how):
    form = {"grant_type": "client_credentials", "client_id": sn.client_id, "client_secret": sn.client_secret}
    url = f"{sn.url}/oauth_token.do"
    if how == "no user":
        sn.doors.applications[sn.client_id].user = ""
    sent = {
        "json": lambda: requests.post(url, json=form, timeout=10),
        "plain": lambda: requests.post(url, data=urlencode(form), headers={"Content-Type": "text/plain"}, timeout=10),
        "params": lambda: requests.post(url, params=form, timeout=10),
        "auth": lambda: requests.post(
            url, data={"grant_type": "client_credentials"}, auth=(sn.client_id, sn.client_secret), timeout=10
        ),
        "get": lambda: requests.get(url, params=form, timeout=10),
        "wrong secret": lambda: requests.post(url, data={**form, "client_secret": "x"}, timeout=10),
        "wrong client": lambda: requests.post(url, data={**form, "client_id": "x"}, timeout=10),
        "no user": lambda: requests.post(url, data=form, timeout=10),
    }[how]()
    assert sent.status_code == 401
    assert sent.json() == {"error_description": "access_denied", "error": "server_error"}


def test_basic_is_refused_unless_the_instance_takes_it(sn):
    assert refused(ask(sn, auth=(CONNECTOR, sn.password))) == UNAUTHENTICATED
    sn.doors.basic = True
    assert ask(sn, auth=(CONNECTOR, sn.password)).status_code == 200
    assert refused(ask(sn, auth=(CONNECTOR, "x"))) == UNAUTHENTICATED
    assert refused(ask(sn, headers={"Authorization": "Basic !"})) == UNAUTHENTICATED


def test_an_api_key(sn):
    assert ask(sn, headers={"x-sn-apikey": sn.api_key}).status_code == 200
    assert refused(ask(sn, headers={"x-sn-apikey": "x"})) == UNAUTHENTICATED


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Digest x"}])
def test_no_credentials_or_bad_ones(sn, headers):
    assert refused(ask(sn, headers=headers)) == UNAUTHENTICATED


def test_somebody_who_has_left_is_nobody(sn, desk):
    caller = next(row for row in sn.store.rows("sys_user") if row["user_name"] == CONNECTOR)
    sn.store.update("sys_user", caller["sys_id"], {"active": "false"}, "admin")
    assert refused(desk.page(MODELS)) == UNAUTHENTICATED


def test_a_certificate_stands_for_a_user(tmp_path):
    authority = Authority(tmp_path)
    with ServiceNow(tls=str(authority.server()), client_authority=str(authority.file)) as sn:

        def shown(name):
            return ask(sn, verify=str(authority.file), cert=str(authority.client(name)))

        assert shown(CONNECTOR).status_code == 200
        assert refused(shown("stranger")) == UNAUTHENTICATED
        with pytest.raises(requests.exceptions.ConnectionError):
            ask(sn, verify=str(authority.file))


def test_the_clock_of_the_machine_has_no_say(clock):
    """The certificate and the tokens hold by the simulator's clock, which is not the machine's."""
    clock.now = clock.now.replace(year=2060)
    with ServiceNow(clock=clock) as sn:
        assert rows(Desk(sn).page(MODELS)) == []
        assert clock.now.timestamp() > time.time()
