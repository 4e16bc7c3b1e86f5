"""The commands as processes, against a real MLflow server and the mock GRC over HTTP, as an admin runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import MockGrc

ROOT = Path(__file__).parents[2]
LIMIT = 60

pytestmark = pytest.mark.server


class Installation:
    """A directory with a configuration written by ``init``."""

    def __init__(self, directory: Path, mlflow: str, grc: MockGrc) -> None:
        self.directory, self._token = directory, grc.token
        self.run("init", "--registry-uri", mlflow, "--grc-url", grc.url)

    @property
    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "GRC_TOKEN": self._token, "PYTHONPATH": str(ROOT)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "connector", *arguments],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, expect: int = 0) -> str:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=LIMIT)
        assert process.returncode == expect, f"exit {process.returncode}\n{out}\n{err}"
        assert self._token not in out + err
        return out


@pytest.fixture
def installed(
    tmp_path: Path, mlflow_server: MlflowServer, mlflow_author: RegistryAuthor
) -> Iterator[tuple[Installation, MockGrc, RegistryAuthor]]:
    with MockGrc() as grc:
        yield Installation(tmp_path, mlflow_server.url, grc), grc, mlflow_author


Installed = tuple[Installation, MockGrc, RegistryAuthor]


def test_from_init_to_a_clean_trail(installed: Installed) -> None:
    site, grc, author = installed
    author.create_model("credit", tags={"purpose": "before"})
    author.create_version("credit")
    site.run("check")
    site.run("plan", "--detailed-exitcode", expect=2)
    site.run("plan", "--out", "plan.json")
    site.run("sync", "--plan", "plan.json")
    site.run("plan", "--detailed-exitcode")
    officer = grc.as_user("risk.officer@bank.example")
    (record,) = officer.records("models", registry_name="credit")
    author.set_tag("credit", "purpose", "as MLflow says")
    officer.patch(record["id"], purpose="as the GRC says")
    site.run("sync", expect=3)
    site.run("conflicts", "resolve", "credit", "purpose", "--take", "grc", "--by", "Maria")
    site.run("sync")
    site.run("report", "reconcile", "--fail-on", "any")
    assert json.loads(site.run("status", "--json"))["connections"][0]["runs"][0]["status"] == "applied"
    site.run("audit", "export", "--output", "trail.jsonl")
    offline = [sys.executable, str(ROOT / "connector" / "audit" / "offline.py"), "trail.jsonl"]
    subprocess.run(offline, cwd=site.directory, check=True, capture_output=True)
    site.run("audit", "verify")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_syncs_at_once_and_ends_on_a_signal(installed: Installed, number: signal.Signals) -> None:
    site, grc, author = installed
    author.create_model("credit")
    with site.start("run") as process:
        assert process.stderr is not None
        seen = []
        for line in process.stderr:
            seen.append(line)
            if "run ended" in line:
                break
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(timeout=LIMIT) == 0, "".join(seen) + rest
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert "stopped" in rest
    assert len(grc.as_user("risk.officer@bank.example").records("models", registry_name="credit")) == 1
    assert "nothing to write" in site.run("sync")


def test_a_configuration_error_ends_the_daemon_at_its_start(installed: Installed) -> None:
    site, _, _ = installed
    path = site.directory / "mlflow-grc.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("adapter: ", "adaptor: "), encoding="utf-8")
    with site.start("run") as process:
        _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 2
    assert "Did you mean 'adapter'?" in err


def test_the_readers_end_is_no_traceback(installed: Installed) -> None:
    site, _, author = installed
    author.create_model("credit")
    site.run("sync")
    with site.start("audit", "export") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        process.wait(timeout=LIMIT)
    assert "Traceback" not in err
