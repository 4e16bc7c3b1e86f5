"""Worlds for stories: one mock GRC per test, a fresh registry and a fresh state file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.logs import configure
from connector.mock import MockGrc
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import World
from tests.fakes.registry import InProcessRegistry


@pytest.fixture(autouse=True)
def _quiet(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Thousands of cycles: their log lines go to a file."""
    configure(redact=lambda text: text, level="ERROR", file=tmp_path_factory.getbasetemp() / "engine.log")


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make a world over an in-memory registry; closed at the end."""
    worlds: list[World] = []
    servers: list[MockGrc] = []

    def make(**settings: Any) -> World:
        grc = MockGrc().start()
        servers.append(grc)
        registry = InProcessRegistry()
        directory = tmp_path / f"world{len(worlds)}"
        directory.mkdir()
        world = World(directory, grc, registry, registry.author, **settings)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()
    for grc in servers:
        grc.stop()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world in the mode ``records``."""
    return make_world()


@pytest.fixture
def make_quick(tmp_path: Path) -> Iterator[Callable[..., InProcessWorld]]:
    """Make a world without HTTP; closed at the end."""
    worlds: list[InProcessWorld] = []

    def make(**settings: Any) -> InProcessWorld:
        directory = tmp_path / f"quick{len(worlds)}"
        directory.mkdir()
        registry = InProcessRegistry()
        world = InProcessWorld(directory, MockGrc(), registry, registry.author, **settings)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def quick(make_quick: Callable[..., InProcessWorld]) -> InProcessWorld:
    """A world without HTTP in the mode ``records``."""
    return make_quick()
