"""The mock GRC embedded in a process."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from connector.mock.datafile import attach
from connector.mock.directory import Directory
from connector.mock.faults import Faults
from connector.mock.person import Person
from connector.mock.requestlog import RequestLog
from connector.mock.schema import USERS
from connector.mock.service import Grc
from connector.mock.store import Clock, Store
from connector.mock.users import ADMIN, STAFF, User

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from connector.mock.app import Gear
    from connector.mock.thread import ServerThread
    from connector.mock.webhook import Webhook
    from connector.mock.wire import Wire

Hook: TypeAlias = Callable[[str, str, Any], None]
Seed: TypeAlias = Mapping[str, Iterable[Mapping[str, Any]]]
"""Records by kind (``models``, ``versions``, ...), as fields with the GRC's own values."""


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class MockGrc:
    """A mock GRC of its own on a loopback port. A context manager; ``start`` and ``stop`` may be repeated, and the
    records and the port stay.

    ``token`` is the connector's bearer token (a random one unless given), ``seed`` what is there at first, ``users``
    people beside the usual staff, ``clock`` the source of every time stamp, ``data`` a file that keeps the records,
    ``dialect`` the habits of the API by name (:mod:`connector.mock.dialects`). Where issues are on a server of their
    own, ``issues_url`` and ``issues_token`` are its address and the connector's token there.
    ``webhook`` is told of every change. ``faults`` and ``requests`` serve tests, and so do ``hooks``, called with
    method, path and JSON body before each request is carried out.
    """

    def __init__(
        self,
        *,
        seed: Seed | None = None,
        token: str | None = None,
        users: Sequence[User] = (),
        clock: Clock = _wall_clock,
        host: str = "127.0.0.1",
        port: int = 0,
        data: Path | None = None,
        dialect: str | Iterable[str] = (),
        webhook: Webhook | None = None,
    ) -> None:
        self.dialect = tuple(dialect.split(",")) if isinstance(dialect, str) else tuple(dialect)
        self.issues_token = secrets.token_urlsafe(24)
        self.token = token or secrets.token_urlsafe(24)
        self.store = Store(clock)
        self.grc = Grc(self.store, master=self.token)
        self.faults = Faults(lambda: self.store.created)
        self.requests = RequestLog()
        self.hooks: list[Hook] = []
        self.mlflow_url = ""
        """Where MLflow's own pages are, for links to them; empty: not known."""
        self._host, self._port, self._issues_port = host, port, 0
        self._threads: list[ServerThread] = []
        if data is None or not attach(self.grc, data):
            self._fill(seed or {}, users)
        self._webhook = webhook
        if webhook is not None:
            self.store.told = webhook.tell

    @property
    def url(self) -> str:
        """The address of the running server, without a slash at its end."""
        return self._address(self._port)

    @property
    def issues_url(self) -> str:
        """The address of the server that has the issues, where the dialect has one."""
        return self._address(self._issues_port)

    @property
    def tokens(self) -> dict[str, str]:
        """Every user's bearer token by e-mail."""
        directory = self.grc.directory
        return {row["email"]: directory.token(row["email"]) for row in self.store.rows(USERS) if row["active"]}

    @property
    def people(self) -> list[User]:
        """Everyone who can sign in to the pages, by name."""
        return self.grc.directory.people()

    def start(self) -> Self:
        """Serve, in threads, and return once requests are answered. OSError where the port is taken, ValueError for a
        dialect that there is not.
        """
        from connector.mock.app import Gear, make_app, make_issues_app  # noqa: PLC0415 - the framework is slow to import
        from connector.mock.dialects import dialect_of  # noqa: PLC0415

        if self._threads:
            return self
        dialect = dialect_of(self.dialect)
        if self._webhook is not None:
            self._webhook.start()
        gear = Gear(self.faults, self.requests, self.hooks, self._wire())
        app = make_app(self.grc, gear, dialect, base_url=lambda: self.url, mlflow_url=lambda: self.mlflow_url)
        self._port = self._serve(app, gear, self._port)
        if dialect.issues_elsewhere:
            gear = Gear(self.faults, self.requests, self.hooks, self._wire())
            directory = Directory(self.store, master=self.issues_token)
            app = make_issues_app(self.grc, gear, dialect, directory, base_url=lambda: self.issues_url)
            self._issues_port = self._serve(app, gear, self._issues_port)
        return self

    def stop(self) -> None:
        """Stop serving: new connections are refused, those that hang are cut."""
        while self._threads:
            self._threads.pop().stop()
        if self._webhook is not None:
            self._webhook.stop()

    def as_user(self, email: str) -> Person:
        """A person at work in the GRC; raises NotFound for an e-mail that is no user's."""
        return Person(self.grc, self.grc.directory.user(email))

    def add_user(self, user: User) -> str:
        """Add a person and return their bearer token."""
        self.grc.add_user(user)
        return self.grc.directory.token(user.email)

    @contextlib.contextmanager
    def on_request(self, hook: Hook) -> Iterator[None]:
        """Call ``hook`` before each request inside a ``with`` block."""
        self.hooks.append(hook)
        try:
            yield
        finally:
            self.hooks.remove(hook)

    def _serve(self, app: ASGIApp, gear: Gear, port: int) -> int:
        from connector.mock.thread import ServerThread  # noqa: PLC0415

        thread = ServerThread(app, gear.wire, self._host, port)
        thread.start()
        self._threads.append(thread)
        return thread.port

    @staticmethod
    def _wire() -> Wire:
        from connector.mock.wire import Wire  # noqa: PLC0415

        return Wire()

    def _address(self, port: int) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{port}"

    def _fill(self, seed: Seed, users: Sequence[User]) -> None:
        for user in (*STAFF, *users):
            self.grc.add_user(user)
        for kind, records in seed.items():
            for fields in records:
                self.grc.create(kind, fields, ADMIN)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
