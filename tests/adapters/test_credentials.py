"""Each way to authenticate: what is sent, how it is renewed, and that no secret ever shows."""

import base64
import json
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest
import requests
import responses
from pydantic import TypeAdapter

from adapters.httpclient import AuthSettings, ErrorRule, HttpClient, HttpSettings
from adapters.httpclient.credentials import Token, TokenCredentials
from adapters.httpclient.redaction import redact
from connector.model.errors import AuthError, ConfigError, MlflowGrcError, OutcomeUnknown, Unreachable
from tests.adapters.raw_server import free_port

BASE = "https://grc.example/api"
CANARY = "c4n4ry-s3cret/+"
FAST = HttpSettings(retry={"max_attempts": 2, "max_wait_seconds": 0})
SECRET = {"env": "CANARY_SECRET"}

AUTHS = {
    "basic": {"type": "basic", "username": "svc", "password": SECRET},
    "bearer": {"type": "bearer", "token": SECRET},
    "api_key": {"type": "api_key", "header": "X-Vault-Key", "template": "Key {key}", "key": SECRET},
    "oauth2_body": {
        "type": "oauth2_client_credentials",
        "token_url": "https://login.example/token",
        "client_id": "cid",
        "client_secret": SECRET,
        "scope": "grc.read grc.write",
        "extra": {"audience": "grc"},
    },
    "oauth2_basic": {
        "type": "oauth2_client_credentials",
        "token_url": "https://login.example/token",
        "client_id": "cid",
        "client_secret": SECRET,
        "send": "basic",
    },
    "session": {
        "type": "session",
        "login_path": "/login",
        "body": {"user": "svc", "password": SECRET},
        "token": "data.session.token",
        "header": "X-Session",
        "template": "id={token}",
        "expires_in": "data.session.seconds",
    },
    "session_cookie": {
        "type": "session",
        "login_path": "/login",
        "encoding": "form",
        "body": {"user": "svc", "password": SECRET},
        "token": "@",
        "cookie": "SID",
    },
    "session_cookies": {
        "type": "session",
        "login_path": "/login",
        "encoding": "form",
        "body": {"user": "svc", "password": SECRET},
        "cookies": ["SID", "Csrf-Token"],
        "cookie_headers": {"X-Csrf-Token": "Csrf-Token"},
    },
}
SET_COOKIES = [
    ("Set-Cookie", "SID=old; Path=/"),
    ("Set-Cookie", "SID=sid-1; Path=/; Expires=Wed, 09 Jun 2032 10:18:14 GMT; HttpOnly"),
    ("Set-Cookie", "Csrf-Token=csrf-1; Path=/"),
    ("Set-Cookie", "tracking=nobody-asked"),
]


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("CANARY_SECRET", CANARY)


@pytest.fixture
def server():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def make_client(kind, base=BASE, **changes):
    return HttpClient(base, TypeAdapter(AuthSettings).validate_python({**AUTHS[kind], **changes}), FAST)


def basic(user):
    return "Basic " + base64.b64encode(f"{user}:{CANARY}".encode()).decode()


@pytest.mark.parametrize(
    ("kind", "header", "value"),
    [
        ("basic", "Authorization", basic("svc")),
        ("bearer", "Authorization", f"Bearer {CANARY}"),
        ("api_key", "X-Vault-Key", f"Key {CANARY}"),
        ("oauth2_body", "Authorization", "Bearer tok-1"),
        ("session", "X-Session", "id=tok-1"),
        ("session_cookie", "Cookie", "SID=tok-1"),
    ],
)
def test_the_credentials_go_where_they_belong(server, kind, header, value, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine grc.example login netrc password netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.post("https://login.example/token", json={"access_token": "tok-1"})
    login = "tok-1" if kind == "session_cookie" else {"data": {"session": {"token": "tok-1"}}}
    server.post(f"{BASE}/login", json=login)
    server.get(f"{BASE}/x", json={})
    make_client(kind).request("GET", "/x")
    assert server.calls[-1].request.headers[header] == value


def test_a_login_that_sets_cookies_is_answered_by_a_redirect_that_nobody_follows(server):
    server.add_callback("POST", f"{BASE}/login", lambda _: (302, [("Location", f"{BASE}/home"), *SET_COOKIES], ""))
    server.get(f"{BASE}/x", json={})
    client = make_client("session_cookies")
    client.request("GET", "/x")
    client.request("GET", "/x")
    assert [call.request.path_url for call in server.calls] == ["/api/login", "/api/x", "/api/x"]
    sent = server.calls[-1].request.headers
    assert (sent["Cookie"], sent["X-Csrf-Token"]) == ("SID=sid-1; Csrf-Token=csrf-1", "csrf-1")
    assert redact("sid-1 csrf-1") == "*** ***"


@pytest.mark.parametrize(
    ("cookies", "lacking"),
    [
        (SET_COOKIES[:2], "Csrf-Token"),
        ([*SET_COOKIES, ("Set-Cookie", "SID=; Path=/")], "SID"),
        ([*SET_COOKIES, ("Set-Cookie", "Csrf-Token=x; Max-Age=0")], "Csrf-Token"),
        ([("Set-Cookie", "SID=a\x01b"), SET_COOKIES[2]], "SID"),
        ([], "SID, Csrf-Token"),
    ],
)
def test_a_login_without_its_cookies_is_refused(server, cookies, lacking):
    server.add_callback("POST", f"{BASE}/login", lambda _: (200, cookies, "<html>Sign in</html>"))
    with pytest.raises(AuthError, match=f"without the cookie {lacking}: it set"):
        make_client("session_cookies").request("GET", "/x")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cookies": []}, "say where the answer has the token"),
        ({"token": "@"}, "say where the answer has the token"),
        ({"method": "GET"}, "GET"),
        ({"cookie_headers": {"X": "Other"}}, "Other, which is not among cookies"),
    ],
)
def test_a_session_says_either_token_or_cookies(changes, words):
    with pytest.raises(ValueError, match=words):
        make_client("session_cookies", **changes)


