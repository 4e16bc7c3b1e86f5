"""What is read of the state for probes, metrics and pages: once for all who ask within a moment."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from connector.health import AuditState, Health, Rules, Standing, health_of, standing, unavailable
from connector.logs import get_logger
from connector.metrics.totals import Result, Totals
from connector.model.errors import MlflowGrcError
from connector.model.operations import OperationKind
from connector.model.state import RunStatus, Tally
from connector.state import StateMoved
from connector.state.base import StateReader
from connector.state.errors import StateUnavailable

log = get_logger(__name__)

FRESH = 1.0
"""Seconds for which one reading serves everybody: a flood of questions costs one a second."""
PATIENCE = 4.0
"""Seconds for which anybody waits for a reading. A database that went away is waited for much longer by those who work
with it; a probe and a scrape would have given up by then, and nobody would learn that it is gone.
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One connection: how it stands, what its runs came to, its open issues by severity (empty: none was given), and
    the last count of its findings.
    """

    standing: Standing
    runs: Mapping[RunStatus, int] = field(default_factory=dict)
    operations: Mapping[tuple[OperationKind, Result], int] = field(default_factory=dict)
    issues: Mapping[str, int] = field(default_factory=dict)
    tally: Tally | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """All connections by name, and the judgement. Where the state could not be read there are no connections, and
    ``audit_entries`` is None.
    """

    health: Health
    connections: Mapping[str, Reading] = field(default_factory=dict)
    audit_entries: int | None = None
    audit: AuditState | None = None


class Readings:
    """Safe to use from several threads."""

    def __init__(
        self,
        store: StateReader,
        names: Sequence[str],
        rules: Rules,
        *,
        clock: Callable[[], datetime],
        audit: Callable[[], AuditState | None] = lambda: None,
        fresh: float = FRESH,
        patience: float = PATIENCE,
    ) -> None:
        self._store, self._names, self._rules = store, names, rules
        self._clock, self._audit, self._fresh, self._patience = clock, audit, fresh, patience
        self._lock = threading.Lock()
        # One thread: the sums go on from where the last reading left them.
        self._reader = ThreadPoolExecutor(1, "reading")
        self._totals = {name: Totals(name) for name in names}
        self._last: Future[tuple[Whole, float]] | None = None

    def take(self) -> Whole:
        """How all stands, at most a moment old. Raises nothing of the state's errors: they are the judgement then."""
        with self._lock:
            if self._last is None or not self._serves(self._last):
                self._last = self._reader.submit(lambda: (self._read(), time.monotonic()))
            last = self._last
        try:
            return last.result(self._patience)[0]
        except TimeoutError:
            log.error("state not read in time", seconds=self._patience)  # noqa: TRY400 - where it waited says nothing
            return Whole(unavailable(StateUnavailable("The state database does not answer in time."), self._clock()))

    def forget(self) -> None:
        """Read anew when next asked: a person has just decided something."""
        with self._lock:
            self._last = None

    def close(self) -> None:
        """Wait for the reading in hand; nothing is read any more."""
        self._reader.shutdown()

    def _serves(self, last: Future[tuple[Whole, float]]) -> bool:
        """Whether a reading goes on, or ended a moment ago."""
        if not last.done():
            return True
        return last.exception() is None and time.monotonic() - last.result()[1] < self._fresh

    def _read(self) -> Whole:
        now = self._clock()
        try:
            if moved := self._store.moved():
                raise StateMoved("the file that this process works with", moved)
            found = {name: self._reading(name, now) for name in self._names}
            entries = self._store.audit_head().sequence
        except MlflowGrcError as error:
            log.error("state not read", error=str(error))  # noqa: TRY400 - the error tells enough
            return Whole(unavailable(error, now))
        audit = self._audit()
        health = health_of({name: each.standing for name, each in found.items()}, now, self._rules, audit)
        return Whole(health, found, entries, audit)

    def _reading(self, name: str, now: datetime) -> Reading:
        totals = self._totals[name]
        totals.add(self._store)
        tallies = self._store.tallies(name, limit=1)
        return Reading(
            standing=standing(self._store, name, now),
            runs=dict(totals.runs),
            operations=dict(totals.operations),
            issues=Counter(issue.severity or "" for issue in self._store.issues(name).values() if issue.is_open),
            tally=tallies[-1] if tallies else None,
        )
