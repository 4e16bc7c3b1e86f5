"""What all runs of a connection came to, added up once: each look adds the runs that have ended since the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from itertools import takewhile

from connector.model.operations import OperationKind
from connector.model.state import Run, RunStatus
from connector.state.base import StateReader

_LOOKED_THROUGH = (20, 2_000, 1_000_000_000)
"""How many runs are read, step by step, to come to the one that was added last."""


class Result(StrEnum):
    """What became of an operation."""

    APPLIED = "applied"
    FAILED = "failed"
    WITHHELD = "withheld"
    """Held back by a fuse; counted by each run that held it back."""


class Totals:
    """Of one connection. The sums are those of the state: the same on every replica, and after a restart."""

    def __init__(self, connection: str) -> None:
        self._connection = connection
        self._last: str | None = None
        self.runs: Counter[RunStatus] = Counter()
        self.operations: Counter[tuple[OperationKind, Result]] = Counter()

    def add(self, store: StateReader) -> None:
        """Add what has ended since. Not for two threads at once."""
        new = self._new(store)
        # Runs of a connection follow each other: what stands behind one that has not ended has to wait for it.
        for run in takewhile(lambda run: run.ended is not None, reversed(new)):
            self._add(run)
            self._last = run.id

    def _new(self, store: StateReader) -> Sequence[Run]:
        """The runs after the last one added, newest first."""
        runs: Sequence[Run] = ()
        for limit in _LOOKED_THROUGH:
            runs = store.runs(self._connection, limit, kind=None)
            new = list(takewhile(lambda run: run.id != self._last, runs))
            if len(new) < len(runs):
                return new
            if len(runs) < limit:
                break
        if self._last is not None:
            # Another state in the place of the one that was read: its sums are others.
            self._last, self.runs, self.operations = None, Counter(), Counter()
        return runs

    def _add(self, run: Run) -> None:
        self.runs[run.status] += 1
        for result in Result:
            for kind in OperationKind:
                if number := run.counts.get(counted_as(kind, result), 0):
                    self.operations[kind, result] += number


def counted_as(kind: OperationKind, result: Result) -> str:
    """The name of the count in :attr:`connector.model.state.Run.counts`."""
    return str(kind) if result is Result.APPLIED else f"{result}_{kind}"
