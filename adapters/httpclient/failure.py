"""Why no whole answer came, and whether the server may have acted on the request nevertheless."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from requests import exceptions as failures
from urllib3.exceptions import NameResolutionError, NewConnectionError

from adapters.httpclient.redaction import redact

CA_REMEDY = "name the PEM file of the authority that signed the server's certificate as http.ca_bundle."
_HANDSHAKE = ("CERTIFICATE", "HANDSHAKE", "WRONG_VERSION", "UNSUPPORTED_PROTOCOL", "HTTP_REQUEST")
_PLAIN = ("WRONG_VERSION", "HTTP_REQUEST")
_BROKEN = (failures.ConnectionError, failures.ChunkedEncodingError, failures.ContentDecodingError)


@dataclass(frozen=True, slots=True)
class Failure:
    """No whole answer came. ``processed``: whether the server may have acted on the request nevertheless;
    ``permanent``: whether the same request would fail in the same way again.
    """

    what: str
    remedy: str
    processed: bool
    permanent: bool = False


def classify(error: Exception, url: str, timeout: float) -> Failure:
    """Name the failure that the HTTP library raised for ``url``; ``timeout`` in seconds, for the message."""
    host = redact(urlsplit(url).netloc)
    causes = list(_chain(error))
    if isinstance(error, failures.ProxyError):
        return _before("the proxy cannot be reached or refused the connection", "check http.proxies.")
    if any(isinstance(cause, failures.SSLError | ssl.SSLError) for cause in causes):
        return _tls_failure(causes, host)
    return _connect_failure(error, causes, host, timeout) or _answer_failure(error, timeout)


def _connect_failure(error: Exception, causes: list[BaseException], host: str, timeout: float) -> Failure | None:
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return _before(f"the host name of {host} is not known", "check url, DNS and http.proxies.")
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return _before(f"{host} refuses connections", "check that the server runs and that url names it.")
    if isinstance(error, failures.ConnectTimeout):
        return _before(f"{host} accepted no connection within {timeout:g} s", "check url, firewall and http.proxies.")
    return None


def _answer_failure(error: Exception, timeout: float) -> Failure:
    if isinstance(error, failures.Timeout) or "timed out" in str(error):
        what = f"no whole answer came within {timeout:g} s"
        return Failure(what, "raise http.timeout_seconds if this persists.", processed=True)
    if isinstance(error, _BROKEN):
        what = "the connection broke before the answer was whole"
        return Failure(what, "try again later; if this persists, check url's scheme and port.", processed=True)
    what = f"the request cannot be sent ({redact(str(error))})"
    return Failure(what, "check url and headers.", processed=False, permanent=True)


def _before(what: str, remedy: str) -> Failure:
    """Failed before the request left: nothing was processed, and it may work another time."""
    return Failure(what, remedy, processed=False)


def _tls_failure(causes: list[BaseException], host: str) -> Failure:
    verification = next((c.verify_message for c in causes if isinstance(c, ssl.SSLCertVerificationError)), "")
    reason = next((str(cause.reason) for cause in causes if isinstance(cause, ssl.SSLError) and cause.reason), "")
    text = " ".join(map(str, causes)).upper()
    early = bool(verification) or any(word in text for word in _HANDSHAKE)
    remedy = CA_REMEDY if verification else "check url's scheme and port, http.ca_bundle and http.client_cert."
    if any(word in text for word in _PLAIN):
        remedy = "the server speaks no https at this port: correct the scheme (http://) or the port of url."
    what = f"no secure connection to {host}: {redact(verification or reason or 'the TLS handshake failed')}"
    return Failure(what, remedy, processed=not early, permanent=early)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything wrapped in it, however the libraries wrapped it."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
