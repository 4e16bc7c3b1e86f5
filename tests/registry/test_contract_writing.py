"""The registry contract: tags, descriptions and placeholders."""

from __future__ import annotations

import pytest

from connector.model.errors import Conflict, Rejected


def test_tag_values_come_back_as_written(stage):
    values = {
        "empty": "",
        "nfc": "\u00e9",
        "nfd": "e\u0301",
        "emoji": "\U0001f600",
        "lines": " a\r\n\tb ",
        "json": '{"q": "\'\\"%_"}',
        "long": "x" * 5000,
        "Case": "1",
        "case": "2",
        "a key/with.odd:chars-1": "3",
        "ключ": "4",
    }
    stage.author.create_model("credit")
    stage.author.create_version("credit")
    stage.registry.set_tags("credit", None, values)
    stage.registry.set_tags("credit", "1", values)
    assert stage.model("credit").tags == values
    assert stage.scanned("credit").versions[0].tags == values


def test_tags_are_replaced_and_removed(stage):
    stage.author.create_model("credit", tags={"a": "1", "b": "2", "c": "3"})
    stage.author.create_version("credit", tags={"a": "1", "b": "2"})
    stage.registry.set_tags("credit", None, {"a": "9"}, remove=["b", "never there"])
    stage.registry.set_tags("credit", "1", {}, remove=["b", "never there"])
    assert stage.model("credit").tags == {"a": "9", "c": "3"}
    assert stage.version("credit", "1").tags == {"a": "1"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("k", "x" * 5001),
        ("k", "nul\0"),
        ("k", "\ud800"),
        ("k" * 251, "v"),
        ("a'b", "v"),
        ("a\nb", "v"),
        ("", "v"),
        ("/a", "v"),
        ("../a", "v"),
        ("a//b", "v"),
        (".", "v"),
    ],
)
def test_a_tag_that_mlflow_cannot_hold_is_refused_before_anything_is_written(stage, key, value):
    stage.author.create_model("credit")
    with pytest.raises(Rejected) as refused:
        stage.registry.set_tags("credit", None, {"A first one": "v", key: value})
    assert refused.value.field == key
    assert refused.value.remedy
    assert stage.model("credit").tags == {}


def test_a_tag_that_no_object_can_have_is_not_removed_either(stage):
    stage.author.create_model("credit", tags={"k": "v"})
    with pytest.raises(Rejected) as refused:
        stage.registry.set_tags("credit", None, {"k": "w"}, remove=["../a"])
    assert refused.value.field == "../a"
    assert stage.model("credit").tags == {"k": "v"}


def test_limits_are_no_stricter_than_mlflow(stage):
    stage.author.create_model("credit")
    stage.registry.set_tags("credit", None, {"k" * 250: "é" * 5000})
    stage.registry.set_description("credit", None, "é" * 5000)
    assert stage.model("credit").tags == {"k" * 250: "é" * 5000}


def test_before_each_runs_before_every_request_and_can_stop_them(stage):
    stage.author.create_model("credit", tags={"z": "1"})
    seen = []

    def before():
        seen.append(dict(stage.model("credit").tags))
        if len(seen) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        stage.registry.set_tags("credit", None, {"b": "2", "a": "1"}, remove=["z"], before_each=before)
    assert seen == [{"z": "1"}, {"z": "1", "a": "1"}, {"z": "1", "a": "1", "b": "2"}]
    assert stage.model("credit").tags == {"z": "1", "a": "1", "b": "2"}


def test_writes_to_what_is_gone_or_renamed_are_conflicts(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit")
    stage.author.rename("credit", "loans")
    stage.author.delete_version("loans", "1")
    for name, version in (("credit", None), ("credit", "1"), ("loans", "1")):
        with pytest.raises(Conflict):
            stage.registry.set_tags(name, version, {"k": "v"})
        with pytest.raises(Conflict):
            stage.registry.set_tags(name, version, {}, remove=["k"])
        with pytest.raises(Conflict):
            stage.registry.set_description(name, version, "text")


def test_descriptions_are_replaced_and_emptied(stage):
    stage.author.create_model("credit", description="old")
    stage.author.create_version("credit", description="old")
    stage.registry.set_description("credit", None, "new")
    stage.registry.set_description("credit", "1", "")
    assert stage.model("credit").description == "new"
    assert stage.version("credit", "1").description == ""
    with pytest.raises(Rejected):
        stage.registry.set_description("credit", None, "x" * 5001)


def test_a_placeholder_is_created_once(stage):
    made = stage.registry.create_model("vendor", "bought", {"grc_placeholder": "true"})
    assert made == stage.model("vendor")
    assert (made.description, made.tags, made.aliases) == ("bought", {"grc_placeholder": "true"}, {})
    with pytest.raises(Conflict):
        stage.registry.create_model("vendor", "again")
    assert stage.model("vendor") == made


def test_requests_are_counted(stage):
    before = stage.registry.requests_sent
    stage.author.create_model("credit")
    assert stage.registry.requests_sent == before
    stage.registry.set_tags("credit", None, {"a": "1", "b": "2"}, remove=["c"])
    assert stage.registry.requests_sent == before + 3


def test_an_alias_is_set_and_moved(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit")
    stage.author.create_version("credit")
    stage.registry.set_alias("credit", "champion", "1")
    assert (stage.model("credit").aliases, stage.version("credit", "1").aliases) == ({"champion": "1"}, ("champion",))
    stage.registry.set_alias("credit", "champion", "2")
    stage.registry.set_alias("credit", "champion", "2")
    assert stage.model("credit").aliases == {"champion": "2"}
    assert [stage.version("credit", number).aliases for number in "12"] == [(), ("champion",)]


def test_an_alias_of_a_version_that_is_not_there_is_a_conflict(stage):
    stage.author.create_model("credit")
    with pytest.raises(Conflict):
        stage.registry.set_alias("credit", "champion", "1")
    assert stage.model("credit").aliases == {}


def test_an_alias_is_taken_away(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit")
    stage.registry.set_alias("credit", "champion", "1")
    stage.registry.set_alias("credit", "stable", "1")
    stage.registry.delete_alias("credit", "champion")
    assert stage.model("credit").aliases == {"stable": "1"}
    stage.registry.delete_alias("credit", "champion")
    assert stage.version("credit", "1").aliases == ("stable",)


def test_an_alias_of_a_model_that_is_not_there_is_a_conflict(stage):
    with pytest.raises(Conflict):
        stage.registry.delete_alias("credit", "champion")
