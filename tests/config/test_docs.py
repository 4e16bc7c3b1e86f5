"""docs/configuration.md: its generated part is current, and no key is left unmentioned."""

import re
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from adapters.httpclient import settings as http
from connector.config.config import load_config
from connector.config.reference import BEGIN, END, SECTIONS, reference
from connector.mapping import inventory, platform, profile

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_generated_part_is_current():
    inside = TEXT.split(BEGIN)[1].split(END)[0].strip()
    assert inside == reference(), "run: python -m connector.config.reference docs/configuration.md"


AUTH = typing.get_args(typing.get_args(http.AuthSettings)[0])
MODELS = [
    *(model for _, _, model in SECTIONS),
    *AUTH,
    *(http.HttpSettings, http.RateLimit, http.Retry, http.Secret),
    *(inventory.InventoryField, platform.MappedField, platform.PlatformMapping, platform.Entities),
    *(platform.ModelIdentity, platform.VersionIdentity, platform.IssueIdentity, platform.ModelEntity),
    *(profile.Profile, profile.RequiredFields),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_key_is_mentioned(model: type[BaseModel]):
    code = " ".join(a or b for a, b in re.findall(r"`([^`\n]+)`|^ *(\w+):", TEXT, re.MULTILINE))
    words = set(re.findall(r"\w+", code))
    assert [name for name in model.model_fields if name not in words] == []


def test_kinds_of_signing_in_are_all_there():
    kinds = {typing.get_args(model.model_fields["type"].annotation)[0] for model in AUTH}
    section = TEXT.split("## Signing in")[1].split("\n## ")[0]
    assert all(f"| `{kind}` |" in section for kind in kinds)


def test_defaults_in_the_text_are_those_of_the_code():
    section = TEXT.split("## Requests")[1].split("\n## ")[0]
    defaults = http.HttpSettings()
    assert f"| `timeout_seconds` | `{defaults.timeout_seconds:g}` |" in section
    assert f"| `max_concurrency` | `{defaults.max_concurrency}` |" in section
    retry = defaults.retry
    assert f"`max_attempts` ({retry.max_attempts})" in section
    assert f"({retry.wait_seconds:g})" in section
    assert f"({retry.max_wait_seconds:g})" in section


def test_the_examples_load(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(blocks[0])
    (tmp_path / "bank.yaml").write_text(blocks[1])
    (tmp_path / "own.yaml").write_text(blocks[2])
    assert load_config(path).mapping("grc").platform.platform == "mock"
    path.write_text(blocks[0].replace("mapping: mock", "mapping: own.yaml") + "inventory: bank.yaml\n")
    mapping = load_config(path).mapping("grc")
    assert mapping.platform.platform == "our-grc"
    assert "cost_centre" in mapping.inventory.fields
