"""Single exchanges: where the API is found, and what its envelopes mean, answer by answer."""

import json

import pytest
import responses

from adapters.archer import ArcherAdapter
from adapters.archer.envelope import Refusal, at, message_of, opened, opened_all
from adapters.archer.options import Options
from adapters.base import AdapterSettings
from adapters.httpclient import Response
from connector.model.errors import AuthError, ConfigError, Unreachable
from connector.model.fields import Entity
from tests.adapters.archer.platform import FAST, PASSWORD, entities, shipped_options
from tests.adapters.raw_server import free_port

HOST = "https://grc.example"
PAGE = "<html><head><script>window.top.location='/Default.aspx'</script></head></html>"
VERSION = "core/system/applicationinfo/version"


@pytest.fixture
def server():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def adapter(monkeypatch, url=HOST, **changes):
    monkeypatch.setenv(PASSWORD, "a-secret-word")
    return ArcherAdapter(
        AdapterSettings(
            connection="test",
            url=url,
            auth={"type": "basic", "username": "svc", "password": {"env": PASSWORD}},
            http=FAST,
            options=Options.model_validate({**shipped_options(), **changes}),
            entities=entities(),
            variables={"ARCHER_INSTANCE": "Prod"},
        )
    )


def page(server, path):
    server.get(f"{HOST}/{path}", body=PAGE, content_type="text/html")


def asked(server):
    return [call.request.url.removeprefix(f"{HOST}/") for call in server.calls]


def prefix_of(one):
    return one._wire.site.prefix()


# The prefix.


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("", "RSAArcher/platformapi"),
        ("", "RSAArcher/api"),
        ("", "archer/platformapi"),
        ("", "archer/api"),
        ("", "platformapi"),
        ("", "api"),
        ("/RSAArcher", "platformapi"),
        ("/RSAArcher", "api"),
        ("/grc", "RSAArcher/api"),
    ],
)
def test_the_prefix_is_found_without_credentials(server, monkeypatch, path, prefix, status):
    right = f"{path}/{prefix}/{VERSION}".lstrip("/")
    server.get(f"{HOST}/{right}", json={"IsSuccessful": status == 200, "RequestedObject": {}}, status=status)
    for wrong in ("RSAArcher/platformapi", "RSAArcher/api", "archer/platformapi", "archer/api", "platformapi", "api"):
        page(server, f"{path}/{wrong}/{VERSION}".lstrip("/"))
    with adapter(monkeypatch, HOST + path) as one:
        assert prefix_of(one) == prefix
        assert prefix_of(one) == prefix
    assert asked(server)[-1] == right
    assert asked(server).count(right) == 1
    assert not any("Authorization" in call.request.headers for call in server.calls)


def test_a_prefix_that_is_given_is_not_probed(server, monkeypatch):
    with adapter(monkeypatch, prefix="/RSAArcher/platformapi/") as one:
        assert prefix_of(one) == "RSAArcher/platformapi"
        assert one._wire.site.root() == "RSAArcher"
        assert one.requests_sent == 0


def test_an_address_without_any_api_is_told_with_what_was_tried(server, monkeypatch):
    for wrong in ("RSAArcher/platformapi", "RSAArcher/api", "archer/platformapi", "archer/api", "platformapi"):
        page(server, f"{wrong}/{VERSION}")
    server.get(f"{HOST}/api/{VERSION}", status=404, json={"Message": "No HTTP resource was found."})
    with adapter(monkeypatch) as one, pytest.raises(Unreachable, match=r"RSAArcher/api.*api: 404") as caught:
        prefix_of(one)
    assert "virtual directory" in caught.value.remedy


def test_an_address_that_ends_in_the_api_is_told(server, monkeypatch):
    with (
        adapter(monkeypatch, f"{HOST}/RSAArcher/platformapi") as one,
        pytest.raises(Unreachable, match="SOAP") as caught,
    ):
        prefix_of(one)
    assert "leave /platformapi out" in caught.value.remedy


def test_a_server_that_is_down_is_not_probed_further(server, monkeypatch):
    server.get(f"{HOST}/RSAArcher/platformapi/{VERSION}", status=503)
    with adapter(monkeypatch) as one, pytest.raises(Unreachable, match="503"):
        prefix_of(one)
    assert len(set(asked(server))) == 1


def test_a_server_that_refuses_connections_is_asked_for_one_path_alone(monkeypatch):
    with adapter(monkeypatch, f"http://127.0.0.1:{free_port()}") as one:
        with pytest.raises(Unreachable, match="refuses connections"):
            prefix_of(one)
        assert one.requests_sent == FAST["retry"]["max_attempts"]


# The login.


def login(server, **answer):
    server.post(f"{HOST}/RSAArcher/platformapi/core/security/login", **answer)


REFUSED = {
    "Links": [],
    "RequestedObject": None,
    "IsSuccessful": False,
    "ValidationMessages": [
        {"MessageKey": "ValidationMessageTemplates:LoginNotValid", "Description": "", "ResourcedMessage": None}
    ],
}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"json": REFUSED}, "ValidationMessageTemplates:LoginNotValid"),
        ({"json": REFUSED, "status": 400}, "ValidationMessageTemplates:LoginNotValid"),
        ({"json": {"Message": "Not today."}, "status": 401}, "Not today"),
        ({"body": PAGE, "status": 403, "content_type": "text/html"}, "HTML page"),
        ({"json": {"IsSuccessful": True, "RequestedObject": {}}}, "without a token"),
    ],
)
def test_a_refused_login_is_told_and_sent_once(server, monkeypatch, answer, words):
    login(server, **answer)
    with adapter(monkeypatch, prefix="RSAArcher/platformapi") as one:
        for _ in range(3):
            with pytest.raises(AuthError, match=words):
                one.get(Entity.MODEL, "1")
    assert len(server.calls) == 1
    assert json.loads(server.calls[0].request.body) == {
        "InstanceName": "Prod",
        "Username": "svc",
        "UserDomain": "",
        "Password": "a-secret-word",
    }


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 503}, {"body": "", "status": 200}])
def test_a_login_without_an_answer_is_not_repeated(server, monkeypatch, answer):
    login(server, **answer)
    with adapter(monkeypatch, prefix="RSAArcher/platformapi") as one, pytest.raises(Unreachable, match="login"):
        one.get(Entity.MODEL, "1")
    assert len(server.calls) == 1


