"""The registry contract runs against a real MLflow server and against the fake, so that what the fake allows, loses and
refuses is what MLflow allows, loses and refuses: each test that takes ``stage`` runs twice.
"""

from __future__ import annotations

import pytest

from tests.fakes.registry import InProcessRegistry
from tests.registry.stage import Stage


@pytest.fixture(params=["in_process", pytest.param("mlflow", marks=pytest.mark.server)])
def stage(request: pytest.FixtureRequest) -> Stage:
    if request.param == "in_process":
        fake = InProcessRegistry()
        return Stage(fake, fake.author)
    server = request.getfixturevalue("mlflow_server")
    return Stage(request.getfixturevalue("mlflow_registry"), request.getfixturevalue("mlflow_author"), server.url)
