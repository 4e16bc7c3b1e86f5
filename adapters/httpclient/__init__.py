"""The HTTP client that every adapter shares, and what an admin declares about it."""

from adapters.httpclient.client import HttpClient, origin
from adapters.httpclient.errors import NotFound
from adapters.httpclient.judge import Again, Examine, retry_after
from adapters.httpclient.redaction import redact, register
from adapters.httpclient.response import Response
from adapters.httpclient.rules import ErrorRule
from adapters.httpclient.secret import Secret
from adapters.httpclient.settings import AuthSettings, HttpSettings, NoAuth, Strict
from adapters.httpclient.traffic import Traffic

__all__ = [
    "Again",
    "AuthSettings",
    "ErrorRule",
    "Examine",
    "HttpClient",
    "HttpSettings",
    "NoAuth",
    "NotFound",
    "Response",
    "Secret",
    "Strict",
    "Traffic",
    "origin",
    "redact",
    "register",
    "retry_after",
]
