"""What a request shows to prove who sends it, and how that is renewed: once for all threads."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from adapters.httpclient.redaction import register
from adapters.httpclient.secret import plain
from adapters.httpclient.settings import ApiKeyAuth, BasicAuth, BearerAuth, NoAuth
from connector.model.errors import AuthError, MlflowGrcError


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """The headers of one credential. Compared by identity: a renewal makes a new ticket even of an equal token."""

    headers: Mapping[str, str]


class Credentials(Protocol):
    """A source of tickets, safe for threads."""

    def current(self) -> Ticket:
        """The ticket to use now; may fetch one."""

    def renew(self, refused: Ticket) -> bool:
        """The server refused this ticket. Whether there is another one to try."""

    def seconds_left(self) -> float | None:
        """How long the ticket at hand holds, as far as the server said."""


class StaticCredentials:
    """Credentials that people issue. After a refusal they are read again: a mounted secret may have been rotated."""

    def __init__(self, settings: NoAuth | BasicAuth | BearerAuth | ApiKeyAuth) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._ticket: Ticket | None = None

    def current(self) -> Ticket:
        with self._lock:
            if self._ticket is None:
                self._ticket = Ticket(_static_headers(self._settings))
            return self._ticket

    def renew(self, refused: Ticket) -> bool:
        with self._lock:
            if self._ticket is refused:
                headers = _static_headers(self._settings)
                if headers == refused.headers:
                    return False
                self._ticket = Ticket(headers)
            return True

    def seconds_left(self) -> float | None:
        return None


@dataclass(frozen=True, slots=True)
class Token:
    """A fetched token as headers; ``lifetime`` in seconds, None when the server does not say."""

    headers: Mapping[str, str]
    lifetime: float | None


class TokenCredentials:
    """Tokens that a server hands out. One thread fetches, the others wait and share what came of it, a refusal
    included: twenty threads with a wrong password are one failed login, not twenty.
    """

    def __init__(
        self, fetch: Callable[[], Token], *, renew_before: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch, self._renew_before, self._clock = fetch, renew_before, clock
        self._lock = threading.Lock()
        self._ticket: Ticket | None = None
        self._expires: float | None = None
        self._ends: float | None = None
        self._fetches = 0
        self._failure: MlflowGrcError | None = None

    def current(self) -> Ticket:
        return self._obtain(refused=None)

    def renew(self, refused: Ticket) -> bool:
        self._obtain(refused=refused)
        return True

    def seconds_left(self) -> float | None:
        return None if self._ends is None else max(self._ends - self._clock(), 0.0)

    def _obtain(self, refused: Ticket | None) -> Ticket:
        seen = self._fetches
        with self._lock:
            if self._ticket and self._ticket is not refused and not self._is_expired():
                return self._ticket
            if self._fetches != seen and self._failure:
                raise type(self._failure)(self._failure.message, remedy=self._failure.remedy)
            return self._replace()

    def _replace(self) -> Ticket:
        try:
            token = self._fetch()
        except MlflowGrcError as error:
            self._failure = error
            raise
        finally:
            self._fetches += 1
        self._failure, self._expires, self._ends = None, None, None
        if token.lifetime is not None:
            self._ends = self._clock() + token.lifetime
            # A token that lives shorter than the margin would otherwise be fetched for every request.
            self._expires = self._clock() + token.lifetime - min(self._renew_before, token.lifetime / 2)
        self._ticket = Ticket(token.headers)
        return self._ticket

    def _is_expired(self) -> bool:
        return self._expires is not None and self._clock() >= self._expires


def basic_header(username: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic; its encoded form is redacted from now on."""
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
    register(encoded)
    return {"Authorization": f"Basic {encoded}"}


def _static_headers(settings: NoAuth | BasicAuth | BearerAuth | ApiKeyAuth) -> dict[str, str]:
    match settings:
        case NoAuth():
            return {}
        case BasicAuth():
            return basic_header(plain(settings.username), plain(settings.password))
        case BearerAuth():
            return {"Authorization": _one_line(f"Bearer {plain(settings.token)}")}
        case ApiKeyAuth():
            value = settings.template.replace("{key}", plain(settings.key))
            value = value.replace("{token}", plain(settings.token)) if settings.token else value
            return {settings.header: _one_line(value)}


def _one_line(value: str) -> str:
    if not value.isprintable() or not value.isascii():
        raise AuthError(
            "The token or key holds a character that no HTTP header can carry.",
            remedy="check the environment variable or file that the secret is read from.",
        )
    return value
