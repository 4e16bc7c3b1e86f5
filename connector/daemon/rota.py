"""Who does what, when: in one process by APScheduler, on several machines by the job engine in the state's database."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any, Protocol, TypeAlias

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connector.config.config import Config
from connector.config.cron import spelled_cron
from connector.config.server import DatabaseServer
from connector.config.settings import ScheduleSettings, WorkerSettings
from connector.daemon.jobs import Job, Timed
from connector.logs import get_logger
from connector.state.postgres.library import ENGINE, require

log = get_logger(__name__)

Asked: TypeAlias = "SimpleQueue[str]"
"""The connections whose next cycle is to begin now."""
LOOK = 15.0
"""Seconds after which it is looked whether the clock was set back."""


class Rota(Protocol):
    """Runs cycles and reports when they are due."""

    def run(self, ended: threading.Event) -> None:
        """Work until ``ended`` is set; then each cycle ends after the operation in hand."""

    def due(self) -> Mapping[str, datetime]:
        """When the next cycle of each connection begins, as far as this process knows."""

    def bring_forward(self, name: str) -> None:
        """Have the next cycle of a connection begin now."""


def rota_of(config: Config, jobs: Sequence[Job], reports: Sequence[Timed]) -> Rota:
    """The rota that fits where the state is kept. Raises ConfigError where it needs what is not installed."""
    place = config.state_place
    if isinstance(place, DatabaseServer):
        require(ENGINE)
        return SharedRota(jobs, reports, place, config.settings.workers)
    return LocalRota(jobs, reports)


def trigger_of(schedule: ScheduleSettings) -> Any:  # noqa: ANN401 - APScheduler has no types
    """When cycles start: by cron in UTC, or every so often with up to ``jitter`` seconds added at random."""
    if schedule.cron is not None:
        return _cron(schedule.cron)
    return IntervalTrigger(seconds=schedule.seconds, jitter=schedule.jitter or None, timezone=UTC)


def _cron(text: str) -> Any:  # noqa: ANN401 - as above
    return CronTrigger.from_crontab(spelled_cron(text), timezone=UTC)


class LocalRota:
    """The rota of a process that is alone. Each connection has a thread of its own, so that one which is slow or broken
    delays no other.
    """

    def __init__(self, jobs: Sequence[Job], reports: Sequence[Timed] = (), look: float = LOOK) -> None:
        self._jobs, self._look = jobs, look
        self._scheduler: Any = BackgroundScheduler(
            # One report at a time: they wait for each other rather than for memory.
            executors={"default": ThreadPoolExecutor(max(len(jobs), 1)), "reports": ThreadPoolExecutor(1)},
            # A tick that comes late, because the machine slept or the cycle before took long, is run once and not
            # dropped.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        for job in jobs:
            trigger = trigger_of(job.schedule)
            self._scheduler.add_job(job.run, trigger, id=job.name, name=job.name, next_run_time=datetime.now(UTC))
        for each in reports:
            self._scheduler.add_job(
                each.write, _cron(each.cron), id=f"report {each.name}", name=each.name, executor="reports"
            )

    def run(self, ended: threading.Event) -> None:
        self._scheduler.start()
        schedules = {job.name: job.schedule.cron or f"{job.schedule.seconds:g}s" for job in self._jobs}
        log.info("started", connections=schedules)
        try:
            while not ended.wait(self._look):
                self._catch_up()
        finally:
            log.info("stopping after the operation in hand")
            for job in self._jobs:
                job.request_end()
            self._scheduler.shutdown(wait=True)
            log.info("stopped")

    def due(self) -> Mapping[str, datetime]:
        ticks = {job.name: self._scheduler.get_job(job.name) for job in self._jobs}
        return {name: tick.next_run_time for name, tick in ticks.items() if tick is not None and tick.next_run_time}

    def bring_forward(self, name: str) -> None:
        self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def _catch_up(self) -> None:
        """Have begin what a clock that was ahead has put off: by an interval now, by cron at its next tick."""
        ticks = [(tick, tick.next_run_time) for tick in self._scheduler.get_jobs()]
        now = datetime.now(UTC)  # read after the ticks: none that just passed is taken for one put off
        for tick, due in ticks:
            by_interval = isinstance(tick.trigger, IntervalTrigger)
            latest = now + _longest(tick.trigger) if by_interval else tick.trigger.get_next_fire_time(None, now)
            if latest is not None and due > latest:
                log.warning("the clock was set back: what it had put off begins", job=tick.name)
                tick.modify(next_run_time=now if by_interval else latest)


def _longest(trigger: Any) -> timedelta:  # noqa: ANN401 - as above
    return timedelta(seconds=trigger.interval_length + (trigger.jitter or 0))


@dataclass(frozen=True)
class SharedRota:
    """The rota of one of several processes over the state's database."""

    jobs: Sequence[Job]
    reports: Sequence[Timed]
    server: DatabaseServer
    settings: WorkerSettings = field(default_factory=WorkerSettings)
    _asked: Asked = field(default_factory=SimpleQueue)

    def run(self, ended: threading.Event) -> None:
        from connector.workers import Pace, serve  # noqa: PLC0415 - an extra

        pace = Pace(self.settings.cycles, self.settings.heartbeat, self.settings.stalled_after)
        serve(self.jobs, self.reports, ended, self.server, pace, self._asked)

    def due(self) -> Mapping[str, datetime]:
        """Nothing: which machine takes the next cycle, and when, the engine decides."""
        return {}

    def bring_forward(self, name: str) -> None:
        self._asked.put(name)
