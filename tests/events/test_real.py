"""Real servers: MLflow with webhooks, the mock GRC with one, and the daemon with its receiver."""

from __future__ import annotations

import re
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests

from adapters.httpclient.redaction import redact
from connector.cli.main import run
from connector.config.config import load_config
from connector.daemon import run_daemon
from connector.logs import configure
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import MockGrc
from connector.mock.webhook import Webhook
from connector.registry.rest import MlflowRegistry
from connector.state import Store, open_store
from tests.server_version import need, version_of

pytestmark = pytest.mark.server

LIMIT = 20.0
KEY, SHARED = "mlflow-signs-with-this-key-of-ours", "the-grc-proves-itself-with-this-one"
CONFIG = """
    instance: 1a2b3c4d-0000-4000-8000-00000000000a
    registries:
      main: {{uri: "{mlflow}", id: 6f1f1f5e-0000-4000-8000-000000000001}}
    connections:
      bank: {{registry: main, adapter: http, url: "{grc}", mapping: mock,
             auth: {{type: bearer, token: {{env: TOKEN}}}}}}
    schedule: {{interval: 1d}}
    server: {{listen: "127.0.0.1:0"}}
    logging: {{file: daemon.log}}
    state: {{path: state.db}}
    events:
      url: http://127.0.0.1:1
      full_cycle_every: 0
      mlflow: {{main: {{secret: {{env: KEY}}}}}}
      grc: {{bank: {{secret: {{env: SHARED}}, model: record.id, version: record.id, issue: record.id}}}}
"""


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + LIMIT
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


@contextmanager
def daemon(file: Path, store: Store) -> Iterator[str]:
    """The daemon; where its receiver is."""
    config, stop = load_config(file), threading.Event()
    configure(redact=redact, file=config.log_path)
    thread = threading.Thread(target=run_daemon, args=(config, ["bank"], store, stop))
    thread.start()
    try:
        serving: list[str] = []

        def served() -> bool:
            log = config.log_path.read_text() if config.log_path and config.log_path.exists() else ""
            serving[:] = re.findall(r"serving .*address=(\S+)", log)
            return bool(serving)

        wait_for(served)
        yield serving[0]
    finally:
        stop.set()
        thread.join(LIMIT)
        assert not thread.is_alive()


def test_a_change_on_either_side_is_on_the_other_at_once(
    tmp_path: Path,
    mlflow_server: MlflowServer,
    mlflow_author: RegistryAuthor,
    mlflow_registry: MlflowRegistry,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    need(version_of(mlflow_server.url), (3, 3), "webhooks")
    file, hook = tmp_path / "mlflow-grc.yaml", Webhook("http://127.0.0.1:1", SHARED)
    with MockGrc(webhook=hook) as grc, closing(open_store(tmp_path / "state.db", redact)) as store:
        for name, value in (("TOKEN", grc.token), ("KEY", KEY), ("SHARED", SHARED)):
            monkeypatch.setenv(name, value)
        file.write_text(textwrap.dedent(CONFIG).format(mlflow=mlflow_server.url, grc=grc.url))
        officer = grc.as_user("risk.officer@bank.example")
        mlflow_author.create_model("credit", tags={"purpose": "one"})
        mlflow_author.create_version("credit")

        def command(*words: str) -> tuple[int, str]:
            code = run([*words, "--config", str(file)])
            return code, capsys.readouterr().out

        with daemon(file, store) as address:
            hook.url = f"{address}/events/grc/bank"
            file.write_text(file.read_text().replace("http://127.0.0.1:1", address))
            assert [command("webhooks", "register")[0] for _ in range(2)] == [0, 0]
            code, listed = command("webhooks", "list", "--json")
            assert (code, listed.count('"ours": true')) == (0, 1)
            assert KEY not in listed
            wait_for(lambda: store.runs("bank") and store.runs("bank")[0].ended)
            code, told = command("webhooks", "test")
            assert (code, "answered 202" in told) == (0, True), told
            example = partial(re.findall, r"(left .*) \[.*object=example_model")
            wait_for(lambda: example((tmp_path / "daemon.log").read_text()))
            assert example((tmp_path / "daemon.log").read_text()) == ["left alone"], "no cycle comes of a test"
            record = officer.records("models", registry_name="credit")[0]["id"]
            version = officer.records("versions", registry_name="credit")[0]["id"]

            officer.patch(record, allowed_changes="none")
            wait_for(lambda: mlflow_registry.model("credit").tags.get("grc_allowed_changes") == "none")
            issue = officer.raise_issue("Too old", model=record)["id"]
            wait_for(lambda: mlflow_registry.model("credit").tags.get("grc_open_issues") == "1")
            officer.close_issue(issue)
            wait_for(lambda: mlflow_registry.model("credit").tags.get("grc_open_issues") == "0")
            mlflow_author.set_tag("credit", "validation_status", "passed", version="1")
            wait_for(lambda: officer.record(version)["validation_status"] == "Passed")

            mlflow_author.create_model("fraud")
            wait_for(lambda: officer.records("models", registry_name="fraud"))
            wait_for(lambda: store.hints("bank", 10) == [])
            forged = requests.post(f"{address}/events/grc/bank/model", json={"record": {"id": record}}, timeout=LIMIT)
            long = requests.post(f"{address}/events/mlflow/main", data=b"x" * 300_000, timeout=LIMIT)
            assert (forged.status_code, long.status_code) == (401, 413)
            assert record not in {each.hint.id for each in store.hints("bank", 10)}
        assert command("webhooks", "remove")[0] == 0
        assert '"ours"' not in command("webhooks", "list", "--json")[1]
