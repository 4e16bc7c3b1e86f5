"""Single exchanges: what an answer means, and when a request is sent again."""

import logging
import threading

import pytest
import responses
from responses import matchers

from adapters.httpclient import Again, ErrorRule, HttpClient, HttpSettings, NotFound
from connector.model.errors import (
    AccessDenied,
    AuthError,
    ConfigError,
    Conflict,
    OutcomeUnknown,
    Rejected,
    Retriable,
    RunAborted,
    Unreachable,
)
from tests.adapters.raw_server import JSON_OK, free_port, raw_server

BASE = "https://grc.example/api"
FAST = HttpSettings(retry={"max_attempts": 3, "max_wait_seconds": 0}, timeout_seconds=5)


@pytest.fixture
def client():
    with_close = HttpClient(BASE, http=FAST)
    yield with_close
    with_close.close()


@pytest.fixture
def server():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, AuthError),
        (403, AccessDenied),
        (404, NotFound),
        (409, Conflict),
        (410, NotFound),
        (412, Conflict),
        (422, Rejected),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_refusals_are_told_apart_and_never_repeated(client, server, method, status, error):
    server.add(method, f"{BASE}/x", status=status, json={"message": "because"})
    with pytest.raises(error, match="because") as caught:
        client.request(method, "/x")
    assert type(caught.value) is error
    assert caught.value.remedy
    assert client.requests_sent == 1


def test_a_listing_that_is_forbidden_is_a_matter_of_the_account(client, server):
    server.get(f"{BASE}/x", status=403, json={})
    with pytest.raises(AuthError):
        client.request("GET", "/x", listing=True)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_repeated_until_it_succeeds(client, server, status):
    server.get(f"{BASE}/x", status=status)
    server.get(f"{BASE}/x", status=status)
    server.get(f"{BASE}/x", json=[1])
    assert client.request("GET", "/x").json() == [1]
    assert client.requests_sent == 3


def test_a_read_that_keeps_failing_is_retriable(client, server):
    for _ in range(3):
        server.get(f"{BASE}/x", status=503, json={"error": {"message": "asleep"}}, headers={"Retry-After": "7"})
    with pytest.raises(Retriable, match="asleep") as caught:
        client.request("GET", "/x")
    assert type(caught.value) is Retriable
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_may_have_landed_is_sent_once(client, server, status):
    server.post(f"{BASE}/x", status=status)
    with pytest.raises(OutcomeUnknown):
        client.request("POST", "/x", json={})
    assert client.requests_sent == 1


def test_a_write_that_is_declared_safe_is_repeated(client, server):
    server.post(f"{BASE}/x", status=503)
    server.post(f"{BASE}/x", json={})
    client.request("POST", "/x", json={}, safe=True)
    assert client.requests_sent == 2


def test_a_write_that_was_throttled_is_sent_again(client, server):
    server.post(f"{BASE}/x", status=429)
    server.post(f"{BASE}/x", status=201, json={"id": 1})
    assert client.request("POST", "/x", json={}).status == 201


@pytest.mark.parametrize(
    ("body", "words", "field"),
    [
        ({"message": "m"}, "m", None),
        ({"error": {"message": "deep"}}, "deep", None),
        ({"errors": [{"message": "first", "field": "tier"}]}, "first", "tier"),
        ({"detail": "d"}, "d", None),
        ({"tier": ["not a choice"]}, "tier: not a choice", "tier"),
        ({"message": "m", "field": "owner"}, "m", "owner"),
    ],
)
def test_the_servers_words_reach_the_error(client, server, body, words, field):
    server.post(f"{BASE}/x", status=400, json=body)
    with pytest.raises(Rejected, match=words) as caught:
        client.request("POST", "/x", json={})
    assert caught.value.field == field


def test_text_and_html_refusals_are_described(client, server):
    server.post(f"{BASE}/x", status=400, body="plain words")
    with pytest.raises(Rejected, match="plain words"):
        client.request("POST", "/x", json={})
    server.get(f"{BASE}/y", status=400, body="<html><title>Bad\n request</title>", content_type="text/html")
    with pytest.raises(Rejected, match=r"HTML page.*Bad request"):
        client.request("GET", "/y")


