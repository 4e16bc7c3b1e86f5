"""What the proxy does to the next exchanges. An exchange is a request and its answer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock


class Trouble(StrEnum):
    """What befalls an exchange."""

    RESET = "reset"
    CUT = "cut"
    DELAY = "delay"
    BLACK_HOLE = "black_hole"


class Stage(StrEnum):
    """When a reset comes."""

    CONNECT = "connect"
    """As soon as the client connects: nothing was sent."""
    REQUEST = "request"
    """When the request arrives: the server never sees it."""
    REPLY = "reply"
    """When the answer begins: the server has done the work."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """One trouble. ``after_bytes`` of an answer that is cut; ``seconds`` of a delay; ``forward``: whether the server
    gets a request whose answer vanishes.
    """

    trouble: Trouble
    stage: Stage = Stage.REPLY
    after_bytes: int = 0
    seconds: float = 0.0
    forward: bool = True


class Plan:
    """The mishaps to come, first in first out. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._mishaps: deque[Mishap] = deque()

    def add(self, mishap: Mishap, times: int) -> None:
        """Let the mishap befall so many exchanges."""
        with self._lock:
            self._mishaps.extend([mishap] * times)

    def clear(self) -> None:
        """Forget what has not happened yet."""
        with self._lock:
            self._mishaps.clear()

    def pending(self) -> int:
        """How many mishaps have not happened yet."""
        with self._lock:
            return len(self._mishaps)

    def take(self, *, connecting: bool) -> Mishap | None:
        """The next mishap, if it is one that happens on connecting or, else, one that happens later."""
        with self._lock:
            if self._mishaps and (self._mishaps[0].stage is Stage.CONNECT) == connecting:
                return self._mishaps.popleft()
            return None
