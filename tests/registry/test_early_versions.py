"""What servers of early versions of MLflow 3 allow and later ones refuse: run where the server is one of them
(``MLFLOW_GRC_TEST_MLFLOW``), skipped elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.mock import MockGrc
from connector.registry.rest import MlflowRegistry
from tests.engine.world import World
from tests.server_version import need_before, version_of

pytestmark = pytest.mark.server

IMPOSSIBLE = ("team/credit", "team:credit", "..", "  ")


@pytest.fixture
def world(tmp_path: Path, mlflow_registry, mlflow_author) -> Iterator[World]:
    with MockGrc() as grc:
        world = World(tmp_path, grc, mlflow_registry, mlflow_author)
        yield world
        world.close()


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_name_that_later_versions_refuse_is_recorded_once_and_holds_nothing_up(world, mlflow_server, name):
    need_before(version_of(mlflow_server.url), (3, 11), "names with / and :")
    world.author.create_model(name, tags={"risk_classification": "high"})
    world.author.create_model("credit", tags={"risk_classification": "high"})
    world.author.create_version("credit")
    for _ in range(2):
        told(world)
    world.registry = MlflowRegistry(mlflow_server.url)
    world.lose_state()
    told(world)
    assert len(world.officer.records("models")) == 2
    assert world.record("credit")["tier"]
    assert world.tags("credit")["grc_record_id"] == world.record("credit")["id"]


def told(world: World) -> None:
    """A cycle ends for a person to see, with the name and why nothing is written there."""
    result = world.sync()
    assert result.exit_code == 3
    reasons = [case.reason for case in (*result.plan.quarantines, *result.applied.quarantines)]
    assert any("as a model's name" in reason for reason in reasons), reasons


def test_an_alias_outlives_its_version_and_is_not_shown_elsewhere(mlflow_registry, mlflow_author, mlflow_server):
    need_before(version_of(mlflow_server.url), (3, 11), "aliases of deleted versions")
    mlflow_author.create_model("credit")
    for _ in range(2):
        mlflow_author.create_version("credit")
    mlflow_author.set_alias("credit", "champion", "2")
    mlflow_author.delete_version("credit", "2")
    assert mlflow_author.create_version("credit") == "3"
    (model,) = mlflow_registry.snapshot().models
    assert [(version.version, version.aliases) for version in model.versions] == [("1", ()), ("3", ())]
