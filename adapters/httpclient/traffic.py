"""What the requests to one side come to over the life of a process: how many, how they ended, how long was waited."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Told: TypeAlias = Callable[[int | None], None]
"""Takes the status code of an answer; None where none came."""
Watch: TypeAlias = Callable[[str, str], AbstractContextManager[Told]]
"""Called with the method and the address, without its query, around each request that goes out."""


class Outcome(StrEnum):
    """How a request ended."""

    OK = "ok"
    REFUSED = "refused"
    """Any 4xx but 429, and redirects."""
    THROTTLED = "throttled"
    """429: the server asks for fewer requests."""
    SERVER_ERROR = "server_error"
    FAILED = "failed"
    """No whole answer came."""


class Waiting(StrEnum):
    """What a request waited for."""

    TURN = "turn"
    """Its turn: the rate limit, the number at a time, or the pause that a server asked for."""
    RETRY = "retry"
    """The next attempt after one that failed."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts at one moment; ``waited`` in seconds."""

    outcomes: Mapping[Outcome, int]
    retries: int
    waits: Mapping[Waiting, int]
    waited: Mapping[Waiting, float]


class Traffic:
    """Shared by the clients of one side of a connection; all methods may be called from several threads.
    ``before_each`` is called before each request goes out, one that only reads too.
    """

    def __init__(self, watch: Watch | None = None, before_each: Callable[[], None] | None = None) -> None:
        self._watch, self._before_each = watch, before_each
        self._lock = threading.Lock()
        self._outcomes: Counter[Outcome] = Counter()
        self._retries = 0
        self._waits: Counter[Waiting] = Counter()
        self._waited: dict[Waiting, float] = dict.fromkeys(Waiting, 0.0)

    def sending(self, method: str, where: str) -> AbstractContextManager[Told]:
        """Around one request, the waiting for its turn left out."""
        if self._before_each is not None:
            self._before_each()
        return nullcontext(_ignore) if self._watch is None else self._watch(method, where)

    def ended(self, status: int | None) -> None:
        """Count a request by its answer's status code; None where no whole answer came."""
        with self._lock:
            self._outcomes[outcome_of(status)] += 1

    def retried(self) -> None:
        """Count a request that repeats an earlier one."""
        with self._lock:
            self._retries += 1

    def waited(self, reason: Waiting, seconds: float) -> None:
        """Count a wait, if there was one to speak of."""
        if seconds < NOTHING:
            return
        with self._lock:
            self._waits[reason] += 1
            self._waited[reason] += seconds

    def counted(self) -> Counted:
        """All counts so far."""
        with self._lock:
            return Counted(dict(self._outcomes), self._retries, dict(self._waits), dict(self._waited))


NOTHING = 0.001
"""Seconds below which nobody waited: a lock was passed."""


def outcome_of(status: int | None) -> Outcome:
    """How a request with this status code ended."""
    if status is None:
        return Outcome.FAILED
    if status == 429:
        return Outcome.THROTTLED
    if status >= 500:
        return Outcome.SERVER_ERROR
    return Outcome.REFUSED if status >= 300 else Outcome.OK


def _ignore(status: int | None) -> None:
    del status
