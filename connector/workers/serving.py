"""A worker: it takes jobs until it is told to stop, and begins anew whenever the database was away."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue

from connector.config.server import DatabaseServer
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError
from connector.workers import schema
from connector.workers.jobs import Jobs
from connector.workers.work import CycleJob, Pace, TimedReport, Work

log = get_logger(__name__)

_AGAIN = 2.0
"""Seconds before a worker that lost the database tries anew."""
_OTHERS = 2
"""Upkeep and reports that run at a time in one process."""


def serve(
    jobs: Sequence[CycleJob],
    reports: Sequence[TimedReport],
    ended: threading.Event,
    server: DatabaseServer,
    pace: Pace,
    asked: SimpleQueue[str] | None = None,
) -> None:
    """Take jobs until ``ended`` is set; then each cycle ends after the operation in hand. Connections put into
    ``asked`` have their next cycle begin now. Raises StateCorrupt and StateUnavailable where the database cannot serve
    at the start.
    """
    for name in ("procrastinate", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told by us, once
    schema.prepare(server)
    work = Work(jobs, reports, pace, asked or SimpleQueue())
    log.info("started", connections={job.name: job.schedule.cron or f"{job.schedule.seconds:g}s" for job in jobs})
    with ThreadPoolExecutor(pace.cycles + _OTHERS, thread_name_prefix="job") as threads:
        asyncio.run(_until_ended(server, work, threads, ended))
    log.info("stopped")


async def _until_ended(server: DatabaseServer, work: Work, threads: ThreadPoolExecutor, ended: threading.Event) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_told, args=(ended, loop, stop), daemon=True).start()
    while not stop.is_set():
        try:
            await _work(server, work, threads, stop)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next attempt shows whether it lasts
            log.error(  # noqa: TRY400 - said in one line
                "the job engine lost the database; it begins anew", error=_words(error), seconds=_AGAIN
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _AGAIN)


def _told(ended: threading.Event, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    ended.wait()
    with suppress(RuntimeError):  # the loop has ended by itself
        loop.call_soon_threadsafe(stop.set)


async def _work(server: DatabaseServer, work: Work, threads: ThreadPoolExecutor, stop: asyncio.Event) -> None:
    jobs = Jobs(server, work, threads)
    async with jobs.app.open_async():
        await jobs.begin()
        taking = [
            asyncio.create_task(_take(jobs, jobs.cycle_queues, work.pace.cycles, work.pace)),
            asyncio.create_task(_take(jobs, jobs.other_queues, _OTHERS, work.pace)),
            asyncio.create_task(_bring_forward(jobs, work)),
        ]
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([*taking, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            log.info("stopping after the operation in hand")
            for job in work.jobs:
                job.request_end()
        # Cancelled, a worker takes no more and waits for what runs.
        for task in (*taking, stopping):
            task.cancel()
        results = await asyncio.gather(*taking, stopping, return_exceptions=True)
        if not stop.is_set():
            failure = next((each for each in results if isinstance(each, Exception)), None)
            raise failure or RuntimeError("a worker ended by itself")


async def _bring_forward(jobs: Jobs, work: Work) -> None:
    while True:
        await asyncio.sleep(work.pace.poll)
        while not work.asked.empty():
            await jobs.now(work.asked.get())


async def _take(jobs: Jobs, queues: list[str], at_a_time: int, pace: Pace) -> None:
    await jobs.app.run_worker_async(
        queues=queues,
        concurrency=at_a_time,
        name=f"{socket.gethostname()}:{os.getpid()}",
        install_signal_handlers=False,
        listen_notify=False,
        fetch_job_polling_interval=pace.poll,
        abort_job_polling_interval=3600.0,
        update_heartbeat_interval=pace.heartbeat,
        stalled_worker_timeout=pace.stalled,
        delete_jobs="always",
    )


def _words(error: Exception) -> str:
    cause = error.__cause__ if error.__cause__ is not None and not isinstance(error, MlflowGrcError) else error
    return " ".join(str(cause).split()) or type(cause).__name__
