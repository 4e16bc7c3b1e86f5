"""A registry whose writes are logged, for registries that keep no log of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from connector.model.registry import RegisteredModel
from connector.registry.base import Registry
from tests.fakes.registry import Call


class WatchedRegistry:
    """Passes everything on to ``registry``; ``log`` gets each write that landed, as the in-memory registry tells it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.log: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def set_tags(
        self,
        name: str,
        version: str | None,
        set: Mapping[str, str],  # noqa: A002
        remove: Collection[str] = (),
        before_each: Callable[[], None] | None = None,
    ) -> None:
        self._registry.set_tags(name, version, set, remove, before_each)
        self.log += [Call("set_tag", name, version, key, set[key]) for key in sorted(set)]
        self.log += [Call("delete_tag", name, version, key) for key in sorted(remove)]

    def set_description(self, name: str, version: str | None, text: str) -> None:
        self._registry.set_description(name, version, text)
        self.log.append(Call("set_description", name, version, value=text))

    def create_model(self, name: str, description: str = "", tags: Mapping[str, str] | None = None) -> RegisteredModel:
        made = self._registry.create_model(name, description, tags)
        self.log.append(Call("create_model", name))
        return made

    def close(self) -> None:
        """Stay open: the server's client outlives the process that a story plays."""
