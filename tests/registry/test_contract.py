"""The registry contract: every test runs against a real MLflow server and against the fake, so that what the fake
allows, loses and refuses is what MLflow allows, loses and refuses.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

import pytest

from connector.mlflow_server import RegistryAuthor
from connector.mlflow_server.author import AuthorError
from connector.model.errors import Conflict, Rejected
from connector.model.registry import ModelVersion, RegisteredModel, RunData
from connector.registry import Registry, version_key
from tests.fakes.registry import InProcessAuthor, InProcessRegistry, Refused

PROMPT_TAG = "mlflow.prompt.is_prompt"


@dataclass
class Stage:
    """A registry as the connector sees it, and the people who work in it."""

    registry: Registry
    author: RegistryAuthor | InProcessAuthor

    def model(self, name: str) -> RegisteredModel:
        model = self.registry.model(name)
        assert model is not None
        return model

    def version(self, name: str, number: str) -> ModelVersion:
        version = self.registry.version(name, number)
        assert version is not None
        return version

    def scanned(self, name: str) -> RegisteredModel:
        snapshot = self.registry.snapshot()
        assert snapshot.complete
        return next(model for model in snapshot.models if model.name == name)

    def names(self) -> list[str]:
        return [model.name for model in self.registry.snapshot().models]


@pytest.fixture(params=["in_process", pytest.param("mlflow", marks=pytest.mark.server)])
def stage(request: pytest.FixtureRequest) -> Stage:
    if request.param == "in_process":
        fake = InProcessRegistry()
        return Stage(fake, fake.author)
    return Stage(request.getfixturevalue("mlflow_registry"), request.getfixturevalue("mlflow_author"))


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
    with pytest.raises((AuthorError, Refused)):
        stage.author.create_model(name)


def test_what_does_not_exist_is_none(stage):
    stage.author.create_model("credit")
    assert stage.registry.model("other") is None
    assert stage.registry.version("credit", "1") is None
    assert stage.registry.version("other", "1") is None


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


def test_version_numbers_are_not_reused_and_aliases_go_with_their_version(stage):
    stage.author.create_model("credit")
    for _ in range(2):
        stage.author.create_version("credit")
    stage.author.set_alias("credit", "champion", "2")
    stage.author.set_alias("credit", "stable", "1")
    stage.author.delete_version("credit", "2")
    assert stage.registry.version("credit", "2") is None
    assert stage.model("credit").aliases == {"stable": "1"}
    assert stage.author.create_version("credit") == "3"
    assert [version.version for version in stage.scanned("credit").versions] == ["1", "3"]


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


def test_prompts_are_left_out(stage):
    stage.author.create_model("greeting", tags={PROMPT_TAG: "true"})
    for _ in range(2):
        stage.author.create_version("greeting", source="dummy-source", tags={PROMPT_TAG: "true"})
    stage.author.create_model("draft", tags={PROMPT_TAG: "true"})
    stage.author.create_model("credit")
    snapshot = stage.registry.snapshot()
    assert [model.name for model in snapshot.models] == ["credit"]
    assert snapshot.hidden == ()
    assert snapshot.complete


@pytest.mark.parametrize("on_version", [None, "2"])
def test_a_model_that_the_prompt_tag_hides_is_found_whole_and_reported(stage, on_version):
    stage.author.create_model("credit", tags={"grc_record_id": "7"})
    for number in (1, 2, 3, 4):
        stage.author.create_version("credit", source=f"s3://bucket/{number}")
    stage.author.delete_version("credit", "3")
    stage.author.set_alias("credit", "champion", "1")
    before = stage.scanned("credit")
    stage.author.set_tag("credit", PROMPT_TAG, "true", version=on_version)
    snapshot = stage.registry.snapshot()
    assert snapshot.hidden == ("credit",)
    assert snapshot.complete
    (found,) = snapshot.models
    assert [version.version for version in found.versions] == ["1", "2", "4"]
    assert found.versions[0] == before.versions[0]


def test_a_model_behind_prompt_versions_is_found(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit", source="s3://bucket/real")
    stage.author.create_version("credit", source="dummy-source", tags={PROMPT_TAG: "true"})
    snapshot = stage.registry.snapshot()
    assert snapshot.hidden == ("credit",)
    assert [version.source for version in snapshot.models[0].versions] == ["s3://bucket/real", "dummy-source"]


def test_a_prompt_that_has_a_run_is_a_model(stage):
    stage.author.create_model("credit", tags={PROMPT_TAG: "true"})
    run_id = stage.author.log_run()
    stage.author.create_version("credit", source="prompt-template", run_id=run_id, tags={PROMPT_TAG: "true"})
    assert stage.registry.snapshot().hidden == ("credit",)


def test_a_prompt_tag_of_another_value_hides_nothing(stage):
    stage.author.create_model("credit", tags={PROMPT_TAG: "false"})
    stage.author.create_version("credit")
    snapshot = stage.registry.snapshot()
    assert [len(model.versions) for model in snapshot.models] == [1]
    assert snapshot.hidden == ()


def test_runs_are_read_on_request(stage):
    run_id = stage.author.log_run(
        params={"depth": "3"}, metrics={"auc": 0.5}, tags={"team": "risk"}, datasets=["loans", "rates", "loans"]
    )
    stage.author.log_to_run(run_id, metrics={"auc": 0.75})
    stage.author.create_model("credit")
    stage.author.create_version("credit", run_id=run_id)
    stage.author.create_version("credit")
    assert [version.run for version in stage.scanned("credit").versions] == [None, None]
    (model,) = stage.registry.snapshot(run_fields=True).models
    run = model.versions[0].run
    assert run is not None
    assert (run.run_id, run.status, run.finished) == (run_id, "FINISHED", True)
    assert (run.params, run.metrics, run.datasets) == ({"depth": "3"}, {"auc": 0.75}, ("loans", "rates"))
    assert run.tags["team"] == "risk"
    assert model.versions[1].run is None


def test_a_known_run_is_read_again_only_while_it_runs_or_on_request(stage):
    stage.author.create_model("credit")
    runs = [stage.author.log_run(status="RUNNING"), stage.author.log_run(), stage.author.log_run()]
    for run_id in runs:
        stage.author.create_version("credit", run_id=run_id)
    (model,) = stage.registry.snapshot(run_fields=True).models
    known = {version_key(version): version.run for version in model.versions}
    for run_id in runs:
        stage.author.log_to_run(run_id, metrics={"late": 1.0})
    refresh = [version_key(model.versions[2])]
    (again,) = stage.registry.snapshot(run_fields=True, known_runs=known, refresh_runs=refresh).models
    assert [dict(version.run.metrics) for version in again.versions] == [{"late": 1.0}, {}, {"late": 1.0}]


def test_a_run_in_the_bin_is_still_read_and_a_missing_one_keeps_what_is_known(stage):
    stage.author.create_model("credit")
    binned = stage.author.log_run(metrics={"auc": 0.5})
    stage.author.create_version("credit", run_id=binned)
    stage.author.create_version("credit", run_id="0" * 32)
    stage.author.delete_run(binned)
    (model,) = stage.registry.snapshot(run_fields=True).models
    one, two = model.versions
    assert one.run is not None
    assert two.run is None
    remembered = replace(one.run, run_id="0" * 32)
    snapshot = stage.registry.snapshot(
        run_fields=True, known_runs={version_key(two): remembered}, refresh_runs=[version_key(two)]
    )
    assert snapshot.complete
    assert snapshot.models[0].versions[1].run == remembered


def test_a_known_run_of_another_id_does_not_count(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit", run_id=stage.author.log_run(metrics={"auc": 0.5}))
    key = version_key(stage.version("credit", "1"))
    other = RunData("f" * 32, "FINISHED", metrics={"auc": 0.9})
    (model,) = stage.registry.snapshot(run_fields=True, known_runs={key: other}).models
    assert model.versions[0].run is not None
    assert model.versions[0].run.metrics == {"auc": 0.5}


def test_a_run_id_that_is_none_does_not_break_the_scan(stage):
    stage.author.create_model("credit")
    stage.author.create_version("credit", run_id="') OR ('1' = '1")
    snapshot = stage.registry.snapshot(run_fields=True)
    assert snapshot.complete
    assert snapshot.models[0].versions[0].run is None


def test_requests_are_counted(stage):
    before = stage.registry.requests_sent
    stage.author.create_model("credit")
    assert stage.registry.requests_sent == before
    stage.registry.set_tags("credit", None, {"a": "1", "b": "2"}, remove=["c"])
    assert stage.registry.requests_sent == before + 3
