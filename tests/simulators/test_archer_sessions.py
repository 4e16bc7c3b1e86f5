"""Logging in and out of the simulated Archer, and what a session is worth."""

import pytest
import requests

from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.client import Client, Clock, fault_of, report
from tests.simulators.archer.incidents import INCIDENTS, READER, TRACKING, incidents

WHO = f"core/system/user/{READER}"
OPTIONS = report(INCIDENTS, [TRACKING])


@pytest.fixture
def client(archer: ArcherSimulator) -> Client:
    return Client(archer, archer.tenant.accounts[READER])


def test_a_login_gives_a_token_of_32_characters_in_an_envelope(client):
    answer = client.login()
    assert answer.status_code == 200
    body = answer.json()
    assert len(body["RequestedObject"].pop("SessionToken")) == 32
    assert body == {"Links": [], "RequestedObject": {}, "IsSuccessful": True, "ValidationMessages": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "guess"},
        {"Username": "nobody"},
        {"Username": "gone", "password": "Passw0rd?"},
        {"InstanceName": "Other"},
        {"UserDomain": "BANK"},
    ],
    ids=str,
)
def test_bad_credentials_are_a_200_with_a_key_and_no_text(client, wrong):
    answer = client.login(**wrong)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["IsSuccessful"], body["RequestedObject"]) == (False, None)
    (message,) = body["ValidationMessages"]
    assert message["MessageKey"] == "ValidationMessageTemplates:LoginNotValid"
    assert (message["Description"], message["ResourcedMessage"]) == ("", None)


def test_wrong_passwords_lock_the_account_even_for_the_right_one(client, archer, clock):
    for _ in range(3):
        client.login("guess")
    assert archer.sessions.locked(READER)
    locked = client.login().json()
    assert locked["IsSuccessful"] is False
    assert locked["ValidationMessages"][0]["MessageKey"] == "ValidationMessageTemplates:LoginNotValid"
    clock.move(minutes=29)
    assert client.login().json()["IsSuccessful"] is False
    clock.move(minutes=1)
    assert client.login().json()["IsSuccessful"] is True


def test_a_good_login_in_between_starts_the_count_again(client, archer):
    for password in ("guess", "guess", None, "guess", "guess"):
        client.login(password)
    assert not archer.sessions.locked(READER)
    assert client.login().json()["IsSuccessful"] is True


def test_an_administrator_unlocks(client, archer):
    for _ in range(3):
        client.login("guess")
    archer.sessions.unlock(READER)
    assert client.login().json()["IsSuccessful"] is True


def test_locking_ends_the_session_that_there_is(client):
    client.login()
    for _ in range(3):
        client.login("guess")
    assert client.get(WHO).status_code == 401


def test_a_new_login_ends_the_old_session_in_rest_and_in_soap(archer):
    first, second = (Client(archer, archer.tenant.accounts[READER]) for _ in range(2))
    first.login()
    assert first.get(WHO).status_code == 200
    second.login()
    evicted = first.get(WHO)
    assert evicted.status_code == 401
    assert set(evicted.json()) == {"Message"}
    assert first.soap(OPTIONS).status_code == 500
    assert second.get(WHO).status_code == 200
    assert second.soap(OPTIONS).status_code == 200


def test_ten_idle_minutes_end_a_session_and_use_keeps_it(client, clock):
    client.login()
    for _ in range(4):
        clock.move(minutes=9, seconds=59)
        assert client.get(WHO).status_code == 200
        clock.move(minutes=9, seconds=59)
        assert client.soap(OPTIONS).status_code == 200
    clock.move(minutes=10)
    assert client.get(WHO).status_code == 401
    client.login()
    clock.move(minutes=10)
    assert client.soap(OPTIONS).status_code == 500


def test_a_clock_that_goes_back_ends_nothing(client, clock):
    client.login()
    clock.move(days=-1)
    assert client.get(WHO).status_code == 200


def test_a_session_that_is_over_is_a_fault_with_its_text_in_soap(client, archer):
    never = client.soap(OPTIONS, token="x")
    assert (never.status_code, fault_of(never)) == (500, "Invalid session token.")
    client.login()
    archer.sessions.end_all()
    over = client.soap(OPTIONS)
    assert over.status_code == 500
    assert "Unable to validate session" in fault_of(over)