def test_the_first_rule_that_matches_counts(client, server):
    rules = [
        ErrorRule(status=[400], when="code == 'GONE'", action="not_found"),
        ErrorRule(status=[400], action="fail", kind="validation", message="why.text", field="why.at"),
        ErrorRule(status=[202], action="retry"),
        ErrorRule(status=["5xx"], action="conflict"),
    ]
    server.get(f"{BASE}/a", status=400, json={"code": "GONE"})
    with pytest.raises(NotFound):
        client.request("GET", "/a", error_rules=rules)
    server.get(f"{BASE}/b", status=400, json={"why": {"text": "no such tier", "at": "tier"}})
    with pytest.raises(Rejected, match="no such tier") as caught:
        client.request("GET", "/b", error_rules=rules)
    assert caught.value.field == "tier"
    server.post(f"{BASE}/c", status=202, json={})
    with pytest.raises(OutcomeUnknown):
        client.request("POST", "/c", error_rules=rules)
    server.get(f"{BASE}/d", status=500)
    with pytest.raises(Conflict):
        client.request("GET", "/d", error_rules=rules)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_read_follows_a_redirect_within_the_server(client, server, status):
    server.get(f"{BASE}/x", status=status, headers={"Location": "/api/x/"})
    server.get(f"{BASE}/x/", json={"ok": True})
    assert client.request("GET", "/x").json() == {"ok": True}


@pytest.mark.parametrize("target", ["https://evil.example/api/x", "http://grc.example/api/x"])
def test_a_redirect_to_another_server_is_not_followed(client, server, target):
    server.get(f"{BASE}/x", status=302, headers={"Location": target})
    with pytest.raises(Unreachable, match="redirect"):
        client.request("GET", "/x")


def test_an_endless_redirect_ends(client, server):
    server.get(f"{BASE}/x", status=302, headers={"Location": f"{BASE}/x"})
    with pytest.raises(Unreachable, match="redirect"):
        client.request("GET", "/x")
    assert client.requests_sent == 6


@pytest.mark.parametrize(("status", "error"), [(301, Unreachable), (308, Unreachable), (303, OutcomeUnknown)])
def test_a_write_follows_no_redirect(client, server, status, error):
    server.patch(f"{BASE}/x", status=status, headers={"Location": f"{BASE}/x/"})
    with pytest.raises(error, match="redirect"):
        client.request("PATCH", "/x", json={})
    assert client.requests_sent == 1


def test_an_address_of_another_server_is_refused(client):
    with pytest.raises(Unreachable, match="another server"):
        client.request("GET", "https://evil.example/api/x")
    assert client.requests_sent == 0


def test_html_where_json_was_expected_is_named(client, server):
    server.get(f"{BASE}/x", body="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
    with pytest.raises(Unreachable, match="Sign in"):
        client.request("GET", "/x")
    server.post(f"{BASE}/x", body="<html>", content_type="text/html")
    with pytest.raises(OutcomeUnknown):
        client.request("POST", "/x", expect="any")


def test_json_without_its_end_is_read_again_but_never_written_again(client, server):
    server.get(f"{BASE}/x", body='{"items": [1, 2')
    server.get(f"{BASE}/x", json={"items": []})
    assert client.request("GET", "/x").json() == {"items": []}
    server.post(f"{BASE}/x", body='{"id": 7')
    with pytest.raises(OutcomeUnknown):
        client.request("POST", "/x", expect="any")
    assert client.requests_sent == 3


CUT_IN_HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: applic"
CUT_IN_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
CUT_IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"
EMPTY = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("cut", [b"", CUT_IN_HEADERS, CUT_IN_BODY, CUT_IN_CHUNKS])
def test_a_cut_reply_is_read_again_and_leaves_a_write_unknown(cut):
    with raw_server(cut, JSON_OK, cut) as server:
        client = HttpClient(server.url, http=FAST)
        assert client.request("GET", "/x").json() == {"a": 1}
        with pytest.raises(OutcomeUnknown):
            client.request("POST", "/x", json={}, expect="any")
        assert len(server.requests) == 3
        client.close()


def test_an_empty_body_is_a_failure_only_where_one_was_expected():
    with raw_server(EMPTY, JSON_OK, EMPTY) as server:
        client = HttpClient(server.url, http=FAST)
        assert client.request("GET", "/x").json() == {"a": 1}
        assert client.request("POST", "/x", json={}, expect="any").body == b""
        client.close()


def test_silence_is_a_time_out():
    settings = HttpSettings(retry={"max_attempts": 2, "max_wait_seconds": 0}, timeout_seconds=0.4)
    with raw_server(None, JSON_OK, None) as server:
        client = HttpClient(server.url, http=settings)
        assert client.request("GET", "/x").json() == {"a": 1}
        with pytest.raises(OutcomeUnknown, match=r"within 0\.4 s"):
            client.request("POST", "/x", json={})
        client.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_is_tried_again_even_for_a_write(method):
    client = HttpClient(f"http://127.0.0.1:{free_port()}", http=FAST)
    with pytest.raises(Unreachable, match="refuses connections") as caught:
        client.request(method, "/x")
    assert client.requests_sent == 3
    assert caught.value.remedy


def test_an_unknown_host_is_named():
    client = HttpClient("http://no-such-host.invalid", http=FAST)
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid is not known"):
        client.request("POST", "/x")


def test_speaking_tls_to_a_plain_server_is_named_and_not_repeated():
    with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2) as server:
        client = HttpClient(server.url.replace("http:", "https:"), http=FAST)
        with pytest.raises(Unreachable, match="no secure connection"):
            client.request("POST", "/x")
        assert client.requests_sent == 1


