"""``discover``: what the GRC has, for people, for machines, and as a mapping to complete."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import BaseModel

from adapters.base import Adapter
from connector.config.config import load_config
from connector.engine import opening
from connector.mapping.load import load_mapping
from connector.mock import MockGrc
from connector.model.errors import AuthError, Rejected
from connector.model.fields import Entity
from connector.model.grc import Container, Schema, SchemaField
from tests.cli.desk import Desk

ROOT = Path(__file__).parents[2]
TIER = SchemaField(
    "u_tier",
    "choice",
    choices=("1", "2", "3", "4"),
    label="Tier",
    choice_labels=("Critical", "High", "Moderate", "Low"),
)
MODEL = (
    SchemaField("u_key", "string", max_length=200, label="External key"),
    SchemaField("u_purpose", "string", max_length=4000, label="Purpose", required=True),
    TIER,
    SchemaField("sys_updated", "time", writable=False),
)
BANK = (SchemaField("key", "string"), SchemaField("why", "text", label="Purpose"))
OWN = """\
platform: tabular
adapter: tabular
versions: none
connection:
  url: https://HOST/tables  # ask for yours
entities:
  model:
    identity: {key: u_key}
    fields: {risk_classification: u_tier}
tabular:
  table: u_models  # of the bank's own
"""


class TabularOptions(BaseModel, extra="forbid"):
    table: str


class Tabular(Adapter):
    """A platform that tells of its tables; nothing but describing it works."""

    name = "tabular"
    Options = TabularOptions
    closed = 0
    error: Exception | None = None

    def __init__(self, settings) -> None:
        self.settings = settings

    def discover(self, containers: Sequence[str] = ()) -> Schema:
        if self.error:
            raise self.error
        tables = {"u_models": MODEL, "bank_models": BANK}
        for name in containers:
            if name not in tables:
                near = difflib.get_close_matches(name, tables)
                raise Rejected(f"There is no table '{name}'.", remedy=f"the nearest are {', '.join(near)}.")
        shown = [Container(name, "table", name.title(), tables[name] if name in containers else ()) for name in tables]
        return Schema({Entity.MODEL: MODEL}, tuple(shown))

    def close(self) -> None:
        type(self).closed += 1

    def _nothing(self, *_, **__):
        raise AssertionError("discover only describes")

    check = records = get = find = create = update = comment = comments = _nothing
    requests_sent = property(_nothing)


@pytest.fixture
def tabular(bare_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose GRC has tables, and whose MLflow nobody can reach."""
    monkeypatch.setattr(opening, "adapter_class", lambda _: Tabular)
    monkeypatch.setattr(Tabular, "closed", 0)
    (bare_desk.directory / "own.yaml").write_text(OWN, encoding="utf-8")
    bare_desk.write(("adapter: http", "adapter: tabular"), ("mapping: mock", "mapping: own.yaml"))
    return bare_desk


def test_the_mapped_entities_and_the_list_of_containers(tabular: Desk) -> None:
    out = tabular.run("discover").out
    assert "model (4 fields)" in out
    tier = next(each for each in out.splitlines() if each.startswith("u_tier"))
    assert tier.split("  ")[-1].strip() == "risk_classification"
    assert "1 (Critical), 2 (High), 3 (Moderate), 4 (Low)" in tier
    assert ["identity.key" in out, "200" in out, "yes, required" in out] == [True] * 3
    assert "Containers: 2" in out
    assert "bank_models  table  Bank_Models" in " ".join(out.split(" ")).replace("   ", "  ")
    assert Tabular.closed == 1


def test_containers_by_name_with_their_fields_alone(tabular: Desk) -> None:
    out = tabular.run("discover", "bank", "--container", "bank_models", "--container", "u_models").out
    assert 'bank_models "Bank_Models" (2 fields)' in out
    assert 'u_models "U_Models" (4 fields)' in out
    assert "Containers:" not in out
    assert "mapped as" not in out


def test_json(tabular: Desk) -> None:
    found = tabular.run("discover", "--format", "json").json
    assert (found["connection"], found["adapter"]) == ("bank", "tabular")
    assert found["entities"]["model"][2]["choice_labels"] == ["Critical", "High", "Moderate", "Low"]
    assert [each["name"] for each in found["containers"]] == ["u_models", "bank_models"]
    one = tabular.run("discover", "--format", "json", "--container", "bank_models").json
    assert "entities" not in one
    assert [each["name"] for each in one["containers"]] == ["bank_models"]
    assert [each["name"] for each in one["containers"][0]["fields"]] == ["key", "why"]


def test_a_draft_that_init_uses(tabular: Desk) -> None:
    tabular.run("discover", "--format", "mapping", "--output", "drafted.yaml")
    text = (tabular.directory / "drafted.yaml").read_text(encoding="utf-8")
    assert "table: u_models  # of the bank's own" in text
    assert "url: https://HOST/tables  # ask for yours" in text
    mapping = load_mapping(tabular.directory / "drafted.yaml")
    assert mapping.platform.connection.url == "https://HOST/tables"
    fields = mapping.platform.entities.model.fields
    assert fields["risk_classification"].values == {"critical": "1", "high": "2", "medium": "3", "low": "4"}
    assert fields["purpose"].field == "u_purpose"
    assert mapping.options == {"table": "u_models"}


def test_a_draft_on_standard_output_is_the_same(tabular: Desk) -> None:
    tabular.run("discover", "--format", "mapping", "--output", "drafted.yaml")
    said = tabular.run("discover", "--format", "mapping")
    assert said.out == (tabular.directory / "drafted.yaml").read_text(encoding="utf-8")


