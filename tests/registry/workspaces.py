"""The hand of an administrator on an MLflow server with workspaces."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from dataclasses import dataclass, field

import requests

from connector.mlflow_server import RegistryAuthor

_numbers = itertools.count(1)


@dataclass
class WorkspaceServer:
    """A server's address, and what can be done with its workspaces."""

    url: str

    def manage(self, method: str, path: str = "", **body: str) -> None:
        with requests.Session() as session:
            session.trust_env = False
            url = f"{self.url}/api/3.0/mlflow/workspaces{path}"
            session.request(method, url, json=body or None, timeout=60).raise_for_status()

    def create(self, name: str) -> None:
        self.manage("POST", name=name)

    def delete(self, name: str) -> None:
        """With all that it holds."""
        self.manage("DELETE", f"/{name}?mode=CASCADE")


@dataclass
class RealPlace:
    """Workspaces of one test on a real server, under names that no other test has."""

    server: WorkspaceServer
    made: dict[str, str] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def create(self, workspace: str) -> RegistryAuthor:
        """Make a workspace whose name begins with ``workspace``; the hand of people there."""
        self.made.setdefault(workspace, f"{workspace}-{next(_numbers)}")
        self.server.create(self.made[workspace])
        return self.author(workspace)

    def name(self, workspace: str) -> str:
        return self.made[workspace]

    def author(self, workspace: str) -> RegistryAuthor:
        return self.stack.enter_context(RegistryAuthor(self.server.url, workspace=self.made[workspace]))

    def delete(self, workspace: str) -> None:
        self.server.delete(self.made[workspace])

    def close(self) -> None:
        self.stack.close()
        for name in self.made.values():
            try:
                self.server.delete(name)
            except requests.HTTPError as error:
                assert error.response.status_code == 404  # noqa: PT017 - a test deleted it already