def test_a_missing_certificate_file_is_named(tmp_path):
    client = HttpClient(BASE, http=HttpSettings(ca_bundle=tmp_path / "no.pem"))
    with pytest.raises(ConfigError, match=r"ca_bundle.*no\.pem"):
        client.request("GET", "/x")


def test_a_wait_for_a_retry_ends_when_asked_to_stop(server):
    stop = threading.Event()
    client = HttpClient(BASE, http=HttpSettings(retry={"wait_seconds": 3600, "max_wait_seconds": 3600}), stop=stop)

    def busy(_request):
        threading.Timer(0.05, stop.set).start()
        return 503, {"Retry-After": "3600"}, ""

    server.add_callback("GET", f"{BASE}/x", busy)
    with pytest.raises(RunAborted, match="Stopped"):
        client.request("GET", "/x")
    assert client.requests_sent == 1


def test_closing_ends_the_pause_that_a_429_asked_of_all_threads(server):
    client = HttpClient(BASE, http=HttpSettings(retry={"max_wait_seconds": 3600}))
    throttled = threading.Event()

    def too_many(_request):
        throttled.set()
        return 429, {"Retry-After": "3600"}, ""

    server.add_callback("GET", f"{BASE}/x", too_many)
    ended = []

    def read():
        with pytest.raises(RunAborted):
            client.request("GET", "/x")
        ended.append(True)

    threads = [threading.Thread(target=read) for _ in range(2)]
    threads[0].start()
    assert throttled.wait(10)
    while client._gate._delay() <= 0:
        pass
    threads[1].start()
    client.close()
    for thread in threads:
        thread.join(10)
    assert ended == [True, True]
    assert client.requests_sent == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2),
        ("0.5", 0.5),
        ("-1", 0),
        ("Mon, 01 Jan 2024 00:00:09 GMT", 9),
        ("Sun, 31 Dec 2023 00:00:00 GMT", 0),
        ("9999", 20),
        ("rubbish", None),
    ],
)
def test_retry_after_is_understood_and_capped(server, monkeypatch, header, seconds):
    waits = []
    monkeypatch.setattr("adapters.httpclient.client.sleep_using_event", lambda _stop: waits.append)
    client = HttpClient(BASE, http=HttpSettings(retry={"max_wait_seconds": 20, "wait_seconds": 0}))
    date = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}
    server.get(f"{BASE}/x", status=503, headers={"Retry-After": header, **date})
    server.get(f"{BASE}/x", json={})
    client.request("GET", "/x")
    assert waits == [seconds or 0]


