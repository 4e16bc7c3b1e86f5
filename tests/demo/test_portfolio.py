"""The bank's data: plausible to a model risk expert, and wrong in exactly the two places that the story needs."""

from __future__ import annotations

import json
import re

import pytest

from connector.demo.acts.decisions import DECISIONS, ISSUES, TIERS
from connector.demo.cast import CAST
from connector.demo.portfolio import load_portfolio, register
from connector.model.policy import DEFAULT_FUSES, FuseClass
from connector.model.tags import TAG_LIMIT
from tests.demo.standin import MemoryRegistry

PORTFOLIO = load_portfolio()
VERSIONS = [(model, number, version) for model in PORTFOLIO for number, version in enumerate(model.versions, start=1)]
REQUIRED = ("purpose", "developer", "technique", "risk_classification", "data_sources", "limitations", "assumptions")


def test_a_dozen_models_of_one_to_four_versions():
    assert len({model.name for model in PORTFOLIO}) == len(PORTFOLIO) == 12
    assert all(1 <= len(model.versions) <= 4 for model in PORTFOLIO)


def test_one_model_lacks_what_a_regulated_model_must_state_and_the_others_do_not():
    lacking = {model.name: [f for f in REQUIRED if not getattr(model, f)] for model in PORTFOLIO}
    assert {name for name, fields in lacking.items() if fields} == {"deposit-behaviour"}
    assert lacking["deposit-behaviour"] == list(REQUIRED)


def test_act_2_leaves_one_production_version_unapproved():
    approved = {(d.name, d.version) for d in DECISIONS if d.status != "rejected"}
    in_production = {(model.name, model.in_production) for model in PORTFOLIO if model.in_production}
    assert in_production - approved == {("card-fraud-detection", "4")}


@pytest.mark.parametrize(("model", "number", "version"), VERSIONS, ids=lambda value: getattr(value, "name", ""))
def test_metrics_are_of_a_size_that_such_models_show(model, number, version):
    metrics = version.metrics
    assert metrics
    if "gini" in metrics:
        assert metrics["gini"] == pytest.approx(2 * metrics["auc"] - 1)
    for name, value in metrics.items():
        if "auc" in name and name != "pr_auc":
            assert 0.65 < value < 0.99, name
        if name.startswith("fairness_di_ratio") or name in ("psi", "r2", "ks", "recall_sar", "mape"):
            assert 0 < value <= 1, name


def test_every_alias_points_at_a_version_and_later_versions_do_not_drift_more():
    for model in PORTFOLIO:
        assert all(1 <= number <= len(model.versions) for number in model.aliases.values())
        drift = [version.metrics["psi"] for version in model.versions if "psi" in version.metrics]
        assert drift == sorted(drift, reverse=True)


def test_everyone_named_is_in_the_cast():
    named = {model.owner for model in PORTFOLIO} | {model.developer for model in PORTFOLIO if model.developer}
    assert named <= {person.email for person in CAST}


def test_nobody_decides_on_what_they_built():
    assert {model.developer for model in PORTFOLIO}.isdisjoint(
        person.email for person in CAST if person.role in ("model risk officer", "independent validator")
    )


def test_act_2_touches_too_few_objects_to_trip_the_fuse():
    limit = DEFAULT_FUSES[FuseClass.UPDATE]
    touched = {model.name for model in PORTFOLIO} | {(d.name, d.version) for d in DECISIONS}
    touched |= {(issue.name, issue.version) for issue in ISSUES if issue.version} | {tier.name for tier in TIERS}
    assert len(touched) * 100 <= limit.percent * (len(PORTFOLIO) + len(VERSIONS))


def test_tags_keep_the_limits_of_every_registry():
    for model, number, version in VERSIONS:
        for tags in (model.model_tags(), model.version_tags(version)):
            assert all(re.fullmatch(r"[a-z_]+", key) for key in tags)
            assert all(0 < len(value) < TAG_LIMIT for value in tags.values())
        assert model.run_tags(number)["mlflow.runName"] == f"{model.name}-v{number}"


def test_lists_are_sorted_json_and_empty_fields_have_no_tag():
    by_name = {model.name: model for model in PORTFOLIO}
    listed = json.loads(by_name["sme-pd"].model_tags()["limitations"])
    assert len(listed) == 2
    assert listed == sorted(listed)
    assert by_name["deposit-behaviour"].model_tags() == {}


def test_registering_writes_everything_in_few_requests():
    registry = MemoryRegistry()
    told = []
    register(registry, PORTFOLIO, lambda model: told.append(model.name))

    assert told == [model.name for model in PORTFOLIO]
    assert registry.in_production()["card-fraud-detection"] == "4"
    assert registry.tags("retail-credit-scoring", "4")["technique"] == "ml"
    assert registry.tags("retail-credit-scoring", "3")["technique"] == "statistical"
    assert len(registry.runs) == len(VERSIONS)
    assert registry.runs[3]["params"]["monotone"] == "true"
    assert re.fullmatch(r"[0-9a-f]{40}", registry.runs[0]["tags"]["mlflow.source.git.commit"])
    assert registry.requests <= len(PORTFOLIO) + len(VERSIONS) + sum(len(model.aliases) for model in PORTFOLIO)
