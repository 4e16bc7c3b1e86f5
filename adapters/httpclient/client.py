"""The client: one path for every request, through credentials, gate, retries and judgement."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_when_event_set
from tenacity.nap import sleep_using_event
from tenacity.wait import wait_random_exponential

from adapters.httpclient.credentials import Credentials, StaticCredentials
from adapters.httpclient.failure import Failure
from adapters.httpclient.gate import Gate
from adapters.httpclient.judge import Again, Call, Examine, Expect, judge, may_have_made
from adapters.httpclient.login import LOGIN_ANSWERS, LOGIN_RULES, REMEDY, make_credentials
from adapters.httpclient.response import Fold, Response
from adapters.httpclient.rules import ErrorRule, find_rule
from adapters.httpclient.settings import AuthSettings, HttpSettings, NoAuth
from adapters.httpclient.traffic import Traffic, Waiting
from adapters.httpclient.transport import Exchange, Transport
from connector.model.errors import AccessDenied, AuthError, ConfigError, MlflowGrcError, Rejected, Unreachable
from connector.model.grc import Json

log = logging.getLogger("mlflow_grc.http")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_REDIRECTS = 5


class HttpClient:
    """A pooled HTTP client of one server; all methods may be called from several threads.

    ``stop`` ends all waiting when it is set: the request that waits raises RunAborted. So does ``close``.
    ``before_write`` is called right before each request that changes something goes out, when all waiting for the rate
    limit is over, and again before each repetition; what it raises is raised. ``traffic`` counts what goes out.
    """

    def __init__(
        self,
        base_url: str,
        auth: AuthSettings | None = None,
        http: HttpSettings | None = None,
        *,
        stop: threading.Event | None = None,
        before_write: Callable[[], None] | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self._before_write = before_write
        self._traffic = traffic or Traffic()
        self.base_url = _checked_base(base_url)
        self._settings = http or HttpSettings()
        self._stop = stop or threading.Event()
        self._owns_stop = stop is None
        self._transport = Transport(self._settings)
        self._gate = Gate(self._settings, self._stop, self._traffic)
        self._nobody = StaticCredentials(NoAuth())
        self._credentials = make_credentials(auth or NoAuth(), self._login, self._resolve_login)

    @property
    def requests_sent(self) -> int:
        """Requests sent so far: retries, redirects and logins included."""
        return self._transport.sent

    @property
    def credential_seconds_left(self) -> float | None:
        """How long the token at hand holds, as the server said; None where there is none, or it did not say."""
        return self._credentials.seconds_left()

    def request(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Json = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool | None = None,
        writes: bool | None = None,
        expect: Expect = "json",
        listing: bool = False,
        error_rules: Sequence[ErrorRule] = (),
        accept: Sequence[int] = (),
        fold: Fold | None = None,
        examine: Examine | None = None,
    ) -> Response:
        """Send a request, again where that is safe, and return its successful answer.

        ``path_or_url``: a path below the base address, or an address of the same origin (a next link). ``content``: a
        body that is no JSON. ``safe``: whether it may be sent twice (default: by the method). ``writes``: whether it
        changes something (default: what may not be sent twice does; a login does not). ``expect``: ``json`` demands a
        JSON body of every answer but 204 and the like. ``listing``: a 403 means that the account cannot list at all.
        ``error_rules`` come before the usual ones. Answers with a code among ``accept`` are returned whatever they
        hold. ``fold`` shrinks the answer while it is parsed (see :class:`Response`). ``examine`` judges each answer
        before the client does (see :data:`Examine`).

        Raises AuthError, Unreachable, Retriable, OutcomeUnknown (never when safe), Rejected, AccessDenied, Conflict,
        NotFound (a Rejected) and ConfigError (a secret or certificate that is not there).
        """
        method = method.upper()
        exchange = Exchange(
            method, self._resolve(path_or_url), params=params, json=json, content=content, headers=headers, fold=fold
        )
        is_safe = method in SAFE_METHODS if safe is None else safe
        changes = not is_safe if writes is None else writes
        call = Call(exchange, is_safe, expect, listing, tuple(error_rules), tuple(accept), changes, examine)
        return self._with_retries(call, self._credentials)

    def close(self) -> None:
        """Let go of all connections; whatever still waits is ended. The client cannot be used afterwards."""
        if self._owns_stop:
            self._stop.set()
        self._transport.close()

    def _with_retries(self, call: Call, credentials: Credentials) -> Response:
        failed: MlflowGrcError = Unreachable(f"{call.exchange.where} was not sent.")
        retry = self._settings.retry
        attempts = Retrying(
            stop=stop_after_attempt(retry.max_attempts) | stop_when_event_set(self._stop),
            sleep=self._sleep,
            wait=self._wait,
            retry=retry_if_exception_type(Again),
            reraise=True,
        )
        try:
            for attempt in attempts:
                with attempt:
                    return self._attempt(call, credentials, attempt.retry_state.attempt_number)
        except Again as again:
            failed = again.error
        # Raised here, outside the handler, so that the error stands alone.
        self._gate.check_stop()
        raise failed

    def _sleep(self, seconds: float) -> None:
        start = time.monotonic()
        sleep_using_event(self._stop)(seconds)
        self._traffic.waited(Waiting.RETRY, time.monotonic() - start)

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt; where everyone has to hold back, the gate does the waiting."""
        retry = self._settings.retry
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, Again) else None
        usual = wait_random_exponential(multiplier=retry.wait_seconds, max=retry.max_wait_seconds)
        seconds = min(usual(state) if asked is None else asked, retry.max_wait_seconds)
        if isinstance(error, Again) and error.everyone:
            self._gate.pause(seconds)
            return 0
        return seconds

    def _attempt(self, call: Call, credentials: Credentials, number: int) -> Response:
        if number > 1:
            self._traffic.retried()
        # The ticket comes first: fetching one inside the gate could wait for a place that this thread holds.
        ticket = credentials.current()
        result = self._send(call, ticket.headers, number)
        if self._is_expired(call, result) and credentials.renew(ticket) and not may_have_made(call, result):
            result = self._send(call, credentials.current().headers, number)
        return judge(call, result)

    @staticmethod
    def _is_expired(call: Call, result: Response | Failure) -> bool:
        if isinstance(result, Failure):
            return False
        rule = find_rule(result, call.rules)
        return rule is not None and rule.action == "refresh_token"

    def _send(self, call: Call, auth: Mapping[str, str], number: int) -> Response | Failure:
        """One exchange; of a safe request, redirects within the server are followed."""
        exchange = call.exchange
        result = self._exchange(exchange, auth, number, writes=call.writes)
        for _ in range(MAX_REDIRECTS):
            if isinstance(result, Failure) or not call.safe or result.status not in (301, 302, 303, 307, 308):
                break
            target = urljoin(result.url, result.headers.get("location", ""))
            if exchange.method not in SAFE_METHODS or origin(target) != origin(self.base_url):
                break
            exchange = Exchange(exchange.method, target, headers=exchange.headers, fold=exchange.fold)
            result = self._exchange(exchange, auth, number)
        return result

    def _exchange(
        self, exchange: Exchange, auth: Mapping[str, str], number: int, *, writes: bool = False
    ) -> Response | Failure:
        with self._gate.slot():
            if writes and self._before_write is not None:
                self._before_write()
            start = time.monotonic()
            result = self._sent(exchange, auth)
        outcome = result.what if isinstance(result, Failure) else result.status
        took = (time.monotonic() - start) * 1000
        query = "?..." if exchange.params or "?" in exchange.url else ""
        log.debug("%s%s -> %s in %.0f ms, attempt %d", exchange.where, query, outcome, took, number)
        return result

    def _sent(self, exchange: Exchange, auth: Mapping[str, str]) -> Response | Failure:
        with self._traffic.sending(exchange.method, exchange.address) as tell:
            result = self._transport.send(exchange, auth)
            status = None if isinstance(result, Failure) else result.status
            self._traffic.ended(status)
            tell(status)
        return result

    def _login(self, exchange: Exchange, *, for_cookies: bool = False) -> Response:
        """Send a request for a token: no credentials but its own, and safe, since another token does no harm."""
        accept = LOGIN_ANSWERS if for_cookies else ()
        try:
            call = Call(exchange, safe=True, listing=True, rules=LOGIN_RULES, accept=accept)
            return self._with_retries(call, self._nobody)
        except AuthError as error:
            raise AuthError(f"The login failed: {error.message}", remedy=REMEDY) from None
        except AccessDenied:
            raise
        except Rejected as error:
            raise Unreachable(
                f"The login failed: {error.message}", remedy="check the address of the login in auth."
            ) from None

    def _resolve(self, path_or_url: str) -> str:
        if not path_or_url.startswith(("http://", "https://")):
            return f"{self.base_url}/{path_or_url.lstrip('/')}" if path_or_url else self.base_url
        if origin(path_or_url) != origin(self.base_url):
            raise Unreachable(
                f"An address on another server, {Exchange('GET', path_or_url).where}, is not called with the "
                f"credentials of {self.base_url}.",
                remedy="make url the server's own canonical address (scheme, host and port).",
            )
        return path_or_url

    def _resolve_login(self, path_or_url: str) -> str:
        """A login may be on another server: it gets no credentials but those meant for it."""
        return path_or_url if path_or_url.startswith(("http://", "https://")) else self._resolve(path_or_url)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what must be equal for two addresses to be one server."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _checked_base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            "url is not an http or https address.", key="url", remedy="write e.g. https://grc.bank.example."
        )
    if parts.username or parts.password:
        raise ConfigError("url holds a user name or password.", key="url", remedy="use auth: {type: basic, ...}.")
    return url.rstrip("/")
