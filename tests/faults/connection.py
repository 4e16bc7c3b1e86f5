"""One client's connection through the proxy."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

from tests.faults.plan import Mishap, Stage, Trouble

_CHUNK = 65_536


class Connection:
    """Passes bytes both ways, and lets ``take`` choose a mishap whenever the client begins a request: with its first
    bytes, and with the first after an answer.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Callable[[], Mishap | None]
    ) -> None:
        self._client, self._to_client = reader, writer
        self._take = take
        self._to_server: asyncio.StreamWriter | None = None
        self._mishap: Mishap | None = None
        self._answered = True
        self._passed = 0
        self._ended = asyncio.Event()

    async def serve(self, target: tuple[str, int]) -> None:
        """Pass bytes until either side, or a mishap, ends the connection."""
        try:
            server, self._to_server = await asyncio.open_connection(*target)
        except OSError:
            self.reset()
            return
        pumps = [asyncio.ensure_future(self._requests()), asyncio.ensure_future(self._answers(server))]
        try:
            await self._ended.wait()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    def reset(self) -> None:
        """End the connection to the client by RST."""
        raw = self._to_client.get_extra_info("socket")
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._to_client.transport.abort()

    def close(self) -> None:
        """Close both sides."""
        for writer in (self._to_client, self._to_server):
            if writer is not None:
                writer.close()

    async def _requests(self) -> None:
        with contextlib.suppress(OSError):
            while data := await self._client.read(_CHUNK):
                if self._answered:
                    self._mishap, self._answered, self._passed = self._take(), False, 0
                if self._is(Trouble.RESET, Stage.REQUEST):
                    self.reset()
                    break
                if self._mishap is None or self._mishap.forward:
                    await self._send(self._to_server, data)
        self._ended.set()

    async def _answers(self, server: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await server.read(_CHUNK):
                self._answered = True
                if not await self._answer(data):
                    break
        if not self._is(Trouble.BLACK_HOLE):
            self._ended.set()

    async def _answer(self, data: bytes) -> bool:
        """Pass a piece of an answer on, as the mishap allows; False where the connection is to end."""
        mishap = self._mishap
        if self._is(Trouble.BLACK_HOLE):
            return True
        if self._is(Trouble.RESET, Stage.REPLY):
            self.reset()
            return False
        if mishap is not None and mishap.trouble is Trouble.CUT:
            left = mishap.after_bytes - self._passed
            await self._send(self._to_client, data[:left])
            self._passed += len(data)
            return self._passed < mishap.after_bytes
        if mishap is not None and mishap.trouble is Trouble.DELAY and not self._passed:
            await asyncio.sleep(mishap.seconds)
        self._passed += len(data)
        await self._send(self._to_client, data)
        return True

    def _is(self, trouble: Trouble, stage: Stage | None = None) -> bool:
        mishap = self._mishap
        return mishap is not None and mishap.trouble is trouble and stage in (None, mishap.stage)

    @staticmethod
    async def _send(writer: asyncio.StreamWriter | None, data: bytes) -> None:
        if writer is not None and data:
            writer.write(data)
            await writer.drain()
