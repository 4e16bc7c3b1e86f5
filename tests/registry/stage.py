"""The stage on which the contract is played."""

from __future__ import annotations

from dataclasses import dataclass

from connector.mlflow_server import RegistryAuthor
from connector.model.registry import ModelVersion, RegisteredModel
from connector.registry import Registry
from tests.fakes.registry import InProcessAuthor


@dataclass
class Stage:
    """A registry as the connector sees it, and the people who work in it."""

    registry: Registry
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
