"""A process that dies around a request of many writes: every intent is in the database before the request goes out,
and the next process looks each of them up.
"""

import contextlib

import pytest
import requests

from connector.audit import verify
from connector.engine import Cycle
from connector.model.operations import OperationKind
from tests.adapters.servicenow.world import ServiceNowWorld
from tests.engine.world import Interrupted
from tests.simulators.base import Verb
from tests.simulators.servicenow.staff import ADMIN
from tests.simulators.servicenow.tenant import MODELS

COUNT = 12


class Death:
    """Ends the process at a request of the batch API: ``before`` or ``after`` the first one that goes out. ``intents``:
    how many were in the database then, ``writes`` how many the request carried.
    """

    def __init__(self, world, moment):
        self._world, self._moment = world, moment
        self.intents = self.writes = 0

    def send(self, real, session, request, **options):
        if "/batch" not in request.url or self.intents:
            return real(session, request, **options)
        self.intents = len(list(self._world.store.intents("test")))
        self.writes = request.body.count(b'"method"')
        if self._moment == "after":
            with contextlib.suppress(requests.ConnectionError):
                real(session, request, **options)
        raise Interrupted(self._moment)


@pytest.fixture
def make_world(tmp_path, simulator, clock, monkeypatch):
    worlds = []

    def make(registry=None):
        if worlds:
            worlds.pop().close()
        worlds.append(ServiceNowWorld(tmp_path, simulator, clock, monkeypatch, registry=registry))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world):
    found = make_world()
    for number in range(COUNT):
        found.author.create_model(f"model {number}", tags={"purpose": "p", "risk_classification": "high"})
    return found


def die(world, monkeypatch, moment):
    """Run a cycle to its violent end; the lease stays."""
    world.connection.store.release_lease = lambda lease: None
    death, real = Death(world, moment), requests.Session.send
    with monkeypatch.context() as patch:
        patch.setattr(requests.Session, "send", lambda *args, **options: death.send(real, *args, **options))
        with pytest.raises(Interrupted):
            world.sync()
    return death


def revive(make_world, world, clock):
    """A new process, once the lease of the dead one has run out. Its first cycle, and the calls in it."""
    again = make_world(world.registry)
    clock.advance(3600)
    again.simulator.calls.clear()
    return again, again.sync()


def in_agreement(world):
    rows = world.simulator.store.rows(MODELS)
    assert len(rows) == len({row["u_external_key"] for row in rows}) == COUNT
    created = [one for one in world.simulator.store.history() if one.action == "create" and one.user != ADMIN]
    assert len({one.sys_id for one in created}) == COUNT
    assert world.sync().applied.operations == []
    assert list(world.store.intents("test")) == []
    assert verify(world.store.audit()).ok


@pytest.mark.parametrize(
    ("moment", "faults", "landed"),
    [
        ("before", (), 0),
        ("after", (), COUNT),
        ("after", ({"kind": "cut", "skip": 7},), 7),
        ("after", ({"kind": "cut", "skip": 7, "when": "after"},), 8),
        ("after", ({"kind": "status", "status": 500, "skip": 3, "count": 4},), COUNT - 4),
    ],
    ids=["before it", "after it", "in the middle of it", "in the middle, the item done", "some of it refused"],
)
def test_creations(make_world, world, clock, monkeypatch, moment, faults, landed):
    for fault in faults:
        world.simulator.faults.add(method="create", path="models", **fault)
    death = die(world, monkeypatch, moment)
    assert (death.intents, death.writes) == (COUNT, COUNT)
    assert len(world.simulator.store.rows(MODELS)) == landed
    world.simulator.faults.clear()
    again, result = revive(make_world, world, clock)
    assert sorted(each.landed for each in result.recovered) == [False] * (COUNT - landed) + [True] * landed
    assert sum(call.verb == Verb.CREATE for call in again.simulator.calls) == COUNT - landed
    assert result.exit_code == 0
    in_agreement(again)


@pytest.mark.parametrize(("moment", "landed"), [("before", 0), ("after", COUNT)])
def test_updates(make_world, world, clock, monkeypatch, moment, landed):
    world.sync()
    for number in range(COUNT):
        world.author.set_tag(f"model {number}", "purpose", "new")
    death = die(world, monkeypatch, moment)
    assert (death.intents, death.writes) == (COUNT, COUNT)
    again, result = revive(make_world, world, clock)
    assert [each.landed for each in result.recovered] == [bool(landed)] * COUNT
    assert sum(call.verb == Verb.UPDATE for call in again.simulator.calls) == COUNT - landed
    assert {row["u_purpose"] for row in again.simulator.store.rows(MODELS)} == {"new"}
    in_agreement(again)


@pytest.mark.parametrize("number", [1, 4, COUNT])
def test_a_death_while_some_record(make_world, world, clock, number):
    """All of a batch is done, some of it is recorded; no lane does anything after the death."""
    seen = []

    def step(name):
        seen.append(name)
        if seen.count("record") >= number:
            raise Interrupted(name)

    world.connection.store.release_lease = lambda lease: None
    clock.advance(60)
    with pytest.raises(Interrupted):
        Cycle(world.connection, step=step).run()
    assert len(world.simulator.store.rows(MODELS)) == COUNT
    left = sum('"create_record"' in each.payload for each in world.store.intents("test"))
    assert left >= COUNT - number + 1
    again, result = revive(make_world, world, clock)
    created = [each for each in result.recovered if each.operation.kind is OperationKind.CREATE_RECORD]
    assert [each.landed for each in created] == [True] * left
    assert Verb.CREATE not in {call.verb for call in again.simulator.calls}
    in_agreement(again)
