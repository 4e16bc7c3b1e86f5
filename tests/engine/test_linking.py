"""Many decisions about links in one go: under a lease that lives as long, the state read once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.engine.linking import Adoption, linking
from connector.model.errors import LeaseLost
from tests.engine.test_machine import InProcessWorld


def adoptions(world: InProcessWorld, number: int) -> list[Adoption]:
    names = [f"m{each}" for each in range(number)]
    for name in names:
        world.author.create_model(name)
    return [Adoption(name, world.officer.create("models", registry_name=name)["id"]) for name in names]


def linked(world: InProcessWorld) -> dict[str, str]:
    return {link.ref.name: link.record_id for link in world.store.links("test").values()}


def test_the_state_is_not_read_whole_for_each(quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = adoptions(quick, 4)
    bases, read = quick.store.bases, list[str]()

    def counted(name: str) -> Any:
        read.append(name)
        return bases(name)

    monkeypatch.setattr(quick.store, "bases", counted)
    with linking(quick.connection, "ada") as linker:
        for each in wanted:
            linker.adopt(each)
    assert linked(quick) == {each.model: each.record_id for each in wanted}
    assert read == ["test"]


def test_the_lease_lives_as_long_as_it_takes(quick: InProcessWorld) -> None:
    wanted = adoptions(quick, 3)
    with linking(quick.connection, "ada") as linker:
        for each in wanted:
            quick.now += timedelta(minutes=4)
            linker.adopt(each)
            lease = quick.store.lease("test")
            assert lease is not None
            assert lease.expires - quick.now >= timedelta(minutes=2)


def test_who_lost_the_lease_is_told_so(quick: InProcessWorld) -> None:
    first, second = adoptions(quick, 2)

    def taken_over() -> None:
        with linking(quick.connection, "ada") as linker:
            linker.adopt(first)
            quick.now += timedelta(hours=1)
            lease = quick.store.acquire_lease("test", "another process", quick.now, 300)
            quick.store.end_interrupted(lease, quick.now)
            linker.adopt(second)

    with pytest.raises(LeaseLost, match="taken over by another process"):
        taken_over()
    assert linked(quick) == {first.model: first.record_id}
