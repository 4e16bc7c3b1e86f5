"""An admin at a desk: a directory with a configuration, the command line, a GRC, and people at work on both sides."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import run
from connector.mock import MockGrc
from connector.state import SqliteStore
from tests.fakes.registry import InProcessRegistry

OFFICER = "risk.officer@bank.example"
CONFIG = """\
instance: 1a2b3c4d-0000-4000-8000-00000000000a
registries:
  main:
    uri: {uri}
    id: 6f1f1f5e-0000-4000-8000-000000000001
    http: {{timeout_seconds: 5, retry: {{max_attempts: 1}}}}
connections:
  bank:
    registry: main
    adapter: http
    url: {grc}
    auth: {{type: bearer, token: {{env: DESK_TOKEN}}}}
    mapping: mock
    http: {{timeout_seconds: 5, retry: {{max_attempts: 1}}}}
state: {{path: state.db}}
"""


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        """The lines of standard error that are no log lines."""
        return [line for line in self.err.splitlines() if line and not line[:4].isdigit()]


@dataclass
class Desk:
    """``registry`` is the connector's side of MLflow, ``author`` the hand of people there, ``officer`` a person in the
    GRC.
    """

    directory: Path
    grc: MockGrc
    registry: InProcessRegistry
    capture: pytest.CaptureFixture[str]
    uri: str = "http://127.0.0.1:9"
    config: Path = field(init=False)

    def __post_init__(self) -> None:
        self.author = self.registry.author
        self.officer = self.grc.as_user(OFFICER)
        self.config = self.directory / "mlflow-grc.yaml"
        self.write()

    def write(self, *changes: tuple[str, str], more: str = "") -> None:
        """Write the configuration, with some of its text replaced."""
        text = CONFIG.format(uri=self.uri, grc=self.grc.url)
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.config.write_text(text + more, encoding="utf-8")

    def run(self, *arguments: str, expect: int | None = 0) -> Said:
        """Run a command here; fails unless it ends with ``expect`` (None: anything)."""
        self.capture.readouterr()
        named = ("--config", str(self.config)) if self.config.exists() else ()
        code = run([*named, *arguments])
        out, err = self.capture.readouterr()
        said = Said(code, out, err)
        assert "Traceback" not in err or "--debug" in arguments, err
        assert expect is None or code == expect, f"exit {code}\n{out}\n{err}"
        return said

    def model(self, name: str = "credit", versions: int = 1, **tags: str) -> None:
        """Register a model."""
        self.author.create_model(name, description=f"About {name}.", tags=tags)
        for _ in range(versions):
            self.author.create_version(name)

    def tags(self, name: str, version: str | None = None) -> dict[str, str]:
        found = self.registry.version(name, version) if version else self.registry.model(name)
        assert found is not None
        return dict(found.tags)

    def record(self, name: str, kind: str = "models") -> dict[str, Any]:
        found = self.officer.records(kind, registry_name=name)
        assert len(found) == 1, f"{len(found)} records for {name}"
        return found[0]

    def conflict(self, name: str = "credit") -> None:
        """Sync, then change the shared field ``purpose`` on both sides."""
        self.model(name, purpose="before")
        self.run("sync")
        self.author.set_tag(name, "purpose", "as MLflow says")
        self.officer.patch(self.record(name)["id"], purpose="as the GRC says")

    def store(self) -> SqliteStore:
        return SqliteStore(self.directory / "state.db", lambda text: text)
