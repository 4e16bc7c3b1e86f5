from datetime import UTC, datetime, timedelta

import pytest

from tests.adapters.servicenow.platform import ServiceNowPlatform, make_adapter
from tests.simulators.base import WRITES
from tests.simulators.servicenow import ServiceNow


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self):
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def advance(self, seconds=1):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def simulator(clock):
    """Each write is a second later than the one before: times have no finer resolution there."""
    with ServiceNow(clock=clock) as server:
        server.hooks.append(lambda call: clock.advance() if call.verb in WRITES else None)
        yield server


@pytest.fixture
def platform(simulator, monkeypatch):
    return ServiceNowPlatform(simulator, monkeypatch)


@pytest.fixture
def adapter(simulator, monkeypatch):
    with make_adapter(simulator, monkeypatch) as adapter:
        yield adapter
