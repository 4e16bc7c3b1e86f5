"""For which entities a listing by time shows every change that the mapping reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.base import AdapterSettings
from connector.engine.adapters import adapter_class
from connector.mapping.load import load_mapping, mapping_path
from connector.model.fields import Entity

M, V, I = Entity.MODEL, Entity.VERSION, Entity.ISSUE  # noqa: E741


def telling(file: Path) -> set[Entity]:
    adapter = adapter_class(yaml.safe_load(file.read_text(encoding="utf-8"))["adapter"])
    mapping = load_mapping(file, adapter_options_model=adapter.Options)
    auth = {"type": "bearer", "token": {"file": "/nowhere"}} if adapter.name == "http" else None
    variables = dict.fromkeys(re.findall(r"\$\{(\w+)\}", file.read_text(encoding="utf-8")), "some")
    url = "http://127.0.0.1:9"
    settings = AdapterSettings("bank", url, auth, None, mapping.options, mapping.entities, variables)
    with adapter(settings) as opened:
        return {entity for entity in (M, V, I) if opened.tells_changes(entity)}


def changed(tmp_path: Path, name: str, change: Any) -> Path:
    document = yaml.safe_load(mapping_path(name).read_text(encoding="utf-8"))
    change(document)
    file = tmp_path / f"{name}.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mock", {M, V, I}),
        ("servicenow", {M, V, I}),
        # Governance details and approvals stand in tables of their own.
        ("servicenow-ai-models", {I}),
        ("logicgate", {M, V, I}),
        # No filter by time is published.
        ("metricstream", set()),
    ],
)
def test_of_the_mappings_that_ship(name: str, expected: set[Entity]) -> None:
    assert telling(mapping_path(name)) == expected


def test_a_column_reached_through_a_reference_changes_unseen(tmp_path: Path) -> None:
    def through(document: dict[str, Any]) -> None:
        document["entities"]["issue"]["fields"]["title"]["field"] = "item.short_description"

    assert telling(changed(tmp_path, "servicenow", through)) == {M, V}


def test_a_link_of_logicgate_may_change_unseen(tmp_path: Path) -> None:
    def linked(document: dict[str, Any]) -> None:
        document["entities"]["issue"]["identity"]["parent"] = "linked.model"

    assert telling(changed(tmp_path, "logicgate", linked)) == {M, V}


def test_a_listing_for_each_parent_is_whole(tmp_path: Path) -> None:
    def below(document: dict[str, Any]) -> None:
        issue = document["http"]["resources"]["issue"]
        issue["parent"] = {"entity": "model", "field": "model"}
        issue["list"]["path"] = "/api/v1/models/{parent}/issues"
        for name in ("find", "create", "update", "get", "comments"):
            issue.pop(name, None)

    assert telling(changed(tmp_path, "mock", below)) == {M, V}
