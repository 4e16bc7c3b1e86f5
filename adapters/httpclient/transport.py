"""Sends one request and says how far it got. The only module that knows the HTTP library.

Failures are returned, not raised, so that no exception of the library, with addresses and headers in its text, ever
hangs on an error of ours as its cause.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import requests
from requests import exceptions as failures
from requests.auth import AuthBase
from requests.utils import get_environ_proxies

from adapters.httpclient.failure import Failure, classify
from adapters.httpclient.redaction import redact
from adapters.httpclient.response import Fold, Response
from adapters.httpclient.secret import plain
from adapters.httpclient.settings import HttpSettings
from connector.model.errors import ConfigError
from connector.model.grc import Json


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it goes out; ``form`` is sent URL-encoded, ``json`` as JSON (None: no body), ``content`` as it
    is, with a Content-Type among the headers. ``fold`` is for its :class:`Response`.
    """

    method: str
    url: str
    params: Mapping[str, Any] | None = None
    json: Json = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] | None = None
    fold: Fold | None = None

    @property
    def where(self) -> str:
        """Method and address without the query, for messages and logs."""
        return f"{self.method} {self.address}"

    @property
    def address(self) -> str:
        """The address without the query, secrets masked."""
        return redact(self.url.partition("?")[0])


class HeaderAuth(AuthBase):
    """Sets headers last of all. Being an auth object at all keeps ``~/.netrc`` from replacing them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class Transport:
    """A session per thread, without cookies, without redirects, without anything read from ``~/.netrc``."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[tuple[threading.Thread, requests.Session]] = []
        self.sent = 0

    def send(self, exchange: Exchange, auth_headers: Mapping[str, str]) -> Response | Failure:
        """Send once; a Failure where no whole answer came. Raises ConfigError for a missing certificate file."""
        session = self._session()
        verify, cert = self._verify(), self._cert()
        proxies = self._proxies(exchange.url)
        with self._lock:
            self.sent += 1
        try:
            request = requests.Request(
                exchange.method,
                exchange.url,
                params=exchange.params,
                json=exchange.json,
                data=exchange.form if exchange.content is None else exchange.content,
                headers={"Accept": "application/json", **self._settings.headers, **(exchange.headers or {})},
                auth=HeaderAuth(auth_headers),
            )
            answer = session.send(
                session.prepare_request(request),
                timeout=self._settings.timeout_seconds,
                verify=verify,
                cert=cert,
                proxies=proxies,
                allow_redirects=False,
            )
        except (failures.RequestException, ValueError, OSError) as error:
            return classify(error, exchange.url, self._settings.timeout_seconds)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(
            answer.status_code, headers, answer.content, exchange.where, answer.url, exchange.fold, _cookies(answer)
        )

    def close(self) -> None:
        """Close the sessions of all threads."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
        for _, session in sessions:
            session.close()

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.session = session
            self._remember(session)
        return session

    def _remember(self, session: requests.Session) -> None:
        """Keep it for :meth:`close`, and close those of threads that ended: a daemon's come and go with each cycle."""
        with self._lock:
            ended = [old for thread, old in self._sessions if not thread.is_alive()]
            self._sessions = [(thread, old) for thread, old in self._sessions if thread.is_alive()]
            self._sessions.append((threading.current_thread(), session))
        for old in ended:
            old.close()

    def _verify(self) -> bool | str:
        if not self._settings.verify:
            return False
        if self._settings.ca_bundle:
            return _existing(self._settings.ca_bundle, "http.ca_bundle")
        return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def _cert(self) -> str | tuple[str, str] | None:
        cert, key = self._settings.client_cert, self._settings.client_key
        if cert is None:
            return None
        cert_file = _existing(cert, "http.client_cert")
        return (cert_file, _existing(key, "http.client_key")) if key else cert_file

    def _proxies(self, url: str) -> dict[str, str]:
        if self._settings.proxies is None:
            return dict(get_environ_proxies(url))
        return {scheme: plain(proxy) for scheme, proxy in self._settings.proxies.items()}


def _cookies(answer: requests.Response) -> dict[str, str]:
    """The cookies that an answer sets. A header may be there several times, which a plain mapping joins by commas."""
    found: dict[str, str] = {}
    for line in answer.raw.headers.getlist("set-cookie"):
        pair, *attributes = line.split(";")
        name, _, value = pair.strip().partition("=")
        ended = any(each.strip().lower() == "max-age=0" for each in attributes)
        if value and not ended:
            found[name] = value
        else:
            found.pop(name, None)
    return found


def _existing(path: Path, setting: str) -> str:
    if not path.is_file():
        raise ConfigError(f"{setting} names {path}, which is not a file.", remedy="correct the path.")
    return str(path)
