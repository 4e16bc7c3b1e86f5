"""A simulated MetricStream. ``python -m tests.simulators.metricstream`` serves one by hand.

Only what is published is imitated: the base path, the six operations, ``ObjectID``, 200 on a creation, the id in the
body of a PATCH, the statuses 200, 400, 401, 403, 404 and 422, and the form login of the vendor's own test code. Where
nothing is published, it is as unhelpful as that allows: no error body that a client could rest on, no revision, no time
of the last change, no filter, no total that is promised. The reports stand for whatever listing a deployment has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from starlette.types import ASGIApp

from connector.mock import MockGrc
from connector.mock.errors import GrcError
from connector.mock.users import CONNECTOR as ACCOUNT
from connector.mock.users import User
from tests.simulators.base import Call, Request, Simulator, Verb, wall_clock
from tests.simulators.metricstream import tenant
from tests.simulators.metricstream.api import BASE, Api
from tests.simulators.metricstream.sessions import CONNECTOR, LOGIN, Sessions

__all__ = ["BASE", "CONNECTOR", "LOGIN", "MetricStream"]


class MetricStream(Simulator):
    """``mock`` keeps the tenant's records and its people's rights; it is not started itself."""

    def __init__(self, *, clock: Callable[[], datetime] = wall_clock, **settings: Any) -> None:
        self.mock = MockGrc(clock=clock)
        self.sessions = Sessions()
        super().__init__(clock=clock, **settings)
        self.api = Api(self.mock.grc, self.faults, self.sessions, self._account)

    @property
    def base(self) -> str:
        """The address of the API, as a connection names it."""
        return f"{self.url}{BASE}"

    def app(self) -> ASGIApp:
        return self.api.app()

    def records_created(self) -> int:
        return self.mock.store.created

    def tell(self, request: Request) -> Sequence[Call]:
        if request.path == LOGIN:
            return (Call(Verb.LOGIN),)
        match request.path.removeprefix(BASE).strip("/").split("/"):
            case ["reports", report]:
                return (Call(Verb.LIST, tenant.REPORTS.get(report, "")),)
            case ["collections", domain, entity]:
                return (Call(Verb.LIST, tenant.ROUTES.get(f"{domain}/{entity}", "")),)
            case ["bulk", domain, entity]:
                bodies = (request.json() or {}).get("objects", [])
                return tuple(self._write(domain, entity, request.method, body) for body in bodies)
            case [domain, entity] if request.method == "GET":
                return (Call(Verb.LIST, tenant.ROUTES.get(f"{domain}/{entity}", "")),)
            case [domain, entity]:
                return (self._write(domain, entity, request.method, request.json()),)
            case [domain, entity, record_id]:
                return (Call(Verb.GET, tenant.ROUTES.get(f"{domain}/{entity}", ""), record_id),)
        return (Call(Verb.DESCRIBE),)

    def _write(self, domain: str, entity: str, method: str, body: Any) -> Call:
        kind = tenant.ROUTES.get(f"{domain}/{entity}", "")
        values: dict[str, Any] = {}
        if kind and isinstance(body, dict):
            with suppress(GrcError):
                values = tenant.values_of(kind, body)
        if method == "POST":
            return Call(Verb.CREATE, kind, values=values)
        return Call(Verb.UPDATE, kind, str((body or {}).get("ObjectID", "")), values)

    def _account(self) -> User:
        return ACCOUNT
