"""Who comes in: tokens that the token endpoints hand out, and that an admin may roll at any time."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from starlette.responses import Response

from tests.simulators.logicgate.answers import Refusal, told
from tests.simulators.logicgate.manners import Manners

OLDER, NEWER = "/api/v1/account/token", "/api/v2/account/token"
LIFE = timedelta(days=365)


class Tokens:
    """The client of each account, its live token and its refresh token. Safe from any thread."""

    def __init__(self, clients: Mapping[str, tuple[str, str]], clock: Callable[[], datetime], manners: Manners) -> None:
        self._clients, self._clock, self._manners = clients, clock, manners
        self._lock = RLock()
        self._live: dict[str, tuple[str, datetime]] = {}
        self._refresh: dict[str, str] = {}
        self.handed_out = 0
        """How often a token endpoint gave a token."""

    def account_of(self, header: str) -> str | None:
        """The e-mail of the account whose token an Authorization header bears."""
        scheme, _, token = header.partition(" ")
        with self._lock:
            return next(
                (
                    email
                    for email, (live, expires) in self._live.items()
                    if scheme == "Bearer" and secrets.compare_digest(live, token) and expires > self._clock()
                ),
                None,
            )

    def token(self, email: str) -> str:
        """The account's token, made if there is none: what its page in the application shows."""
        with self._lock:
            if email not in self._live or self._live[email][1] <= self._clock():
                self.roll(email)
            return self._live[email][0]

    def refresh_token(self, email: str) -> str:
        """A refresh token for the account; another one kills it."""
        with self._lock:
            self._refresh[email] = secrets.token_urlsafe(24)
            return self._refresh[email]

    def roll(self, email: str) -> None:
        """An admin rolls the token: the one before is dead at once."""
        with self._lock:
            self._live[email] = (secrets.token_urlsafe(32), self._clock() + LIFE)

    def expire_in(self, email: str, seconds: float) -> None:
        """Let the account's token end soon."""
        with self._lock:
            self._live[email] = (self.token(email), self._clock() + timedelta(seconds=seconds))

    def older(self, header: str, body: bytes) -> Response:
        """``POST /api/v1/account/token``: Basic, no body."""
        if body:
            raise Refusal(400, "The request must have no body")
        email = self._client(header)
        with self._lock:
            if not self._manners.reuses_token:
                self.roll(email)
            return self._given(email)

    def newer(self, body: Any) -> Response:
        """``POST /api/v2/account/token``: the presented refresh token dies with the call, whatever becomes of it."""
        presented = body.get("refresh_token") if isinstance(body, dict) else None
        with self._lock:
            email = next((email for email, token in self._refresh.items() if token == presented), None)
            if email is None:
                raise Refusal(401, "Invalid refresh token")
            self.roll(email)
            return self._given(email, refresh=self.refresh_token(email))

    def _client(self, header: str) -> str:
        scheme, _, encoded = header.partition(" ")
        try:
            client, _, secret = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            raise Refusal(401, "Bad credentials") from None
        found = next((email for email, pair in self._clients.items() if pair == (client, secret)), None)
        if scheme != "Basic" or found is None:
            raise Refusal(401, "Bad credentials")
        return found

    def _given(self, email: str, *, refresh: str = "") -> Response:
        token = self.token(email)
        left = self._live[email][1] - self._clock()
        self.handed_out += 1
        content = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(left.total_seconds()),
            "scope": "read write",
            **({"refresh_token": refresh} if refresh else {}),
        }
        return told(content)
