"""The registry contract runs against a real MLflow server and against the fake, so that what the fake allows, loses and
refuses is what MLflow allows, loses and refuses: each test that takes ``stage`` runs with both, and once more in one of
several workspaces that are joined, beside another that holds the same names.
"""

from __future__ import annotations

import pytest

from connector.model.workspaces import Workspaces
from connector.registry.joined import JoinedRegistry
from tests.fakes.registry import InProcessRegistry, InProcessServer
from tests.registry.stage import InWorkspace, Stage


@pytest.fixture(params=["in_process", "joined", pytest.param("mlflow", marks=pytest.mark.server)])
def stage(request: pytest.FixtureRequest) -> Stage:
    if request.param == "in_process":
        fake = InProcessRegistry()
        return Stage(fake, fake.author)
    if request.param == "joined":
        server = InProcessServer("retail", "risk")
        for name in ("credit", "loans"):
            server.author("retail").create_model(name, tags={"k": "of another workspace"})
            server.author("retail").create_version(name)
        joined = JoinedRegistry(server, Workspaces(every=True))
        return Stage(InWorkspace(joined, "risk"), server.author("risk"))
    server = request.getfixturevalue("mlflow_server")
    return Stage(request.getfixturevalue("mlflow_registry"), request.getfixturevalue("mlflow_author"), server.url)
