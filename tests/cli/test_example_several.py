"""examples/several: loads as it stands, is refused without what its comments call for, and does what they say."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.config.config import load_config
from connector.engine import checking, opening
from connector.engine.opening import connection_mapping
from connector.mock import MockGrc
from connector.model.errors import ConfigError
from connector.registry.joined import JoinedRegistry
from tests.cli.desk import OFFICER, Desk
from tests.fakes.registry import InProcessServer

EXAMPLE = Path(__file__).parents[2] / "examples" / "several"
TOKENS = ("MLFLOW_TOKEN", "RESEARCH_TOKEN", "GRC_TOKEN", "COMPLIANCE_TOKEN")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    for path in EXAMPLE.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path / "mlflow-grc.yaml"


def test_it_loads_with_its_mappings(example: Path) -> None:
    config = load_config(example)
    mappings = {name: connection_mapping(config, name).platform.platform for name in config.connection_names}
    assert mappings == {"model-risk": "mock", "compliance": "compliance-register", "research": "mock"}
    assert config.schedule("compliance").cron == "0 * * * *"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("    owners: {compliance_review: mlflow}\n", "write tag:compliance_review, and let their GRC decide"),
        ("    tag_prefix: register_\n", "write the tags under the prefix 'grc_'"),
    ],
)
def test_without_what_keeps_the_two_apart_it_is_refused(example: Path, line: str, words: str) -> None:
    text = example.read_text(encoding="utf-8")
    assert line in text
    example.write_text(text.replace(line, ""), encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as error:
        load_config(example)
    assert error.value.key == "connections.compliance"


@pytest.fixture
def servers(
    bare_desk: Desk, example: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Desk, dict[str, InProcessServer], MockGrc]]:
    """The example with a mock in the place of each GRC, and workspaces in memory in that of each MLflow."""
    with MockGrc(token="compliance-token") as compliance:
        for name in TOKENS:
            monkeypatch.setenv(name, compliance.token if name.startswith("COMPLIANCE") else bare_desk.grc.token)
        text = example.read_text(encoding="utf-8")
        text = re.sub(r"https://compliance\S+", compliance.url, text)
        example.write_text(re.sub(r"https://grc\S+", bare_desk.grc.url, text), encoding="utf-8")
        bare_desk.config = example
        found = {"bank": InProcessServer("retail", "risk"), "research": InProcessServer("default", "labs")}
        served = {name: registry.served for name, registry in load_config(example).settings.registries.items()}

        def open_registry(config: object, name: str, **_: object) -> JoinedRegistry:
            registry = config.connection(name).registry
            return JoinedRegistry(found[registry], served[registry])

        for module in (opening, checking):
            monkeypatch.setattr(module, "open_registry", open_registry)
        yield bare_desk, found, compliance


def test_it_does_what_it_says(servers: tuple[Desk, dict[str, InProcessServer], MockGrc]) -> None:
    desk, registries, compliance = servers
    for workspace in ("retail", "risk"):
        registries["bank"].author(workspace).create_model("credit", description=f"Of {workspace}.")
        registries["bank"].author(workspace).create_version("credit")
        registries["bank"].author(workspace).create_model("demo-1")
    registries["research"].author("labs").create_model("credit", tags={"governed": "true"})
    registries["research"].author("labs").create_model("try")
    assert desk.run("check")
    desk.run("sync")
    register = compliance.as_user(OFFICER)
    names = sorted(row["registry_name"] for row in desk.officer.records("models"))
    assert names == ["labs/credit", "retail/credit", "risk/credit", "risk/demo-1"]
    assert sorted(row["registry_name"] for row in register.records("models")) == names[1:]
    (version,) = register.records("versions", registry_name="risk/credit")
    register.patch(version["id"], compliance_review="Approved")
    desk.run("sync")
    desk.run("sync")
    tags = registries["bank"].registries["risk"].version("credit", "1").tags
    assert tags["compliance_review"] == "approved"
    assert {key.partition("_")[0] for key in tags} == {"grc", "register", "compliance"}
    (told,) = desk.officer.records("versions", registry_name="risk/credit")
    assert told["compliance_review"] == "Approved"
    runs = desk.run("sync", "--json").json["runs"]
    assert [run["run"]["status"] for run in runs] == ["clean"] * 3
