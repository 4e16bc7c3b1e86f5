from __future__ import annotations

from datetime import date

import pytest

from connector.demo.portfolio import load_portfolio, register
from connector.demo.stage import Stage
from tests.demo.standin import MemoryCycle, MemoryOffice, MemoryRegistry

TODAY = date(2026, 3, 31)


class Listener:
    """Keeps what it is told."""

    def __init__(self):
        self.events = []

    def tell(self, event):
        self.events.append(event)

    def working(self, what):
        from contextlib import nullcontext

        return nullcontext()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def make_stage():
    def make(*wrong, narrator=None):
        registry, office = MemoryRegistry(), MemoryOffice()
        portfolio = load_portfolio()
        register(registry, portfolio)
        return Stage(
            registry=registry,
            eyes=registry,
            office=office,
            cycle=MemoryCycle(registry, office, TODAY, wrong),
            narrator=narrator or Listener(),
            portfolio=portfolio,
            today=TODAY,
            clock=lambda: 0.0,
        )

    return make
