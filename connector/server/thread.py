"""uvicorn in a thread of the daemon, which keeps the signals to itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from connector.config.service import LimitSettings
from connector.logs import get_logger
from connector.model.errors import ConfigError
from connector.server.guard import HEAD
from connector.server.patience import loop_of, protocol_of

log = get_logger(__name__)

START, STOP = 20.0, 10.0
"""Seconds within which the server has to start, and to end what is being answered."""
RENEWED = 60.0
"""Seconds after which the certificate's files are looked at again."""


class ServerThread:
    """Serves ``app``. ``tls`` are the files of a certificate and its key. Raises ConfigError where it cannot listen, or
    where the certificate cannot be used.
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, limits: LimitSettings, tls: tuple[Path, Path] | None = None
    ) -> None:
        """Listen; nothing is answered before :meth:`start`."""
        self.tls = tls
        self._context = None if tls is None else _context(*tls)
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._loop_of = loop_of(limits)
        self._server = _Server(_config(app, limits, self._context), self._context, tls)
        self._thread = threading.Thread(target=self._run, name="mlflow-grc-server", daemon=True)

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._thread.start()
        if not self._server.ready.wait(START):
            raise ConfigError("The web server did not start.", key="server", remedy="see the log for the reason.")

    def stop(self) -> None:
        """Take no more requests, end those that are being answered, and free the port."""
        self._server.should_exit = True
        self._thread.join(STOP + START)
        self._socket.close()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_of) as runner:
                runner.run(self._server.serve(sockets=[self._socket]))
        except Exception:
            log.exception("the web server ended unexpectedly; cycles go on")


class _Server(uvicorn.Server):
    """Tells when it is ready, and reads a renewed certificate without a restart."""

    def __init__(self, config: uvicorn.Config, context: ssl.SSLContext | None, tls: tuple[Path, Path] | None) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._context, self._tls = context, tls
        self._read = _times(tls)
        self._looked = 0.0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def on_tick(self, counter: int) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._looked >= RENEWED:
            self._looked = now
            self.renew()
        return await super().on_tick(counter)

    def renew(self) -> None:
        """Use the certificate's files as they are now, where they have changed and fit each other."""
        if self._context is None or self._tls is None or (found := _times(self._tls)) == self._read:
            return
        self._read = found
        try:
            # Tried apart first: a certificate and a key of two ages would leave the server without either.
            _context(*self._tls)
            self._context.load_cert_chain(*self._tls)
        except (ConfigError, OSError) as error:
            log.warning("the renewed certificate cannot be used; the old one stays", error=str(error))
        else:
            log.info("certificate renewed", file=str(self._tls[0]))


def _config(app: ASGIApp, limits: LimitSettings, context: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol_of(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=limits.connections + 1,
        timeout_keep_alive=limits.keep_alive_seconds,
        timeout_graceful_shutdown=int(STOP),
        h11_max_incomplete_event_size=HEAD,
        ssl_context_factory=None if context is None else lambda *_: context,
    )


def _listening(host: str, port: int) -> socket.socket:
    remedy = "name a free port of this machine under server.listen."
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        what = f"The web server cannot listen on {host}:{port} ({error.strerror})."
        raise ConfigError(what, key="server.listen", remedy=remedy) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        what = f"The web server cannot listen on {host}:{port} ({error.strerror})."
        raise ConfigError(what, key="server.listen", remedy=remedy) from error
    return listener


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key with a passphrase would ask for it at the terminal, where nobody is.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        what = f"The certificate {certificate} with the key {key} cannot be used ({error})."
        remedy = "name PEM files that this account may read, the key without a passphrase."
        raise ConfigError(what, key="server.tls", remedy=remedy) from error
    return context


def _times(tls: tuple[Path, Path] | None) -> tuple[int, ...]:
    found: list[int] = []
    for path in tls or ():
        with contextlib.suppress(OSError):
            found.append(path.stat().st_mtime_ns)
    return tuple(found)
