"""Several workspaces of one MLflow server as one registry, in which a model is called ``workspace/name``.

One snapshot is joined of those of all workspaces; everything else goes to the one that the name tells. What cannot be
read of one workspace is a gap of the whole. A workspace that is gone, or that this account may not see any more, tells
nothing about what it held: no answer from here ever says that such a model was deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol, TypeVar

from connector.mapping.complaints import nearest
from connector.model.errors import AccessDenied, AuthError, MlflowGrcError, NoWorkspace, Rejected, RunAborted
from connector.model.grc import Problem
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData
from connector.model.workspaces import Workspaces, full_name, split_name
from connector.registry.base import Outside, Registry, VersionKey

T = TypeVar("T")

_NONE_LISTED = "give the registry's account a role in each workspace that it should read, or name them in workspaces."


class Server(Protocol):
    """What is asked of the server that the workspaces are in."""

    def within(self, workspace: str) -> Registry:
        """One workspace, through the same session."""
        ...

    def workspaces(self) -> Sequence[str]:
        """All that the server lists. Raises RunAborted."""
        ...

    def check(self) -> Sequence[Problem]:
        """What is wrong with the server where it is asked about no workspace."""
        ...

    @property
    def requests_sent(self) -> int:
        """Requests sent so far, in all workspaces."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...


