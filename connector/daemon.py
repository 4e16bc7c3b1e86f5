"""The daemon: a cycle per connection, at once and then on schedule, until it is told to stop.

A cycle that fails never ends it: that is logged, and the next tick tries again. Ticks that come while a cycle runs are
one; a connection that another process synchronises is left to that process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from adapters.httpclient.redaction import redact
from connector.config.config import Config
from connector.config.settings import ScheduleSettings
from connector.engine import Connection, Cycle
from connector.engine.exporting import tracing_of
from connector.engine.listings import Listings
from connector.engine.opening import open_connection
from connector.interruption import Interruption, on_signals
from connector.logs import get_logger
from connector.metrics.collector import Line
from connector.model.errors import MlflowGrcError
from connector.model.fields import Side
from connector.scheduled import Reporter
from connector.state import LeaseHeld, Store
from connector.tracing import traced

if TYPE_CHECKING:
    from connector.server.service import Service

log = get_logger(__name__)


def run_daemon(config: Config, names: Sequence[str], store: Store, stop: threading.Event | None = None) -> None:
    """Run until SIGTERM, SIGINT or ``stop``; then each cycle ends after the operation in hand.

    Raises ConfigError before the first cycle where a connection cannot be opened.
    """
    with ExitStack() as stack:
        stack.enter_context(traced(tracing_of(config, redact)))
        jobs = [Job.open(config, name, store, stack) for name in names]
        ended = stop or threading.Event()
        scheduler = _scheduler(len(jobs))
        service = _service(config, names, store, jobs, scheduler)
        with on_signals(ended.set):
            _serve(jobs, ended, _reports(config, names, ended), scheduler=scheduler, service=service)


def trigger_of(schedule: ScheduleSettings) -> Any:  # noqa: ANN401 - APScheduler has no types
    """When cycles start: by cron in UTC, or every so often with up to ``jitter`` seconds added at random."""
    if schedule.cron is not None:
        return _cron(schedule.cron)
    return IntervalTrigger(seconds=schedule.seconds, jitter=schedule.jitter or None, timezone=UTC)


def _cron(text: str) -> Any:  # noqa: ANN401 - as above
    return CronTrigger.from_crontab(text, timezone=UTC)


@dataclass
class Job:
    """The cycles of one connection. ``cycle`` runs one; it is a field so that a test can put its own in. Each job has
    a thread of its own, so that one which is slow or broken delays no other.
    """

    name: str
    cycle: Callable[[], object]
    schedule: ScheduleSettings
    interruption: Interruption = field(default_factory=Interruption)
    lines: tuple[Line, ...] = ()
    """The requests to both sides, to be counted."""

    @classmethod
    def open(cls, config: Config, name: str, store: Store, stack: ExitStack) -> Job:
        """Open the connection; ``stack`` closes it. Raises ConfigError."""
        interruption = Interruption()
        connection = open_connection(config, name, store, stop=interruption.stop, abort=interruption.abort)
        stack.callback(connection.close)
        connection.listings = Listings(config.schedule(name).full_sweep or 0.0)
        platforms = {Side.REGISTRY: "mlflow", Side.GRC: config.connection(name).adapter}
        lines = tuple(Line(name, side, platforms[side], traffic) for side, traffic in connection.traffic.items())
        return cls(name, lambda: _cycle(connection, interruption), config.schedule(name), interruption, lines)

    def run(self) -> None:
        """Run a cycle; whatever goes wrong is logged and nothing is raised."""
        try:
            self.cycle()
        except LeaseHeld as held:
            log.info("skipped: another process synchronises it", connection=self.name, owner=held.owner)
        except MlflowGrcError as error:
            if not self.interruption.stop.is_set():
                log.error("cycle failed; the next one tries again", connection=self.name, error=str(error))  # noqa: TRY400
        except Exception:
            log.exception("cycle failed unexpectedly; the next one tries again", connection=self.name)


def _cycle(connection: Connection, interruption: Interruption) -> None:
    Cycle(connection, step=interruption.step).run()


@dataclass(frozen=True)
class Timed:
    """A report, called ``name``, and when it is due; ``write`` writes it."""

    name: str
    trigger: Any
    write: Callable[[], object]


def _reports(config: Config, names: Sequence[str], ended: threading.Event) -> list[Timed]:
    """The scheduled reports on connections that this daemon serves, or on all of them together; and the
    count of the findings, which the trend is made of.
    """
    settings = config.settings.reports
    file = Path(config.document.file).resolve()
    reporter = Reporter(file, config.directory / settings.folder, settings.keep_days, ended)
    mine = [each for each in settings.schedule if each.connection is None or each.connection in names]
    scheduled = [Timed(f"{each.title} {each.format}", _cron(each.cron), partial(reporter.write, each)) for each in mine]
    when = settings.count_findings
    counts = [Timed(f"tally {name}", _cron(when), partial(reporter.count, name)) for name in names] if when else []
    return [*scheduled, *counts]


def _scheduler(connections: int) -> Any:  # noqa: ANN401 - APScheduler has no types
    one = ThreadPoolExecutor
    return BackgroundScheduler(
        # One report at a time: they wait for each other rather than for memory. The proof of the trail for neither.
        executors={"default": ThreadPoolExecutor(max(connections, 1)), "reports": one(1), "audit": one(1)},
        # A tick that comes late, because the machine slept or the cycle before took long, is run once and not dropped.
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )


def _service(
    config: Config,
    names: Sequence[str],
    store: Store,
    jobs: Sequence[Job],
    scheduler: Any,  # noqa: ANN401 - as above
) -> Service | None:
    """The web server, where the configuration has one. It proves the audit trail at once, and then every so often."""
    settings = config.settings.server
    if settings is None:
        return None
    from connector.server.service import Service  # noqa: PLC0415 - a framework that few daemons need

    def due() -> dict[str, datetime]:
        ticks = {name: scheduler.get_job(name) for name in names}
        return {name: tick.next_run_time for name, tick in ticks.items() if tick is not None and tick.next_run_time}

    lines = [line for job in jobs for line in job.lines]
    service = Service(config, settings, store, names, lines=lambda: lines, due=due)
    every = IntervalTrigger(seconds=config.settings.health.audit_check, timezone=UTC)
    now = datetime.now(UTC)
    scheduler.add_job(service.audit.check, every, id="audit", name="audit", executor="audit", next_run_time=now)
    return service


def _serve(
    jobs: Sequence[Job],
    ended: threading.Event,
    reports: Sequence[Timed] = (),
    *,
    scheduler: Any = None,  # noqa: ANN401 - as above
    service: Service | None = None,
) -> None:
    scheduler = scheduler or _scheduler(len(jobs))
    for job in jobs:
        trigger = trigger_of(job.schedule)
        scheduler.add_job(job.run, trigger, id=job.name, name=job.name, next_run_time=datetime.now(UTC))
    for report in reports:
        scheduler.add_job(
            report.write, report.trigger, id=f"report {report.name}", name=report.name, executor="reports"
        )
    if service is not None:
        service.start()
        log.info("serving", address=service.url)
    scheduler.start()
    log.info("started", connections={job.name: job.schedule.cron or f"{job.schedule.seconds:g}s" for job in jobs})
    try:
        ended.wait()
    finally:
        log.info("stopping after the operation in hand")
        for job in jobs:
            job.interruption.request()
        scheduler.shutdown(wait=True)
        # To the end, probes are answered: what is being ended is not dead.
        if service is not None:
            service.stop()
        log.info("stopped")
