"""The stage on which the contract is played."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector.mlflow_server import RegistryAuthor
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot
from connector.registry import Registry
from tests.fakes.registry import InProcessAuthor


@dataclass
class Stage:
    """A registry as the connector sees it, and the people who work in it."""

    registry: Registry | InWorkspace
    author: RegistryAuthor | InProcessAuthor
    url: str = ""
    """Of the real server; empty for the fake."""

    def model(self, name: str) -> RegisteredModel:
        model = self.registry.model(name)
        assert model is not None
        return model

    def version(self, name: str, number: str) -> ModelVersion:
        version = self.registry.version(name, number)
        assert version is not None
        return version

    def scanned(self, name: str) -> RegisteredModel:
        snapshot = self.registry.snapshot()
        assert snapshot.complete
        return next(model for model in snapshot.models if model.name == name)

    def names(self) -> list[str]:
        return [model.name for model in self.registry.snapshot().models]


class InWorkspace:
    """One workspace of a joined registry under the bare names of the contract: so that it is played there as well."""

    def __init__(self, joined: Registry, workspace: str) -> None:
        self._joined, self._start = joined, f"{workspace}/"

    def snapshot(
        self, *, known_runs: Mapping[Any, Any] | None = None, refresh_runs: Collection[Any] = (), **how: Any
    ) -> RegistrySnapshot:
        known = {(self._start + name, *rest): run for (name, *rest), run in (known_runs or {}).items()}
        refresh = [(self._start + name, *rest) for name, *rest in refresh_runs]
        taken = self._joined.snapshot(known_runs=known, refresh_runs=refresh, **how)
        mine = [model for model in taken.models if model.name.startswith(self._start)]
        hidden = tuple(name.removeprefix(self._start) for name in taken.hidden)
        return RegistrySnapshot(tuple(map(self._bare, mine)), hidden, taken.gaps)

    def look(self, name: str, *, known_runs: Mapping[Any, Any] | None = None, **how: Any) -> RegistrySnapshot:
        known = {(self._start + called, *rest): run for (called, *rest), run in (known_runs or {}).items()}
        taken = self._joined.look(self._start + name, known_runs=known, **how)
        hidden = tuple(name.removeprefix(self._start) for name in taken.hidden)
        return RegistrySnapshot(tuple(map(self._bare, taken.models)), hidden, taken.gaps)

    def model(self, name: str) -> RegisteredModel | None:
        found = self._joined.model(self._start + name)
        return self._bare(found) if found else None

    def version(self, name: str, version: str) -> ModelVersion | None:
        found = self._joined.version(self._start + name, version)
        return replace(found, name=found.name.removeprefix(self._start)) if found else None

    def create_model(self, name: str, *rest: Any, **more: Any) -> RegisteredModel:
        return self._bare(self._joined.create_model(self._start + name, *rest, **more))

    def set_tags(self, name: str, *rest: Any, **more: Any) -> None:
        self._joined.set_tags(self._start + name, *rest, **more)

    def set_alias(self, name: str, *rest: Any) -> None:
        self._joined.set_alias(self._start + name, *rest)

    def delete_alias(self, name: str, alias: str) -> None:
        self._joined.delete_alias(self._start + name, alias)

    def set_description(self, name: str, *rest: Any) -> None:
        self._joined.set_description(self._start + name, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._joined, name)

    def _bare(self, model: RegisteredModel) -> RegisteredModel:
        assert model.name.startswith(self._start)
        assert {version.name for version in model.versions} <= {model.name}
        name = model.name.removeprefix(self._start)
        return replace(model, name=name, versions=tuple(replace(v, name=name) for v in model.versions))
