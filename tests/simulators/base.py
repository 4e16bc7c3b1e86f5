"""What all simulators share: a server in a thread, a clock, faults on request, and requests told in common words.

A simulator tells every request as calls in common words (:class:`Call`), so that one story, one fault and one hook
serve every platform: ``faults.add("status", method="list", path="issues", status=429)`` makes the next listing of
issues answer 429, whatever the platform's listing looks like.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Self, TypeAlias

from starlette.types import ASGIApp

from connector.mock.faults import Fault, Faults
from connector.mock.requestlog import RequestLog
from connector.mock.thread import ServerThread
from connector.mock.wire import Wire


class Verb(StrEnum):
    """What a request does."""

    LIST = "list"
    GET = "get"
    FIND = "find"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    COMMENT = "comment"
    COMMENTS = "comments"
    LOGIN = "login"
    DESCRIBE = "describe"
    """Metadata: fields, choices, who am I."""


WRITES = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.COMMENT})


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a request asks for. ``kind`` is ``models``, ``versions``, ``issues``, ``approvals``, ``users`` or
    empty; ``values`` are the fields that a write sets, by the mock GRC's names and in its values.
    """

    verb: Verb
    kind: str = ""
    id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """What the ``path`` of a fault is matched with: ``models/ID``, or ``models`` where no record is named."""
        return f"{self.kind}/{self.id}" if self.id else self.kind


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in; ``path`` without the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None


Hook: TypeAlias = Callable[[Call], None]
"""Called before a request is carried out, once for each call in it."""


def wall_clock() -> datetime:
    """The time now."""
    return datetime.now(UTC)


class Simulator(ABC):
    """A platform on a loopback port. A context manager; ``start`` and ``stop`` may be repeated, and what is stored and
    the port stay.

    ``faults`` are matched with each call's verb and path, ``hooks`` see each call first, ``requests`` counts requests
    by their real method and path, ``calls`` has every call so far. ``tls``: a file with key and certificate to serve
    with; ``client_authority``: who must have signed the client's certificate.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = wall_clock,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: str | None = None,
        client_authority: str | None = None,
    ) -> None:
        self.clock = clock
        self.faults = Faults(self.records_created)
        self.requests = RequestLog()
        self.hooks: list[Hook] = []
        self.calls: list[Call] = []
        self.wire = Wire()
        self._host, self._port = host, port
        self._tls, self._client_authority = tls, client_authority
        self._thread: ServerThread | None = None

    @abstractmethod
    def app(self) -> ASGIApp:
        """The application without faults and hooks around it."""

    @abstractmethod
    def tell(self, request: Request) -> Sequence[Call]:
        """What a request asks for; a batch holds several, a login or an unknown path is told too. Raises nothing."""

    @abstractmethod
    def records_created(self) -> int:
        """How many records were made so far, by anybody."""

    @property
    def url(self) -> str:
        """The address of the running server, without a slash at its end."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}"

    def start(self) -> Self:
        """Serve, and return once requests are answered."""
        from tests.simulators.gate import Gate

        if self._thread is None:
            self._thread = ServerThread(
                Gate(self.app(), self),
                self.wire,
                self._host,
                self._port,
                certificate=self._tls,
                authority=self._client_authority,
            )
            self._port = self._thread.port
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving: new connections are refused, those that hang are cut."""
        if self._thread is not None:
            self._thread.stop()
            self._thread = None

    def deals_itself(self, request: Request) -> bool:
        """Whether faults that replace an answer are left to the application: a batch, even one of a single call,
        answers each call for itself.
        """
        return False

    def take(self, call: Call) -> Sequence[Fault]:
        """The faults that fire for a call; each counts it."""
        return self.faults.take(str(call.verb), call.path)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
