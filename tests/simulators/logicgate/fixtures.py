"""What the simulator's own tests share: one server for a module, as it was when it started for each test."""

from datetime import UTC, datetime

import pytest

from tests.simulators.logicgate import LogicGate
from tests.simulators.logicgate.client import Client
from tests.simulators.logicgate.manners import Manners
from tests.simulators.logicgate.schema import Permission

OFFICER = "risk.officer@bank.example"


class Clock:
    def __init__(self):
        self.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def server():
    with LogicGate(clock=Clock()) as simulator:
        yield simulator, simulator.store.dump()


@pytest.fixture
def simulator(server):
    simulator, blank = server
    simulator.store.load(blank)
    simulator.hooks.clear()
    simulator.requests.clear()
    simulator.calls.clear()
    simulator.faults.clear()
    vars(simulator.manners).update(vars(Manners()))
    simulator.permit(Permission.READ, Permission.WRITE)
    simulator.clock.now = Clock().now
    return simulator


@pytest.fixture
def client(simulator):
    return Client(simulator)


@pytest.fixture
def officer(simulator):
    return simulator.as_user(OFFICER)
