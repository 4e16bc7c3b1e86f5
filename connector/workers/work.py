"""What the workers are given to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from typing import Protocol

from connector.config.settings import ScheduleSettings


class CycleJob(Protocol):
    """The cycles of one connection."""

    @property
    def name(self) -> str:
        """The connection."""

    @property
    def schedule(self) -> ScheduleSettings:
        """When its cycles start."""

    def run(self) -> datetime | None:
        """Run a cycle; raises nothing. When the lease of another process ends, where one kept this from running."""

    def request_end(self) -> None:
        """Have a cycle that runs end after the operation in hand."""


class TimedReport(Protocol):
    """A report by the calendar."""

    @property
    def name(self) -> str:
        """Tells reports apart, on every machine alike."""

    @property
    def cron(self) -> str:
        """When it is due, in UTC."""

    @property
    def write(self) -> Callable[[], object]:
        """Writes it; raises nothing of ours."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things happen, in seconds: ``poll`` looks for due work, ``heartbeat`` says that a worker lives, after
    ``stalled`` without one its work is given to others. ``cycles`` run at a time in one process.
    """

    cycles: int = 4
    heartbeat: float = 10.0
    stalled: float = 30.0
    poll: float = 1.0


@dataclass(frozen=True, slots=True)
class Work:
    """Everything one process serves."""

    jobs: Sequence[CycleJob]
    reports: Sequence[TimedReport]
    pace: Pace
    asked: SimpleQueue[str] = field(default_factory=SimpleQueue)
    """Connections whose next cycle is to begin now."""
