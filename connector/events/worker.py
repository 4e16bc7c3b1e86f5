"""Takes the hints of one connection and looks at what they name, while this process may hold the lease.

Whoever receives an event leaves a hint in the state, in whatever process; here they are polled, and at once where the
receiver is in this process and rings. A hint is forgotten when it was acted on, so that one survives a crash.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.engine.connection import Connection
from connector.engine.narrow import Narrow, Narrowed
from connector.events.homes import known_home, read_home
from connector.events.pace import Pace, Sparing
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError, Retriable, RunAborted
from connector.model.fields import Entity
from connector.model.hints import PendingHint
from connector.state import LeaseHeld

log = get_logger(__name__)

POLL = 0.5
"""Seconds after which the state is asked for hints that another process left."""
_REST = 5.0
"""Seconds without a look after a side could not be reached."""

Look = Callable[[str, Sequence[str]], Narrowed]
"""Runs a narrowed cycle of a registered model, by name; the second are the ids of issues that events were about."""


@dataclass(slots=True)
class Worker:
    """The worker of one connection. ``ask_full`` brings its next full cycle forward, and says whether it could.
    ``bell`` is rung when a hint was left. ``pool`` runs the looks; ``look`` is a field so that a test can put its own
    in.
    """

    connection: Connection
    pace: Pace
    sparing: Sparing
    pool: Executor
    ask_full: Callable[[], bool]
    bell: threading.Event = field(default_factory=threading.Event)
    look: Look | None = None
    _busy: set[str] = field(default_factory=set)
    _resting: dict[str, datetime] = field(default_factory=dict)
    _rest_until: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; the bell has to ring then."""
        while not stop.is_set():
            self.bell.wait(self.once())
            self.bell.clear()

    def once(self) -> float:
        """Begin what is due; the seconds until something may be. Whatever goes wrong is logged."""
        try:
            return self._once()
        except MlflowGrcError as error:
            log.error("events cannot be handled", connection=self.connection.name, error=str(error))  # noqa: TRY400
        except Exception:
            log.exception("events cannot be handled", connection=self.connection.name)
        return _REST

    def _once(self) -> float:
        now = self.connection.clock()
        self._ask(now)
        with self._lock:
            # A clock that was set back makes no rest longer.
            if self._rest_until is not None and 0 < (self._rest_until - now).total_seconds() <= _REST:
                return POLL
        pending = self.connection.store.hints(self.connection.name, self.pace.most + 1)
        if len(pending) > self.pace.most:
            self._give_up(pending)
            return POLL
        due = self.pace.due(pending, now)
        for name, hints in self._by_model(due).items():
            self._begin(name, hints, now)
        handled = {each.hint for each in due}
        return self.pace.wait((each for each in pending if each.hint not in handled), now, POLL)

    def _ask(self, now: datetime) -> None:
        if self.sparing.take(now) and not self.ask_full():
            self.sparing.ask()

    def _give_up(self, pending: Sequence[PendingHint]) -> None:
        """Too many objects at a time: a full cycle looks at all of them."""
        log.info("events of many objects: a full cycle looks at everything", connection=self.connection.name)
        self.sparing.ask()
        self.connection.store.drop_hints(self.connection.name, pending)

    def _by_model(self, due: Iterable[PendingHint]) -> dict[str, list[PendingHint]]:
        """The hints by the model that they are about; what the state does not know by itself, under a name that no
        model has.
        """
        groups: dict[str, list[PendingHint]] = defaultdict(list)
        for each in due:
            groups[known_home(self.connection, each.hint) or f"{_UNKNOWN}{each.hint}"].append(each)
        return groups

    def _begin(self, name: str, hints: Sequence[PendingHint], now: datetime) -> None:
        with self._lock:
            if name in self._busy or now < self._resting.pop(name, now):
                return
            self._busy.add(name)
        self.pool.submit(self._work, name, hints)

    def _work(self, name: str, hints: Sequence[PendingHint]) -> None:
        try:
            if self._handled(name, hints):
                self.connection.store.drop_hints(self.connection.name, hints)
        finally:
            with self._lock:
                self._busy.discard(name)
            self.bell.set()

    def _handled(self, name: str, hints: Sequence[PendingHint]) -> bool:
        """Look at the model; whether that is done with."""
        try:
            done = self._looked(name, hints)
        except LeaseHeld:
            return self._later(name, POLL)
        except (RunAborted, Retriable) as error:
            log.warning("event not handled; tried again", connection=self.connection.name, error=str(error))
            with self._lock:
                self._rest_until = self.connection.clock() + timedelta(seconds=_REST)
            return False
        except Exception as error:
            log.exception("event not handled; left to a full cycle", connection=self.connection.name, error=str(error))
            self.sparing.ask()
            return True
        if done.postponed:
            return self._later(name, POLL)
        if done.left:
            what = "left to a full cycle" if done.soon else "left alone"
            log.info(what, connection=self.connection.name, object=name, why=done.left)
        if done.soon:
            self.sparing.ask()
        return True

    def _looked(self, name: str, hints: Sequence[PendingHint]) -> Narrowed:
        home = read_home(self.connection, hints[0].hint) if name.startswith(_UNKNOWN) else name
        if home is None:
            return Narrowed()
        issues = [each.hint.id for each in hints if each.hint.entity is Entity.ISSUE]
        return self.look(home, issues) if self.look else Narrow(self.connection, home, issues).run()

    def _later(self, name: str, seconds: float) -> bool:
        with self._lock:
            self._resting[name] = self.connection.clock() + timedelta(seconds=seconds)
        return False


_UNKNOWN = "/unknown/"
"""Begins what is no registered model's name: MLflow allows no slash at its beginning."""
