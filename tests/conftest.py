"""Fixtures that several areas share: one real MLflow server for the whole session, emptied before each use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from adapters.httpclient import redaction
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.registry.rest import MlflowRegistry
from tests.postgres import PostgresServer
from tests.registry.wipe import wipe
from tests.registry.workspaces import WorkspaceServer
from tests.server_version import need, version_of

# How long an example takes says something about the machine, nothing about the code.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

WEBHOOKS = {
    "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
    "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
    "MLFLOW_WEBHOOK_CACHE_TTL": "1",
    "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES": "1",
}
"""Environment of a server that delivers to this machine, and knows a new webhook at once."""
OTHER_MLFLOW = "MLFLOW_GRC_TEST_MLFLOW"
"""Environment: a Python whose MLflow is the server in every test, so that the server's version is not ours."""


@pytest.fixture(scope="session", autouse=True)
def _other_mlflow() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if python := os.environ.get(OTHER_MLFLOW):
            patch.setattr(MlflowServer, "interpreter", python)
        yield


@pytest.fixture(autouse=True)
def _secrets_of_one_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test uses as a password may be a word that another expects to read."""
    monkeypatch.setattr(redaction, "_registry", redaction._Registry())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server; skipped where the wheel is not installed."""
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """A real MLflow server; tests that use it carry the marker ``server``."""
    with MlflowServer(tmp_path_factory.mktemp("mlflow"), environment=WEBHOOKS) as server:
        yield server


@pytest.fixture(scope="session")
def workspace_server(
    tmp_path_factory: pytest.TempPathFactory, mlflow_server: MlflowServer
) -> Iterator[WorkspaceServer]:
    """A real MLflow server with workspaces; who uses it makes workspaces of their own and deletes them."""
    need(version_of(mlflow_server.url), (3, 10), "workspaces")
    with MlflowServer(tmp_path_factory.mktemp("workspaces"), options=("--enable-workspaces",)) as server:
        yield WorkspaceServer(server.url)


@pytest.fixture
def mlflow_author(mlflow_server: MlflowServer) -> Iterator[RegistryAuthor]:
    """The hand of people and pipelines on the real server, whose registry is empty at the start."""
    with RegistryAuthor(mlflow_server.url) as author:
        wipe(mlflow_server.url, author)
        yield author


@pytest.fixture
def mlflow_registry(mlflow_server: MlflowServer, mlflow_author: RegistryAuthor) -> Iterator[MlflowRegistry]:
    """The connector's side of the real server."""
    registry = MlflowRegistry(mlflow_server.url)
    yield registry
    registry.close()
