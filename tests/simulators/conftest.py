"""The simulated Archer with the incidents of the recorded examples, for the tests that go without a bank."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.client import Client, Clock
from tests.simulators.archer.incidents import READER, incidents


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def archer(clock: Clock) -> Iterator[ArcherSimulator]:
    with ArcherSimulator(tenant=incidents(), clock=clock) as simulator:
        yield simulator


@pytest.fixture
def client(archer: ArcherSimulator) -> Client:
    """A client of an account that may read and write, signed in."""
    made = Client(archer, archer.tenant.accounts[READER])
    made.login()
    return made