def test_headers_params_and_body_arrive(server):
    client = HttpClient(BASE, http=HttpSettings(headers={"X-Tenant": "risk"}))
    server.post(
        f"{BASE}/x",
        json={},
        match=[
            matchers.query_param_matcher({"q": "a b&c"}),
            matchers.json_params_matcher({"name": "ü"}),
            matchers.header_matcher({"X-Tenant": "risk", "If-Match": "7", "Accept": "application/json"}),
        ],
    )
    client.request("POST", "/x", params={"q": "a b&c"}, json={"name": "ü"}, headers={"If-Match": "7"})


def test_cookies_are_not_kept(client, server):
    server.get(f"{BASE}/x", json={}, headers={"Set-Cookie": "JSESSIONID=abc"})
    server.get(f"{BASE}/x", json={})
    client.request("GET", "/x")
    client.request("GET", "/x")
    assert "Cookie" not in server.calls[1].request.headers


def test_sessions_of_threads_that_ended_are_closed(client, server, monkeypatch):
    closed = []
    monkeypatch.setattr("requests.Session.close", lambda session: closed.append(session))  # noqa: PLW0108 - a method
    server.get(f"{BASE}/me", json={})
    for _ in range(3):
        thread = threading.Thread(target=client.request, args=("GET", "/me"))
        thread.start()
        thread.join()
    assert len(closed) == len(set(map(id, closed))) == 2


def test_a_fold_shrinks_the_answer_while_it_is_parsed_and_it_is_parsed_once(client, server):
    server.get(f"{BASE}/me", json={"tags": [{"key": "a"}, {"key": "b"}], "other": {"c": 1}})
    folded = []

    def fold(raw):
        folded.append(raw)
        return raw.get("key", raw)

    answer = client.request("GET", "/me", fold=fold)
    assert answer.json() == {"tags": ["a", "b"], "other": {"c": 1}}
    assert answer.json_or_none() is answer.json()
    assert len(folded) == 4


def test_each_request_is_logged_without_its_query(client, server, caplog):
    server.get(f"{BASE}/x", json={})
    with caplog.at_level(logging.DEBUG, logger="mlflow_grc.http"):
        client.request("GET", "/x", params={"name": "customer"})
    (line,) = (record.getMessage() for record in caplog.records if record.name == "mlflow_grc.http")
    assert line.startswith(f"GET {BASE}/x?... -> 200 in ")
    assert line.endswith("attempt 1")


@pytest.mark.parametrize("url", ["grc.example", "ftp://grc.example", "https://user:pw@grc.example"])
def test_a_base_address_that_cannot_be_is_refused(url):
    with pytest.raises(ConfigError, match="url") as caught:
        HttpClient(url)
    assert "pw" not in str(caught.value)


def test_whoever_knows_the_server_judges_its_answers_first(client, server):
    """A success may be none, and what may be sent again is."""
    server.add("GET", f"{BASE}/x", json={"state": "busy"})
    server.add("GET", f"{BASE}/x", json={"state": "ready"})
    seen = []

    def examine(response, safe):
        seen.append((response.json()["state"], safe))
        return Again(Retriable("busy")) if response.json()["state"] == "busy" else None

    assert client.request("GET", "/x", examine=examine).json() == {"state": "ready"}
    assert seen == [("busy", True), ("ready", True)]


def test_what_an_examination_finds_is_raised_as_it_is(client, server):
    server.add("POST", f"{BASE}/x", status=404, json={})
    error = Conflict("it moved")
    with pytest.raises(Conflict) as caught:
        client.request("POST", "/x", json={}, examine=lambda response, safe: None if safe else error)
    assert caught.value is error


def test_where_an_examination_finds_nothing_the_client_judges(client, server):
    server.add("GET", f"{BASE}/x", status=404, json={"message": "none such"})
    with pytest.raises(NotFound, match="none such"):
        client.request("GET", "/x", examine=lambda response, safe: None)


def test_a_body_that_is_no_json_goes_out_as_it_is(client, server):
    body = "<a>é &amp; ✓</a>".encode()
    server.post(f"{BASE}/soap", json={"ok": True}, match=[matchers.header_matcher({"Content-Type": "text/xml"})])
    client.request("POST", "/soap", content=body, headers={"Content-Type": "text/xml"}, safe=True)
    assert server.calls[0].request.body == body
