"""A drafted mapping: it loads, keeps what holds, and says what is not sure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from connector.mapping.connection import ConnectionMapping
from connector.mapping.drafting import Found, draft
from connector.mapping.load import load_mapping
from connector.mapping.skeleton import section_text, skeleton
from connector.mapping.yamlfile import read_yaml
from connector.model.fields import Entity
from connector.model.grc import SchemaField

TIES = ("external_key", "connector_instance", "registry_name")
IDENTITY = [SchemaField(name, "string") for name in TIES]


def drafted(
    tmp_path: Path, model: Sequence[SchemaField], own: Path | str = "mock", **more
) -> tuple[str, ConnectionMapping]:
    """The text, and what it loads as."""
    mapping = load_mapping(own)
    made = draft(mapping.platform, mapping.inventory, {Entity.MODEL: [*IDENTITY, *model], **more})
    file = Path(mapping.file)
    text = skeleton(
        made, section_text(read_yaml(file), file.read_text(encoding="utf-8"), mapping.adapter), source="mock"
    )
    path = tmp_path / "drafted.yaml"
    path.write_text(text, encoding="utf-8")
    return text, load_mapping(path)


def line(text: str, start: str) -> str:
    found = [each for each in text.splitlines() if each.lstrip("# ").startswith(start)]
    assert found, f"no line begins with {start}\n{text}"
    return found[0].strip()


def test_the_shipped_mapping_with_all_its_fields_comes_back(tmp_path: Path) -> None:
    before = load_mapping("mock")
    offered = [SchemaField(name, "string") for name in before.entities[Entity.MODEL].fields if name not in TIES]
    _, after = drafted(tmp_path, offered)
    assert after.platform.entities.model == before.platform.entities.model
    assert after.options == before.options
    assert after.platform.retire == before.platform.retire


def test_an_entity_that_is_not_described_stays_as_it_is(tmp_path: Path) -> None:
    _, after = drafted(tmp_path, [])
    before = load_mapping("mock")
    assert after.platform.entities.version == before.platform.entities.version
    assert after.platform.entities.issue == before.platform.entities.issue


def test_a_new_field_brings_its_length_and_its_rights(tmp_path: Path) -> None:
    text, after = drafted(
        tmp_path,
        [
            SchemaField("u_purpose", "string", max_length=160, label="Purpose"),
            SchemaField("u_products", "string", max_length=900),
            SchemaField("u_reviewer", "reference", writable=False),
            SchemaField("u_exceptions", "glide_list", max_length=20),
        ],
    )
    fields = after.platform.entities.model.fields
    assert fields["purpose"].model_dump(exclude_unset=True) == {"field": "u_purpose", "max_length": 160}
    assert (fields["products"].write_as, fields["products"].max_length) == ("text", 900)
    assert not fields["reviewer"].writable
    assert fields["exceptions"].model_dump(exclude_unset=True) == {"field": "u_exceptions"}
    assert '"Purpose", string, 160 characters' in line(text, "purpose:")


def test_what_is_unsure_and_what_is_missing_are_comments(tmp_path: Path) -> None:
    text, after = drafted(tmp_path, [SchemaField("owned_by", "reference", label="Owned by")])
    assert set(after.platform.entities.model.fields) == set()
    assert line(text, "model_owner").startswith('# model_owner: owned_by   # unsure: owned_by ("Owned by", reference)')
    assert "to be created on the platform: integer" in line(text, "retention")
    assert "1 are unsure" in text
    assert "to be created" in line(text, "created:")


def test_a_comment_taken_in_is_a_mapping(tmp_path: Path) -> None:
    tier = SchemaField("model_tier", "choice", choices=("High", "Low"))
    text, _ = drafted(tmp_path, [tier, SchemaField("purpose", "text")])
    lines = text.splitlines()
    start = next(number for number, each in enumerate(lines) if "# risk_classification:" in each)
    for number in range(start, start + 7):
        lines[number] = lines[number].replace("# ", "", 1)
    path = tmp_path / "taken.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    taken = load_mapping(path).platform.entities.model.fields["risk_classification"]
    assert taken.values == {"high": "High", "low": "Low"}


def test_the_key_is_named_even_where_it_is_to_be_created(tmp_path: Path) -> None:
    mapping = load_mapping("mock")
    made = draft(mapping.platform, mapping.inventory, {Entity.MODEL: [SchemaField("purpose", "string")]})
    text = skeleton(made, "", source="mock")
    assert line(text, "key:") == "key: external_key   # to be created on the platform"


def test_value_maps_are_kept_where_they_hold_and_guessed_where_not(tmp_path: Path) -> None:
    choices = ("1 - Critical", "2 - High", "Moderate", "4 - Low", "Unrated")
    text, after = drafted(tmp_path, [SchemaField("tier", "choice", choices=choices)])
    values = after.platform.entities.model.fields["risk_classification"].values
    assert values == {"critical": "1 - Critical", "high": "2 - High", "medium": "Moderate", "low": "4 - Low"}
    assert line(text, "medium:") == "medium: Moderate   # a guess"
    assert "No value stands for 'Unrated'." in text


def test_a_value_without_a_choice_is_said_with_what_is_left(tmp_path: Path) -> None:
    text, after = drafted(tmp_path, [SchemaField("lifecycle_status", "choice", choices=("In Use", "Odd"))])
    assert after.platform.entities.model.fields["lifecycle_status"].values == {"in_use": "In Use"}
    assert "left are 'Odd'" in line(text, "suspended:")
    assert Entity.MODEL not in {name for name, values in after.retire.items() if values}


def test_the_same_words_need_no_map(tmp_path: Path) -> None:
    _, after = drafted(tmp_path, [SchemaField("u_complexity", "choice", choices=("low", "medium", "high"))])
    assert after.platform.entities.model.fields["complexity"].values is None


@pytest.mark.parametrize("trap", ["no", "12:30", "010", "2026-04-17", "a: b # c", "- x", "é 'q' \"", "{x}"])
def test_names_and_choices_that_yaml_would_misread(tmp_path: Path, trap: str) -> None:
    field = SchemaField(
        trap, "choice", label="Complexity", choices=(trap, "medium", "high"), choice_labels=("Low", "", "")
    )
    _, after = drafted(tmp_path, [field])
    found = after.platform.entities.model.fields["complexity"]
    assert (found.field, found.values["low"]) == (trap, trap)


def test_a_label_cannot_break_out_of_its_comment(tmp_path: Path) -> None:
    label = "Purpose\nplatform: evil\r\u2028versions: none"
    text, after = drafted(tmp_path, [SchemaField("purpose", "string", label=label)])
    assert after.platform.platform == "mock"
    assert "\nplatform: evil" not in text


def test_the_adapters_section_keeps_its_comments_and_loses_its_anchors(tmp_path: Path) -> None:
    text, _ = drafted(tmp_path, [])
    assert text.rstrip().endswith(Path(load_mapping("mock").file).read_text(encoding="utf-8").rstrip()[-200:])
    own = tmp_path / "own.yaml"
    own.write_text(
        "platform: p\nadapter: http\nversions: none\nentities:\n  model:\n    identity: {key: &key external_key}\n"
        "http:\n  headers: {X-Key: *key}\n",
        encoding="utf-8",
    )
    _, after = drafted(tmp_path, [], own)
    assert after.options == {"headers": {"X-Key": "external_key"}}


def test_a_governed_versions_fields_are_looked_for_in_the_models_record(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "platform: p\nadapter: http\nversions: governed\nentities:\n  model:\n"
        "    identity: {key: external_key, governed_version: governed}\n    version_fields: {technique: how}\n",
        encoding="utf-8",
    )
    offered = [SchemaField("governed", "string"), SchemaField("how", "string"), SchemaField("u_validator", "user")]
    _, after = drafted(tmp_path, offered, own)
    assert {name: each.field for name, each in after.platform.entities.model.version_fields.items()} == {
        "technique": "how",
        "validator": "u_validator",
    }


def test_the_registered_name_and_what_is_worked_out_are_nobodys_to_create(tmp_path: Path) -> None:
    text, _ = drafted(tmp_path, [SchemaField("purpose", "string")])
    assert [name for name in ("registry_name", "open_issues", "model_id") if f"# {name}:" in text] == []


def test_the_count_in_the_head_is_the_count_below() -> None:
    mapping = load_mapping("mock")
    made = draft(mapping.platform, mapping.inventory, {Entity.MODEL: [*IDENTITY, SchemaField("purpose", "string")]})
    text = skeleton(made, "", source="mock")
    assert text.count("to be created on the platform") == made.count(Found.MISSING)
    assert "4 fields are filled in" in text


def test_a_section_comes_with_its_own_comments_and_not_with_those_of_the_next() -> None:
    file = Path(load_mapping("archer").file)
    text = section_text(read_yaml(file), file.read_text(encoding="utf-8"), "connection")
    assert text.startswith("connection:\n  url:")
    assert "one session" in text
    assert text.splitlines()[-1].startswith("  variables:")
