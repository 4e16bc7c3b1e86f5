"""What strangers, slow clients and fuzzers can do: nothing but get an answer, or lose their connection."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from fastapi import APIRouter
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from structlog.testing import capture_logs

from connector.events.intake import Intake
from connector.events.routes import router
from connector.model.errors import ConfigError
from connector.server.guard import HEADERS
from connector.server.service import Service
from connector.state import SqliteStore
from tests.server.bank import TOKENS, Visitor, configured, settings
from tests.simulators.servicenow.certificate import Authority

LIMIT = 20
# Each alone: on a busy machine a limit that a test is not about would end its requests too.
SHORT = "  limits: {body_bytes: 2000}\n"
HASTY = "  limits: {header_seconds: 0.3, body_seconds: 0.3}\n"
PROMPT = "  limits: {answer_seconds: 0.5}\n"


@contextmanager
def connected(service: Service):
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=LIMIT) as opened:
        yield opened


def answered(opened: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    parts = []
    while part := _received(opened):
        parts.append(part)
    return b"".join(parts)


def _received(opened: socket.socket) -> bytes:
    try:
        return opened.recv(65_536)
    except ConnectionResetError:
        return b""


@pytest.fixture
def hasty(filled: SqliteStore, serve: Callable[..., Service]) -> Service:
    return serve(settings(HASTY))


def test_every_answer_has_the_headers_and_none_a_trace(site: Service, guest: Visitor) -> None:
    paths = ("/healthz", "/readyz", "/metrics", "/status", "/sign-in", "/nowhere", "/audit?before=x", "/style.css", "/")
    for path in paths:
        answer = guest.request("GET", path, allow_redirects=False)
        expected = dict(HEADERS)
        if path == "/style.css":
            expected["Cache-Control"] = "public, max-age=3600"
        assert {name: answer.headers.get(name) for name in expected} == expected, path
        assert "server" not in answer.headers
        assert "Traceback" not in answer.text
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert "<script" not in guest.request("GET", "/status").text


@pytest.mark.parametrize(
    "path",
    ["/static/style.css", "/..%2f..%2fetc%2fpasswd", "/style.css/../../pyproject.toml", "//etc/passwd", "/%00",
     "/runs/%00", "/runs/..%2f..%2fstate.db", "/openapi.json", "/docs", "/status/", "/runs/" + "x" * 200, "/%ff%fe",
     "/\u00e9"],
)  # fmt: skip
def test_tricks_with_paths_lead_nowhere(site: Service, path: str) -> None:
    with connected(site) as opened:
        opened.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = answered(opened)
    assert answer.split()[1] in (b"400", b"404", b"422"), answer[:200]
    assert b"Traceback" not in answer


def test_a_body_that_is_too_long_is_not_read(filled: SqliteStore, serve: Callable[..., Service]) -> None:
    url = serve(settings(SHORT)).url
    long = requests.post(f"{url}/sign-in", data=b"x" * 2001, timeout=LIMIT)
    assert (long.status_code, long.json()) == (413, {"error": "The body is longer than 2000 bytes."})
    assert requests.post(f"{url}/sign-in", data=b"x" * 2000, timeout=LIMIT).status_code == 403
    unsaid = requests.post(f"{url}/healthz", data=(b"x" * 500 for _ in range(9)), timeout=LIMIT)
    assert unsaid.status_code == 413
    head = requests.get(f"{url}/healthz", headers={"X": "y" * 40_000}, timeout=LIMIT)
    assert head.status_code in (400, 431)
    assert requests.get(f"{url}/healthz", headers={"X": "y" * 30_000}, timeout=LIMIT).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", b""),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b""),
        (b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc", b"408"),
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_a_slow_client_loses_its_connection(hasty: Service, sent: bytes, status: bytes) -> None:
    with connected(hasty) as opened:
        opened.sendall(sent)
        assert answered(opened)[9:12] == status


def test_a_client_that_drips_its_second_request_loses_its_connection(hasty: Service) -> None:
    with connected(hasty) as opened:
        opened.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while b"alive" not in got:
            got += (part := opened.recv(65_536))
            assert part, got
        opened.sendall(b"GET /heal")
        assert answered(opened) == b""


def test_a_client_that_does_not_take_its_answer_loses_its_connection(
    filled: SqliteStore, serve: Callable[..., Service]
) -> None:
    router = APIRouter()

    @router.get("/long")
    def long() -> str:
        return "x" * 30_000_000

    server = serve(settings(PROMPT), routers=[router])
    with connected(server) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert _until(lambda: len(server._thread._server.server_state.connections) == 1)
        assert _until(lambda: len(server._thread._server.server_state.connections) == 0)


def _until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + LIMIT
    while not condition() and time.monotonic() < end:
        threading.Event().wait(0.02)
    return condition()


def test_more_connections_than_allowed_are_told_to_come_later(
    filled: SqliteStore, serve: Callable[..., Service]
) -> None:
    server = serve(settings("  limits: {connections: 3}\n"))
    with ExitStack() as stack:
        held = [stack.enter_context(connected(server)) for _ in range(3)]
        for opened in held:
            opened.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert opened.recv(12) == b"HTTP/1.1 200"
        with connected(server) as refused:
            refused.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert answered(refused)[9:12] == b"503"
    assert _until(lambda: requests.get(f"{server.url}/healthz", timeout=LIMIT).status_code == 200)


def test_a_defect_is_logged_and_told_without_a_trace(serve: Callable[..., Service]) -> None:
    router = APIRouter()

    @router.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    with capture_logs() as logs:
        answer = requests.get(f"{serve(routers=[router]).url}/broken", timeout=LIMIT)
        assert _until(lambda: len(logs) == 2)
    assert (answer.status_code, "secret detail" in answer.text) == (500, False)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert [entry["event"] for entry in logs] == ["request failed unexpectedly", "request"]


def test_an_answer_that_takes_too_long_is_given_up(serve: Callable[..., Service]) -> None:
    import asyncio

    router = APIRouter()

    @router.get("/slow")
    async def slow() -> None:
        await asyncio.Event().wait()

    answer = requests.get(f"{serve(settings(PROMPT), routers=[router]).url}/slow", timeout=LIMIT)
    assert (answer.status_code, answer.json()) == (503, {"error": "The answer took too long."})


def test_the_log_has_the_request_and_no_secret(guest: Visitor) -> None:
    with capture_logs() as logs:
        guest.request("GET", f"/status?token={TOKENS['Maria Silva']}")
        guest.request("GET", "/healthz")
        guest.sign_in()
    assert TOKENS["Maria Silva"] not in json.dumps(logs)
    told = [(one["log_level"], one["method"], one["path"], one["status"]) for one in logs if one["event"] == "request"]
    assert told[:2] == [("info", "GET", "/status", 200), ("debug", "GET", "/healthz", 200)]
    assert ("info", "POST", "/sign-in", 303) in told


EVENTS = """
events:
  mlflow: {main: {secret: {env: EVENTS_KEY}}}
  grc: {bank: {secret: {env: EVENTS_KEY}, model: id}}
