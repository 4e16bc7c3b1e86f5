"""The simulator: an instance of the tenant on a loopback port."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from starlette.types import ASGIApp

from connector.mock.errors import NotFound
from connector.mock.users import STAFF
from tests.simulators.base import Call, Request, Simulator, wall_clock
from tests.simulators.servicenow import batch
from tests.simulators.servicenow.access import Access, Rules
from tests.simulators.servicenow.doors import Application, Doors
from tests.simulators.servicenow.instance import Instance
from tests.simulators.servicenow.manners import Manners
from tests.simulators.servicenow.person import Person
from tests.simulators.servicenow.sessions import Sessions
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR, hire, lay_down, least_privilege, people
from tests.simulators.servicenow.store import Store
from tests.simulators.servicenow.tell import tell
from tests.simulators.servicenow.tenant import TABLES


class ServiceNow(Simulator):
    """A ServiceNow instance with the tenant's tables, its people, and the connector's account of least privilege.

    ``client_id`` and ``client_secret`` are the connector's OAuth application, ``password`` opens every account where
    passwords are taken, ``api_key`` is the connector's. ``manners`` says how the instance behaves and what ails it,
    ``rules`` and ``access`` what its admin laid down, ``doors`` who comes in, ``sessions`` what shares a cookie.
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
        self.password, self.api_key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.store = Store(TABLES, clock)
        hire(self.store)
        self.doors = Doors(
            clock,
            passwords={row["user_name"]: self.password for row in self.store.rows("sys_user")},
            applications={self.client_id: Application(self.client_secret, CONNECTOR)},
            api_keys={self.api_key: CONNECTOR},
            certificates={CONNECTOR: CONNECTOR, ADMIN: ADMIN},
        )
        self._instance = Instance(self.store, self.doors, clock, self.faults, self.wire)
        self.access[CONNECTOR] = least_privilege()
        lay_down(self.rules)

    @property
    def manners(self) -> Manners:
        """How the instance behaves."""
        return self._instance.manners

    @property
    def rules(self) -> Rules:
        """Business rules and data policies."""
        return self._instance.rules

    @property
    def access(self) -> dict[str, Access]:
        """The access rules of each user by user name."""
        return self._instance.access

    @property
    def sessions(self) -> Sessions:
        """The cookie sessions."""
        return self._instance.sessions

    def as_user(self, email: str) -> Person:
        """A person at work in the tenant; raises NotFound for an e-mail that is no user's."""
        user = next((one for one in STAFF if one.email == email), None)
        if user is None:
            raise NotFound(f"There is no user {email}.")
        accounts = {account.user_name: account for account in people()}
        account = next(one for one in accounts.values() if one.email == email)
        return Person(self.store, user, account, accounts)

    def app(self) -> ASGIApp:
        return self._instance

    def tell(self, request: Request) -> Sequence[Call]:
        return tell(self.store, request)

    def deals_itself(self, request: Request) -> bool:
        return batch.PATH.fullmatch(request.path) is not None

    def records_created(self) -> int:
        return self.store.created
