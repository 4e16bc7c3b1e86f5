"""A TCP proxy on loopback, in a thread of its own, that can reset, cut, delay and swallow what passes through it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.connection import Connection
from tests.faults.plan import Mishap, Plan, Stage, Trouble

_PATIENCE = 10.0
"""Seconds within which the proxy has to start and to stop."""


class FaultProxy:
    """Stands before the server at ``target`` (``http://host:port``); its own address is ``url``.

    Without mishaps it passes every byte on. Each of ``reset``, ``cut_reply``, ``delay`` and ``black_hole`` spoils the
    next ``times`` exchanges, in the order they were asked for, on whatever connection they come. ``exchanges`` counts
    the requests that came, ``connections`` the connections.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        assert parts.hostname, f"{target} has no host"
        assert parts.port, f"{target} has no port"
        self._target = (parts.hostname, parts.port)
        self._plan = Plan()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self.port = 0
        self.connections = 0
        self.exchanges = 0

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pending(self) -> int:
        """How many mishaps have not happened yet."""
        return self._plan.pending()

    def reset(self, stage: Stage | str = Stage.REPLY, *, times: int = 1) -> None:
        """Reset the connection (RST): on ``connect``, on the ``request``, or when the ``reply`` begins."""
        self._plan.add(Mishap(Trouble.RESET, Stage(stage)), times)

    def cut_reply(self, after_bytes: int, *, times: int = 1) -> None:
        """Close the connection after so many bytes of the answer, head included; the server has done the work."""
        self._plan.add(Mishap(Trouble.CUT, after_bytes=after_bytes), times)

    def delay(self, seconds: float, *, times: int = 1) -> None:
        """Hold the answer back."""
        self._plan.add(Mishap(Trouble.DELAY, seconds=seconds), times)

    def black_hole(self, *, forward: bool = True, times: int = 1) -> None:
        """Swallow the answer and keep the connection open; with ``forward`` false the request as well."""
        self._plan.add(Mishap(Trouble.BLACK_HOLE, forward=forward), times)

    def clear(self) -> None:
        """Forget the mishaps that have not happened yet."""
        self._plan.clear()

    def start(self) -> Self:
        """Listen on a port that the system chooses."""
        self._thread.start()
        self._call(self._listen())
        return self

    def stop(self) -> None:
        """Refuse new connections, close the open ones, end the thread."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, family=socket.AF_INET)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        connection = Connection(reader, writer, self._next)
        with contextlib.suppress(asyncio.CancelledError):
            if self._plan.take(connecting=True):
                connection.reset()
            else:
                await connection.serve(self._target)
        connection.close()
        self._tasks.discard(task)

    def _next(self) -> Mishap | None:
        self.exchanges += 1
        return self._plan.take(connecting=False)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
