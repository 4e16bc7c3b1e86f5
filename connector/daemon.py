"""The daemon: a cycle per connection, at once and then on schedule, until it is told to stop.

A cycle that fails never ends it: that is logged, and the next tick tries again. Ticks that come while a cycle runs are
one; a connection that another process synchronises is left to that process. With the state on PostgreSQL any number
of daemons share the work (:mod:`connector.workers`); with a file, APScheduler runs it all in this process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connector.config.config import Config
from connector.config.cron import spelled_cron
from connector.config.server import DatabaseServer
from connector.config.settings import ScheduleSettings, WorkerSettings
from connector.engine import Connection, Cycle
from connector.engine.opening import open_connection
from connector.interruption import Interruption, on_signals
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError
from connector.scheduled import Reporter
from connector.state import LeaseHeld, Store
from connector.state.postgres.library import ENGINE, require

log = get_logger(__name__)


def run_daemon(config: Config, names: Sequence[str], store: Store, stop: threading.Event | None = None) -> None:
    """Run until SIGTERM, SIGINT or ``stop``; then each cycle ends after the operation in hand.

    Raises ConfigError before the first cycle where a connection cannot be opened.
    """
    with ExitStack() as stack:
        jobs = [Job.open(config, name, store, stack) for name in names]
        ended = stop or threading.Event()
        with on_signals(ended.set):
            reports = _reports(config, names, ended)
            place = config.state_place
            if isinstance(place, DatabaseServer):
                _spread(jobs, reports, ended, place, config.settings.workers)
            else:
                _serve(jobs, ended, reports)


def trigger_of(schedule: ScheduleSettings) -> Any:  # noqa: ANN401 - APScheduler has no types
    """When cycles start: by cron in UTC, or every so often with up to ``jitter`` seconds added at random."""
    if schedule.cron is not None:
        return _cron(schedule.cron)
    return IntervalTrigger(seconds=schedule.seconds, jitter=schedule.jitter or None, timezone=UTC)


def _cron(text: str) -> Any:  # noqa: ANN401 - as above
    return CronTrigger.from_crontab(spelled_cron(text), timezone=UTC)


@dataclass
class Job:
    """The cycles of one connection. ``cycle`` runs one; it is a field so that a test can put its own in. Each job has
    a thread of its own, so that one which is slow or broken delays no other.
    """

    name: str
    cycle: Callable[[], object]
    schedule: ScheduleSettings
    interruption: Interruption = field(default_factory=Interruption)

    @classmethod
    def open(cls, config: Config, name: str, store: Store, stack: ExitStack) -> Job:
        """Open the connection; ``stack`` closes it. Raises ConfigError."""
        interruption = Interruption()
        connection = open_connection(config, name, store, stop=interruption.stop, abort=interruption.abort)
        stack.callback(connection.close)
        return cls(name, lambda: _cycle(connection, interruption), config.schedule(name), interruption)

    def run(self) -> datetime | None:
        """Run a cycle; whatever goes wrong is logged and nothing is raised. When the lease of another process ends,
        where one kept this from running.
        """
        try:
            self.cycle()
        except LeaseHeld as held:
            log.info("skipped: another process synchronises it", connection=self.name, owner=held.owner)
            return held.expires
        except MlflowGrcError as error:
            if not self.interruption.stop.is_set():
                log.error("cycle failed; the next one tries again", connection=self.name, error=str(error))  # noqa: TRY400
        except Exception:
            log.exception("cycle failed unexpectedly; the next one tries again", connection=self.name)
        return None

    def request_end(self) -> None:
        """Have a cycle that runs end after the operation in hand."""
        self.interruption.request()


def _cycle(connection: Connection, interruption: Interruption) -> None:
    Cycle(connection, step=interruption.step).run()


@dataclass(frozen=True)
class Timed:
    """A report, called ``name``, and when it is due, by cron in UTC; ``write`` writes it."""

    name: str
    cron: str
    write: Callable[[], object]


def _reports(config: Config, names: Sequence[str], ended: threading.Event) -> list[Timed]:
    """The scheduled reports on connections that this daemon serves, or on all of them together; and the
    count of the findings, which the trend is made of.
    """
    settings = config.settings.reports
    file = Path(config.document.file).resolve()
    reporter = Reporter(file, config.directory / settings.folder, settings.keep_days, ended)
    mine = [each for each in settings.schedule if each.connection is None or each.connection in names]
    scheduled = [Timed(f"{each.title} {each.format}", each.cron, partial(reporter.write, each)) for each in mine]
    when = settings.count_findings
    counts = [Timed(f"tally {name}", when, partial(reporter.count, name)) for name in names] if when else []
    return [*scheduled, *counts]


def _spread(
    jobs: Sequence[Job],
    reports: Sequence[Timed],
    ended: threading.Event,
    server: DatabaseServer,
    settings: WorkerSettings,
) -> None:
    require(ENGINE)
    from connector.workers import Pace, serve  # noqa: PLC0415 - an extra

    serve(jobs, reports, ended, server, Pace(settings.cycles, settings.heartbeat, settings.stalled_after))


def _serve(jobs: Sequence[Job], ended: threading.Event, reports: Sequence[Timed] = ()) -> None:
    scheduler = BackgroundScheduler(
        # One report at a time: they wait for each other rather than for memory.
        executors={"default": ThreadPoolExecutor(max(len(jobs), 1)), "reports": ThreadPoolExecutor(1)},
        # A tick that comes late, because the machine slept or the cycle before took long, is run once and not dropped.
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for job in jobs:
        trigger = trigger_of(job.schedule)
        scheduler.add_job(job.run, trigger, id=job.name, name=job.name, next_run_time=datetime.now(UTC))
    for report in reports:
        scheduler.add_job(
            report.write, _cron(report.cron), id=f"report {report.name}", name=report.name, executor="reports"
        )
    scheduler.start()
    log.info("started", connections={job.name: job.schedule.cron or f"{job.schedule.seconds:g}s" for job in jobs})
    try:
        ended.wait()
    finally:
        log.info("stopping after the operation in hand")
        for job in jobs:
            job.request_end()
        scheduler.shutdown(wait=True)
        log.info("stopped")
