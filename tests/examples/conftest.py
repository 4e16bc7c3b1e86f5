"""An example as its README tells to start it: the mock GRC in its dialect, its files, and a real MLflow."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connector.cli.main import run
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import MockGrc
from connector.registry.rest import MlflowRegistry
from tests.cli.desk import OFFICER, Said

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRETS = {
    "ledgerline": {"LEDGERLINE_TOKEN": "token"},
    "northgate": {"NORTHGATE_PASSWORD": "token"},
    "quillgrc": {"QUILLGRC_SECRET": "token", "QUILLGRC_TRACKER_SECRET": "issues_token"},
}


@dataclass
class Trial:
    """An example at work. ``say`` runs a command and gives what it said."""

    name: str
    directory: Path
    grc: MockGrc
    author: RegistryAuthor
    registry: MlflowRegistry
    capture: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        self.officer = self.grc.as_user(OFFICER)
        self.mapping = self.directory / "mapping.yaml"

    def say(self, *arguments: str, expect: int = 0) -> Said:
        self.capture.readouterr()
        code = run(["--config", str(self.directory / "mlflow-grc.yaml"), *arguments])
        out, err = self.capture.readouterr()
        assert code == expect, f"exit {code}\n{out}\n{err}"
        return Said(code, out, err)

    def change(self, *changes: tuple[str, str]) -> None:
        """Replace some text of the mapping."""
        text = self.mapping.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.mapping.write_text(text, encoding="utf-8")

    def record(self, name: str, kind: str = "models") -> dict:
        (found,) = self.officer.records(kind, registry_name=name)
        return found

    def tags(self, name: str, version: str | None = None) -> dict[str, str]:
        found = self.registry.version(name, version) if version else self.registry.model(name)
        assert found is not None
        return dict(found.tags)


def dialect_of_readme(name: str) -> str:
    """The dialect that the example's README names."""
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    return re.search(r"--dialect (\S+)", text)[1]


@pytest.fixture
def trial(
    tmp_path: Path,
    mlflow_server: MlflowServer,
    mlflow_author: RegistryAuthor,
    mlflow_registry: MlflowRegistry,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], Trial]]:
    started: list[MockGrc] = []

    def start(name: str) -> Trial:
        grc = MockGrc(dialect=dialect_of_readme(name)).start()
        started.append(grc)
        shutil.copytree(EXAMPLES / name, tmp_path / name)
        config = tmp_path / name / "mlflow-grc.yaml"
        text = config.read_text(encoding="utf-8")
        for port, url in (("5000", mlflow_server.url), ("8087", grc.url), ("8088", grc.issues_url)):
            text = text.replace(f"http://127.0.0.1:{port}", url)
        config.write_text(text, encoding="utf-8")
        for variable, attribute in SECRETS[name].items():
            monkeypatch.setenv(variable, getattr(grc, attribute))
        return Trial(name, tmp_path / name, grc, mlflow_author, mlflow_registry, capsys)

    yield start
    for grc in started:
        grc.stop()
