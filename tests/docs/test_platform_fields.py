"""The fields that a platform's page has an admin create are those of its mapping: names, lengths, options, writers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT
from tests.simulators.logicgate.schema import OPTIONS, FieldType
from tests.simulators.logicgate.tenant import ISSUES, MODELS, VERSIONS

WORKFLOWS = {"model": MODELS, "version": VERSIONS, "issue": ISSUES}
TYPES = {
    "Text": FieldType.TEXT,
    "Text area": FieldType.TEXT_AREA,
    "Number": FieldType.NUMBER,
    "Date": FieldType.DATE,
    "User": FieldType.USER,
    "Select": FieldType.SELECT,
    "Radio": FieldType.RADIO,
    "Multi-select": FieldType.MULTI_SELECT,
}
WRITERS = {"mlflow": {"MLflow"}, "computed": {"connector"}, "grc": {"GRC"}, "shared": {"both"}}
HEADINGS = {"Models": "model", "Versions": "version", "Issues": "issue"}
_MAPPINGS = {
    name: yaml.safe_load((ROOT / "mappings" / f"{name}.yaml").read_text(encoding="utf-8"))
    for name in ("logicgate", "metricstream")
}
_INVENTORY = yaml.safe_load((ROOT / "mappings" / "inventory.yaml").read_text(encoding="utf-8"))["fields"]


def rows(platform: str, heading: str) -> Iterator[list[str]]:
    """The cells of the table below a bold heading of the page, but for its own head."""
    text = (ROOT / "docs" / "platforms" / f"{platform}.md").read_text(encoding="utf-8")
    table = text.partition(f"**{heading}**")[2].partition("|\n\n")[0]
    for line in re.findall(r"^\| (.*?) \|?$", table, re.MULTILINE)[1:]:
        if not line.startswith("---"):
            yield [cell.strip() for cell in re.split(r" ?\| ?", line)]


def told(platform: str, heading: str) -> dict[str, list[str]]:
    """Each field that the table tells, with the other cells of its row."""
    return {name: cells for names, *cells in rows(platform, heading) for name in names.split(", ")}


def mapped(platform: str, entity: str) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Each field of the mapping by the platform's name: the canonical name, and what the mapping says of it."""
    section = _MAPPINGS[platform]["entities"][entity]
    named = {**{f"identity.{name}": place for name, place in section["identity"].items()}, **section["fields"]}
    said = {name: place if isinstance(place, dict) else {"field": place} for name, place in named.items()}
    return {place["field"]: (name, place) for name, place in said.items()}


def writer(canonical: str) -> set[str]:
    return {"connector"} if canonical.startswith("identity.") else WRITERS[_INVENTORY[canonical]["owner"]]


@pytest.mark.parametrize(("heading", "entity"), HEADINGS.items())
def test_the_fields_of_metricstream_are_those_of_its_mapping(heading: str, entity: str) -> None:
    page, named = told("metricstream", heading), mapped("metricstream", entity)
    assert set(page) == set(named)
    resource = _MAPPINGS["metricstream"]["http"]["resources"][entity]
    sections = _MAPPINGS["metricstream"]["connection"]["variables"]
    for name, (canonical, said) in named.items():
        section, kind, *more = page[name]
        variable = re.search(r"\$\{(\w+)\}", resource["fields"][name]["read"])
        assert variable is not None
        assert section == sections[variable[1]], name
        if said.get("values") and "as above" not in kind:
            assert kind == f"picklist: {', '.join(said['values'].values())}", name
        if more:
            assert more[0] == str(said["max_length"]) if "max_length" in said else True, name
            assert re.split("[;,]", more[1])[0] in writer(canonical), name


@pytest.mark.parametrize(("heading", "entity"), [("Model Inventory", "model"), ("Model Versions", "version")])
def test_the_fields_of_logicgate_are_those_of_its_mapping_and_of_the_simulated_tenant(
    heading: str, entity: str
) -> None:
    page, named = told("logicgate", heading), mapped("logicgate", entity)
    above = {
        *("MLflow Key", "MLflow Connector", "Name in Registry", "Registered At (ms)"),
        *("Description", "Assumptions", "Limitations", "Lifecycle"),
    }
    assert set(page) | (above if entity == "version" else set()) == set(named)
    for name, (kind, written) in page.items():
        word, _, options = re.sub(r" \(default\)", "", kind.partition("; ")[0]).partition(": ")
        spec = WORKFLOWS[entity].fields[name]
        assert TYPES[word] == spec.type, name
        if spec.type in OPTIONS:
            assert options.split(", ") == [one.text for one in spec.options], name
            assert set(options.split(", ")) == set(named[name][1]["values"].values()), name
        assert re.split("[;,]", written)[0] in writer(named[name][0]), name
        assert ("required" in kind) == spec.required, name


def test_the_issues_of_logicgate_are_those_of_its_mapping() -> None:
    text = (ROOT / "docs" / "platforms" / "logicgate.md").read_text(encoding="utf-8")
    paragraph = text.partition("**Model Issues** is only read")[2].partition("\n\n")[0].replace("\n", " ")
    for name, (_, said) in mapped("logicgate", "issue").items():
        assert name in paragraph
        assert not said.get("values") or ", ".join(said["values"].values()) in paragraph
