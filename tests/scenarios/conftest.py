"""Plays each story in every way, over one mock GRC that is emptied for each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector.mock import MockGrc
from tests.engine.mappings import write_mapping
from tests.fakes.registry import InProcessRegistry
from tests.scenarios.scene import Clock, Scene, Ticks
from tests.scenarios.story import Again, InterruptedAnywhere, Story, Straight
from tests.scenarios.watched import WatchedRegistry

EVERY_POINT = bool(os.environ.get("MLFLOW_GRC_EVERY_POINT"))
MEMORY = {"straight": Straight(), "again": Again(), "interrupted": InterruptedAnywhere(every=EVERY_POINT)}
ON_SERVER = pytest.param("server", marks=pytest.mark.server)
"""Straight and again at once: the second is the first and one more cycle."""

Play = Callable[..., None]
"""``play(story, **settings)``: ``mode``, ``policy``, ``scope``, ``timeout`` as a World takes them, and ``mapping``, the
settings of its mapping.
"""


@dataclass
class Office:
    """The mock GRC of the session and how it was before anybody used it."""

    grc: MockGrc
    clock: Clock
    blank: str

    def empty(self) -> MockGrc:
        self.clock.now = Clock().now
        self.grc.grc.load(json.loads(self.blank))
        self.grc.faults.clear()
        self.grc.hooks.clear()
        self.grc.requests.clear()
        return self.grc


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    clock = Clock()
    with MockGrc(clock=clock) as grc:
        yield Office(grc, clock, json.dumps(grc.grc.dump()))


@pytest.fixture(scope="session")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """One file for each way to map: a mapping is read once for all scenes that share it."""
    made: dict[Any, Path] = {}

    def mapping(mode: str, **settings: Any) -> Path:
        key = (mode, *sorted(settings.items()))
        if key not in made:
            made[key] = write_mapping(tmp_path_factory.mktemp("mapping"), mode, **settings)
        return made[key]

    return mapping


@pytest.fixture
def make_scene(office: Office, mappings: Callable[..., Path], tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Make a scene over an in-memory registry, or over ``registry`` and ``author``."""
    scenes: list[Scene] = []

    def make(registry: Any = None, author: Any = None, mapping: Any = None, **settings: Any) -> Scene:
        ticks = Ticks()
        registry = registry or InProcessRegistry(ticks)
        directory = tmp_path / f"scene{len(scenes)}"
        directory.mkdir()
        file = mappings(settings.get("mode", "records"), **(mapping or {}))
        settings |= {"mapping_file": file, "grc_clock": office.clock, "ticks": ticks}
        scene = Scene(directory, office.empty(), registry, author or registry.author, **settings)
        scenes.append(scene)
        return scene

    yield make
    for scene in scenes:
        scene.close()


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A scene in the mode ``records``, for what no story tells."""
    return make_scene()


@pytest.fixture(params=[*MEMORY, ON_SERVER])
def play(request: pytest.FixtureRequest, make_scene: Callable[..., Scene]) -> Play:
    """Play a story in each way, in memory and on a real MLflow server."""
    way: str = request.param
    if way in MEMORY:
        return _player(make_scene, MEMORY[way])
    registry = WatchedRegistry(request.getfixturevalue("mlflow_registry"))
    author = request.getfixturevalue("mlflow_author")
    return _player(lambda **settings: make_scene(registry, author, **settings), MEMORY["again"])


@pytest.fixture(params=MEMORY)
def play_in_memory(request: pytest.FixtureRequest, make_scene: Callable[..., Scene]) -> Play:
    """Play a story whose faults only the in-memory registry has."""
    return _player(make_scene, MEMORY[request.param])


def _player(make: Callable[..., Scene], way: Straight) -> Play:
    def play(told: Story, **settings: Any) -> None:
        way.play(make(**settings), told)

    return play
