"""Patience that ends: with clients that send their request slowly, or do not take its answer."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from connector.config.service import LimitSettings


class Patient(H11Protocol):
    """HTTP with an end to waiting. A connection that is overdue is cut: there is nobody to explain it to."""

    limits: ClassVar[LimitSettings]
    _head: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the head of the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Begin to wait for the head of a further request, and stop once it is there."""
        self._wait_for_head()
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """See that a connection which is closed, with its answer still to be taken, does not last."""
        super().on_response_complete()
        if self.transport.is_closing():
            self.loop.call_later(self.limits.answer_seconds, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, also one that never took its last answer."""
        self._stop_waiting()
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        """Begin to wait for an answer to be taken."""
        super().pause_writing()
        if self._taking is None:
            self._taking = self.loop.call_later(self.limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It is being taken."""
        super().resume_writing()
        self._stop_taking()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._stop_taking()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._head is None and not self._is_answering():
            self._head = self.loop.call_later(self.limits.header_seconds, self._give_up)

    def _give_up(self) -> None:
        self._head = None
        if not self._is_answering():
            self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
        self._head = None

    def _stop_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
        self._taking = None

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


def protocol_of(limits: LimitSettings) -> type[asyncio.Protocol]:
    """The protocol with these limits."""
    return type("Limited", (Patient,), {"limits": limits})


def loop_of(limits: LimitSettings) -> type[asyncio.AbstractEventLoop]:
    """An event loop in which a TLS handshake has to be done as soon as a request's head."""

    class Loop(asyncio.SelectorEventLoop):
        async def create_server(self, *args: Any, **options: Any) -> asyncio.Server:  # noqa: ANN401
            if options.get("ssl"):
                options["ssl_handshake_timeout"] = limits.header_seconds
            server: asyncio.Server = await super().create_server(*args, **options)
            return server

    return Loop
