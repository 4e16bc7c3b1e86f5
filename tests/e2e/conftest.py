"""One installation per test, on the session's MLflow server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import MockGrc
from connector.registry.rest import MlflowRegistry
from tests.e2e.site import Site


@pytest.fixture
def site(
    tmp_path: Path, mlflow_server: MlflowServer, mlflow_author: RegistryAuthor, mlflow_registry: MlflowRegistry
) -> Iterator[Site]:
    with MockGrc() as grc:
        yield Site(tmp_path, grc, mlflow_author, mlflow_registry, mlflow_server.url)
