"""MLflow's workspaces, and how a model's name tells the one it stands in.

The same name can exist in each workspace. Where a registry serves several, a model is called ``workspace/name``
everywhere: in plans, in state, in the trail, on the command line and in the GRC. MLflow allows no ``/`` in a model's
or a workspace's name, so that a full name is never taken for a bare one.
"""

from __future__ import annotations

from dataclasses import dataclass

SEPARATOR = "/"
DEFAULT_WORKSPACE = "default"
"""The workspace of requests that name none; every server with workspaces has it."""
EVERY = "*"
"""Stands in a configuration for all workspaces that the server lists."""


def full_name(workspace: str, name: str) -> str:
    """The name of a model among those of several workspaces."""
    return f"{workspace}{SEPARATOR}{name}"


def split_name(name: str) -> tuple[str | None, str]:
    """The workspace (None in a bare name) and the name that the model has there."""
    workspace, separator, bare = name.partition(SEPARATOR)
    return (workspace, bare) if separator else (None, name)


def is_called(full: str, name: str) -> bool:
    """Whether a person may mean the model ``full`` by ``name``: its full name, or the one that it has there."""
    return name in (full, split_name(full)[1])


@dataclass(frozen=True, slots=True)
class Workspaces:
    """Which workspaces of a server one registry serves: none (the server has none, or its default one), some by
    name, or ``every`` one that the server lists when a cycle begins.
    """

    names: tuple[str, ...] = ()
    every: bool = False

    @property
    def several(self) -> bool:
        """Whether names tell the workspace: also where every one is served and there is only one yet."""
        return self.every or len(self.names) > 1

    @property
    def only(self) -> str | None:
        """The one workspace that is served by name."""
        return self.names[0] if len(self.names) == 1 else None

    def serves(self, workspace: str | None) -> bool:
        """Whether a workspace is among them; None is the one of requests that name none."""
        return self.every or (workspace or DEFAULT_WORKSPACE) in (self.names or (DEFAULT_WORKSPACE,))


NO_WORKSPACES = Workspaces()
"""Those of a server that has none."""
