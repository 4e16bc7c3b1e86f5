"""A real MLflow with workspaces: a registry sees and writes one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.model.errors import Unreachable
from connector.registry.rest import MlflowRegistry
from tests.server_version import need, version_of

pytestmark = pytest.mark.server

WORKSPACES = ("risk", "retail")


def manage(server: MlflowServer, method: str, path: str = "", **body: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{server.url}/api/3.0/mlflow/workspaces{path}"
        session.request(method, url, json=body or None, timeout=60).raise_for_status()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, mlflow_server: MlflowServer) -> Iterator[MlflowServer]:
    """``credit`` stands in each of the workspaces and in the default one, tagged with where."""
    need(version_of(mlflow_server.url), (3, 10), "workspaces")
    with MlflowServer(tmp_path_factory.mktemp("workspaces"), options=("--enable-workspaces",)) as server:
        for name in WORKSPACES:
            manage(server, "POST", name=name)
        for name in (*WORKSPACES, None):
            with RegistryAuthor(server.url, workspace=name) as author:
                author.create_model("credit", tags={"here": name or "default"})
                author.create_version("credit", run_id=author.log_run(params={"here": name or "default"}))
        yield server


def model_of(registry: MlflowRegistry) -> tuple[dict[str, str], dict[str, str]]:
    """The only model's tags, and its run's parameters."""
    (model,) = registry.snapshot(run_fields=True).models
    assert registry.model("credit").tags == model.tags
    return dict(model.tags), dict(model.versions[0].run.params)


@pytest.mark.parametrize("name", [*WORKSPACES, "default", None])
def test_a_registry_sees_one_workspace(server, name):
    registry = MlflowRegistry(server.url, workspace=name)
    here = {"here": name or "default"}
    assert model_of(registry) == (here, here)
    assert registry.check() == []


def test_the_same_name_is_written_in_one_workspace_only(server):
    risk, retail = (MlflowRegistry(server.url, workspace=name) for name in WORKSPACES)
    risk.set_tags("credit", None, {"tier": "high"})
    risk.set_tags("credit", "1", {"tier": "high"})
    risk.create_model("only at risk")
    assert risk.model("credit").tags["tier"] == risk.version("credit", "1").tags["tier"] == "high"
    assert "tier" not in {**retail.model("credit").tags, **retail.version("credit", "1").tags}
    assert retail.model("only at risk") is None


REQUESTS: dict[str, Callable[[MlflowRegistry], object]] = {
    "scan": lambda registry: registry.snapshot(),
    "model": lambda registry: registry.model("credit"),
    "version": lambda registry: registry.version("credit", "1"),
    "write": lambda registry: registry.set_tags("credit", None, {"k": "v"}),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_where_the_workspace_is_gone_nothing_is_taken_for_deleted(server, request_):
    manage(server, "POST", name="passing")
    registry = MlflowRegistry(server.url, workspace="passing")
    registry.create_model("credit")
    assert registry.model("credit") is not None
    registry_of_nothing = MlflowRegistry(server.url, workspace="nowhere")
    manage(server, "DELETE", "/passing?mode=CASCADE")
    for gone in (registry, registry_of_nothing):
        with pytest.raises(Unreachable, match="Workspace") as error:
            request_(gone)
        assert "workspace" in error.value.remedy
        (problem,) = gone.check()
        assert problem.fatal
        assert "workspace" in problem.remedy


def test_a_server_without_workspaces_says_so(mlflow_server):
    (problem,) = MlflowRegistry(mlflow_server.url, workspace="risk").check()
    assert problem.fatal
    assert "--enable-workspaces" in problem.remedy
