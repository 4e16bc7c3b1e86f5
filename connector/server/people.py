"""Who may decide: people with tokens of their own, and those whom a reverse proxy has signed in."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence

from adapters.httpclient.secret import Secret
from connector.config.service import ProxySettings, ServerSettings
from connector.config.servicechecks import token_problems
from connector.logs import get_logger
from connector.model.errors import ConfigError

log = get_logger(__name__)

WINDOW = 300.0
"""Seconds over which failed sign-ins of an address are counted."""
_ADDRESSES = 10_000
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


class People:
    """Knows people by their tokens, which are read anew each time: a replaced file counts at once."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._people: Mapping[str, Secret] = settings.people
        self._proxy = _Proxy(settings.proxy) if settings.proxy is not None else None

    @property
    def can_sign_in(self) -> bool:
        """Whether anybody has a token."""
        return bool(self._people)

    def check(self) -> None:
        """Raises ConfigError for a token that is missing, too short, or that of two people."""
        for secret in self._people.values():
            secret.resolve()
        for _, what, remedy in token_problems(self._settings):
            raise ConfigError(what, key="server.people", remedy=remedy)

    def by_token(self, token: str) -> str | None:
        """The person with this token. Every token is compared, in full, so that the time tells nothing."""
        found = None
        given = _digest(token)
        for name in self._people:
            known = self.token_of(name)
            if known is not None and hmac.compare_digest(_digest(known), given):
                found = name
        return found

    def token_of(self, name: str) -> str | None:
        """A person's token; None for nobody's name, and for a token that cannot be read now."""
        secret = self._people.get(name)
        try:
            return secret.resolve().get_secret_value() if secret is not None else None
        except ConfigError:
            return None

    def by_proxy(self, client: str, headers: Callable[[str], Sequence[str]]) -> str:
        """Whom the proxy has signed in; empty for nobody, and where the request is not the proxy's. ``headers`` gives
        all values of a name.
        """
        return self._proxy.person(client, headers) if self._proxy is not None else ""


class _Proxy:
    def __init__(self, settings: ProxySettings) -> None:
        self._header = settings.header
        self._networks = [ipaddress.ip_network(one) for one in settings.addresses]

    def person(self, client: str, headers: Callable[[str], Sequence[str]]) -> str:
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return ""
        told = headers(self._header)
        if not any(address in network for network in self._networks):
            if told:
                log.warning("header of a proxy not looked at: it is none of its addresses", client=client)
            return ""
        if len(told) > 1:
            # One of them came with the request, from whoever sent that to the proxy.
            log.warning("header of a proxy not believed: it stands there more than once", client=client)
            return ""
        name = _utf8("".join(told)).strip()
        return name if _NAME.fullmatch(name) else ""


class Attempts:
    """Failed sign-ins by address: after ``most`` within the window nothing more is read for a while."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Seconds until an address may try again; 0: now."""
        with self._lock:
            failed = self._recent(address)
            return 0 if len(failed) < self._most else max(1, round(failed[0] + WINDOW - self._clock()))

    def fail(self, address: str) -> None:
        """Count a failure."""
        with self._lock:
            self._recent(address).append(self._clock())
            self._failed.move_to_end(address)
            while len(self._failed) > _ADDRESSES:
                self._failed.popitem(last=False)

    def _recent(self, address: str) -> deque[float]:
        failed = self._failed.setdefault(address, deque(maxlen=self._most))
        while failed and failed[0] <= self._clock() - WINDOW:
            failed.popleft()
        return failed


def _utf8(text: str) -> str:
    """A header as proxies write it; the server gives each of its bytes as a character."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return text


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
