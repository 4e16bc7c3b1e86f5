"""One instance as an ASGI application: who asks, whether there is room, and which API answers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.types import Receive, Scope, Send

from connector.mock.faults import Fault, FaultKind, Faults
from connector.mock.gate import whole_body
from connector.mock.wire import Wire
from tests.simulators.base import Request
from tests.simulators.gate import Fired
from tests.simulators.servicenow import batch, errors
from tests.simulators.servicenow.access import Access, Rules
from tests.simulators.servicenow.answer import Answer, Ask, Caller, page, refusal, told
from tests.simulators.servicenow.doors import Doors
from tests.simulators.servicenow.errors import Refused
from tests.simulators.servicenow.manners import Manners
from tests.simulators.servicenow.sessions import Sessions
from tests.simulators.servicenow.store import Store
from tests.simulators.servicenow.table_api import TableApi
from tests.simulators.servicenow.tell import TOKEN_PATH
from tests.simulators.servicenow.values import Locale

_RATE_WINDOW = timedelta(hours=1)


class Instance:
    """``access`` has each user's rules; a user without an entry may do everything."""

    def __init__(self, store: Store, doors: Doors, clock: Callable[[], datetime], faults: Faults, wire: Wire) -> None:
        self.store, self.doors = store, doors
        self.manners, self.rules, self.sessions = Manners(), Rules(), Sessions()
        self.access: dict[str, Access] = defaultdict(Access)
        self._clock, self._faults, self._wire = clock, faults, wire
        self._api = TableApi(store, self.manners, self.rules)
        self._turns = itertools.count()
        self._asked: dict[str, list[datetime]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _request(scope, receive)
        fired: Fired = scope["state"]["fired"]
        session = self.sessions.of(request.headers.get("cookie", ""))
        try:
            async with self.sessions.turn(session, self.manners.queue) as served:
                answer = self._answer(request, fired, self._common_name(scope)) if served else Answer(202)
        except batch.Broken as broken:
            await self._break(scope, receive, broken.fault)
            return
        opened = [] if session else self.sessions.opened()
        await _send(send, answer, [*answer.headers, *opened])

    def _answer(self, request: Request, fired: Fired, common_name: str) -> Answer:
        address = f"{request.path}?{request.query}" if request.query else request.path
        if len(address.encode()) > self.manners.url_limit:
            return page(414, "Request-URI Too Long")
        if self.manners.shut:
            return page(200, "Your instance is hibernating")
        if request.path == TOKEN_PATH:
            return self.doors.sign_in(request)
        try:
            caller = self._caller(self.doors.caller(request, common_name))
            return self._too_much(caller.user) or self._routed(request, caller, fired)
        except Refused as error:
            return refusal(error)

    def _routed(self, request: Request, caller: Caller, fired: Fired) -> Answer:
        if not batch.PATH.fullmatch(request.path):
            if len(fired.calls) == 1:
                return self._called(request, caller, fired.only)
            every = [fault for faults in fired.faults for fault in faults]
            return batch.spoilt(lambda asked, faults: self._called(asked, caller, faults), request, every)
        if request.method != "POST" or "application/json" not in request.headers.get("content-type", ""):
            raise errors.not_json()
        if len(request.body) > self.manners.batch.bytes_in:
            raise Refused(413, "Request entity too large", None)
        body = batch.parsed(request.body)
        return batch.serve(
            body, self.manners.batch, lambda item, faults: self._item(item, caller, faults), fired.faults
        )

    def _item(self, request: Request, caller: Caller, faults: Sequence[Fault]) -> Answer:
        try:
            return self._called(request, caller, faults)
        except Refused as error:
            return refusal(error)

    def _called(self, request: Request, caller: Caller, faults: Sequence[Fault]) -> Answer:
        return self._api.answer(Ask(request, caller, faults, next(self._turns), self._faults.hidden))

    def _caller(self, name: str) -> Caller:
        row = next((row for row in self.store.rows("sys_user") if row["user_name"] == name), None)
        if row is None or row["active"] != "true":
            raise errors.unauthenticated()
        locale = Locale(row["time_zone"] or "UTC", row["date_format"] or "yyyy-MM-dd")
        return Caller(name, row["sys_id"], self.access[name], locale)

    def _too_much(self, user: str) -> Answer | None:
        """429 by a rate rule, which says so in headers, or for want of semaphores, which does not."""
        manners = self.manners
        if manners.busy:
            manners.busy -= 1
            return told(429, errors.failure("Too many requests", "Transaction rejected: semaphores exhausted"))
        if manners.rate is None:
            return None
        now, rule = self._clock(), manners.rate
        asked = [at for at in self._asked.get(user, ()) if now - at < _RATE_WINDOW]
        self._asked[user] = asked
        if len(asked) < rule.limit:
            asked.append(now)
            return None
        free = asked[0] + _RATE_WINDOW
        headers = [
            ("Retry-After", str(max(1, int((free - now).total_seconds())))),
            ("X-RateLimit-Limit", str(rule.limit)),
            ("X-RateLimit-Reset", str(int(free.timestamp()))),
            ("X-RateLimit-Rule", rule.name),
        ]
        return told(429, errors.failure("Rate limit exceeded", f"Rejected by rate limit rule {rule.name}"), headers)

    def _common_name(self, scope: Scope) -> str:
        """The common name of the certificate that the client showed; empty without one."""
        transport = self._wire._open.get(tuple(scope["client"])) if scope.get("client") else None
        shown = transport.get_extra_info("peercert") if transport else None
        names = (pair for part in (shown or {}).get("subject", ()) for pair in part)
        return next((value for name, value in names if name == "commonName"), "")

    async def _break(self, scope: Scope, receive: Receive, fault: Fault) -> None:
        if fault.kind is FaultKind.CUT:
            self._wire.cut(scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


async def _request(scope: Scope, receive: Receive) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    raw = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    return Request(scope["method"], raw, query, headers, await whole_body(receive))


async def _send(send: Send, answer: Answer, headers: Sequence[tuple[str, str]]) -> None:
    encoded: list[tuple[bytes, bytes]] = [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
    ]
    encoded.append((b"content-length", str(len(answer.body)).encode()))
    start: dict[str, Any] = {"type": "http.response.start", "status": answer.status, "headers": encoded}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body})