"""


def test_the_application_fuzzed_by_its_description(
    tmp_path: Path, filled: SqliteStore, serve: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fits its OpenAPI is answered below 500, with the headers and no trace; readiness alone may be 503. The
    receiver of events takes nothing of it.
    """
    import schemathesis

    monkeypatch.setenv("EVENTS_KEY", "k" * 32)
    told: list[object] = []
    intake = Intake(configured(tmp_path, settings() + EVENTS), lambda *hint: told.append(hint))
    server = serve(routers=[router(intake)])
    schema = schemathesis.openapi.from_dict(server.app.openapi())
    operations = [found.ok() for found in schema.get_all_operations()]
    seen = Counter()
    with requests.Session() as session:
        session.trust_env = False
        for operation in operations:

            @given(case=operation.as_strategy())
            @hypothesis_settings(max_examples=10, database=None, derandomize=True, phases=[Phase.generate])
            def fuzzed(case: schemathesis.Case) -> None:
                headers = {"Origin": server.url, "Accept": "text/html"}
                answer = case.call(server.url, session=session, headers=headers, timeout=LIMIT, allow_redirects=False)
                seen[case.method, case.path] += 1
                assert answer.status_code < 500 or (case.path, answer.status_code) == ("/readyz", 503)
                assert b"Traceback" not in answer.content
                assert answer.headers["x-content-type-options"] == ["nosniff"]

            fuzzed()
    assert {path for _, path in seen} >= {
        "/audit",
        "/sign-in",
        "/conflicts/resolve",
        "/withheld/approve",
        "/runs/{run_id}",
        "/events/mlflow/{registry}",
        "/events/grc/{connection}/{kind}",
    }
    assert told == []
    assert seen["GET", "/audit"] >= 5
    assert filled.resolutions("bank") == []


def test_over_tls_and_with_a_certificate_that_is_renewed(
    tmp_path: Path, filled: SqliteStore, serve: Callable[..., Service]
) -> None:
    def authority(name: str) -> Path:
        directory = tmp_path / name
        directory.mkdir()
        made = Authority(directory)
        both = made.server().read_bytes()
        for file in ("server.pem", "server.key"):
            (tmp_path / file).write_bytes(both)
        return made.file

    first = authority("first")
    server = serve(settings("  tls: {certificate: server.pem, key: server.key}\n"))
    assert server.url.startswith("https://")

    def trusted(file: Path) -> bool:
        try:
            return requests.get(f"{server.url}/healthz", verify=str(file), timeout=LIMIT).status_code == 200
        except requests.exceptions.SSLError:
            return False

    assert trusted(first)
    (tmp_path / "server.key").write_text("half a renewal")
    server._thread._server.renew()
    assert trusted(first), "a renewal that does not fit leaves the old certificate"
    second = authority("second")
    server._thread._server.renew()
    assert (trusted(second), trusted(first)) == (True, False)
    cookie = requests.get(f"{server.url}/sign-in", verify=str(second), timeout=LIMIT).headers["Set-Cookie"]
    assert "Secure" in cookie


def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path, serve: Callable[..., Service]) -> None:
    (tmp_path / "server.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="cannot be used"):
        serve(settings("  tls: {certificate: server.pem, key: server.key}\n"))


def test_a_port_that_is_taken_is_told(serve: Callable[..., Service]) -> None:
    taken = serve().url.rpartition(":")[2]
    with pytest.raises(ConfigError, match="cannot listen"):
        serve(settings().replace("127.0.0.1:0", f"127.0.0.1:{taken}"))
