"""``init``, ``schema`` and ``mock``."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from connector.config.config import load_config
from tests.cli.desk import Desk

ROOT = Path(__file__).parents[2]


def test_init_writes_a_file_that_is_valid_as_it_stands(desk: Desk) -> None:
    desk.config.unlink()
    said = desk.run("init", "--registry-uri", "http://127.0.0.1:5001", "--grc-url", "http://127.0.0.1:8001")
    config = load_config(desk.config)
    assert config.registry("grc").uri == "http://127.0.0.1:5001"
    assert config.connection("grc").url == "http://127.0.0.1:8001"
    assert "#" in desk.config.read_text(encoding="utf-8")
    assert ["mlflow-grc check" in said.out, "GRC_TOKEN" in said.out] == [True, True]


def test_each_file_has_ids_of_its_own(desk: Desk) -> None:
    desk.run("init", "--output", "a.yaml")
    desk.run("init", "--output", "b.yaml")
    first, second = load_config(desk.directory / "a.yaml"), load_config(desk.directory / "b.yaml")
    assert first.instance != second.instance
    assert first.registry("grc").id != second.registry("grc").id


def test_init_replaces_nothing_unless_forced(desk: Desk) -> None:
    before = desk.config.read_text(encoding="utf-8")
    said = desk.run("init", expect=2)
    assert "exists already" in said.err
    assert desk.config.read_text(encoding="utf-8") == before
    desk.run("init", "--force")
    assert desk.config.read_text(encoding="utf-8") != before


def test_init_knows_the_installed_adapters(desk: Desk) -> None:
    desk.run("init", "--adapter", "http", "--output", "a.yaml")
    assert load_config(desk.directory / "a.yaml").connection("grc").adapter == "http"
    said = desk.run("init", "--adapter", "zzz", "--output", "b.yaml", expect=2)
    assert "http" in said.err
    assert not (desk.directory / "b.yaml").exists()


def test_init_copies_the_mapping_to_change(desk: Desk) -> None:
    desk.run("init", "--mapping-out", "own.yaml", "--output", "a.yaml")
    config = load_config(desk.directory / "a.yaml")
    assert config.connection("grc").mapping == "own.yaml"
    config.mapping("grc")
    assert (desk.directory / "own.yaml").read_bytes() == (ROOT / "mappings" / "mock.yaml").read_bytes()
    said = desk.run("init", "--mapping-out", "own.yaml", "--output", "b.yaml", expect=2)
    assert "own.yaml" in said.err
    assert not (desk.directory / "b.yaml").exists()
    assert ".yaml" in desk.run("init", "--mapping-out", "own", "--output", "b.yaml", expect=2).err


def test_init_writes_yaml_as_people_do(desk: Desk) -> None:
    desk.run("init", "--output", "a.yaml")
    text = (desk.directory / "a.yaml").read_text(encoding="utf-8")
    assert "auth: {type: none}" in text
    assert "token: {env: GRC_TOKEN}" in text


@pytest.mark.parametrize("what", ["config", "mapping", "inventory", "profile"])
def test_schema_prints_json_schema(desk: Desk, what: str) -> None:
    schema = desk.run("schema", what).json
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["properties"]


def test_the_mapping_schema_knows_the_adapters_section(desk: Desk) -> None:
    assert "resources" in desk.run("schema", "mapping").json["properties"]["http"]["properties"]


def test_the_mock_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    token = tmp_path / "token"
    command = [sys.executable, "-m", "connector", "mock", "--token-file", str(token), "--data", str(tmp_path / "data")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http://")).rstrip(".")
        try:
            headers = {"Authorization": f"Bearer {token.read_text().strip()}"}
            answer = requests.get(f"{url}/api/v1/me", headers=headers, timeout=10)
            assert answer.json()["email"] == "mlflow-grc@bank.example"
        finally:
            process.terminate()
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert "risk.officer@bank.example" in rest
    assert token.read_text().strip() not in line + rest
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert json.loads((tmp_path / "data").read_text())


def test_a_port_that_is_taken_is_named(desk: Desk) -> None:
    port = desk.grc.url.rpartition(":")[2]
    said = desk.run("mock", "--port", port, expect=1)
    assert port in said.err
    assert "--port" in said.err


def test_a_data_file_that_is_none(desk: Desk) -> None:
    (desk.directory / "data").write_text("{}", encoding="utf-8")
    assert "data" in desk.run("mock", "--data", "data", expect=2).err


def test_an_empty_token_file(desk: Desk) -> None:
    (desk.directory / "token").write_text("", encoding="utf-8")
    assert "token" in desk.run("mock", "--token-file", "token", expect=2).err


def test_a_dialect_is_served_and_told(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "connector",
        "mock",
        "--dialect",
        "key-header,bare",
        "--dialect",
        "issues-elsewhere",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        url, token, dialect, issues = lines
        try:
            found = requests.get(
                f"{url.split(' at ')[1].split()[0].rstrip('.')}/api/v1/models",
                headers={"X-GRC-Key": token.rpartition(" ")[2].strip()},
                timeout=10,
            )
            assert found.json() == []
            place, secret = issues.removeprefix("Issues are at ").strip().removesuffix(".").split(", with the token ")
            assert requests.get(f"{place}/api/v1/issues", headers={"X-GRC-Key": secret}, timeout=10).json() == []
        finally:
            process.terminate()
        process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert dialect.strip() == "Dialect: key-header, bare, issues-elsewhere."


@pytest.mark.parametrize(
    ("given", "said"), [("key-heder", "Did you mean key-header"), ("session,oauth2", "contradict each other")]
)
def test_a_dialect_that_there_is_not(desk: Desk, given: str, said: str) -> None:
    assert said in desk.run("mock", "--dialect", given, expect=2).err
