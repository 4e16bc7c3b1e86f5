"""The jobs: cycles, reports, and the upkeep that gives the work of dead workers to others.

A connection's cycles hold one lock, so that no two run at a time anywhere, and one queueing lock, so that at most one
waits. By cron they are deferred by every worker and once all the same. By an interval each cycle that ends defers the
next; where that chain broke, with a database that went away at the wrong moment, the upkeep begins it anew. When a
cycle is due is told, and asked, by the clock of the database alone: that of one machine may be wrong.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from psycopg import AsyncConnection

from connector.config.cron import spelled_cron
from connector.config.server import DatabaseServer
from connector.logs import get_logger
from connector.state.postgres.connecting import parameters
from connector.workers.work import CycleJob, TimedReport, Work

log = get_logger(__name__)

CYCLE, REPORT, UPKEEP = "cycle", "report", "upkeep"
_POOL = 3
"""Connections of the engine, beside those of the state."""


class Jobs:
    """The jobs of one process on the engine; ``threads`` run what takes long."""

    def __init__(self, server: DatabaseServer, work: Work, threads: ThreadPoolExecutor) -> None:
        self._work = work
        self._threads = threads
        self._cycles: Mapping[str, CycleJob] = {job.name: job for job in work.jobs}
        self._reports: Mapping[str, TimedReport] = {report.name: report for report in work.reports}
        self.app = App(connector=_connector(server))
        self._register()

    @property
    def cycle_queues(self) -> list[str]:
        """Where the cycles of the connections served wait: a machine may serve some of them."""
        return [_queue(name) for name in self._cycles]

    @property
    def other_queues(self) -> list[str]:
        """Where everything else waits."""
        return [UPKEEP, *(_report_queue(name) for name in self._reports)]

    async def begin(self) -> None:
        """Have each connection's cycle run at once; those by an interval unless one is due within it."""
        for job in self._work.jobs:
            if job.schedule.cron is None:
                await self._soon(job)
            else:
                await self._bring_forward(job, unless_within=None)

    async def now(self, connection: str) -> None:
        """Have a connection's next cycle begin now; where one runs, after it."""
        await self._bring_forward(self._cycles[connection], unless_within=0.0)

    def _register(self) -> None:
        cycle = self.app.task(name=CYCLE)(self._cycle)
        report = self.app.task(name=REPORT)(self._report)
        upkeep = self.app.task(name=UPKEEP)(self._upkeep)
        for job in self._work.jobs:
            if job.schedule.cron is not None:
                self.app.periodic(
                    cron=spelled_cron(job.schedule.cron),
                    periodic_id=job.name,
                    task_kwargs={"connection": job.name},
                    **_of_cycles(job.name),
                )(cycle)
        for each in self._work.reports:
            self.app.periodic(
                cron=spelled_cron(each.cron),
                periodic_id=each.name,
                queue=_report_queue(each.name),
                queueing_lock=f"{REPORT} {each.name}",
                lock=REPORT,  # one at a time: they wait for each other rather than for memory
                task_kwargs={"name": each.name},
            )(report)
        seconds = max(1, min(59, round(self._work.pace.heartbeat)))
        self.app.periodic(
            cron=f"* * * * * */{seconds}", periodic_id=UPKEEP, queue=UPKEEP, queueing_lock=UPKEEP
        )(upkeep)  # fmt: skip

    async def _cycle(self, timestamp: int = 0, *, connection: str) -> None:  # noqa: ARG002 - given to periodic jobs
        job, started = self._cycles[connection], time.monotonic()
        free = await self._in_thread(job.run)
        soonest = math.inf if free is None else (free - datetime.now(UTC)).total_seconds()
        if job.schedule.cron is None:
            jitter = random.uniform(0, job.schedule.jitter)  # noqa: S311 - keeps connections apart, no secret
            rest = job.schedule.seconds + jitter - (time.monotonic() - started)
            await self._defer(job, min(rest, soonest))
        elif free is not None:
            await self._defer(job, soonest)

    async def _report(self, timestamp: int = 0, *, name: str) -> None:  # noqa: ARG002 - as above
        await self._in_thread(self._reports[name].write)

    async def _upkeep(self, timestamp: int = 0) -> None:  # noqa: ARG002 - as above
        manager = self.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._work.pace.stalled):
            log.warning("a worker is gone; another takes its job over", job=job.task_name, arguments=job.task_kwargs)
            try:
                await manager.retry_job(job)
            except ConnectorException:
                # One that waits already does the same work.
                await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        for each in self._work.jobs:
            if each.schedule.cron is None and not await self._queued(each, (Status.DOING,)):
                await self._soon(each)

    async def _soon(self, job: CycleJob) -> None:
        """Begin a cycle by an interval now, unless one is due within it. One due later was put off under a longer
        interval.
        """
        await self._bring_forward(job, unless_within=job.schedule.seconds + job.schedule.jitter)

    async def _bring_forward(self, job: CycleJob, unless_within: float | None) -> None:
        """Have the cycle that waits begin now, and one wait where none does. One that is due already is left alone, and
        so is one that is due within so many seconds.
        """
        now = await self._time()
        for waiting in await self._queued(job, (Status.TODO,)):
            if waiting.scheduled_at is None:
                return
            if unless_within is not None and waiting.scheduled_at <= now + timedelta(seconds=unless_within):
                return
            await self.app.job_manager.cancel_job_by_id_async(waiting.id, delete_job=True)
        await self._defer(job, 0.0)

    async def _queued(self, job: CycleJob, states: tuple[Status, ...]) -> list[Any]:
        listed = self.app.job_manager.list_jobs_async
        return [each for state in states for each in await listed(queue=_queue(job.name), status=state.value)]

    async def _defer(self, job: CycleJob, seconds: float) -> None:
        at = await self._time() + timedelta(seconds=max(0.0, seconds))
        try:
            await self.app.configure_task(CYCLE, schedule_at=at, **_of_cycles(job.name)).defer_async(
                connection=job.name
            )
        except AlreadyEnqueued:
            log.debug("a cycle waits already", connection=job.name)

    async def _time(self) -> datetime:
        """What time it is in the database."""
        found: datetime = (await self.app.connector.execute_query_one_async("SELECT now() AS now"))["now"]
        return found

    async def _in_thread(self, act: Any) -> Any:  # noqa: ANN401 - what it gives
        return await asyncio.get_running_loop().run_in_executor(self._threads, act)


def _of_cycles(connection: str) -> Any:  # noqa: ANN401 - options of Procrastinate
    name = _queue(connection)
    return {"queue": name, "lock": name, "queueing_lock": name}


def _queue(connection: str) -> str:
    return f"{CYCLE} {connection}"


def _report_queue(name: str) -> str:
    return f"{REPORT} {name}"


def _connector(server: DatabaseServer) -> PsycopgConnector:
    async def arguments() -> dict[str, Any]:
        return {**parameters(server), "application_name": "mlflow-grc jobs"}

    name = "mlflow-grc jobs"
    return PsycopgConnector(
        kwargs=arguments, connection_class=AsyncConnection, min_size=1, max_size=_POOL, timeout=10, name=name
    )
