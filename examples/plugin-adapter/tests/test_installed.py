"""The package as it is installed: found by its entry point, and at work in the command."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml
from simulator import TOKEN, Simulator

HERE = Path(__file__).parents[1]


@pytest.fixture
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture
def run(simulator, tmp_path):
    """The command, in a directory with the example's two files."""
    settings = yaml.safe_load((HERE / "mlflow-grc.yaml").read_text(encoding="utf-8"))
    settings["connections"]["cardex"]["url"] = simulator.url
    settings["registries"]["main"] |= {"uri": "http://127.0.0.1:9", "http": {"retry": {"max_attempts": 1}}}
    (tmp_path / "mlflow-grc.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (tmp_path / "cardex.yaml").write_bytes((HERE / "cardex.yaml").read_bytes())

    def command(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "connector", *arguments],
            cwd=tmp_path,
            env={**os.environ, "CARDEX_TOKEN": TOKEN},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


def test_the_entry_point_is_found():
    (found,) = entry_points(group="mlflow_grc.adapters", name="cardex")
    assert found.load().__name__ == "CardexAdapter"
    assert found.dist.name == "mlflow-grc-cardex"


def test_discover_shows_its_drawers(run):
    done = run("discover", "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [each["name"] for each in told["containers"]] == ["models", "findings"]
    assert {"name": "tier", "type": "choice"}.items() <= told["entities"]["model"][7].items()


def test_check_has_nothing_to_say_of_the_mapping_and_of_cardex(run, simulator):
    simulator.cardex.file("models", {"registered_as": "credit", "tier": "High"})
    findings = json.loads(run("check", "--json").stdout)["findings"]
    assert [each for each in findings if each["fatal"] and each["area"] != "MLflow"] == []


def test_check_names_a_slot_that_is_not_there(run, tmp_path):
    mapping = tmp_path / "cardex.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("field: tier", "field: tire"), encoding="utf-8")
    findings = json.loads(run("check", "--json").stdout)["findings"]
    assert "Did you mean 'tier'?" in [each["remedy"] for each in findings if each["area"] == "mapping"]


def test_its_options_are_part_of_the_json_schema(run):
    assert "The drawer that holds the cards of each entity." in run("schema", "mapping").stdout
