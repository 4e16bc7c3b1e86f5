"""The proxy does what it says, or the tests that rest on it prove nothing."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from tests.faults import FaultProxy

BODY = b"0123456789" * 20


class Server(socketserver.ThreadingTCPServer):
    """Counts the requests that reach it."""

    daemon_threads = True
    seen = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.seen += 1  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{server.server_address[1]}") as proxy:
        yield proxy


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def get(session: requests.Session, proxy: FaultProxy, timeout: float = 10) -> bytes:
    return session.get(proxy.url, timeout=timeout).content


def test_passes_everything_on_when_nothing_is_asked_of_it(proxy, server, session):
    assert [get(session, proxy) for _ in range(3)] == [BODY] * 3
    assert (server.seen, proxy.exchanges, proxy.connections) == (3, 3, 1)


@pytest.mark.parametrize(("stage", "reached"), [("connect", 0), ("request", 0), ("reply", 1)])
def test_reset(proxy, server, session, stage, reached):
    proxy.reset(stage)
    with pytest.raises(requests.ConnectionError, match="reset"):
        get(session, proxy)
    assert server.seen == reached
    assert get(session, proxy) == BODY
    assert proxy.pending == 0


def test_cut_in_the_body_after_the_work_was_done(proxy, server, session):
    proxy.cut_reply(after_bytes=200)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(session, proxy)
    assert server.seen == 1
    assert get(session, proxy) == BODY


def test_cut_before_the_first_byte(proxy, server, session):
    proxy.cut_reply(after_bytes=0)
    with pytest.raises(requests.ConnectionError):
        get(session, proxy)
    assert server.seen == 1


def test_an_answer_shorter_than_the_cut_passes_whole(proxy, session):
    proxy.cut_reply(after_bytes=100_000)
    assert get(session, proxy) == BODY
    assert get(session, proxy) == BODY


def test_delay_outlasts_an_impatient_client_and_no_other(proxy, server, session):
    proxy.delay(0.2, times=2)
    with pytest.raises(requests.ReadTimeout):
        get(session, proxy, timeout=0.05)
    response = session.get(proxy.url, timeout=10)
    assert response.content == BODY
    assert response.elapsed.total_seconds() >= 0.2
    assert server.seen == 2


@pytest.mark.parametrize(("forward", "reached"), [(True, 1), (False, 0)])
def test_black_hole(proxy, server, session, forward, reached):
    proxy.black_hole(forward=forward)
    with pytest.raises(requests.ReadTimeout):
        get(session, proxy, timeout=0.2)
    assert server.seen == reached
    assert get(session, proxy) == BODY


def test_mishaps_come_in_order_and_per_exchange_on_one_connection(proxy, session):
    assert get(session, proxy) == BODY
    proxy.delay(0)
    proxy.reset("request", times=2)
    assert get(session, proxy) == BODY
    assert proxy.connections == 1
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            get(session, proxy)
    assert get(session, proxy) == BODY


def test_clear_forgets_what_is_pending(proxy, session):
    proxy.reset(times=5)
    proxy.clear()
    assert get(session, proxy) == BODY


def test_an_unreachable_server_looks_like_a_reset(session):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with FaultProxy(f"http://127.0.0.1:{port}") as proxy, pytest.raises(requests.ConnectionError):
        get(session, proxy)


def test_stop_cuts_what_hangs_and_frees_the_port(server, session):
    proxy = FaultProxy(f"http://127.0.0.1:{server.server_address[1]}").start()
    proxy.black_hole()
    errors: list[Exception] = []

    def hang() -> None:
        try:
            session.get(proxy.url, timeout=30)
        except requests.ConnectionError as error:
            errors.append(error)

    client = threading.Thread(target=hang)
    client.start()
    while proxy.exchanges == 0:
        threading.Event().wait(0.005)
    proxy.stop()
    client.join(10)
    assert errors
    with pytest.raises(requests.ConnectionError, match="refused"):
        session.get(proxy.url, timeout=5)
