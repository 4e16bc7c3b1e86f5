"""How the full scan meets paging, permissions and failures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from adapters.httpclient import HttpSettings
from connector.model.errors import AuthError, Unreachable
from connector.registry.rest import MlflowRegistry
from tests.registry.scripted import URI, ScriptedMlflow, error, model_row, registry, version_row


@pytest.fixture
def mlflow() -> Iterator[ScriptedMlflow]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield ScriptedMlflow(mock)


def names(snapshot):
    return [model.name for model in snapshot.models]


def test_a_scan_of_one_page_takes_four_requests(mlflow):
    mlflow.models = [[model_row("credit")]]
    mlflow.versions = [[version_row("credit", 1)]]
    assert registry().snapshot().complete
    assert mlflow.paths == ["registered-models/search"] * 2 + ["model-versions/search"] * 2
    first = mlflow.seen[0][2]
    assert (first["max_results"], first["order_by"]) == ("1000", "name")
    assert mlflow.seen[2][2]["max_results"] == "200000"


def test_a_search_is_given_the_time_that_a_large_registry_needs(mlflow):
    registry().snapshot()
    assert set(mlflow.timeouts) == {120}
    patient = MlflowRegistry(URI, http=HttpSettings(timeout_seconds=300))
    patient.snapshot()
    assert mlflow.timeouts[-1] == 300


def test_rows_that_mlflow_rarely_answers_are_understood(mlflow):
    aliases = [{"alias": alias, "version": "1"} for alias in ("z", "a")]
    mlflow.models = [[model_row("credit", aliases=aliases, tags=[{"key": "without value"}])]]
    mlflow.versions = [[{"name": "credit", "version": 1, "creation_timestamp": "5"}]]
    (model,) = registry().snapshot().models
    assert model.tags == {"without value": ""}
    (version,) = model.versions
    assert (version.version, version.aliases, version.created_ms, version.updated_ms) == ("1", ("a", "z"), 5, 5)


def test_only_the_token_ends_a_listing(mlflow):
    mlflow.models = [[model_row("a")], [], [model_row("b")]]
    mlflow.versions = [[], [version_row("b", 1)]]
    snapshot = registry().snapshot()
    assert names(snapshot) == ["a", "b"]
    assert [version.version for version in snapshot.models[1].versions] == ["1"]
    assert snapshot.complete


def test_what_is_on_two_pages_counts_once(mlflow):
    mlflow.models = [[model_row("a"), model_row("b")], [model_row("b"), model_row("c")]]
    mlflow.versions = [[version_row("b", 1)], [version_row("b", 1)]]
    snapshot = registry().snapshot()
    assert names(snapshot) == ["a", "b", "c"]
    assert len(snapshot.models[1].versions) == 1


def test_a_model_that_slipped_between_pages_is_asked_by_name(mlflow):
    mlflow.models = [[model_row("a")]]
    mlflow.versions = [[version_row("a", 1), version_row("slipped", 1), version_row("deleted since", 1)]]
    mlflow.single["slipped"] = 200, {"registered_model": model_row("slipped", aliases=[{"alias": "x", "version": "1"}])}
    snapshot = registry().snapshot()
    assert names(snapshot) == ["a", "slipped"]
    assert snapshot.models[1].versions[0].aliases == ("x",)
    assert snapshot.complete


def test_a_slipped_model_that_may_not_be_read_is_a_gap(mlflow):
    mlflow.versions = [[version_row("slipped", 1)]]
    mlflow.single["slipped"] = 403, "Permission denied"
    snapshot = registry().snapshot()
    assert names(snapshot) == []
    assert "slipped" in snapshot.gaps[0]


@pytest.mark.parametrize("failure", [(500, error("INTERNAL_ERROR")), (400, error("INVALID_PARAMETER_VALUE"))])
def test_a_page_that_fails_leaves_a_gap_and_keeps_what_was_read(mlflow, failure):
    mlflow.models = [[model_row("a")], failure]
    mlflow.versions = [[version_row("a", 1), version_row("unread", 1)]]
    snapshot = registry().snapshot()
    assert names(snapshot) == ["a"]
    assert not snapshot.complete
    assert "registered models: page 2" in snapshot.gaps[0]
    assert "registered-models/get" not in mlflow.paths


def test_versions_that_fail_leave_a_gap(mlflow):
    mlflow.models = [[model_row("a")]]
    mlflow.versions = [(500, error("INTERNAL_ERROR"))]
    snapshot = registry().snapshot()
    assert names(snapshot) == ["a"]
    assert "model versions: page 1" in snapshot.gaps[0]


def test_a_listing_that_goes_round_ends_with_a_gap(mlflow):
    mlflow.models = [(200, {"registered_models": [model_row("a")], "next_page_token": "0"})]
    snapshot = registry().snapshot()
    assert names(snapshot) == ["a"]
    assert "circles" in snapshot.gaps[0]
    assert len(mlflow.paths) < 10


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("page", [0, 1])
def test_refused_credentials_are_never_an_empty_registry(mlflow, status, page):
    mlflow.models = [[model_row("a")]] * page + [(status, "Permission denied")]
    with pytest.raises(AuthError):
        registry().snapshot()


@pytest.mark.parametrize(
    "answer",
    [
        (200, "<html><title>Login</title></html>"),
        (404, "<!doctype html><title>404 Not Found</title>"),
        (200, ["json", "of another API"]),
        (200, {"registered_models": [{"id": 7}]}),
    ],
)
def test_an_answer_that_is_not_mlflows_ends_the_run(mlflow, answer):
    mlflow.models = [answer]
    with pytest.raises(Unreachable) as found:
        registry().snapshot()
    assert found.value.remedy


def test_a_wrong_host_name_says_what_to_allow(mlflow):
    mlflow.models = [(403, "Invalid Host header - possible DNS rebinding attack detected")]
    with pytest.raises(Unreachable, match="--allowed-hosts"):
        registry().snapshot()
