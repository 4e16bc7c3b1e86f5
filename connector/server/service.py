"""The web server of a daemon, from its configuration."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, ProcessCollector

from connector.config.config import Config
from connector.config.service import ServerSettings
from connector.health import Rules
from connector.metrics import AuditWatch, Collector, Readings
from connector.metrics.collector import Line
from connector.server.app import make_app
from connector.server.desk import Desk
from connector.server.guard import Guard
from connector.server.people import People
from connector.server.probes import Probes
from connector.server.sessions import Sessions
from connector.server.thread import ServerThread
from connector.server.visit import Site
from connector.state import Store


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Service:
    """Health, metrics and the status page of the connections ``names``. ``lines`` are the requests to count, ``due``
    tells when cycles begin, ``queued`` how many hints wait, and ``routers`` bring more to serve.

    Raises ConfigError for a token or certificate that cannot be used, or an address that cannot be listened on.
    """

    def __init__(
        self,
        config: Config,
        settings: ServerSettings,
        store: Store,
        names: Sequence[str],
        *,
        lines: Callable[[], list[Line]] = list,
        due: Callable[[], Mapping[str, datetime]] = dict,
        queued: Callable[[], Mapping[str, int]] | None = None,
        routers: Iterable[APIRouter] = (),
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        people = People(settings)
        people.check()
        self.audit = AuditWatch(store, clock)
        self.readings = Readings(store, names, Rules.of(config), clock=clock, audit=lambda: self.audit.state)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Collector(self.readings, lines, queued))
        ProcessCollector(registry=registry)
        answers = Counter(
            "mlflow_grc_server_answers", "Answers of this server, by status.", ["status"], registry=registry
        )
        site = Site(config, store, self.readings, names, clock, due)
        key = settings.cookie_key.resolve().get_secret_value().encode() if settings.cookie_key else None
        desk = Desk(site, settings, people, Sessions(key or secrets.token_bytes(32)))
        self.app = make_app(desk, Probes(self.readings, registry), routers)
        guard = Guard(self.app, settings.limits, lambda status: answers.labels(f"{status // 100}xx").inc())
        tls = settings.tls
        files = (config.directory / tls.certificate, config.directory / tls.key) if tls is not None else None
        self._scheme, self._host = ("https" if tls else "http"), settings.host
        self._thread = ServerThread(guard, settings.host, settings.port, settings.limits, files)

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{self._scheme}://{host}:{self._thread.port}"

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests."""
        self._thread.stop()
        self.readings.close()
