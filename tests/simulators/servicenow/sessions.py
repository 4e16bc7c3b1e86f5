"""Cookie sessions. Requests of one session are served one at a time; what finds the queue full is answered 202 and
dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool

COOKIE = "JSESSIONID"


@dataclass
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    there: int = 0
    served: int = 0


class Sessions:
    """The sessions of an instance. ``halt`` keeps the request that a session is at from ending until ``resume``."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._running = threading.Event()
        self._running.set()
        self.dropped = 0
        """How many requests were answered 202 and not carried out."""

    def halt(self) -> None:
        """Let no request of a session end."""
        self._running.clear()

    def resume(self) -> None:
        """Go on."""
        self._running.set()

    def waiting(self) -> int:
        """How many requests are with the sessions now, those being served included."""
        return sum(line.there for line in self._lines.values())

    def served(self) -> int:
        """How many requests the sessions are at now."""
        return sum(line.served for line in self._lines.values())

    def of(self, cookies: str) -> str:
        """The session that a ``Cookie`` header names; empty where it names none that is known."""
        try:
            found = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return ""
        return found.value if found and found.value in self._lines else ""

    def opened(self) -> list[tuple[str, str]]:
        """The headers that open a session with a client that has none."""
        name = secrets.token_hex(16).upper()
        self._lines[name] = _Line()
        return [
            ("Set-Cookie", f"{COOKIE}={name}; Path=/; HttpOnly"),
            ("Set-Cookie", f"glide_user_route=glide.{secrets.token_hex(16)}; Path=/; HttpOnly"),
        ]

    @contextlib.asynccontextmanager
    async def turn(self, session: str, queue: int) -> AsyncIterator[bool]:
        """Wait for the session's other requests; False where too many wait already. Without a session nobody waits."""
        line = self._lines.get(session)
        if line is None:
            yield True
            return
        if line.there > queue:
            self.dropped += 1
            yield False
            return
        line.there += 1
        try:
            async with line.lock:
                line.served += 1
                try:
                    await run_in_threadpool(self._running.wait)
                    yield True
                finally:
                    line.served -= 1
        finally:
            line.there -= 1
