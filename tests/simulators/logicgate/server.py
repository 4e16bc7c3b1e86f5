"""The simulator: an instance of the tenant on a loopback port."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as WebRequest
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connector.mock.users import CONNECTOR
from tests.simulators.base import Call, Request, Simulator, wall_clock
from tests.simulators.logicgate.answers import Ask, Refusal, empty_or_page, told
from tests.simulators.logicgate.manners import Manners
from tests.simulators.logicgate.person import Person
from tests.simulators.logicgate.reading import Reading
from tests.simulators.logicgate.schema import Account, Permission
from tests.simulators.logicgate.showing import Shower
from tests.simulators.logicgate.store import Store
from tests.simulators.logicgate.telling import tell
from tests.simulators.logicgate.tenant import APPLICATION, accounts
from tests.simulators.logicgate.tokens import NEWER, OLDER, Tokens
from tests.simulators.logicgate.values import Codec
from tests.simulators.logicgate.writing import Writing

_RECORD = "(?P<id>[^/]+)"


class LogicGate(Simulator):
    """A LogicGate environment with the tenant's application, its people, and the connector's account, which may read
    and write and nothing else.

    ``client_id`` and ``client_secret`` are the connector's; ``manners`` says how the environment behaves where nobody
    publishes it, ``tokens`` is who comes in, ``webhooks`` what was registered. ``permit`` changes what the connector's
    account may do.
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
        super().__init__(clock=clock, host=host, port=port, tls=tls, client_authority=client_authority)
        self.client_id, self.client_secret = secrets.token_hex(16), secrets.token_urlsafe(24)
        self.manners, self.accounts = Manners(), accounts()
        self.store = Store(APPLICATION, clock)
        # Tokens live by the clock of the machine, as those of other servers do: a client has no other.
        self.tokens = Tokens({CONNECTOR.email: (self.client_id, self.client_secret)}, wall_clock, self.manners)
        codec = Codec(self.store, self.accounts, self.manners)
        shower = Shower(self.store, codec, self.accounts)
        reading = Reading(self.store, shower, self.manners, self.faults)
        self._writing = Writing(self.store, codec, reading, shower, self.accounts)
        self._routes = _routes(reading, self._writing)

    @property
    def webhooks(self) -> list[dict[str, Any]]:
        """The webhooks that were registered."""
        return self._writing.webhooks

    @property
    def token(self) -> str:
        """The connector's live token."""
        return self.tokens.token(CONNECTOR.email)

    def roll_token(self) -> None:
        """An admin rolls the connector's token."""
        self.tokens.roll(CONNECTOR.email)

    def permit(self, *permissions: Permission, locale: str = "en-GB") -> None:
        """What the connector's account may do from now on, and how it is shown dates and numbers."""
        old = self.accounts[CONNECTOR.email]
        self.accounts[CONNECTOR.email] = Account(old.id, old.email, old.name, frozenset(permissions), locale)

    def as_user(self, email: str) -> Person:
        """A person at work in the tenant; KeyError for an e-mail that is no user's."""
        return Person(self.store, self.accounts, self.accounts[email])

    def app(self) -> ASGIApp:
        return Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]
        )

    def tell(self, request: Request) -> Sequence[Call]:
        return tell(self.store, request)

    def records_created(self) -> int:
        return self.store.created

    async def _answer(self, request: WebRequest) -> Response:
        body = await request.body()
        return await run_in_threadpool(self._carried_out, request, body)

    def _carried_out(self, request: WebRequest, body: bytes) -> Response:
        manners = self.manners
        if manners.busy > 0:
            manners.busy -= 1
            headers = {"Retry-After": manners.retry_after} if manners.retry_after else {}
            return told({"status": 429, "message": "Too many requests"}, 429, headers)
        try:
            return self._routed(request, body)
        except Refusal as refusal:
            bodies = {401: manners.unauthorized, 403: manners.forbidden, 400: manners.refused}
            return refusal.answer(bodies.get(refusal.status, "json"))

    def _routed(self, request: WebRequest, body: bytes) -> Response:
        path, header = request.url.path, request.headers.get("authorization", "")
        if request.method == "POST" and path == OLDER:
            return self.tokens.older(header, body)
        if request.method == "POST" and path == NEWER:
            return self.tokens.newer(_json(body))
        email = self.tokens.account_of(header)
        if email is None:
            raise Refusal(401, "Full authentication is required")
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(request.url.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        fired = request.state.fired.only
        ask = Ask(self.accounts[email], path, query, _json(body), fired)
        for method, pattern, carry in self._routes:
            found = pattern.fullmatch(path)
            if found is not None and method == request.method:
                return carry(ask, *found.groups())
        return empty_or_page(404, "html")


def _routes(reading: Reading, writing: Writing) -> list[tuple[str, re.Pattern[str], Callable[..., Response]]]:
    """Method, path and what carries it out, given the request and the groups of the path."""

    def newer(read: Callable[..., Any]) -> Callable[..., Response]:
        return lambda ask, *groups: told(read(ask, *groups))

    record = f"/api/v1/records/{_RECORD}"
    progress = f"{record}/progress/applications/([^/]+)/workflows/([^/]+)/steps/([^/]+)"
    table: list[tuple[str, str, Callable[..., Response]]] = [
        ("GET", "/api/v2/records", newer(reading.records)),
        ("GET", f"/api/v2/records/{_RECORD}", newer(reading.record)),
        ("GET", f"/api/v2/records/{_RECORD}/linked", newer(reading.linked)),
        ("GET", "/api/v2/applications", newer(reading.applications)),
        ("GET", "/api/v2/workflows", newer(reading.workflows)),
        ("GET", "/api/v2/steps", newer(reading.steps)),
        ("GET", "/api/v2/workflow-maps", newer(reading.maps)),
        ("GET", "/api/v2/fields", newer(reading.fields)),
        ("POST", "/api/v1/records/steps", writing.create),
        ("GET", record, writing.open),
        ("PATCH", record, writing.update),
        ("DELETE", record, writing.delete),
        ("PUT", progress, lambda ask, one, *place: writing.progress(ask, one, place)),
        ("POST", f"{record}/(parent|child)", writing.link),
        ("GET", "/api/v1/workflows/maps", writing.maps),
        ("POST", "/api/v1/webhook-urls", writing.webhook),
    ]
    return [(method, re.compile(pattern), carry) for method, pattern, carry in table]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