def test_some_servers_send_that_fault_with_200(client, archer):
    archer.soap.session_fault = 200
    answer = client.soap(OPTIONS, token="x")
    assert (answer.status_code, fault_of(answer)) == (200, "Invalid session token.")


def test_logging_out_ends_the_session(client):
    client.login()
    answer = client.call("POST", "core/security/logout", {"Value": client.token})
    assert (answer.status_code, answer.json()["IsSuccessful"]) == (200, True)
    assert client.get(WHO).status_code == 401


@pytest.mark.parametrize("quoted", [True, False])
def test_the_header_is_taken_with_and_without_quotes(client, quoted):
    client.login()
    client.quoted = quoted
    assert client.get(WHO).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer {}", 'Basic session-id="{}"', '"{}"', 'Archer session-id=""'])
def test_another_header_is_none(client, header):
    client.login()
    assert client.call("GET", WHO, Authorization=header.format(client.token)).status_code == 401


def test_a_personal_token_needs_no_login_and_outlives_logins_and_idleness(client, archer, clock):
    token = archer.sessions.personal_token(READER)
    personal = Client(archer, client.account, token=token)
    client.login()
    clock.move(days=1)
    assert personal.get(WHO).status_code == 200
    assert personal.soap(OPTIONS).status_code == 200
    archer.tenant.change(READER, active=False)
    assert personal.get(WHO).status_code == 401


def test_a_deactivated_account_is_out_at_once(client, archer):
    client.login()
    archer.tenant.change(READER, active=False)
    assert client.get(WHO).status_code == 401


@pytest.mark.parametrize("prefix", ["platformapi", "api", "API"])
def test_both_base_paths_answer(client, prefix):
    client.prefix = prefix
    assert client.login().json()["IsSuccessful"] is True
    assert client.get(WHO).json()["RequestedObject"]["UserName"] == "apiuser"


@pytest.mark.parametrize("site", ["/RSAArcher", "/archer", ""])
def test_the_virtual_directory_is_the_administrators_choice(site):
    with ArcherSimulator(tenant=incidents(), clock=Clock(), site=site) as archer:
        client = Client(archer, archer.tenant.accounts[READER])
        assert archer.site_url == f"{archer.url}{site}"
        client.login()
        assert client.get(WHO).status_code == 200
        assert client.soap(OPTIONS).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/Default.aspx",
        "/archer/api/core/system/application",
        "/OtherSite/api/core/system/application",
        "/RSAArcher",
        "/RSAArcher/platformapi",
        "/RSAArcher/platformapi/core/system/nothing",
        "/RSAArcher/contentapi/Incidents",
        "/RSAArcher/platformapi/core/content/x",
        "/RSAArcher/ws/other.asmx",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_wrong_url_answers_a_page(client, archer, path, method):
    client.login()
    headers = {"Authorization": f'Archer session-id="{client.token}"'}
    answer = requests.request(method, f"{archer.url}{path}", headers=headers, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script>window.top.location='/Default.aspx'</script>" in answer.text


def test_an_old_release_has_one_base_path():
    with ArcherSimulator(tenant=incidents(), clock=Clock(), prefixes=["api"]) as archer:
        client = Client(archer, archer.tenant.accounts[READER], prefix="api")
        assert client.login().json()["IsSuccessful"] is True
        client.prefix = "platformapi"
        wrong = requests.post(client.address("core/security/login"), json={}, timeout=10)
        assert "<script>" in wrong.text


@pytest.mark.parametrize("how", ["plain", "override"])
def test_reads_come_as_get_and_as_an_overridden_post(client, how):
    client.login()
    answer = client.call("GET", WHO) if how == "plain" else client.call("POST", WHO, X_Http_Method_Override="get")
    assert answer.json()["RequestedObject"]["Id"] == READER


def test_a_post_without_the_override_is_no_read(client):
    client.login()
    answer = client.call("POST", WHO)
    assert answer.status_code == 405
    assert answer.json() == {"Message": "The requested resource does not support http method 'POST'."}


def test_only_json_is_taken(client):
    client.login()
    headers = {"Authorization": f'Archer session-id="{client.token}"', "Content-Type": "text/plain"}
    answer = requests.post(client.address("core/content"), "{}", headers=headers, timeout=10)
    assert answer.status_code == 415
    assert set(answer.json()) == {"Message"}


def test_secrets_differ_from_instance_to_instance():
    one, other = (ArcherSimulator(clock=Clock()) for _ in range(2))
    assert one.service.password != other.service.password
