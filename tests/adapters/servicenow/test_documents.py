"""docs/platforms/servicenow.md, the mappings that ship and the options say the same."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

import mappings
from adapters.httpclient import AuthSettings
from adapters.servicenow import Options, options
from tests.simulators.servicenow.dictionary import Type
from tests.simulators.servicenow.tenant import ISSUES, MODELS, TABLES, VERSIONS

TEXT = (Path(__file__).parents[3] / "docs" / "platforms" / "servicenow.md").read_text(encoding="utf-8")
MAPPING = yaml.safe_load(Path(mappings.__file__).with_name("servicenow.yaml").read_text(encoding="utf-8"))
VENDORS = {"number", "short_description", "priority", "state", "due_date", "assigned_to", "opened_at", "closed_at"}
VENDORS |= {"description", "close_notes"}


def documented(table):
    """Column to type, as the page has an admin make the table."""
    part = TEXT.split(f"`{table}`:\n\n| column | type |\n|---|---|\n", 1)[1].split("\n\n", 1)[0]
    return dict(re.fullmatch(r"\| `(\w+)` \| (.*) \|", line).groups() for line in part.splitlines())


def mapped(entity):
    """Columns that the mapping names for an entity."""
    section = MAPPING["entities"][entity]
    places = [*section["fields"].values(), *section.get("identity", {}).values()]
    return {place if isinstance(place, str) else place["field"] for place in places if not isinstance(place, bool)}


@pytest.mark.parametrize(("entity", "table"), [("model", MODELS), ("version", VERSIONS)])
def test_every_column_that_the_mapping_names_is_made(entity, table):
    assert mapped(entity) <= documented(table).keys()
    assert MAPPING["servicenow"]["tables"][entity]["table"] == table


def test_every_column_of_issues_is_the_vendors_or_made():
    added = re.findall(r"`(u_\w+)`", TEXT.split(f"On `{ISSUES}`", 1)[1].split("\n\nOn ", 1)[0])
    assert mapped("issue") <= VENDORS | set(added)


@pytest.mark.parametrize("table", [MODELS, VERSIONS])
def test_the_simulated_instance_has_the_columns_of_the_page(table):
    known = TABLES[table].columns
    for name, kind in documented(table).items():
        column = known[name]
        words = {
            Type.STRING: f"String, {column.max_length}",
            Type.DATE: "Date",
            Type.TIME: "Date/Time",
            Type.INTEGER: "Integer",
            Type.REFERENCE: f"Reference to `{column.reference}`",
        }
        told = re.findall(r"`(\w+)`", kind) if column.choices else kind
        assert told == (list(column.choices) if column.choices else words[column.type]), name


@pytest.mark.parametrize(("entity", "table"), [("model", MODELS), ("version", VERSIONS)])
def test_lengths_in_the_mapping_are_those_of_the_columns(entity, table):
    made = documented(table)
    for place in MAPPING["entities"][entity]["fields"].values():
        if isinstance(place, dict) and "max_length" in place:
            assert made[place["field"]] == f"String, {place['max_length']}"


def test_every_key_of_the_section_has_a_description():
    models = [
        model for model in vars(options).values() if isinstance(model, type) and issubclass(model, options.Strict)
    ]
    assert len(models) > 6
    assert [(m.__name__, name) for m in models for name, info in m.model_fields.items() if not info.description] == []


def test_the_page_names_every_key_of_the_section():
    table = TEXT.split("## The section of the mapping", 1)[1].split("\n## ", 1)[0]
    keys = {key for span in re.findall(r"`([^`]+)`", table) for key in re.split(r"[.\s]", span)}
    assert set(Options.model_fields) <= keys
    assert set(options.Table.model_fields) <= keys


def test_the_sign_ins_of_the_page_are_ones():
    section = yaml.safe_load(re.search(r"```yaml\n(connections:.*?)```", TEXT, re.DOTALL)[1])
    rows = TEXT.split("| sign-in | `auth` |", 1)[1].split("\n\n", 1)[0]
    auths = [section["connections"]["servicenow"]["auth"], *map(yaml.safe_load, re.findall(r"`(\{type: .*?\})`", rows))]
    assert [TypeAdapter(AuthSettings).validate_python(auth).type for auth in auths] == [
        "oauth2_client_credentials", "api_key", "none", "basic",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ({"tables": {"model": {"table": "Model inventory"}}}, "small letters"),
        ({"tables": {"model": {"table": "u_a", "filter": "x=javascript:gs.now()"}}}, "no script"),
        ({"tables": {"model": {"table": "u_a", "filter": "a=b^ORDERBYc"}}}, "no ORDERBY"),
        ({"tables": {"model": {"table": "u_a", "filter": "a=b^NQc=d"}}}, "no \\^NQ"),
        ({"tables": {"model": {"table": "u_a", "comments": {}}}}, "only issues have comments"),
        ({"tables": {"model": {"table": "u_a"}}, "time_zone": "Mars/Olympus"}, "no such time zone"),
        ({"tables": {"model": {"table": "u_a", "related": {"x": {"table": "a", "record": "b"}},
                               "links": {"x": {"table": "a", "owner": "b", "record": "c"}}}}}, "two things"),
        ({"tables": {"model": {"table": "u_a"}}, "pagesize": 3}, "Extra inputs"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_section_is_told(section, what):
    with pytest.raises(ValueError, match=what):
        Options.model_validate(section)