def test_a_draft_from_another_container(tabular: Desk) -> None:
    out = tabular.run("discover", "--format", "mapping", "--container", "model=bank_models").out
    assert "      purpose: why" in out
    assert "      key: key   # string" in out
    assert "field: u_tier" not in out
    assert "# The fields of model are those of bank_models: say below that its records are there.\n" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--container", "bank_modles"], "the nearest are bank_models"),
        (["--container", "version=u_models", "--format", "mapping"], "no version records"),
        (["nobody"], "There is no connection 'nobody'"),
        (["--output", "x.yaml"], "--format mapping"),
        (["--format", "mapping", "--output", "x"], ".yaml"),
        (["--format", "mapping", "--output", "own.yaml"], "exists already"),
    ],
)
def test_mistakes_on_the_command_line(tabular: Desk, arguments: list[str], said: str) -> None:
    assert said in tabular.run("discover", *arguments, expect=2).err


def test_what_the_platform_refuses_ends_with_1(tabular: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tabular, "error", AuthError("The token was refused.", remedy="renew it."))
    said = tabular.run("discover", expect=1)
    assert said.err.splitlines()[-2:] == ["Error: The token was refused.", "Remedy: Renew it."]
    monkeypatch.setattr(Tabular, "error", Rejected("The account may not look.", remedy="give it the role."))
    assert "may not look" in tabular.run("discover", expect=1).err


def test_a_missing_secret_of_the_grc_is_named_and_mlflows_are_not_needed(
    tabular: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tabular.config.read_text(encoding="utf-8")
    secret = "    auth: {type: bearer, token: {env: NOT_THERE}}\n    http: {"
    tabular.config.write_text(text.replace("    http: {", secret, 1), encoding="utf-8")
    tabular.run("discover")
    monkeypatch.delenv("DESK_TOKEN")
    assert "DESK_TOKEN" in tabular.run("discover", expect=2).err


def test_several_connections_need_a_name(tabular: Desk) -> None:
    text = tabular.config.read_text(encoding="utf-8")
    second = text[text.index("  bank:\n") : text.index("state:")].replace("  bank:", "  other:")
    with_two = text.replace("state:", second + "    tag_prefix: other_\n    scope: {include: [b-*]}\nstate:")
    tabular.config.write_text(
        with_two.replace("mapping: own.yaml\n", "mapping: own.yaml\n    scope: {include: [a-*]}\n", 1), encoding="utf-8"
    )
    assert "Choose one with --connection: bank, other." in tabular.run("discover", expect=2).err
    assert "model (4 fields)" in tabular.run("discover", "other").out
    assert "model (4 fields)" in tabular.run("discover", "--connection", "bank").out


def test_init_takes_the_draft_with_its_adapter(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    desk.run("discover", "--format", "mapping", "--output", "drafted.yaml")
    desk.run("init", "--mapping", "drafted.yaml", "--output", "new.yaml", "--grc-url", desk.grc.url)
    config = load_config(desk.directory / "new.yaml")
    assert (config.connection("grc").adapter, config.connection("grc").mapping) == ("http", "drafted.yaml")
    config.mapping("grc")
    desk.run(
        "init", "--mapping", "drafted.yaml", "--adapter", "http", "--mapping-out", "copy.yaml", "--output", "b.yaml"
    )
    assert (desk.directory / "copy.yaml").read_bytes() == (desk.directory / "drafted.yaml").read_bytes()
    assert load_config(desk.directory / "b.yaml").connection("grc").mapping == "copy.yaml"
    desk.run("init", "--mapping", "mock", "--output", "c.yaml")
    assert load_config(desk.directory / "c.yaml").connection("grc").mapping == "mock"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--mapping", "nowhere.yaml"], "There is no such file"),
        (["--mapping", "broken.yaml"], "broken.yaml"),
        (["--mapping", "strange.yaml"], "There is no adapter 'strange'"),
        (["--mapping", "mock", "--adapter", "mock"], "for the adapter http, not for mock"),
    ],
)
def test_init_refuses_what_is_no_mapping(desk: Desk, arguments: list[str], said: str) -> None:
    (desk.directory / "broken.yaml").write_text("platform: x\n", encoding="utf-8")
    (desk.directory / "strange.yaml").write_text(OWN.replace("tabular", "strange"), encoding="utf-8")
    assert said in desk.run("init", *arguments, "--output", "new.yaml", expect=2).err
    assert not (desk.directory / "new.yaml").exists()


def test_the_command_as_a_process_against_the_mock(tmp_path: Path) -> None:
    with MockGrc() as grc:
        grc.as_user("risk.officer@bank.example").create("models", registry_name="Credit", tier="2 - High")
        environment = {**os.environ, "GRC_TOKEN": grc.token, "PYTHONPATH": str(ROOT)}

        def run(*arguments: str) -> str:
            command = [sys.executable, "-m", "connector", *arguments]
            done = subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60
            )
            assert grc.token not in done.stdout + done.stderr
            return done.stdout

        run("init", "--grc-url", grc.url)
        text = run("discover")
        assert "purpose" in text
        assert "does not tell which tables or applications" in text
        run("discover", "grc", "--format", "mapping", "--output", "own.yaml")
        run("init", "--grc-url", grc.url, "--mapping", "own.yaml", "--force")
        assert grc.requests.writes == 0
    mapping = load_mapping(tmp_path / "own.yaml")
    shipped = load_mapping("mock")
    assert mapping.platform.entities.model.fields == shipped.platform.entities.model.fields
    assert mapping.options == shipped.options
