"""The registry contract: what a scan and single reads tell."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from connector.mlflow_server.author import AuthorError
from connector.model.errors import Rejected
from tests.fakes.registry import Refused
from tests.server_version import need, version_of


def test_scan_tells_models_versions_tags_and_aliases(stage):
    created = stage.author.create_model("credit", description="scores loans", tags={"tier": "high", "empty": ""})
    stage.author.create_version("credit", source="s3://bucket/one", description="first", tags={"a": "1"})
    stage.author.create_version("credit", source="s3://bucket/two")
    stage.author.set_alias("credit", "champion", "1")
    stage.author.set_alias("credit", "blue", "1")
    stage.author.set_stage("credit", "2", "Production")
    model = stage.scanned("credit")
    one, two = model.versions
    assert (model.created_ms, model.description, model.tags) == (created, "scores loans", {"tier": "high", "empty": ""})
    assert model.aliases == {"champion": "1", "blue": "1"}
    assert (one.version, one.source, one.description, one.tags) == ("1", "s3://bucket/one", "first", {"a": "1"})
    assert one.aliases == ("blue", "champion")
    assert (two.version, two.stage, two.aliases, two.tags, two.run_id) == ("2", "Production", (), {}, "")


def test_scan_and_single_reads_agree(stage):
    stage.author.create_model("credit", tags={"k": "v"})
    stage.author.create_version("credit", tags={"a": "1"})
    stage.author.set_alias("credit", "champion", "1")
    scanned = stage.scanned("credit")
    assert stage.model("credit") == replace(scanned, versions=())
    assert stage.version("credit", "1") == scanned.versions[0]


def test_models_come_by_name_and_versions_by_number(stage):
    for name in ("b", "a", "C"):
        stage.author.create_model(name)
    for _ in range(11):
        stage.author.create_version("a")
    models = {model.name: model for model in stage.registry.snapshot().models}
    assert list(models) == ["C", "a", "b"]
    assert [version.version for version in models["a"].versions] == [str(n) for n in range(1, 12)]


@pytest.mark.parametrize(
    "name",
    ["it's", 'say "so"', "a%b?c#d&e=f+g", "two\nlines", " spaces ", "a\\b", "\u00e9", "e\u0301", "\U0001f600", "Käse"],
)
def test_odd_names_are_read_and_written(stage, name):
    stage.author.create_model(name)
    stage.author.create_version(name)
    stage.registry.set_tags(name, None, {"k": "v"})
    stage.registry.set_tags(name, "1", {"k": "w"})
    assert stage.model(name).tags == {"k": "v"}
    assert stage.version(name, "1").tags == {"k": "w"}
    assert stage.names() == [name]


def test_names_that_differ_in_case_or_normal_form_are_different_models(stage):
    names = ["case", "CASE", unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")]
    for name in names:
        stage.author.create_model(name, tags={"own": repr(name)})
    assert sorted(stage.names()) == sorted(names)
    assert all(stage.model(name).tags == {"own": repr(name)} for name in names)


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a:b", "..", "."])
def test_impossible_names_are_refused(stage, name):
    with pytest.raises(Rejected):
        stage.registry.model(name)
    with pytest.raises(Rejected):
        stage.registry.create_model(name)


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a:b", "..", "."])
def test_mlflow_itself_takes_no_impossible_name(stage, name):
    if name and stage.url:
        need(version_of(stage.url), (3, 11), "the refusal of such names")
    with pytest.raises((AuthorError, Refused)):
        stage.author.create_model(name)


def test_what_does_not_exist_is_none(stage):
    stage.author.create_model("credit")
    assert stage.registry.model("other") is None
    assert stage.registry.version("credit", "1") is None
    assert stage.registry.version("other", "1") is None
