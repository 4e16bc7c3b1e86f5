"""A real MLflow with workspaces: a registry sees and writes one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connector.mlflow_server import RegistryAuthor
from connector.model.errors import NoWorkspace
from connector.registry.rest import MlflowRegistry
from tests.registry.workspaces import WorkspaceServer

pytestmark = pytest.mark.server

WORKSPACES = ("risk", "retail")


@pytest.fixture(scope="module")
def server(workspace_server: WorkspaceServer) -> Iterator[WorkspaceServer]:
    """``credit`` stands in each of the workspaces and in the default one, tagged with where."""
    for name in WORKSPACES:
        workspace_server.create(name)
    for name in (*WORKSPACES, None):
        with RegistryAuthor(workspace_server.url, workspace=name) as author:
            author.create_model("credit", tags={"here": name or "default"})
            author.create_version("credit", run_id=author.log_run(params={"here": name or "default"}))
    yield workspace_server
    for name in WORKSPACES:
        workspace_server.delete(name)
    with RegistryAuthor(workspace_server.url) as author:
        author.delete_model("credit")


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
    server.create("passing")
    registry = MlflowRegistry(server.url, workspace="passing")
    registry.create_model("credit")
    assert registry.model("credit") is not None
    registry_of_nothing = MlflowRegistry(server.url, workspace="nowhere")
    server.delete("passing")
    for gone in (registry, registry_of_nothing):
        with pytest.raises(NoWorkspace, match="Workspace") as error:
            request_(gone)
        assert "workspace" in error.value.remedy
        (problem,) = gone.check()
        assert problem.fatal
        assert "workspace" in problem.remedy


def test_a_server_without_workspaces_says_so(mlflow_server):
    (problem,) = MlflowRegistry(mlflow_server.url, workspace="risk").check()
    assert problem.fatal
    assert "--enable-workspaces" in problem.remedy
