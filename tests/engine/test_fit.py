"""A mapping held against what the platform has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.http import Options
from connector.engine.fit import misfits
from connector.mapping.connection import ConnectionMapping
from connector.mapping.load import load_mapping
from connector.model.fields import Entity
from connector.model.grc import Problem, Schema, SchemaField
from tests.engine.mappings import write_mapping

TIERS = ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")


@pytest.fixture
def mapping(tmp_path: Path) -> ConnectionMapping:
    return load_mapping(write_mapping(tmp_path, "governed"), adapter_options_model=Options)


@pytest.fixture
def platform(mapping: ConnectionMapping) -> dict[str, SchemaField]:
    """A platform on which everything fits."""
    names = mapping.entities[Entity.MODEL].fields
    fields = {name: SchemaField(name, "string", max_length=5000) for name in names}
    fields["tier"] = replace(fields["tier"], choices=TIERS)
    return fields


def found(mapping: ConnectionMapping, fields: dict[str, SchemaField]) -> list[Problem]:
    return list(misfits(mapping, Schema({Entity.MODEL: tuple(fields.values())})))


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def test_what_fits_is_no_problem(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    assert found(mapping, platform) == []


def test_an_unknown_field_names_the_nearest(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    platform["purposes"] = replace(platform.pop("purpose"), name="purposes")
    problem = only(found(mapping, platform))
    assert problem.fatal
    assert problem.where.endswith("entities.model.fields.purpose")
    assert (problem.what, problem.remedy) == ("the platform has no field 'purpose'", "Did you mean 'purposes'?")


def test_a_missing_key_field_is_fatal(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    del platform["external_key"]
    problem = only(found(mapping, platform))
    assert (problem.fatal, problem.where.endswith("entities.model.identity.key")) == (True, True)


def test_a_key_field_that_is_too_short(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    platform["external_key"] = replace(platform["external_key"], max_length=80)
    problem = only(found(mapping, platform))
    assert (problem.fatal, "hash: true" in problem.remedy, "80 characters" in problem.what) == (True, True, True)


@pytest.mark.parametrize("length", [119, 120])
def test_the_key_of_an_issue_is_never_hashed(tmp_path: Path, length: int) -> None:
    text = write_mapping(tmp_path, "governed").read_text(encoding="utf-8")
    (tmp_path / "hashed.yaml").write_text(
        text.replace("key: external_key,", "key: external_key, hash: true,", 1), encoding="utf-8"
    )
    hashed = load_mapping(str(tmp_path / "hashed.yaml"), adapter_options_model=Options)
    assert hashed.platform.entities.model.identity.hash
    fields = [SchemaField(name, "string", max_length=5000) for name in hashed.entities[Entity.ISSUE].fields]
    fields = [replace(one, max_length=length) if one.name == "external_key" else one for one in fields]
    problems = [one for one in misfits(hashed, Schema({Entity.ISSUE: tuple(fields)})) if "too few" in one.what]
    assert [one.remedy for one in problems] == (
        ["Use a field of at least 120: the keys of findings are never hashed."] if length < 120 else []
    )


def test_choices_that_no_map_names(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    platform["tier"] = replace(platform["tier"], choices=(*TIERS, "5 - None"))
    problem = only(found(mapping, platform))
    assert (problem.fatal, "'5 - None'" in problem.what) == (False, True)


def test_a_map_to_a_choice_that_is_not_there(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    platform["tier"] = replace(platform["tier"], choices=(*TIERS[:3], "4 - Lowest"))
    fatal = only([problem for problem in found(mapping, platform) if problem.fatal])
    assert (fatal.what, fatal.remedy) == (
        "the platform has no choice '4 - Low', which stands for low",
        "Did you mean '4 - Lowest'?",
    )


@pytest.mark.parametrize(("length", "fatal"), [(3999, True), (4000, None)])
def test_a_length_that_the_platform_does_not_hold(
    mapping: ConnectionMapping, platform: dict[str, SchemaField], length: int, fatal: bool | None
) -> None:
    platform["purpose"] = replace(platform["purpose"], max_length=length)
    problems = found(mapping, platform)
    assert [problem.fatal for problem in problems] == ([] if fatal is None else [fatal])


def test_a_length_that_the_mapping_does_not_know(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    platform["description"] = replace(platform["description"], max_length=255)
    platform["allowed_changes"] = replace(platform["allowed_changes"], max_length=255)
    assert [problem.remedy for problem in found(mapping, platform)] == ["Set max_length: 255."] * 2


def test_a_field_that_cannot_be_written(mapping: ConnectionMapping, platform: dict[str, SchemaField]) -> None:
    platform["purpose"] = replace(platform["purpose"], writable=False)
    assert "cannot be written" in only(found(mapping, platform)).what


def test_a_platform_that_does_not_describe_itself_is_not_judged(mapping: ConnectionMapping) -> None:
    assert list(misfits(mapping, Schema())) == []


def test_identity_without_a_place_is_a_note(tmp_path: Path) -> None:
    file = write_mapping(tmp_path, "governed")
    file.write_text(file.read_text(encoding="utf-8").replace("instance: connector_instance, ", ""), encoding="utf-8")
    problem = only(list(misfits(load_mapping(file, adapter_options_model=Options), Schema())))
    assert (problem.fatal, problem.where.endswith("identity.instance")) == (False, True)


def test_a_value_that_is_read_and_never_written_is_told(tmp_path: Path, platform: dict[str, SchemaField]) -> None:
    file = write_mapping(tmp_path, "governed")
    text = file.read_text(encoding="utf-8")
    words = '{critical: "1 - Critical", high: "2 - High", medium: "3 - Medium"}'
    assert text.count("        field: tier\n") == 1
    text = text.replace("        field: tier\n", f"        field: tier\n        write_values: {words}\n")
    file.write_text(text, encoding="utf-8")
    problem = only(found(load_mapping(file, adapter_options_model=Options), platform))
    assert not problem.fatal
    assert problem.what == "'low' can be read, and write_values has no word to write it"
