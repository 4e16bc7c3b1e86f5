"""The life of the server process, with a quick stand-in for ``mlflow server`` where the real one would only be slow."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.model.errors import Unreachable

SERVE = """
import http.server, os, pathlib
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"OK")
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Health)
pathlib.Path("environment").write_text("\\n".join(f"{k}={v}" for k, v in os.environ.items()))
print(f"INFO: Uvicorn running on http://127.0.0.1:{server.server_port} (Press CTRL+C to quit)", flush=True)
"""
STUBBORN = SERVE + "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
WITH_CHILD = (
    SERVE
    + """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("child").write_text(str(child.pid))
"""
)
FOREVER = "server.serve_forever()\n"


class StandIn(MlflowServer):
    """Runs a script in place of ``mlflow server``."""

    script = SERVE + FOREVER

    def _command(self) -> list[str]:
        return [sys.executable, "-c", self.script]


def stand_in(directory: Path, script: str, **how: float) -> StandIn:
    server = StandIn(directory, **how)
    server.script = script
    return server


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not reaped by its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], limit: float = 10.0) -> None:
    """Wait for the condition, at most ``limit`` seconds."""
    deadline, pause = time.monotonic() + limit, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.01)


def test_it_serves_while_open_and_is_gone_afterwards(tmp_path, capfd):
    with StandIn(tmp_path / "new") as server:
        pid = server.pid
        assert requests.get(f"{server.url}/health", timeout=5).text == "OK"
        assert os.getpgid(pid) == pid != os.getpgid(0)
    assert not alive(pid)
    assert server.pid is None
    with pytest.raises(RuntimeError, match="not ready"):
        _ = server.url
    assert capfd.readouterr() == ("", "")


def test_its_environment_is_not_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    monkeypatch.setenv("_MLFLOW_SERVER_FILE_STORE", "elsewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    with StandIn(tmp_path):
        lines = (tmp_path / "environment").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if "=" in line)
    found = {key: value for key, value in environment.items() if "MLFLOW" in key}
    assert found == {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    assert "PYTHONDONTWRITEBYTECODE" not in environment


def test_an_early_exit_is_told_with_the_last_log_lines(tmp_path):
    server = stand_in(tmp_path, "print('the port is taken'); raise SystemExit(3)")
    with pytest.raises(Unreachable, match=r"exit code 3(.|\n)*the port is taken"):
        server.start()
    assert server.pid is None


def test_a_start_that_takes_too_long_is_given_up_and_ended(tmp_path):
    server = stand_in(tmp_path, "import time; time.sleep(600)", start_limit=0.2)
    server.launch()
    pid = server.pid
    with pytest.raises(Unreachable, match=r"within 0\.2 seconds"):
        server.wait_ready()
    assert not alive(pid)


def test_a_process_that_ignores_the_request_to_end_is_killed(tmp_path):
    server = stand_in(tmp_path, STUBBORN + FOREVER, stop_limit=0.2)
    server.launch()
    server.wait_ready()
    pid = server.pid
    server.stop()
    assert not alive(pid)


def test_what_the_server_started_ends_with_it(tmp_path):
    server = stand_in(tmp_path, WITH_CHILD + FOREVER)
    server.start()
    child_file = tmp_path / "child"
    wait_until(lambda: child_file.exists() and child_file.read_text() != "")
    child = int(child_file.read_text())
    assert alive(child)
    server.stop()
    wait_until(lambda: not alive(child))


def test_stopping_twice_or_unstarted_is_harmless(tmp_path):
    server = StandIn(tmp_path)
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_two_starts_of_one_server_are_a_mistake(tmp_path):
    with StandIn(tmp_path) as server, pytest.raises(RuntimeError, match="already started"):
        server.launch()


@pytest.mark.server
def test_the_real_server_answers_an_author(mlflow_server, mlflow_author):
    assert mlflow_server.url.startswith("http://127.0.0.1:")
    mlflow_author.create_model("credit")
    with RegistryAuthor(mlflow_server.url) as another:
        assert another.create_version("credit") == "1"
        run_ids = {another.log_run(experiment="one"), mlflow_author.log_run(experiment="one")}
    assert len(run_ids) == 2
