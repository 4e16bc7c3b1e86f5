"""A daemon from its configuration: its rota, and beside it the web server and the traces."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from adapters.httpclient.redaction import redact
from connector.config.config import Config
from connector.daemon.jobs import Job, timed_reports
from connector.daemon.rota import Rota, rota_of
from connector.engine.exporting import tracing_of
from connector.events.service import Bells, working
from connector.interruption import on_signals
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError
from connector.state import Store
from connector.tracing import traced

log = get_logger(__name__)


def run_daemon(config: Config, names: Sequence[str], store: Store, stop: threading.Event | None = None) -> None:
    """Run until SIGTERM, SIGINT or ``stop``; then each cycle ends after the operation in hand.

    Raises ConfigError before the first cycle where a connection cannot be opened; StateMoved, after every cycle ended,
    once the state was moved away: started anew, the daemon reads the configuration that says where to.
    """
    ended = stop or threading.Event()
    fatal: list[MlflowGrcError] = []

    def give_up(error: MlflowGrcError) -> None:
        fatal.append(error)
        ended.set()

    with ExitStack() as stack:
        stack.enter_context(traced(tracing_of(config, redact)))
        jobs = [Job.open(config, name, store, stack, give_up) for name in names]
        rota = rota_of(config, jobs, timed_reports(config, names, ended))
        stack.enter_context(on_signals(ended.set))
        bells = Bells(store)
        # To the end, probes are answered: what is being ended is not dead.
        stack.enter_context(_serving(config, names, store, jobs, rota, bells))
        stack.enter_context(_acting(config, jobs, rota, bells))
        rota.run(ended)
    if fatal:
        raise fatal[0]


def _acting(config: Config, jobs: Sequence[Job], rota: Rota, bells: Bells) -> AbstractContextManager[None]:
    """Act on events; what they leave to a full cycle brings the next one forward, once none runs."""
    by_name = {job.name: job for job in jobs}

    def ask(name: str) -> bool:
        if by_name[name].running.is_set() or by_name[name].interruption.stop.is_set():
            return False
        rota.bring_forward(name)
        return True

    connections = {job.name: job.connection for job in jobs if job.connection is not None}
    return working(connections, config.settings.events, ask, bells)


@contextmanager
def _serving(
    config: Config,
    names: Sequence[str],
    store: Store,
    jobs: Sequence[Job],
    rota: Rota,
    bells: Bells,
) -> Iterator[None]:
    """For the block the web server answers, the receiver of events included, where the configuration has one."""
    settings = config.settings.server
    if settings is None:
        yield
        return
    from connector.events.routes import router  # noqa: PLC0415 - as below
    from connector.server.service import Service  # noqa: PLC0415 - a framework that few daemons need

    def queued() -> dict[str, int]:
        return {name: len(store.hints(name, config.settings.events.most_objects + 1)) for name in names}

    lines, routers = [line for job in jobs for line in job.lines], [router(bells.intake(config))]
    service = Service(config, settings, store, names, lines=lambda: lines, due=rota.due, queued=queued, routers=routers)
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
