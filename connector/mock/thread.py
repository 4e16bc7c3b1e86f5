"""A web server in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from connector.mock.wire import Wire

_PATIENCE = 10.0
"""Seconds within which the server has to start and to stop."""


class ServerThread:
    """Serves ``app`` on ``host`` and ``port`` (0: the system chooses; ``port`` then has it)."""

    def __init__(self, app: ASGIApp, wire: Wire, host: str, port: int) -> None:
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._wire = wire
        self._server = _Server(_config(app, wire))
        self._thread = threading.Thread(target=self._run, name="mock-grc", daemon=True)

    def start(self) -> None:
        """Serve; returns once requests are answered."""
        self._thread.start()
        if not self._server.ready.wait(_PATIENCE):
            raise RuntimeError("The mock GRC did not start.")

    def stop(self) -> None:
        """Cut what hangs, stop, and free the port."""
        self._server.should_exit = self._server.force_exit = True
        self._server.on_loop(self._wire.cut_all)
        self._thread.join(_PATIENCE)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    def on_loop(self, action: Callable[[], None]) -> None:
        """Run something on the server's event loop, unless that has ended."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(action)


def _config(app: ASGIApp, wire: Wire) -> uvicorn.Config:
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
