"""Logins: one session per account, which ends by a new login, by idleness and by logging out; accounts lock."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulators.archer.schema import Account, Tenant

IDLE = timedelta(minutes=10)
ATTEMPTS = 3
"""So many wrong passwords in a row lock an account. The number is a tenant's setting; this one is assumed."""
LOCKED_FOR = timedelta(minutes=30)
"""For how long; assumed likewise."""
_HEADER = re.compile(r'Archer session-id=(?:"([^"]*)"|([^"\s]+))', re.IGNORECASE)


@dataclass(slots=True)
class _Session:
    token: str
    account: int
    used: datetime


class Sessions:
    """Who is signed in. The caller holds the content's lock."""

    def __init__(self, tenant: Tenant, clock: Callable[[], datetime]) -> None:
        self.logins = 0
        """How many attempts to log in there were, good or bad."""
        self._tenant, self._clock = tenant, clock
        self._sessions: dict[int, _Session] = {}
        self._personal: dict[str, int] = {}
        self._failures: dict[int, int] = {}
        self._locked: dict[int, datetime] = {}

    def login(self, instance: str, username: str, domain: str, password: str) -> str | None:
        """A new token, or None; the old session of the account is over."""
        self.logins += 1
        account = self._named(username)
        if account is None or domain or instance.casefold() != self._tenant.instance.casefold():
            return None
        if self.locked(account.id):
            return None
        if not hmac.compare_digest(account.password.encode(), password.encode()):
            self._fail(account.id)
            return None
        self._failures.pop(account.id, None)
        token = secrets.token_hex(16).upper()
        self._sessions[account.id] = _Session(token, account.id, self._clock())
        return token

    def logout(self, token: str) -> bool:
        """End a session; whether there was one."""
        for account_id, session in list(self._sessions.items()):
            if session.token == token:
                del self._sessions[account_id]
                return True
        return False

    def account(self, token: str) -> Account | None:
        """Whose token it is, while the session lasts; using it keeps it alive."""
        for session in self._sessions.values():
            if hmac.compare_digest(session.token.encode(), token.encode()):
                return self._alive(session)
        found = self._tenant.accounts.get(self._personal.get(token, 0))
        return found if found is not None and found.active else None

    def peek(self, token: str) -> Account | None:
        """Whose token it is, without using it."""
        for session in self._sessions.values():
            if session.token == token:
                return self._tenant.accounts[session.account]
        return self._tenant.accounts.get(self._personal.get(token, 0))

    def bearer(self, header: str) -> str:
        """The token in an ``Authorization`` header, with or without quotes; empty where there is none."""
        found = _HEADER.fullmatch(header.strip())
        return (found[1] or found[2] or "") if found else ""

    def personal_token(self, account_id: int) -> str:
        """A new personal access token, which needs no login and which no login ends."""
        token = secrets.token_urlsafe(48)
        self._personal[token] = account_id
        return token

    def end_all(self) -> None:
        """End every session, as a restart of the instance does."""
        self._sessions.clear()

    def locked(self, account_id: int) -> bool:
        """Whether the account is locked."""
        since = self._locked.get(account_id)
        return since is not None and timedelta(0) <= self._clock() - since < LOCKED_FOR

    def unlock(self, account_id: int) -> None:
        """Unlock an account, as an administrator does."""
        self._locked.pop(account_id, None)
        self._failures.pop(account_id, None)

    def _alive(self, session: _Session) -> Account | None:
        account = self._tenant.accounts[session.account]
        now = self._clock()
        if not account.active or now - session.used >= IDLE:
            del self._sessions[session.account]
            return None
        session.used = now
        return account

    def _fail(self, account_id: int) -> None:
        self._failures[account_id] = self._failures.get(account_id, 0) + 1
        if self._failures[account_id] >= ATTEMPTS:
            self._locked[account_id] = self._clock()
            self._failures[account_id] = 0
            self._sessions.pop(account_id, None)

    def _named(self, username: str) -> Account | None:
        wanted = username.casefold()
        return next(
            (one for one in self._tenant.accounts.values() if one.active and one.username.casefold() == wanted), None
        )
