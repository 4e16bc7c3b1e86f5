from dataclasses import replace

import pytest

from connector.mapping.registry_side import model_views, registry_views, registry_write
from connector.mapping.sources import RegistrySettings, Scope
from connector.model.cut import full_length
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData
from tests.mapping.samples import REGISTRY_ID, platform

RUN = RunData(
    "r1",
    "FINISHED",
    metrics={"auc": 0.9, "fairness_gap": 0.01, "n": 3.0},
    tags={"mlflow.source.git.commit": "abc"},
    datasets=("loans", "bureau"),
)
VERSION = ModelVersion(
    "credit",
    "3",
    2000,
    1776421230000,
    "third",
    run_id="r1",
    run=RUN,
    tags={"data_version": "7"},
    aliases=("champion", "x"),
)
MODEL = RegisteredModel(
    "credit",
    1000,
    3000,
    "Scores loans.\r\n",
    tags={
        "risk_classification": "High",
        "purpose": "Decide. \r\n",
        "grc_model_owner": "JD@bank.example",
        "bank": "ours",
    },
    aliases={"champion": "3", "x": "3"},
    versions=(VERSION,),
)


@pytest.fixture
def mapping(load):
    data = platform()
    fields = data["entities"]["version"]["fields"]
    fields |= {name: name for name in ("description", "data_sources", "data_version", "source_run", "fairness_metrics")}
    fields |= {name: name for name in ("last_updated", "production_aliases", "deployed_at", "technique")}
    data["entities"]["model"]["fields"]["registry_name"] = "rn"
    return load(data)


@pytest.fixture
def settings(mapping):
    return RegistrySettings(
        mapping.keys(REGISTRY_ID), production_aliases=("champion", "stage:Production"), label="main"
    )


def test_a_model_in_canonical_terms(mapping, settings):
    view, _ = model_views(mapping, MODEL, settings)
    assert view.ref.key == f"mlflow:{REGISTRY_ID}/credit@1000"
    assert (view.ref.entity, view.ref.name, view.created_ms) == (Entity.MODEL, "credit", 1000)
    assert view.tags == MODEL.tags
    assert not view.unreadable
    assert {name: value for name, value in view.fields.items() if value} == {
        "registry": "main",
        "registry_name": "credit",
        "description": "Scores loans.",
        "purpose": "Decide.",
        "risk_classification": "high",
        "model_owner": "jd@bank.example",
    }
    assert set(view.fields) == {one.name for one in mapping.fields(Entity.MODEL)}


def test_a_version_in_canonical_terms(mapping, settings):
    _, (view,) = model_views(mapping, MODEL, settings)
    assert view.ref.key == f"mlflow:{REGISTRY_ID}/credit@1000#3"
    assert (view.ref.version, view.created_ms, view.aliases) == ("3", 2000, ("champion", "x"))
    assert {name: value for name, value in view.fields.items() if value} == {
        "description": "third",
        "data_sources": '["bureau","loans"]',
        "data_version": "7",
        "source_run": "r1",
        "code_commit": "abc",
        "metrics": '{"auc":0.9,"fairness_gap":0.01,"n":3}',
        "fairness_metrics": '{"fairness_gap":0.01}',
        "last_updated": "2026-04-17T10:20:30Z",
        "production_aliases": '["champion"]',
    }


def test_places_are_tried_in_order(mapping, settings):
    version = replace(VERSION, tags={"code_commit": "by hand", "data_sources": "x, y"})
    _, (view,) = model_views(mapping, replace(MODEL, versions=(version,)), settings)
    assert view.fields["code_commit"] == "by hand"
    assert view.fields["data_sources"] == '["x","y"]'


def test_a_run_that_was_not_read_is_not_an_empty_one(mapping, settings):
    _, (unread,) = model_views(mapping, replace(MODEL, versions=(replace(VERSION, run=None),)), settings)
    assert {"metrics", "fairness_metrics", "code_commit", "data_sources"} <= set(unread.unreadable)
    assert "r1" in unread.unreadable["metrics"]
    assert "metrics" not in unread.fields
    assert unread.fields["data_version"] == "7"
    _, (without,) = model_views(mapping, replace(MODEL, versions=(replace(VERSION, run=None, run_id=""),)), settings)
    assert without.fields["metrics"] is None
    assert not without.unreadable


def test_a_value_that_does_not_parse_leaves_the_rest(mapping, settings):
    model = replace(MODEL, tags={"risk_classification": "severe", "purpose": "p"})
    view, _ = model_views(mapping, model, settings)
    assert "severe" in view.unreadable["risk_classification"]
    assert "risk_classification" not in view.fields
    assert view.fields["purpose"] == "p"


def test_a_stage_counts_where_it_is_named(mapping, settings):
    staged = replace(VERSION, aliases=(), stage="Production")
    _, (view,) = model_views(mapping, replace(MODEL, versions=(staged,)), settings)
    assert view.fields["production_aliases"] == '["stage:Production"]'
    _, (other,) = model_views(mapping, replace(MODEL, versions=(replace(staged, stage="Staging"),)), settings)
    assert other.fields["production_aliases"] is None


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        (Scope(), True),
        (Scope(include=("cred*",)), True),
        (Scope(include=("CRED*",)), False),
        (Scope(include=("fraud*", "*dit")), True),
        (Scope(exclude=("c*",)), False),
        (Scope(tags={"bank": "ours"}), True),
        (Scope(tags={"bank": "theirs"}), False),
        (Scope(tags={"none": ""}), False),
    ],
)
def test_scope_marks_and_drops_nothing(mapping, settings, scope, inside):
    seen = registry_views(mapping, RegistrySnapshot((MODEL,), ("hid",), ("gap",)), replace(settings, scope=scope))
    assert [view.in_scope for view in (*seen.models, *seen.versions)] == [inside, inside]
    assert (seen.hidden, seen.gaps) == (("hid",), ("gap",))


@pytest.mark.parametrize(
    ("change", "inside"),
    [
        ({}, True),
        ({"aliases": ()}, False),
        ({"aliases": (), "stage": "Staging"}, True),
        ({"aliases": (), "tags": {"grc_approval_request": "submit"}}, True),
    ],
)
def test_versions_that_nobody_promoted_can_be_left_out(mapping, settings, change, inside):
    model = replace(MODEL, versions=(replace(VERSION, **change),))
    view, (version,) = model_views(mapping, model, replace(settings, scope=Scope(aliased_only=True)))
    assert view.in_scope
    assert version.in_scope is inside


def test_hashed_keys_where_the_mapping_says_so(load):
    data = platform()
    data["entities"]["model"]["identity"]["hash"] = data["entities"]["version"]["identity"]["hash"] = True
    mapping = load(data)
    view, (version,) = model_views(mapping, MODEL, RegistrySettings(mapping.keys(REGISTRY_ID)))
    assert view.ref.key.startswith("mlflow-")
    assert version.ref.key.startswith("mlflow-")
    assert view.ref.key != version.ref.key


def test_writes_go_to_the_first_place_and_fit(mapping):
    fields = {one.name: one for one in mapping.fields(Entity.MODEL)}
    place, text = registry_write(fields["purpose"], "word " * 400)
    assert str(place) == "tag:purpose"
    assert len(text) <= 1000
    assert full_length(text) == 2000
    place, text = registry_write(fields["description"], "d" * 6000)
    assert str(place) == "description"
    assert 4900 < len(text) <= 5000
    assert registry_write(fields["model_owner"], None)[1] is None
    with pytest.raises(Rejected, match="registry_name cannot be written"):
        registry_write(fields["registry_name"], "x")
