"""What all runs of a connection came to, added up once: each look adds the runs that have ended since the last."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from connector.model.operations import OperationKind
from connector.model.state import RunStatus
from connector.state.base import StateReader
from connector.state.types import RunSum


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
        found = store.run_sums(self._connection, self._last)
        if found.whole:
            # The first look, or another state in the place of the one that was read: its sums are others.
            self._last, self.runs, self.operations = None, Counter(), Counter()
        for each in found.sums:
            self._add(each)
        self._last = found.last or self._last

    def _add(self, ended: RunSum) -> None:
        self.runs[ended.status] += ended.number
        for result in Result:
            for kind in OperationKind:
                if number := ended.counts.get(counted_as(kind, result), 0):
                    self.operations[kind, result] += number * ended.number


def counted_as(kind: OperationKind, result: Result) -> str:
    """The name of the count in :attr:`connector.model.state.Run.counts`."""
    return str(kind) if result is Result.APPLIED else f"{result}_{kind}"
