"""The simulated instance as a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.mock.faults import Fault
from tests.simulators.archer import envelopes
from tests.simulators.archer.content import Content
from tests.simulators.archer.rest import Rest
from tests.simulators.archer.schema import Account, Tenant
from tests.simulators.archer.sessions import Sessions
from tests.simulators.archer.soap import Soap
from tests.simulators.archer.telling import Teller
from tests.simulators.archer.tenant import SERVICE_ACCOUNT_ID, bank
from tests.simulators.archer.workflow import Workflows
from tests.simulators.archer.writing import Writer
from tests.simulators.base import Call, Request, Simulator, Verb, wall_clock
from tests.simulators.gate import Fired

PREFIXES = ("platformapi", "api")
SEARCH = "ws/search.asmx"


class ArcherSimulator(Simulator):
    """An Archer instance on a loopback port.

    ``site`` is the virtual directory (``/RSAArcher``, ``/archer`` or empty), ``prefixes`` the base paths of REST that
    this release has below it. ``tenant`` is what the administrators configured, ``content`` what is stored.
    """

    def __init__(
        self,
        *,
        tenant: Tenant | None = None,
        site: str = "/RSAArcher",
        prefixes: Sequence[str] = PREFIXES,
        clock: Callable[[], datetime] = wall_clock,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: str | None = None,
        client_authority: str | None = None,
    ) -> None:
        self.tenant = tenant or bank()
        self.content = Content(self.tenant, self._now)
        super().__init__(clock=clock, host=host, port=port, tls=tls, client_authority=client_authority)
        self.site, self.prefixes = site.rstrip("/"), tuple(prefixes)
        self.sessions = Sessions(self.tenant, self._now)
        self.workflows = Workflows(self.tenant, self.content)
        self.soap = Soap(self.tenant, self.content, self.sessions, self.faults)
        writer = Writer(self.tenant, self.content)
        self._rest = Rest(self.tenant, self.content, self.sessions, writer, self.workflows)
        self._teller = Teller(self.tenant, self.content, self.sessions, self.workflows)

    def _now(self) -> datetime:
        return self.clock()

    @property
    def site_url(self) -> str:
        """The address of the virtual directory: what a connection's ``url`` names."""
        return f"{self.url}{self.site}"

    @property
    def service(self) -> Account:
        """The connector's account."""
        return self.tenant.accounts[SERVICE_ACCOUNT_ID]

    def app(self) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            http = HttpRequest(scope, receive)
            headers = {name.lower(): value for name, value in http.headers.items()}
            request = Request(http.method, http.url.path, http.url.query, headers, await http.body())
            fired = scope.get("state", {}).get("fired", Fired())
            response = await run_in_threadpool(self.answer, request, _together(fired))
            await response(scope, receive, send)

        return answer

    def answer(self, request: Request, fired: Sequence[Fault]) -> Response:
        """The answer to a request; one at a time."""
        place, path = self._place(request.path)
        with self.content.lock:
            if place == "rest":
                return self._rest.answer(path, request, fired)
            if place == "search" and request.method == "POST":
                return self.soap.answer(request, fired)
        return envelopes.elsewhere()

    def tell(self, request: Request) -> Sequence[Call]:
        place, path = self._place(request.path)
        with self.content.lock:
            if place == "rest":
                return self._teller.rest(path, request)
            if place == "search":
                return self._teller.search(request)
        return [Call(Verb.DESCRIBE)]

    def records_created(self) -> int:
        return self.content.created

    def _place(self, path: str) -> tuple[str, str]:
        """Which part of the instance a path belongs to, and the rest of it. Paths are read without regard to case."""
        below = path[len(self.site) :].lstrip("/")
        if not path.lower().startswith(f"{self.site}/".lower()):
            return "", ""
        if below.lower() == SEARCH:
            return "search", ""
        prefix, _, rest = below.partition("/")
        return ("rest", rest) if prefix.lower() in self.prefixes else ("", "")


def _together(fired: Fired) -> list[Fault]:
    return [fault for faults in fired.faults for fault in faults]