def test_netrc_is_not_read_without_credentials_either(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine grc.example login netrc password netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.get(f"{BASE}/x", json={})
    HttpClient(BASE).request("GET", "/x")
    assert "Authorization" not in server.calls[0].request.headers


def test_client_credentials_are_sent_as_declared(server):
    server.post("https://login.example/token", json={"access_token": "tok-1"})
    server.get(f"{BASE}/x", json={})
    make_client("oauth2_body").request("GET", "/x")
    make_client("oauth2_basic").request("GET", "/x")
    in_body, by_header = (call.request for call in server.calls if "token" in call.request.url)
    assert parse_qs(in_body.body) == {
        "grant_type": ["client_credentials"],
        "client_id": ["cid"],
        "client_secret": [CANARY],
        "scope": ["grc.read grc.write"],
        "audience": ["grc"],
    }
    assert "Authorization" not in in_body.headers
    assert parse_qs(by_header.body) == {"grant_type": ["client_credentials"]}
    assert by_header.headers["Authorization"] == basic("cid")


def test_a_session_logs_in_by_json_or_form(server):
    server.post(f"{BASE}/login", json={"data": {"session": {"token": "t"}}})
    server.get(f"{BASE}/x", json={})
    make_client("session").request("GET", "/x")
    assert json.loads(server.calls[0].request.body) == {"user": "svc", "password": CANARY}
    make_client("session_cookie", token="data.session.token").request("GET", "/x")
    assert parse_qs(server.calls[2].request.body) == {"user": ["svc"], "password": [CANARY]}


def _texts(error):
    """Everything that could be printed of an error, with all that hangs on it."""
    yield "".join(traceback.format_exception(error))
    yield repr(error)
    yield str(vars(error))


HOSTILE = {
    "refused and echoed": lambda request: (403, {}, f"no: {dict(request.headers)} {request.body}"),
    "html echo": lambda request: (200, {"Content-Type": "text/html"}, f"<title>{dict(request.headers)}</title>"),
    "json echo": lambda request: (400, {}, json.dumps({"message": str(dict(request.headers)) + str(request.body)})),
    "redirect echo": lambda request: (
        301,
        {"Location": f"https://other.example/{request.headers.get('Authorization')}"},
        "",
    ),
    "server error echo": lambda request: (500, {}, f"{dict(request.headers)} {request.body}"),
    "token missing": lambda request: (200, {}, json.dumps({"echo": CANARY})),
}


@pytest.mark.parametrize("habit", HOSTILE)
@pytest.mark.parametrize("kind", AUTHS)
def test_no_secret_in_any_error_or_log(server, caplog, kind, habit):
    for url in ("https://login.example/token", f"{BASE}/login"):
        server.add_callback("POST", url, HOSTILE[habit])
    server.add_callback("GET", f"{BASE}/x", HOSTILE[habit])
    caplog.set_level(logging.DEBUG, logger="mlflow_grc")
    with pytest.raises(MlflowGrcError) as caught:
        make_client(kind).request("GET", "/x", listing=True, error_rules=[ErrorRule(status=["2xx"], action="conflict")])
    encoded = [CANARY, basic("svc")[6:], basic("cid")[6:], base64.b64encode(CANARY.encode()).decode()]
    for text in (*_texts(caught.value), caplog.text):
        assert not [form for form in encoded if form in text]


@pytest.mark.parametrize("lead", ["", "x" * 70, "x" * 90])
@pytest.mark.parametrize("body", ["{lead}{secret}", "<html><title>{lead}{secret}</title>"])
@pytest.mark.parametrize("status", [200, 400])
def test_no_part_of_a_secret_remains_where_an_answer_is_cut_short(server, status, body, lead):
    server.get(f"{BASE}/x", status=status, body=body.format(lead=lead, secret=CANARY))
    with pytest.raises(MlflowGrcError) as caught:
        make_client("bearer").request("GET", "/x")
    assert CANARY[:6] not in str(caught.value)


@pytest.mark.parametrize("kind", ["oauth2_body", "session"])
def test_a_token_that_was_handed_out_is_a_secret_too(server, kind):
    token = f"handed-out-token-{kind}"
    server.post("https://login.example/token", json={"access_token": token})
    server.post(f"{BASE}/login", json={"data": {"session": {"token": token}}})
    server.add_callback("GET", f"{BASE}/x", HOSTILE["json echo"])
    with pytest.raises(MlflowGrcError) as caught:
        make_client(kind).request("GET", "/x")
    assert all(token not in text for text in _texts(caught.value))


@pytest.mark.parametrize("kind", AUTHS)
def test_no_secret_when_nobody_answers(kind):
    url = f"http://127.0.0.1:{free_port()}"
    changes = {"token_url": f"{url}/token"} if kind.startswith("oauth2") else {}
    with pytest.raises(Unreachable) as caught:
        make_client(kind, url, **changes).request("GET", "/x")
    assert all(CANARY not in text for text in _texts(caught.value))


@pytest.mark.parametrize("kind", ["basic", "bearer", "api_key"])
def test_a_refusal_of_fixed_credentials_is_final(server, kind):
    server.get(f"{BASE}/x", status=401, json={})
    client = make_client(kind)
    with pytest.raises(AuthError):
        client.request("GET", "/x")
    assert client.requests_sent == 1


def test_a_rotated_secret_is_picked_up(server, tmp_path):
    file = tmp_path / "token"
    file.write_text("old-token")
    client = make_client("bearer", token={"file": str(file)})

    def answer(request):
        return (200, {}, "{}") if request.headers["Authorization"] == "Bearer new-token" else (401, {}, "{}")

    server.add_callback("GET", f"{BASE}/x", answer)
    with pytest.raises(AuthError):
        client.request("GET", "/x")
    file.write_text("new-token")
    assert client.request("GET", "/x").status == 200
    assert client.requests_sent == 3


def test_a_missing_secret_is_told_when_it_is_needed(monkeypatch):
    monkeypatch.delenv("CANARY_SECRET")
    client = make_client("bearer")
    with pytest.raises(ConfigError, match="CANARY_SECRET"):
        client.request("GET", "/x")


def test_a_secret_that_no_header_can_carry_is_named_not_shown(monkeypatch):
    monkeypatch.setenv("CANARY_SECRET", "canary\r\nX-Evil: 1")
    with pytest.raises(AuthError, match="no HTTP header") as caught:
        make_client("bearer").request("GET", "/x")
    assert "canary" not in str(caught.value)


class TokenServer:
    """Hands out numbered tokens and takes the newest alone."""

    def __init__(self, server, expires_in=3600):
        self.issued, self._expires_in, self._lock = 0, expires_in, threading.Lock()
        server.add_callback("POST", "https://login.example/token", self._issue)
        server.add_callback("GET", f"{BASE}/x", self._answer)
        server.add_callback("POST", f"{BASE}/x", self._answer)

    def _issue(self, _request):
        with self._lock:
            self.issued += 1
            return 200, {}, json.dumps({"access_token": f"tok-{self.issued}", "expires_in": self._expires_in})

    def _answer(self, request):
        good = request.headers["Authorization"] == f"Bearer tok-{self.issued}"
        return (200, {}, "{}") if good else (401, {}, "{}")

    def revoke(self):
        self.issued += 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_twenty_threads_with_a_revoked_token_fetch_one_new_one(server, method):
    tokens = TokenServer(server)
    client = make_client("oauth2_body")
    client.request("GET", "/x")
    tokens.revoke()
    start = threading.Barrier(20, timeout=10)

    def ask(_number):
        start.wait()
        return client.request(method, "/x").status

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == [200] * 20
    assert tokens.issued == 3


def test_twenty_threads_without_a_token_fetch_one(server):
    tokens = TokenServer(server)
    client = make_client("oauth2_body")
    with ThreadPoolExecutor(20) as pool:
        assert {response.status for response in pool.map(lambda _: client.request("GET", "/x"), range(20))} == {200}
    assert tokens.issued == 1


def test_a_token_is_renewed_before_it_expires():
    now, fetched = [0.0], []

    def fetch():
        fetched.append(now[0])
        return Token({"Authorization": f"Bearer {len(fetched)}"}, lifetime=600)

    credentials = TokenCredentials(fetch, renew_before=60, clock=lambda: now[0])
    for now[0] in (0, 539, 540, 1000, 1079, 1080):
        credentials.current()
    assert fetched == [0, 540, 1080]


def test_a_short_lived_token_is_not_fetched_for_every_request():
    now, fetched = [0.0], []

    def fetch():
        fetched.append(now[0])
        return Token({}, lifetime=10)

    credentials = TokenCredentials(fetch, renew_before=60, clock=lambda: now[0])
    for now[0] in (0, 4, 5, 9, 10):
        credentials.current()
    assert fetched == [0, 5, 10]


def test_a_refused_login_is_not_repeated_by_every_thread_that_waits():
    fetching, release, tries = threading.Event(), threading.Event(), []

    def fetch():
        tries.append(1)
        fetching.set()
        assert release.wait(10)
        raise AuthError("wrong password")

    credentials = TokenCredentials(fetch, renew_before=0)
    errors = []

    def ask():
        try:
            credentials.current()
        except AuthError as error:
            errors.append(error.message)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    threads[0].start()
    assert fetching.wait(10)
    waiting = _CountingLock(credentials._lock)
    credentials._lock = waiting
    for thread in threads[1:]:
        thread.start()
    waiting.wait_for(4)
    release.set()
    for thread in threads:
        thread.join(10)
    assert errors == ["wrong password"] * 5
    assert len(tries) == 1


class _CountingLock:
    """A lock that tells how many asked for it."""

    def __init__(self, lock):
        self._lock, self._asked = lock, threading.Semaphore(0)

    def __enter__(self):
        self._asked.release()
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()

    def wait_for(self, number):
        for _ in range(number):
            assert self._asked.acquire(timeout=10)


def test_a_token_that_is_refused_again_after_renewal_is_an_error(server):
    server.post("https://login.example/token", json={"access_token": "tok-1"})
    server.get(f"{BASE}/x", status=401, json={})
    client = make_client("oauth2_body")
    with pytest.raises(AuthError):
        client.request("GET", "/x")
    assert client.requests_sent == 4


def test_an_expired_session_may_show_as_any_code_that_a_rule_names(server):
    server.post(f"{BASE}/login", json={"data": {"session": {"token": "t", "seconds": 60}}})
    server.get(f"{BASE}/x", status=400, json={"code": "SESSION"})
    server.get(f"{BASE}/x", json={"ok": 1})
    rule = ErrorRule(status=[400], when="code == 'SESSION'", action="refresh_token")
    client = make_client("session")
    assert client.request("GET", "/x", error_rules=[rule]).json() == {"ok": 1}
    assert client.requests_sent == 4


@pytest.mark.parametrize(
    ("ended", "again"),
    [({"json": {"code": "SESSION"}}, True), ({"body": "<p>Sign in</p>"}, False), ({"body": ""}, False)],
)
def test_a_post_whose_session_ended_is_sent_again_only_where_it_was_refused_in_so_many_words(server, ended, again):
    """A page, or nothing, may as well follow what the server did."""
    server.post(f"{BASE}/login", json={"data": {"session": {"token": "t", "seconds": 60}}})
    server.post(f"{BASE}/x", status=200, **ended)
    server.post(f"{BASE}/x", json={"ok": 1})
    rule = ErrorRule(status=[200], when="!@ || code == 'SESSION'", action="refresh_token")
    client = make_client("session")
    if again:
        assert client.request("POST", "/x", json={}, error_rules=[rule]).json() == {"ok": 1}
    else:
        with pytest.raises(OutcomeUnknown):
            client.request("POST", "/x", json={}, error_rules=[rule])


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"error": "invalid_client"}', AuthError),
        (401, "{}", AuthError),
        (403, "{}", AuthError),
        (200, '{"token": null}', AuthError),
        (200, "<html>", Unreachable),
        (404, "", Unreachable),
    ],
)
def test_a_login_that_fails_ends_the_run(server, status, body, error):
    server.post("https://login.example/token", status=status, body=body)
    with pytest.raises(error) as caught:
        make_client("oauth2_body").request("GET", "/x")
    assert type(caught.value) is error
    assert caught.value.remedy


def test_proxies_come_from_the_settings_or_the_environment(server, monkeypatch):
    seen = []
    original = requests.Session.send

    def send(self, request, **options):
        seen.append(options["proxies"])
        return original(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setenv("HTTPS_PROXY", "http://from-environment:3128")
    server.get(f"{BASE}/x", json={})
    HttpClient(BASE).request("GET", "/x")
    HttpClient(BASE, http=HttpSettings(proxies={"https": "http://declared:3128"})).request("GET", "/x")
    monkeypatch.setenv("NO_PROXY", "grc.example")
    HttpClient(BASE).request("GET", "/x")
    assert [proxies.get("https") for proxies in seen] == ["http://from-environment:3128", "http://declared:3128", None]
