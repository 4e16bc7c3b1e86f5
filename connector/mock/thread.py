"""A web server in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
import threading

import uvicorn
from starlette.types import ASGIApp

from connector.mock.wire import Wire

_PATIENCE = 10.0
"""Seconds within which the server has to start and to stop."""
_TICK = 0.1
"""Seconds between two updates of the Date header, as uvicorn counts them."""


class ServerThread:
    """Serves ``app`` on ``host`` and ``port`` (0: the system chooses; ``port`` then has it), over TLS where
    ``certificate`` names a file with a key and a certificate; with ``authority`` too, a file of certificates, only to
    clients that show one signed by it.
    """

    def __init__(
        self,
        app: ASGIApp,
        wire: Wire,
        host: str,
        port: int,
        *,
        certificate: str | None = None,
        authority: str | None = None,
    ) -> None:
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(_config(app, wire, certificate, authority), wire)
        self._thread = threading.Thread(target=self._run, name="mock-grc", daemon=True)

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._thread.start()
        if not self._server.ready.wait(_PATIENCE):
            raise RuntimeError("The mock GRC did not start.")

    def stop(self) -> None:
        """Cut what hangs, stop, and free the port."""
        self._server.end()
        self._thread.join(_PATIENCE)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


class _Server(uvicorn.Server):
    """Ends at once when told to: uvicorn's own waits a tick and then for its clients, which tests cannot afford."""

    def __init__(self, config: uvicorn.Config, wire: Wire) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._wire = wire
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Stop serving; from any thread, and again at will."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ended.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        for tick in itertools.count():
            await self.on_tick(tick)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ended.wait(), _TICK)
            if self._ended.is_set():
                return

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - closed by stop
        for server in self.servers:
            server.close()
        self._wire.cut_all()


def _config(app: ASGIApp, wire: Wire, certificate: str | None, authority: str | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=wire.protocol(),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ssl_certfile=certificate,
        ssl_ca_certs=authority,
        ssl_cert_reqs=ssl.CERT_REQUIRED if authority else ssl.CERT_NONE,
    )


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
