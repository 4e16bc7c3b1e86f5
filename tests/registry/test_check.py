"""Every problem that ``check`` can find at the registry, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from adapters.httpclient.settings import BearerAuth
from connector.model.errors import ConfigError, Unreachable
from connector.registry.rest import MlflowRegistry
from tests.registry.scripted import PATIENCE, PREFIX, URI, registry


@pytest.fixture
def mlflow() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def serve(mlflow, *, version="3.17.2", models=200, experiments=200, body=None):
    mlflow.get(f"{URI}/version", body=version, content_type="text/html; charset=utf-8")
    mlflow.get(f"{PREFIX}registered-models/search", status=models, json=body or {})
    mlflow.get(f"{PREFIX}model-versions/search", json={})
    mlflow.post(f"{PREFIX}experiments/search", status=experiments, json=body or {})


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("databricks", "tags"),
        ("databricks-uc", "tags"),
        ("databricks-uc://profile", "tags"),
        ("file:///mlruns", "server"),
        ("./mlruns", "server"),
        ("", "server"),
        ("sqlite:///mlflow.db", "server"),
        ("postgresql+psycopg2://me:canary-secret@host/db", "server"),
        ("ftp://host", "address"),
        ("http://me:canary-secret@host", "auth"),
    ],
)
def test_a_uri_that_is_not_served_is_refused_with_the_reason(uri, word):
    refused = MlflowRegistry(uri)
    (problem,) = refused.check()
    assert problem.fatal
    assert word in problem.what + problem.remedy
    assert "canary-secret" not in problem.what + problem.remedy
    with pytest.raises(ConfigError, match=word):
        refused.snapshot()
    assert refused.requests_sent == 0


def test_a_good_server_has_no_problem(mlflow):
    serve(mlflow)
    assert registry().check() == []


@pytest.mark.server
def test_the_real_server_has_no_problem(mlflow_registry):
    assert mlflow_registry.check() == []


def test_credentials_bring_a_note_on_permissions(mlflow, monkeypatch):
    monkeypatch.setenv("MLFLOW_TOKEN_OF_TEST", "canary-secret")
    serve(mlflow)
    auth = BearerAuth.model_validate({"type": "bearer", "token": {"env": "MLFLOW_TOKEN_OF_TEST"}})
    (note,) = MlflowRegistry(URI, auth, PATIENCE).check()
    assert not note.fatal
    assert all(word in note.remedy for word in ("READ", "EDIT", "MANAGE"))
    assert mlflow.calls[0].request.headers["Authorization"] == "Bearer canary-secret"


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (200, "<html><title>Welcome</title></html>", "Welcome"),
        (200, "hello", "not MLflow"),
        (404, "no such page", "404"),
    ],
)
def test_something_else_at_the_address_is_not_mlflow(mlflow, status, body, what):
    mlflow.get(f"{URI}/version", status=status, body=body, content_type="text/html")
    (problem,) = registry().check()
    assert problem.fatal
    assert what in problem.what


def test_an_old_server_is_a_note(mlflow):
    serve(mlflow, version="2.22.0")
    (note,) = registry().check()
    assert not note.fatal
    assert "2.22.0" in note.what


def test_nothing_listening_is_one_problem():
    (problem,) = MlflowRegistry("http://127.0.0.1:1", http=PATIENCE).check()
    assert problem.fatal
    assert "127.0.0.1:1" in problem.what


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_named(mlflow, status):
    serve(mlflow, models=status)
    (problem,) = registry().check()
    assert problem.fatal
    assert problem.where == "listing of registered models: credentials"


def test_unreadable_experiments_only_matter_to_run_fields(mlflow):
    serve(mlflow, experiments=403)
    (problem,) = registry().check()
    assert not problem.fatal
    assert "run fields" in problem.where


def test_a_workspace_on_a_server_without_them_is_named(mlflow):
    body = {"error_code": "FEATURE_DISABLED", "message": "workspaces are not enabled"}
    mlflow.get(f"{URI}/api/3.0/mlflow/workspaces", status=500, json=body)
    (problem,) = MlflowRegistry(URI, http=PATIENCE, workspace="risk").check()
    assert "workspace" in problem.remedy
    assert mlflow.calls[0].request.headers["X-MLFLOW-WORKSPACE"] == "risk"


@pytest.mark.parametrize("page", ["<html>Not Found</html>", ""])
def test_a_server_from_before_workspaces_is_never_read_as_if_it_were_one(mlflow, page):
    serve(mlflow, version="3.9.0")
    mlflow.get(f"{URI}/api/3.0/mlflow/workspaces", status=404, body=page, content_type="text/html")
    opened = MlflowRegistry(URI, http=PATIENCE, workspace="risk")
    (problem,) = opened.check()
    assert problem.fatal
    assert "3.10" in problem.remedy
    for request in (
        opened.snapshot,
        lambda: opened.model("credit"),
        lambda: opened.set_tags("credit", None, {"k": "v"}),
    ):
        with pytest.raises(Unreachable, match="before workspaces"):
            request()
    assert {call.request.url for call in mlflow.calls} == {f"{URI}/api/3.0/mlflow/workspaces"}


@pytest.mark.parametrize("status", [200, 403])
def test_a_server_with_workspaces_is_asked_for_them_once(mlflow, status):
    serve(mlflow)
    mlflow.get(f"{URI}/api/3.0/mlflow/workspaces", status=status, json={"workspaces": []})
    opened = MlflowRegistry(URI, http=PATIENCE, workspace="risk")
    assert opened.check() == []
    assert opened.snapshot().complete
    assert [call.request.url for call in mlflow.calls].count(f"{URI}/api/3.0/mlflow/workspaces") == 1


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("3.0.0", ["incomplete", "retired"]),
        ("3.9.1", ["incomplete", "retired"]),
        ("3.12.0", ["retired"]),
        ("3.13.0", []),
    ],
)
def test_what_an_account_cannot_do_on_an_early_server_is_told(mlflow, monkeypatch, version, told):
    monkeypatch.setenv("MLFLOW_TOKEN_OF_TEST", "canary-secret")
    serve(mlflow, version=version)
    auth = BearerAuth.model_validate({"type": "bearer", "token": {"env": "MLFLOW_TOKEN_OF_TEST"}})
    notes = [problem for problem in MlflowRegistry(URI, auth, PATIENCE).check() if problem.where == "version"]
    assert len(notes) == len(told)
    for note, word in zip(notes, told, strict=True):
        assert word in note.what
        assert "upgrade" in note.remedy
        assert not note.fatal
    assert registry().check() == []
