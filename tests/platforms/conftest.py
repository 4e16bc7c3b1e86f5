"""One simulator of each platform for the session, emptied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import quiet_afterwards
from tests.platforms.desk import ArcherDesk, Desk, LogicGateDesk, MetricStreamDesk, Moment, ServiceNowDesk
from tests.platforms.rows import agreed
from tests.scenarios.grc import GrcSide
from tests.scenarios.platforms import side_class

__all__ = ["quiet_afterwards"]
DESKS: dict[str, type[Desk]] = {
    desk.platform: desk for desk in (ServiceNowDesk, ArcherDesk, LogicGateDesk, MetricStreamDesk)
}


@pytest.fixture(scope="session")
def sides() -> Iterator[Callable[[str], GrcSide]]:
    """A platform's side, its simulator started when it is first asked for and emptied each time."""
    opened: dict[str, tuple[GrcSide, str]] = {}
    with ExitStack() as stack:

        def side(platform: str) -> GrcSide:
            if platform not in opened:
                made = side_class(platform)(lambda: datetime.now(UTC))
                stack.enter_context(made.simulator)
                opened[platform] = made, made.dump()
            found, blank = opened[platform]
            found.load(blank)
            found.calm()
            return found

        yield side


@pytest.fixture
def make_desk(
    sides: Callable[[str], GrcSide],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Desk]:
    """Make a desk at a platform."""

    def make(platform: str, side: GrcSide | None = None, **more: Any) -> Desk:
        monkeypatch.chdir(tmp_path)
        return DESKS[platform](tmp_path, side or sides(platform), capsys, monkeypatch, **more)

    return make


@pytest.fixture(scope="session")
def moments() -> dict[str, Moment]:
    """How it stands at each platform once three models are agreed; made by the first test that asks for it."""
    return {}


@pytest.fixture
def agreed_desk(
    make_desk: Callable[..., Desk], moments: dict[str, Moment], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Desk]:
    """Make a desk at a platform on whose sides three models are agreed."""

    def make(platform: str, **more: Any) -> Desk:
        desk = make_desk(platform, **more)
        if platform not in moments:
            agreed(desk)
            moments[platform] = desk.keep(tmp_path_factory.mktemp(platform))
        desk.go_to(moments[platform])
        return desk

    return make
