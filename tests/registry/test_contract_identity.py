"""The registry contract: what is the same and what another after renames, deletions, copies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.mlflow_server.author import AuthorError
from connector.registry import version_key
from tests.fakes.registry import Refused
from tests.server_version import need, version_of


def test_a_re_created_model_has_another_creation_time_and_starts_at_version_1(stage):
    stage.author.create_model("credit", tags={"k": "v"})
    stage.author.create_version("credit")
    stage.author.create_version("credit")
    before = stage.version("credit", "1")
    old = stage.model("credit")
    stage.author.delete_model("credit")
    assert stage.registry.model("credit") is None
    assert stage.registry.version("credit", "1") is None
    assert stage.names() == []
    stage.author.create_model("credit")
    assert stage.author.create_version("credit") == "1"
    assert stage.model("credit").created_ms > old.created_ms
    assert stage.model("credit").tags == {}
    assert version_key(stage.version("credit", "1")) != version_key(before)


def test_a_rename_keeps_everything_but_the_name(stage):
    stage.author.create_model("credit", description="d", tags={"grc_record_id": "7"})
    stage.author.create_version("credit", tags={"a": "1"})
    stage.author.set_alias("credit", "champion", "1")
    old, old_version = stage.model("credit"), stage.version("credit", "1")
    stage.author.rename("credit", "loans")
    new = stage.scanned("loans")
    assert stage.registry.model("credit") is None
    assert stage.names() == ["loans"]
    assert replace(new, name="credit", updated_ms=0, versions=()) == replace(old, updated_ms=0)
    assert replace(new.versions[0], name="credit", updated_ms=0) == replace(old_version, updated_ms=0)


def test_a_rename_to_a_taken_name_is_refused(stage):
    stage.author.create_model("credit")
    stage.author.create_model("loans")
    with pytest.raises((AuthorError, Refused)) as refused:
        stage.author.rename("credit", "loans")
    assert refused.value.code == "RESOURCE_ALREADY_EXISTS"
    assert stage.names() == ["credit", "loans"]


def test_version_numbers_are_not_reused(stage):
    stage.author.create_model("credit")
    for _ in range(2):
        stage.author.create_version("credit")
    stage.author.delete_version("credit", "2")
    assert stage.registry.version("credit", "2") is None
    assert stage.author.create_version("credit") == "3"
    assert [version.version for version in stage.scanned("credit").versions] == ["1", "3"]


def test_aliases_go_with_their_version(stage):
    if stage.url:
        need(version_of(stage.url), (3, 11), "this")
    stage.author.create_model("credit")
    for _ in range(2):
        stage.author.create_version("credit")
    stage.author.set_alias("credit", "champion", "2")
    stage.author.set_alias("credit", "stable", "1")
    stage.author.delete_version("credit", "2")
    assert stage.model("credit").aliases == {"stable": "1"}


def test_an_alias_moves(stage):
    stage.author.create_model("credit")
    for _ in range(2):
        stage.author.create_version("credit")
    stage.author.set_alias("credit", "champion", "1")
    stage.author.set_alias("credit", "champion", "2")
    assert [version.aliases for version in stage.scanned("credit").versions] == [(), ("champion",)]
    stage.author.delete_alias("credit", "champion")
    assert stage.model("credit").aliases == {}


def test_a_copied_version_brings_its_tags_but_neither_aliases_nor_creation_time(stage):
    run_id = stage.author.log_run()
    stage.author.create_model("credit")
    stage.author.create_model("copy")
    tags = {"grc_approval_status": "approved", "own": "1"}
    stage.author.create_version("credit", run_id=run_id, description="d", tags=tags)
    stage.author.set_alias("credit", "champion", "1")
    number = stage.author.copy_version("credit", "1", "copy")
    original, copy = stage.version("credit", "1"), stage.version("copy", number)
    assert (copy.tags, copy.run_id, copy.description, copy.source) == (tags, run_id, "d", "models:/credit/1")
    assert copy.aliases == ()
    assert copy.created_ms > original.created_ms


def test_what_moves_the_time_stamps(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit")

    def stamps():
        return stage.model("credit").updated_ms, stage.version("credit", "1").updated_ms

    first = stamps()
    stage.registry.set_tags("credit", None, {"k": "v"})
    stage.registry.set_tags("credit", "1", {"k": "v"})
    stage.author.set_alias("credit", "champion", "1")
    assert stamps() == first
    stage.registry.set_description("credit", None, "d")
    second = stamps()
    assert second[0] > first[0]
    assert second[1] == first[1]
    stage.registry.set_description("credit", "1", "d")
    assert stamps()[1] > second[1]
