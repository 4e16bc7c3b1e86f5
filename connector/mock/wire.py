"""The open connections of the server, so that one can be cut while a request is being answered."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class Wire:
    """Open connections by the client's address. Used from the server's event loop alone."""

    def __init__(self) -> None:
        self._open: dict[object, asyncio.Transport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """The HTTP protocol for the server, which keeps this register."""
        connections = self._open

        class Registered(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(self.client, None)
                super().connection_lost(exc)

        return Registered

    def cut(self, client: object) -> None:
        """Close a client's connection once what was written to it has gone out."""
        transport = self._open.get(client)
        if transport is not None:
            transport.close()

    def cut_all(self) -> None:
        """Drop every connection, hanging requests included."""
        for transport in list(self._open.values()):
            transport.abort()
