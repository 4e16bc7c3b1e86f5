"""A daemon from its configuration: its rota, and beside it the web server and the traces."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime

from adapters.httpclient.redaction import redact
from connector.config.config import Config
from connector.daemon.jobs import Job, timed_reports
from connector.daemon.rota import rota_of
from connector.engine.exporting import tracing_of
from connector.interruption import on_signals
from connector.logs import get_logger
from connector.state import Store
from connector.tracing import traced

log = get_logger(__name__)


def run_daemon(config: Config, names: Sequence[str], store: Store, stop: threading.Event | None = None) -> None:
    """Run until SIGTERM, SIGINT or ``stop``; then each cycle ends after the operation in hand.

    Raises ConfigError before the first cycle where a connection cannot be opened.
    """
    ended = stop or threading.Event()
    with ExitStack() as stack:
        stack.enter_context(traced(tracing_of(config, redact)))
        jobs = [Job.open(config, name, store, stack) for name in names]
        rota = rota_of(config, jobs, timed_reports(config, names, ended))
        stack.enter_context(on_signals(ended.set))
        # To the end, probes are answered: what is being ended is not dead.
        stack.enter_context(_serving(config, names, store, jobs, rota.due))
        rota.run(ended)


@contextmanager
def _serving(
    config: Config,
    names: Sequence[str],
    store: Store,
    jobs: Sequence[Job],
    due: Callable[[], Mapping[str, datetime]],
) -> Iterator[None]:
    """For the block the web server answers, where the configuration has one."""
    settings = config.settings.server
    if settings is None:
        yield
        return
    from connector.server.service import Service  # noqa: PLC0415 - a framework that few daemons need

    lines = [line for job in jobs for line in job.lines]
    service = Service(config, settings, store, names, lines=lambda: lines, due=due)
    service.start()
    log.info("serving", address=service.url)
    try:
        with _again_and_again(service.audit.check, config.settings.health.audit_check):
            yield
    finally:
        service.stop()


@contextmanager
def _again_and_again(act: Callable[[], object], seconds: float) -> Iterator[None]:
    """For the block, act at once and then every so often, in a thread that delays nobody."""
    ended = threading.Event()

    def work() -> None:
        act()
        while not ended.wait(seconds):
            act()

    thread = threading.Thread(target=work, name="audit", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
