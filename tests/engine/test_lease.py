"""A lease lives as long as its run asks something of a side, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connector.engine.opening import open_connection
from connector.model.errors import LeaseLost
from connector.model.fields import Entity, Side
from connector.model.grc import Record
from connector.state import LeaseHeld, open_store
from tests.engine.test_one_off_auth import configured
from tests.engine.world import World


def slow(world: World, minutes: int, taken: list[str] | None = None) -> None:
    """Each listing of the GRC takes so long before its first request; with ``taken`` another process asks for the
    lease then.
    """
    records = world.adapter.records

    def listed(entity: Entity, since: str | None = None) -> Iterator[Record]:
        yield from records(entity, since)
        world.now += timedelta(minutes=minutes)
        if taken is not None:
            try:
                world.store.acquire_lease("test", "process-2", world.now, 300)
            except LeaseHeld:
                taken.append("held")
            else:
                taken.append("taken over")

    world.adapter.records = listed  # type: ignore[method-assign]


def test_listings_that_take_longer_than_the_lease_keep_it(world: World) -> None:
    world.author.create_model("credit")
    asked: list[str] = []
    slow(world, 3, asked)
    assert world.sync().exit_code == 0
    assert asked == ["held", "held", "held"]
    assert world.store.lease("test") is None


def test_a_request_that_never_ends_loses_it_to_another_process(world: World) -> None:
    world.author.create_model("credit")
    asked: list[str] = []
    slow(world, 6, asked)
    with pytest.raises(LeaseLost):
        world.sync()
    assert asked[0] == "taken over"
    assert world.grc.store.rows("models") == []


@pytest.mark.parametrize("side", list(Side))
def test_the_requests_to_both_sides_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: Side) -> None:
    monkeypatch.setenv("DAEMON_TOKEN", "a-token")
    kept: list[str] = []
    config = configured(tmp_path, one_off="")
    with (
        closing(open_store(tmp_path / "state.db", str)) as store,
        closing(open_connection(config, "grc", store)) as one,
    ):
        with one.permit.resting_on(lambda: None, lambda: kept.append("kept")), one.traffic[side].sending("GET", "/"):
            pass
        with one.traffic[side].sending("GET", "/"):
            pass
    assert kept == ["kept"]
