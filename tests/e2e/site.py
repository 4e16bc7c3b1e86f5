"""A whole installation: a real MLflow server, the mock GRC, a configuration file, and the connector as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.config.server import DatabaseServer
from connector.mlflow_server import RegistryAuthor
from connector.mock import MockGrc
from connector.registry.rest import MlflowRegistry
from connector.state import Store, open_store

CONFIG = """\
instance: 3d5a2f10-6f0f-4f0e-9a53-000000000001
registries:
  main:
    uri: {mlflow}
    id: 3d5a2f10-6f0f-4f0e-9a53-000000000002
    production_aliases: [production]
connections:
  bank:
    registry: main
    adapter: http
    url: {grc}
    mapping: mock
    concurrency: 4
    http: {http}
    auth: {{type: bearer, token: {{env: E2E_GRC_TOKEN}}}}
state: {state}
"""
PATIENCE = 120
"""Seconds that one command may take."""


@dataclass
class Site:
    """``officer`` acts in the GRC, ``author`` in MLflow, ``registry`` reads MLflow."""

    directory: Path
    grc: MockGrc
    author: RegistryAuthor
    registry: MlflowRegistry
    mlflow_url: str
    database: str = ""
    """Address of a PostgreSQL database; empty: the state is a file."""
    more: str = ""
    http: str = "{}"
    """Options of the GRC's requests."""

    def __post_init__(self) -> None:
        self.officer = self.grc.as_user("risk.officer@bank.example")
        state = f"{{url: '{self.database}'}}" if self.database else "{path: state.db}"
        text = CONFIG.format(mlflow=self.mlflow_url, grc=self.grc.url, state=state, http=self.http)
        (self.directory / "mlflow-grc.yaml").write_text(text + self.more, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``mlflow-grc`` with these arguments in the site's directory."""
        return subprocess.Popen(
            [sys.executable, "-m", "connector", *arguments],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def environment(self) -> Mapping[str, str]:
        root = str(Path(__file__).parents[2])
        return {**os.environ, "E2E_GRC_TOKEN": self.grc.token, "PYTHONPATH": root, "NO_COLOR": "1"}

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run to the end; what it printed. Fails unless the exit code is ``expect``."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == expect, f"exit {process.returncode}\n{out}\n{err}"
        return out

    def store(self) -> Store:
        place = DatabaseServer(self.database) if self.database else self.directory / "state.db"
        return open_store(place, lambda text: text)

    def record(self, name: str) -> dict[str, Any]:
        found = self.officer.records("models", registry_name=name)
        assert len(found) == 1, f"{len(found)} records for {name}"
        return found[0]