class JoinedRegistry:
    """The :class:`~connector.registry.base.Registry` of several workspaces; see there for what is not said here."""

    def __init__(self, server: Server, served: Workspaces) -> None:
        """Join the workspaces that ``served`` names, or all that the server lists at each snapshot."""
        self._server, self._served = server, served
        self._listed: tuple[str, ...] | None = None

    def snapshot(
        self,
        *,
        run_fields: bool = False,
        known_runs: Mapping[VersionKey, RunData] | None = None,
        refresh_runs: Collection[VersionKey] = (),
    ) -> RegistrySnapshot:
        known = _by_workspace(known_runs or {})
        refresh = _by_workspace(dict.fromkeys(refresh_runs, True))
        snapshots: list[RegistrySnapshot] = []
        failures: dict[str, RunAborted] = {}
        listed = self._listed = self._list()
        for workspace in listed:
            try:
                taken = self._server.within(workspace).snapshot(
                    run_fields=run_fields, known_runs=known[workspace], refresh_runs=refresh[workspace]
                )
            except (NoWorkspace, AuthError) as error:
                failures[workspace] = error
            else:
                snapshots.append(_named(workspace, taken))
        if failures and not snapshots:
            raise next(iter(failures.values()))
        gaps = [f"workspace {workspace}: {error.message}" for workspace, error in failures.items()]
        if not listed:
            gaps.append("workspaces: the server lists none to this account")
        return RegistrySnapshot(
            models=tuple(sorted((model for each in snapshots for model in each.models), key=lambda one: one.name)),
            hidden=tuple(name for each in snapshots for name in each.hidden),
            gaps=(*gaps, *(gap for each in snapshots for gap in each.gaps)),
        )

    def look(
        self, name: str, *, run_fields: bool = False, known_runs: Mapping[VersionKey, RunData] | None = None
    ) -> RegistrySnapshot:
        with self._inside(name) as (registry, workspace, bare):
            known = _by_workspace(known_runs or {})[workspace]
            return _named(workspace, registry.look(bare, run_fields=run_fields, known_runs=known))

    def model(self, name: str) -> RegisteredModel | None:
        with self._inside(name) as (registry, workspace, bare):
            found = registry.model(bare)
        return _full(workspace, found) if found is not None else None

    def version(self, name: str, version: str) -> ModelVersion | None:
        with self._inside(name) as (registry, _, bare):
            found = registry.version(bare, version)
        return replace(found, name=name) if found is not None else None

    def set_tags(
        self,
        name: str,
        version: str | None,
        set: Mapping[str, str],  # noqa: A002 - as in the protocol
        remove: Collection[str] = (),
        before_each: Callable[[], None] | None = None,
    ) -> None:
        with self._inside(name) as (registry, _, bare):
            registry.set_tags(bare, version, set, remove, before_each)

    def set_description(self, name: str, version: str | None, text: str) -> None:
        with self._inside(name) as (registry, _, bare):
            registry.set_description(bare, version, text)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        with self._inside(name) as (registry, _, bare):
            registry.set_alias(bare, alias, version)

    def delete_alias(self, name: str, alias: str) -> None:
        with self._inside(name) as (registry, _, bare):
            registry.delete_alias(bare, alias)

    def create_model(self, name: str, description: str = "", tags: Mapping[str, str] | None = None) -> RegisteredModel:
        with self._inside(name) as (registry, workspace, bare):
            return _full(workspace, registry.create_model(bare, description, tags))

    def names(self, name: str) -> Sequence[str]:
        if split_name(name)[0] is not None:
            return (name,) if self.outside(name) is None and self.model(name) is not None else ()
        full = (full_name(workspace, name) for workspace in self._present())
        return tuple(each for each in full if self.model(each) is not None)

    def outside(self, name: str) -> Outside | None:
        workspace, _ = split_name(name)
        if workspace is None:
            return Outside("its name, of a time when one workspace was read, does not tell the workspace", chosen=False)
        if not self._served.serves(workspace):
            return Outside(f"the workspace {workspace} is not read any more", chosen=True)
        if self._listed is not None and workspace not in self._listed:
            return Outside(f"the workspace {workspace} is not there, or not shown to this account", chosen=False)
        return None

    def check(self) -> Sequence[Problem]:
        try:
            shown = self._server.workspaces()
        except MlflowGrcError as error:
            found = [problem for problem in self._server.check() if problem.fatal]
            return found or [Problem("workspaces", error.message, error.remedy)]
        if self._served.every and not shown:
            return [Problem("workspaces", "The server lists no workspace to this account.", _NONE_LISTED)]
        return list(self._checked(shown if self._served.every else self._served.names, shown))

    @property
    def requests_sent(self) -> int:
        """HTTP requests sent so far, retries included."""
        return self._server.requests_sent

    def close(self) -> None:
        self._server.close()

    def _checked(self, workspaces: Sequence[str], shown: Sequence[str]) -> Iterator[Problem]:
        """What is wrong in each workspace; what is wrong in all of them alike is told once. One that is not listed may
        be read all the same: MLflow lists only those in which the account has a role.
        """
        found: dict[Problem, list[str]] = defaultdict(list)
        for workspace in workspaces:
            for problem in self._server.within(workspace).check():
                if problem.fatal and workspace not in shown:
                    yield _not_shown(workspace, shown)
                    break
                found[problem].append(workspace)
        for problem, where in found.items():
            if len(where) == len(workspaces):
                yield problem
            else:
                yield replace(problem, where=f"workspace {', '.join(where)}: {problem.where}")

    def _list(self) -> tuple[str, ...]:
        return tuple(self._server.workspaces()) if self._served.every else self._served.names

    def _present(self) -> tuple[str, ...]:
        """The workspaces as of the last snapshot; before the first, as they are now."""
        if self._listed is None:
            self._listed = self._list()
        return self._listed

    @contextmanager
    def _inside(self, name: str) -> Iterator[tuple[Registry, str, str]]:
        """The registry, the workspace and the name there. A workspace that is not there is unknown, not empty."""
        workspace, bare = split_name(name)
        if workspace is None:
            raise Rejected(f"{name}: the name tells no workspace.", remedy="write it as WORKSPACE/NAME.")
        if not self._served.serves(workspace):
            remedy = "name it under the registry's workspaces, if it should be read."
            raise AccessDenied(f"{name}: the workspace {workspace} is not read.", remedy=remedy)
        try:
            yield self._server.within(workspace), workspace, bare
        except NoWorkspace as error:
            raise AccessDenied(f"{name}: {error.message}", remedy=error.remedy) from error


def _by_workspace(runs: Mapping[VersionKey, T]) -> Mapping[str, Mapping[VersionKey, T]]:
    """What is told of versions, by workspace, under the names that they have there."""
    found: dict[str, dict[VersionKey, T]] = defaultdict(dict)
    for (name, version, created), told in runs.items():
        workspace, bare = split_name(name)
        found[workspace or ""][bare, version, created] = told
    return found


def _named(workspace: str, snapshot: RegistrySnapshot) -> RegistrySnapshot:
    return RegistrySnapshot(
        models=tuple(_full(workspace, model) for model in snapshot.models),
        hidden=tuple(full_name(workspace, name) for name in snapshot.hidden),
        gaps=tuple(f"workspace {workspace}: {gap}" for gap in snapshot.gaps),
    )


def _full(workspace: str, model: RegisteredModel) -> RegisteredModel:
    name = full_name(workspace, model.name)
    return replace(model, name=name, versions=tuple(replace(version, name=name) for version in model.versions))


def _not_shown(name: str, shown: Sequence[str]) -> Problem:
    hint = nearest(name, shown)
    remedy = f"{hint} Else create it, or give the registry's account a role in it.".strip()
    return Problem("workspaces", f"There is no workspace '{name}', or this account may not see it.", remedy)
