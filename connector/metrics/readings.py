"""What is read of the state for probes, metrics and pages: once for all who ask within a moment."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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

log = get_logger(__name__)

FRESH = 1.0
"""Seconds for which one reading serves everybody: a flood of questions costs one a second."""


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
    """All connections by name, and the judgement; without connections where the state could not be read."""

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
    ) -> None:
        self._store, self._names, self._rules = store, names, rules
        self._clock, self._audit, self._fresh = clock, audit, fresh
        self._lock = threading.Lock()
        self._totals = {name: Totals(name) for name in names}
        self._kept: tuple[float, Whole] | None = None

    def take(self) -> Whole:
        """How all stands, at most a moment old. Raises nothing of the state's errors: they are the judgement then."""
        with self._lock:
            now = time.monotonic()
            if self._kept is not None and now - self._kept[0] < self._fresh:
                return self._kept[1]
            whole = self._read()
            self._kept = (time.monotonic(), whole)
            return whole

    def forget(self) -> None:
        """Read anew when next asked: a person has just decided something."""
        with self._lock:
            self._kept = None

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
