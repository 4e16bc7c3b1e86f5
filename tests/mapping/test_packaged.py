"""The mappings that ship load, each with the options of its adapter."""

from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

import pytest

from adapters.base import ENTRY_POINT_GROUP
from connector.mapping.load import load_mapping, packaged_mappings
from connector.model.fields import Entity


def test_every_file_beside_the_inventory_is_a_mapping():
    names = {Path(entry.name).stem for entry in files("mappings").iterdir() if entry.name.endswith(".yaml")}
    assert set(packaged_mappings()) == names - {"inventory"}


def options_model(adapter):
    """The options of an adapter, of an installed plug-in or of ours."""
    found = [one for one in entry_points(group=ENTRY_POINT_GROUP) if one.name == adapter]
    return found[0].load().Options if found else import_module(f"adapters.{adapter}").Options


@pytest.mark.parametrize("name", packaged_mappings())
def test_a_packaged_mapping_loads(name):
    mapping = load_mapping(name)
    mapping = load_mapping(name, adapter_options_model=options_model(mapping.adapter))
    assert mapping.entities[Entity.MODEL].key_field
    tier = next(one for one in mapping.fields(Entity.MODEL) if one.name == "risk_classification")
    assert tier.in_grc
    assert any(one.name == "approval_status" and one.in_grc for one in mapping.fields(Entity.VERSION))