def test_the_token_goes_into_the_header_and_is_given_back_at_the_end(server, monkeypatch):
    token = "A" * 32
    base = f"{HOST}/RSAArcher/platformapi"
    login(server, json={"IsSuccessful": True, "RequestedObject": {"SessionToken": token}})
    server.get(f"{base}/core/system/application", json=[])
    server.post(f"{base}/core/security/logout", json={"IsSuccessful": True})
    with adapter(monkeypatch, prefix="RSAArcher/platformapi") as one, pytest.raises(ConfigError):
        one.get(Entity.MODEL, "1")
    _, read, logout = (call.request for call in server.calls)
    assert read.headers["Authorization"] == f'Archer session-id="{token}"'
    assert json.loads(logout.body) == {"Value": token}


# Envelopes.


def response(body, status=200):
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if text.startswith("<") else "application/json"
    return Response(status, {"content-type": kind}, text.encode(), "GET /x")


def refused(*messages, **more):
    return {"RequestedObject": None, "IsSuccessful": False, "ValidationMessages": list(messages), **more}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"ResourcedMessage": "shown", "Description": "described", "MessageKey": "key"}, "shown"),
        ({"ResourcedMessage": None, "Description": "described", "MessageKey": "key"}, "described"),
        ({"ResourcedMessage": " ", "Description": "", "MessageKey": "key"}, "key"),
        ({}, ""),
        ("not an object", ""),
    ],
)
def test_the_text_of_a_message_is_the_first_that_says_something(message, text):
    assert message_of(message) == text


@pytest.mark.parametrize("status", [200, 400])
def test_a_refusal_is_one_whatever_its_code(status):
    message = {"ResourcedMessage": "The Model Tier field is a required field."}
    answer = opened(response(refused(message), status))
    assert isinstance(answer, Refusal)
    assert (answer.text, answer.required) == ("The Model Tier field is a required field.", ("Model Tier",))


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"Message": "An error has occurred."}, 400, "An error has occurred."),
        ({"Message": "Forbidden."}, 403, "Forbidden."),
        (PAGE, 403, "forbidden, with an HTML page"),
        (refused(), 200, "answered 200 without a reason"),
        ({"IsSuccessful": True, "RequestedObject": {"Id": 1}}, 400, "answered 400 without a reason"),
        ([refused({"Description": "one of an array"})], 200, "one of an array"),
    ],
)
def test_what_else_says_no(body, status, text):
    assert opened(response(body, status)).text == text


@pytest.mark.parametrize("body", [PAGE, {"some": "thing"}, [], [1, 2], "3"])
def test_what_is_no_envelope_is_not_the_api(body):
    with pytest.raises(Unreachable):
        opened(response(body))


def test_a_collection_is_an_array_of_envelopes():
    envelopes = [{"IsSuccessful": True, "RequestedObject": {"Id": n}} for n in (1, 2)]
    assert opened_all(response(envelopes)) == [{"Id": 1}, {"Id": 2}]


@pytest.mark.parametrize(
    "message",
    [
        {"ResourcedMessage": "No resource found."},
        {"ResourcedMessage": "Nichts gefunden.", "MessageKey": "WebApi:WebApiResourceNotFoundQuery"},
    ],
    ids=["English", "another language"],
)
def test_an_empty_collection_is_an_array_of_one_that_failed(message):
    assert opened_all(response([refused(message)])) == []
    assert opened_all(response([])) == []


def test_a_collection_that_failed_for_another_reason_is_not_empty():
    answer = opened_all(response([refused({"Description": "You may not."})]))
    assert isinstance(answer, Refusal)
    assert answer.text == "You may not."


def test_keys_are_read_whatever_their_case():
    assert at({"ContentID": 1}, "ContentId") == 1
    assert at({"id": 1, "Id": 2}, "Id") == 2
    assert at(None, "Id") is None


# Options.


def test_a_variable_without_a_value_is_told(monkeypatch):
    settings = AdapterSettings("test", HOST, None, None, Options.model_validate(shipped_options()), entities())
    with pytest.raises(ConfigError, match="ARCHER_INSTANCE"):
        ArcherAdapter(settings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"levels": {"user": {"application": "x"}}}, "users are Archer's own"),
        ({"levels": {"model": {"application": "x", "comments": {"text": "y"}}}}, "comments stand on issues"),
        ({"levels": {"model": {"application": "x", "fields": {"y": {"refers_to": "version"}}}}}, "has no level"),
        ({"levels": {"issue": {"application": "x", "comments": {}}}}, "either a text field"),
        ({"levels": {"issue": {"application": "x", "comments": {"sub_form": "y"}}}}, "go together"),
        ({"prefixx": "api"}, "prefixx"),
    ],
)
def test_options_that_contradict_each_other_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Options.model_validate({**shipped_options(), **change})
