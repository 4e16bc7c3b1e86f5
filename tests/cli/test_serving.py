"""The daemon with its web server: ready once a cycle was complete, its numbers, and its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from structlog.testing import capture_logs

from adapters.httpclient.redaction import redact
from connector.config.config import load_config
from connector.daemon import run_daemon
from connector.engine import exporting
from connector.mock.faults import FaultKind
from connector.model.errors import ConfigError
from connector.state import open_store
from tests.cli.desk import Desk

LIMIT = 30
SERVER = "schedule: {interval: 1h}\nserver: {listen: 127.0.0.1:0}\n"


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    """The daemon in a thread; the address of its server."""
    ended, config = threading.Event(), load_config(desk.config)
    store = open_store(config.state_path, redact)
    with capture_logs() as logs:
        daemon = threading.Thread(target=run_daemon, args=(config, config.connection_names, store, ended))
        daemon.start()
        try:
            yield wait_for(lambda: next((one["address"] for one in logs if one["event"] == "serving"), None))
        finally:
            ended.set()
            daemon.join(LIMIT)
            assert not daemon.is_alive()
            store.close()


def wait_for(look: Callable[[], object]) -> str:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if found := look():
            return str(found)
        threading.Event().wait(0.02)
    raise AssertionError("it never came")


def answer(url: str) -> requests.Response:
    return requests.get(url, timeout=LIMIT)


def test_it_is_ready_once_a_cycle_was_complete_and_then_ends(desk: Desk) -> None:
    desk.model("credit", purpose="Scores.", risk_classification="high")
    desk.write(more=SERVER)
    with serving(desk) as url:
        assert answer(f"{url}/healthz").json() == {"status": "alive"}
        wait_for(lambda: answer(f"{url}/readyz").status_code == 200)
        numbers = answer(f"{url}/metrics").text
        assert 'mlflow_grc_runs_total{connection="bank",status="applied"} 1.0' in numbers
        assert 'mlflow_grc_operations_total{connection="bank",kind="create_record",result="applied"} 2.0' in numbers
        sent = [line for line in numbers.splitlines() if line.startswith("mlflow_grc_requests_total")]
        (grc,) = [line for line in sent if 'outcome="ok",platform="http",side="grc"' in line]
        assert float(grc.split()[-1]) > 4
        wait_for(lambda: "mlflow_grc_audit_ok 1.0" in answer(f"{url}/metrics").text)
        page = answer(f"{url}/status").text
        assert "not from here" not in page, "when the next cycle is due is known"
    with pytest.raises(requests.exceptions.ConnectionError):
        answer(f"{url}/healthz")
    assert desk.run("status", "--json").json["ready"] is True


def test_a_cycle_that_fails_makes_it_unready_and_probes_are_answered(desk: Desk) -> None:
    desk.grc.faults.add(FaultKind.STATUS, status=401, path="/api/v1/models")
    desk.write(more=SERVER)
    with serving(desk) as url:
        wait_for(lambda: "cycle_failed" in answer(f"{url}/readyz").text)
        told = answer(f"{url}/readyz")
        assert told.status_code == 503
        assert [one["reason"] for one in told.json()["reasons"]] == ["cycle_failed", "no_complete_cycle"]
        assert answer(f"{url}/healthz").status_code == 200
    status = desk.run("status", "--json").json
    assert (status["ready"], status["connections"][0]["reasons"][0]["cause"]) == (False, "cycle_failed")


def test_a_server_that_cannot_start_stops_the_daemon_before_the_first_cycle(desk: Desk) -> None:
    with serving_elsewhere(desk) as port:
        desk.write(more=SERVER.replace(":0", f":{port}"))
        assert "cannot listen" in desk.run("run", expect=2).err
    desk.write(more=SERVER.replace("127.0.0.1:0", "127.0.0.1:0, people: {Maria: {env: NO_SUCH_TOKEN}}"))
    assert "NO_SUCH_TOKEN" in desk.run("run", expect=2).err
    assert "No cycle has run yet." in desk.run("status").out


@contextmanager
def serving_elsewhere(desk: Desk) -> Iterator[int]:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


def test_traces_need_their_extra(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    pytest.importorskip("opentelemetry.exporter", reason="the extra `tracing` is not installed")
    real = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.startswith("opentelemetry.exporter"):
            raise ImportError(name)
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    desk.write(more="tracing: {endpoint: 'http://127.0.0.1:9/v1/traces', headers: {X-Key: {env: DESK_TOKEN}}}\n")
    config = load_config(desk.config)
    tracing = exporting.tracing_of(config, redact)
    assert tracing is not None
    tracing.close()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match="not installed"):
        exporting.tracing_of(config, redact)


def test_check_tells_what_the_server_lacks(desk: Desk) -> None:
    tls = "tls: {certificate: no.pem, key: none.key}, people: {Maria: {env: NO_SUCH_TOKEN}}"
    desk.write(more=SERVER.replace("127.0.0.1:0", f"127.0.0.1:0, {tls}"))
    said = desk.run("check", expect=None).out
    assert all(word in said for word in ("server.tls.certificate", "server.tls.key", "server.people.Maria"))
