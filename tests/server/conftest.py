"""One filled state and one server per test; a server starts in a few hundredths of a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connector.server.service import Service
from connector.state import SqliteStore
from tests.server.bank import TOKENS, Clock, Visitor, fill, service, settings


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, token in TOKENS.items():
        monkeypatch.setenv(f"{name.split()[0].upper()}_TOKEN", token)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "state.db", lambda text: text)
    yield opened
    opened.close()


@pytest.fixture
def filled(store: SqliteStore) -> SqliteStore:
    fill(store)
    return store


@pytest.fixture
def serve(tmp_path: Path, store: SqliteStore, clock: Clock) -> Iterator[Callable[..., Service]]:
    """Starts a server with this server section in its configuration."""
    with ExitStack() as stack:

        def serve(server: str = settings(), **more: Any) -> Service:
            started = service(tmp_path, store, server, clock, **more)
            started.start()
            stack.callback(started.stop)
            return started

        yield serve


@pytest.fixture
def site(filled: SqliteStore, serve: Callable[..., Service]) -> Service:
    """The usual server on the filled state."""
    return serve()


@pytest.fixture
def visitor() -> Iterator[Callable[[Service], Visitor]]:
    with ExitStack() as stack:

        def make(service: Service) -> Visitor:
            made = Visitor(service.url)
            stack.callback(made.session.close)
            return made

        yield make


@pytest.fixture
def guest(site: Service, visitor: Callable[[Service], Visitor]) -> Visitor:
    """Somebody who is not signed in."""
    return visitor(site)


@pytest.fixture
def maria(guest: Visitor) -> Visitor:
    """Somebody who is."""
    guest.sign_in()
    return guest
