"""The mock GRC as a simulator: its requests told in common words, in any of its dialects that one server speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from connector.mock import GrcError, MockGrc
from connector.mock.api import API
from connector.mock.app import Gear, make_app
from connector.mock.catalog import KINDS
from connector.mock.dialects import dialect_of
from tests.simulators.base import Call, Request, Simulator, Verb, wall_clock

_VERBS = {"GET": Verb.GET, "POST": Verb.CREATE, "PATCH": Verb.UPDATE, "PUT": Verb.UPDATE, "DELETE": Verb.DELETE}


class MockSimulator(Simulator):
    """``mock`` has the records, the users and the connector's token; it is not started itself."""

    def __init__(
        self, *, clock: Callable[[], datetime] = wall_clock, dialect: Iterable[str] = (), **settings: Any
    ) -> None:
        self.mock = MockGrc(clock=clock)
        self.dialect = dialect_of(tuple(dialect))
        super().__init__(clock=clock, **settings)

    def app(self) -> ASGIApp:
        gear = Gear(self.faults, self.requests, (), self.wire)
        return _Bent(make_app(self.mock.grc, gear, self.dialect, base_url=lambda: self.url).app)  # type: ignore[attr-defined]

    def records_created(self) -> int:
        return self.mock.store.created

    def tell(self, request: Request) -> Sequence[Call]:
        if not request.path.startswith(f"{API}/"):
            return ()
        parts = request.path.removeprefix(API).strip("/").split("/")
        below = len(parts) > 2 and parts[0] == "models" and parts[2] in KINDS
        model, parts = (parts[1], parts[2:]) if below else ("", parts)
        match parts:
            case [kind] if kind in KINDS:
                return (self._of_kind(kind, request, model),)
            case [kind, record_id] if kind in KINDS:
                return (Call(_VERBS[request.method], kind, record_id, self._values(kind, request, record_id)),)
            case ["issues", issue, "comments"]:
                verb = Verb.COMMENTS if request.method == "GET" else Verb.COMMENT
                return (Call(verb, "issues", issue, request.json() or {}),)
            case ["login", *_]:
                return (Call(Verb.LOGIN),)
            case _:
                return (Call(Verb.DESCRIBE if request.method == "GET" else Verb.UPDATE),)

    def _of_kind(self, kind: str, request: Request, model: str) -> Call:
        if request.method != "GET":
            above = {"model": model} if model else {}
            return Call(Verb.CREATE, kind, values={**self._values(kind, request), **above})
        return Call(Verb.FIND if "external_key" in parse_qs(request.query) else Verb.LIST, kind)

    def _values(self, kind: str, request: Request, record_id: str = "") -> dict[str, Any]:
        """What a write sets, out of its dialect; as it came where that makes no sense of it."""
        body = request.json()
        with suppress(GrcError):
            row = self.mock.store.row(record_id) if record_id else None
            return {} if body is None else self.dialect.taken(kind, body, self.mock.grc, row)
        return dict(body) if isinstance(body, dict) else {}


class _Bent:
    """Hands what fired on to the API, under the name by which it knows faults."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        state["faults"] = state["fired"].only if "fired" in state else ()
        await self._app(scope, receive, send)
