"""The schemas for editors hold together: every reference resolves, and they allow what loading allows."""

import json

import pytest
from pydantic import BaseModel

from connector.config import schema
from connector.config.settings import Settings


class Options(BaseModel):
    class Inner(BaseModel):
        path: str

    resources: dict[str, Inner]


ALL = {
    "config": schema.config_schema(),
    "inventory": schema.inventory_schema(),
    "profile": schema.profile_schema(),
    "mapping": schema.mapping_schema(),
    "mapping with options": schema.mapping_schema({"http": Options}),
}


def references(part):
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


@pytest.mark.parametrize("name", ALL)
def test_every_reference_resolves(name):
    made = json.loads(json.dumps(ALL[name]))
    assert made["$schema"].endswith("2020-12/schema")
    found = set(references(made))
    assert found
    for reference in found:
        assert reference.removeprefix("#/$defs/") in made["$defs"]


def test_the_configuration_refuses_unknown_keys_and_describes_the_others():
    made = ALL["config"]
    assert made["additionalProperties"] is False
    assert set(made["properties"]) == set(Settings.model_fields)
    connection = made["$defs"]["ConnectionSettings"]
    assert all(one.get("description") for one in connection["properties"].values())


def test_short_forms_are_allowed():
    fields = ALL["mapping"]["$defs"]["ModelEntity"]["properties"]["fields"]
    forms = next(iter(fields["patternProperties"].values()))["anyOf"]
    assert {"type": "string"} in forms
    level = ALL["inventory"]["$defs"]["InventoryField"]["properties"]["in_mlflow"]["anyOf"]
    assert {one["type"] for one in level} == {"string", "array"}


def test_an_adapters_section_is_described_where_it_is_known():
    assert ALL["mapping"]["additionalProperties"] == {"type": "object"}
    made = ALL["mapping with options"]
    assert made["additionalProperties"] is False
    assert "resources" in made["properties"]["http"]["properties"]
    assert "http.Inner" in made["$defs"]
