"""Narrowed cycles in the middle of full ones: what tests of both need."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection

from connector.engine.narrow import Narrow, Narrowed
from tests.engine.world import World

PATIENCE = 20.0
"""Seconds that a test waits for a thread before it fails."""


class Beside:
    """A narrowed cycle on a thread of its own. ``begin`` returns once it is done, or waits for the model's turn."""

    def __init__(self, world: World, name: str, issues: Collection[str] = ()) -> None:
        self._narrow = Narrow(world.connection, name, issues)
        self._turns = world.connection.turns
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._outcome: Narrowed | BaseException | None = None

    def begin(self) -> Beside:
        self._thread.start()
        until = time.monotonic() + PATIENCE
        while self._thread.is_alive() and not self._turns.waits(self._narrow.name):
            assert time.monotonic() < until, "the narrowed cycle neither ends nor waits for its turn"
            self._thread.join(0.001)
        return self

    def end(self) -> Narrowed:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the narrowed cycle does not end"
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        assert self._outcome is not None
        return self._outcome

    def _run(self) -> None:
        try:
            self._outcome = self._narrow.run()
        except BaseException as error:
            self._outcome = error
