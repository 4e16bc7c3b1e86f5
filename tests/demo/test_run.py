"""From the first line to the exit code, and nothing left behind on any way out."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import requests
import yaml

from connector.config.config import load_config
from connector.demo import bank, run
from connector.demo.events import Reported
from connector.demo.eyes import MlflowEyes
from connector.demo.run import INTERRUPTED, UNAPPROVED_IN_PRODUCTION, DemoOptions, Parts, run_demo
from connector.demo.workplace import workplace
from connector.model.errors import ConfigError, Unreachable
from tests.demo.standin import MemoryRegistry


class FakeServer:
    """Counts what the demo does with MLflow."""

    url = "http://127.0.0.1:9"

    def __init__(self, directory):
        self.directory, self.calls = directory, []
        directory.mkdir()
        FakeServer.last = self

    def launch(self):
        self.calls.append("launch")

    def wait_ready(self):
        self.calls.append("ready")

    def stop(self):
        self.calls.append("stop")


class LosingCycle:
    def sync(self):
        raise Unreachable("The GRC does not answer.")


class FakeRegistry(MemoryRegistry):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def close(self):
        return None


@pytest.fixture
def no_mlflow(monkeypatch):
    registry = FakeRegistry()
    monkeypatch.setattr(bank, "MlflowServer", FakeServer)
    monkeypatch.setattr(bank, "RegistryAuthor", lambda url: registry)
    monkeypatch.setattr(bank, "MlflowEyes", lambda url: registry)
    return registry


def parts(cycle=None, report=None):
    def make_report(config):
        finding = ("critical", *UNAPPROVED_IN_PRODUCTION, "under production")
        return report or Reported("1 finding", (), (), str(config.parent / "report.txt"), (finding,))

    return Parts(open_cycle=lambda _config: nullcontext(cycle or LosingCycle()), make_report=make_report)


def test_a_story_that_breaks_off_is_told_as_json_and_ends_with_1(no_mlflow, tmp_path):
    out = io.StringIO()
    code = run_demo(DemoOptions(directory=tmp_path / "demo", machine=True), parts(), stream=out)
    document = json.loads(out.getvalue())
    assert code == 1
    assert document["ok"] is False
    assert document["failures"] == [
        "the act is played to its end: found 'Unreachable: The GRC does not answer.', expected ''"
    ]
    assert [server["what"] for server in document["servers"]] == ["MLflow", "GRC", "Portfolio"]
    assert FakeServer.last.calls == ["launch", "ready", "stop"]
    grc = next(server["value"] for server in document["servers"] if server["what"] == "GRC")
    with pytest.raises(requests.ConnectionError):
        requests.get(grc, timeout=5)


def test_the_configuration_it_leaves_is_valid_and_its_token_is_for_the_owner_alone(no_mlflow, tmp_path):
    run_demo(DemoOptions(directory=tmp_path, machine=True), parts(), stream=io.StringIO())
    config = load_config(tmp_path / "mlflow-grc.yaml")
    assert config.connection_names == ("demo",)
    assert config.connection("demo").mapping == "mock"
    token = yaml.safe_load((tmp_path / "mlflow-grc.yaml").read_text())["connections"]["demo"]["auth"]["token"]["file"]
    assert stat.S_IMODE(Path(token).stat().st_mode) == 0o600
    assert Path(token).read_text().strip() not in (tmp_path / "mlflow-grc.yaml").read_text()


def test_an_error_on_the_way_stops_the_servers(no_mlflow, tmp_path):
    def broken(_config):
        raise ConfigError("The mapping mock is not there.")

    with pytest.raises(ConfigError, match="mapping"):
        run_demo(DemoOptions(directory=tmp_path / "demo"), Parts(broken, broken), stream=io.StringIO())
    assert FakeServer.last.calls[-1] == "stop"


def test_keep_prints_the_addresses_and_waits_for_ctrl_c(no_mlflow, tmp_path, monkeypatch):
    out, seen = io.StringIO(), []

    def press():
        seen.append((out.getvalue(), list(FakeServer.last.calls)))

    monkeypatch.setattr(run, "_wait_for_the_end", press)
    run_demo(DemoOptions(directory=tmp_path / "demo", keep=True), parts(), stream=out)
    text, calls = seen[0]
    assert "The servers stay up until you press Ctrl-C." in text
    assert FakeServer.url in text
    assert re.search(r"rita.okafor +[0-9a-f]{40} +model risk officer", text)
    assert calls == ["launch", "ready"]
    assert FakeServer.last.calls[-1] == "stop"


def test_a_directory_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(ConfigError, match="is not empty"):
        run_demo(DemoOptions(directory=tmp_path), parts(), stream=io.StringIO())
    assert (tmp_path / "mine.txt").read_text() == "keep me"


@pytest.mark.parametrize(("keep", "left"), [(False, ["report.txt"]), (True, ["mlflow", "report.txt"])])
def test_a_temporary_directory_keeps_the_report_and_the_store_only_on_request(keep, left):
    with workplace(None, keep=keep) as directory:
        (directory / "mlflow").mkdir()
        (directory / "report.txt").write_text("report")
    assert sorted(path.name for path in directory.iterdir()) == left


def test_a_temporary_directory_goes_when_the_demo_breaks_off():
    with pytest.raises(KeyboardInterrupt), workplace(None, keep=True) as directory:
        raise KeyboardInterrupt
    assert not directory.exists()


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_a_signal_in_mid_story_leaves_no_server_and_no_file(tmp_path, number):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "tests.demo.halting"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        halted = next((line for line in demo.stderr if line.startswith("halted ")), "")
        config = yaml.safe_load(Path(halted.split()[1]).read_text())
        addresses = [config["registries"]["bank"]["uri"], config["connections"]["demo"]["url"]]
        assert all(requests.get(address, timeout=30).ok for address in addresses)

        demo.send_signal(number)
        out, _ = demo.communicate(timeout=60)
    assert demo.returncode == INTERRUPTED
    assert out == ""
    for address in addresses:
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=5)
    assert list(tmp_path.glob("mlflow-grc-demo-*")) == []


@pytest.mark.server
def test_eyes_see_what_stands_in_mlflow(mlflow_server, mlflow_author):
    mlflow_author.create_model("sme-pd", tags={"purpose": "capital"})
    version = mlflow_author.create_version("sme-pd", tags={"technique": "ml"})
    mlflow_author.set_alias("sme-pd", "production", version)
    mlflow_author.set_alias("sme-pd", "champion", version)
    eyes = MlflowEyes(mlflow_server.url)
    assert eyes.tags("sme-pd") == {"purpose": "capital"}
    assert eyes.tags("sme-pd", version) == {"technique": "ml"}
    assert eyes.in_production() == {"sme-pd": version}
    assert eyes.tags("nothing-of-the-kind") == {}
    eyes.close()


def test_a_report_that_misses_the_point_ends_with_1(no_mlflow, tmp_path):
    out = io.StringIO()
    silent = Reported("no finding", (), (), str(tmp_path / "report.txt"))
    run_demo(DemoOptions(directory=tmp_path / "demo", machine=True), parts(report=silent), stream=out)
    assert "the report does not tell of C01 card-fraud-detection v4" in json.loads(out.getvalue())["failures"]
