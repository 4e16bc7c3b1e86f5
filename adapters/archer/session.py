"""The one session of the account, shared by all threads and by REST and SOAP.

Each login ends the session before, and a refused one counts towards locking the account. So one thread logs in while
the others wait; a session that another process took away is taken back a few times at most; and credentials that were
refused are not sent again until they change.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from adapters.archer.options import SessionOptions
from connector.model.errors import AuthError

ALONE = (
    "give mlflow-grc an account of its own, one per connection, that nobody and nothing else logs in with; for `plan`, "
    "`check` and `report reconcile --live` beside the daemon set one_off_auth to another account or to a personal "
    "access token."
)


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """A session token. Compared by identity."""

    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What a REST request shows."""
        return {"Authorization": f'Archer session-id="{self.token}"'}


@dataclass(frozen=True, slots=True)
class Account:
    """User name and password, as they are now: secrets are read each time they are needed."""

    username: str
    password: str

    @property
    def fingerprint(self) -> str:
        """Changes with the credentials and tells nothing of them."""
        return hashlib.sha256(f"{len(self.username)}:{self.username}{self.password}".encode()).hexdigest()


class Session:
    """``account`` reads the credentials, ``login`` sends them and returns the token; it raises LoginRefused where
    they were refused. ``name`` is the account's for messages.
    """

    def __init__(
        self,
        account: Callable[[], Account],
        login: Callable[[Account], str],
        options: SessionOptions,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account, self._login, self._options, self._clock = account, login, options, clock
        self._lock = threading.Lock()
        self._ticket: Ticket | None = None
        self._taken_back: float | None = None
        self._last_used = 0.0
        self._evictions: deque[float] = deque()
        self._refused: dict[str, str] = {}
        self._given_up: tuple[float, str] | None = None

    def current(self) -> Ticket:
        """The ticket to use now; logs in where there is none. Raises AuthError."""
        with self._lock:
            return self._ticket or self._enter()

    def used(self) -> None:
        """The server took the ticket: its idle time starts anew."""
        self._last_used = self._clock()

    def renew(self, lost: Ticket) -> Ticket:
        """A ticket in place of one that the server does not know any more. Raises AuthError where that would only
        take the session back and forth between two logins.
        """
        with self._lock:
            if self._ticket is lost:
                self._ticket = None
                self._note_loss()
            return self._ticket or self._enter()

    def lost_again(self) -> AuthError:
        """The error for a ticket that was lost as soon as it was made."""
        return AuthError(f"The session of {self._name()} was ended right after its login.", remedy=ALONE)

    def surrender(self) -> Ticket | None:
        """The ticket to log out with, if any; the next call logs in again."""
        with self._lock:
            ticket, self._ticket = self._ticket, None
            return ticket

    def _note_loss(self) -> None:
        now, options = self._clock(), self._options
        if now - self._last_used >= options.idle_seconds:
            return
        while self._evictions and now - self._evictions[0] > options.evictions_seconds:
            self._evictions.popleft()
        self._evictions.append(now)
        before, self._taken_back = self._taken_back, now
        if before is not None and now - before < options.relogin_seconds:
            what = f"again, {now - before:.0f} s after it was taken back"
        elif len(self._evictions) > options.max_evictions:
            what = f"for the {len(self._evictions)}th time within {options.evictions_seconds:.0f} s"
        else:
            return
        self._given_up = (now, f"Another login ended the session of {self._name()} {what}; it is not taken back now.")

    def _enter(self) -> Ticket:
        now = self._clock()
        if self._given_up is not None:
            since, what = self._given_up
            if now - since < self._options.relogin_seconds:
                raise AuthError(what, remedy=ALONE)
            self._given_up = None
        account = self._account()
        if (refused := self._refused.get(account.fingerprint)) is not None:
            raise AuthError(
                f"{refused} The same credentials are not sent again, so as not to lock the account.",
                remedy="correct the user name or password at their source; where they are right (the account was "
                "locked, or is new), start mlflow-grc again.",
            )
        try:
            token = self._login(account)
        except LoginRefused as error:
            # Only the last: a password that was corrected and then put back is worth another try.
            self._refused = {account.fingerprint: error.message}
            failed = AuthError(error.message, remedy=error.remedy)
        else:
            self._last_used = self._clock()
            self._ticket = Ticket(token)
            return self._ticket
        raise failed

    def _name(self) -> str:
        return f"the account {self._account().username}"


class LoginRefused(AuthError):
    """The server refused user name, password, instance or domain."""


class Personal:
    """A personal access token in the place of a session: it is never renewed, and no login ends it."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def current(self) -> Ticket:
        """The token as it is now: a mounted secret may have been renewed."""
        return Ticket(self._token())

    def used(self) -> None:
        """Nothing to note."""

    def renew(self, lost: Ticket) -> Ticket:
        """Another token, where the secret was renewed meanwhile. Raises AuthError."""
        fresh = self.current()
        if fresh.token == lost.token:
            raise AuthError(
                "The personal access token was refused.",
                remedy="issue a new one for the account, and check that the release takes tokens.",
            )
        return fresh

    def lost_again(self) -> AuthError:
        """The error for a token that is refused as well."""
        return AuthError("The personal access token was refused.", remedy="issue a new one for the account.")

    def surrender(self) -> Ticket | None:
        """There is nothing to log out of."""
        return None
