"""Plays each story in every way and on every platform, over one simulator of each that is emptied for each story."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tests.fakes.registry import InProcessRegistry
from tests.scenarios.grc import Mapped
from tests.scenarios.office import Office
from tests.scenarios.platforms import MOCK, available, in_every_run
from tests.scenarios.scene import Scene, Ticks
from tests.scenarios.sending import watched
from tests.scenarios.story import Again, InterruptedAnywhere, Story, Straight
from tests.scenarios.watched import WatchedRegistry

EVERY_POINT = bool(os.environ.get("MLFLOW_GRC_EVERY_POINT"))
EVERY_PLATFORM = bool(os.environ.get("MLFLOW_GRC_EVERY_PLATFORM"))
STRIDE = 1 if EVERY_POINT or EVERY_PLATFORM else 4
"""One in so many of the points at which a process may die is enough for every run; a full one dies at each."""
WAYS = {"again": Again(), "interrupted": InterruptedAnywhere(every=EVERY_POINT, stride=STRIDE)}
"""``again`` tells a story straight first."""
ELSEWHERE = ("again", "interrupted") if EVERY_PLATFORM else ("again",)
"""How stories are told on the other platforms."""
PLATFORMS = available() if EVERY_PLATFORM else in_every_run()
SERVER = "server"
"""Straight and again at once, on a real MLflow server: the second is the first and one more cycle."""

Play = Callable[..., None]
"""``play(story, **settings)``: ``policy``, ``scope``, ``timeout`` as a World takes them, ``mode`` and ``mapping``, what
it asks of its mapping beside the mode.
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that has a scene runs on every platform, every story in every way that is for the platform."""
    if "way" in metafunc.fixturenames:
        in_memory = "play_in_memory" in metafunc.fixturenames
        tellings = _tellings(_elsewhere(metafunc.function.__name__), in_memory=in_memory)
        metafunc.parametrize(("platform", "way"), list(tellings))
    elif "platform" in metafunc.fixturenames:
        metafunc.parametrize("platform", PLATFORMS)


def _elsewhere(story: str) -> Sequence[str]:
    """The other platforms that a story is told on: every one in a full run, two of them, by its name, in each other."""
    others = [platform for platform in PLATFORMS if platform != MOCK]
    if EVERY_PLATFORM:
        return others
    first = crc32(story.encode()) % len(others)
    return [*others, *others][first : first + 2]


def _tellings(elsewhere: Sequence[str], *, in_memory: bool) -> Iterator[Any]:
    for way in WAYS:
        yield pytest.param(MOCK, way, id=way)
    if not in_memory:
        yield pytest.param(MOCK, SERVER, id=SERVER, marks=pytest.mark.server)
    for platform in elsewhere:
        for way in ELSEWHERE:
            yield pytest.param(platform, way, id=f"{platform}-{way}")


@pytest.fixture(scope="session")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Office]]:
    """The office of a platform, opened when it is first asked for."""
    opened: dict[str, Office] = {}
    with ExitStack() as stack:

        def office(platform: str) -> Office:
            if platform not in opened:
                opened[platform] = stack.enter_context(Office.opened(platform, tmp_path_factory))
            return opened[platform]

        yield office


@pytest.fixture
def office(platform: str, offices: Callable[[str], Office], request: pytest.FixtureRequest) -> Office:
    """The platform's office; the test is skipped where the platform cannot express what it is about."""
    found = offices(platform)
    reason = found.reason_against(request.node)
    if reason:
        pytest.skip(f"{platform} cannot express it: {reason}")
    return found


@pytest.fixture
def make_scene(office: Office, tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    """Make a scene over an in-memory registry, or over ``registry`` and ``author``."""
    scenes: list[Scene] = []

    def make(
        registry: Any = None, author: Any = None, mapping: Any = None, mode: str = "records", **more: Any
    ) -> Scene:
        ticks = Ticks()
        registry = registry or InProcessRegistry(ticks)
        directory = tmp_path / f"scene{len(scenes)}"
        directory.mkdir()
        more |= {"mapped": Mapped(mode, **(mapping or {})), "mapping_for": office.mapping, "sending": office.sending}
        more |= {"grc_clock": office.clock, "ticks": ticks}
        scene = Scene(directory, office.empty(), registry, author or registry.author, **more)
        scenes.append(scene)
        return scene

    with watched(office.sending):
        yield make
    for scene in scenes:
        scene.close()


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A scene in the mode ``records``, for what no story tells."""
    return make_scene()


@pytest.fixture
def play(way: str, make_scene: Callable[..., Scene], request: pytest.FixtureRequest) -> Play:
    """Play a story in each way, in memory and on a real MLflow server."""
    if way != SERVER:
        return _player(make_scene, WAYS[way])
    registry = WatchedRegistry(request.getfixturevalue("mlflow_registry"))
    author = request.getfixturevalue("mlflow_author")
    return _player(lambda **settings: make_scene(registry, author, **settings), WAYS["again"])


@pytest.fixture
def play_in_memory(way: str, make_scene: Callable[..., Scene]) -> Play:
    """Play a story whose faults only the in-memory registry has."""
    return _player(make_scene, WAYS[way])


def _player(make: Callable[..., Scene], way: Straight) -> Play:
    def play(told: Story, **settings: Any) -> None:
        way.play(make(**settings), told)

    return play
