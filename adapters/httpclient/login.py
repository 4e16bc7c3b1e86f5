"""Fetches tokens: the OAuth2 client credentials grant, and login requests of any shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapters.httpclient.credentials import Credentials, StaticCredentials, Token, TokenCredentials, basic_header
from adapters.httpclient.path import put, search
from adapters.httpclient.redaction import redact, register
from adapters.httpclient.response import Response
from adapters.httpclient.rules import ErrorRule
from adapters.httpclient.secret import plain
from adapters.httpclient.settings import AuthSettings, OAuth2ClientCredentials, SessionAuth
from adapters.httpclient.transport import Exchange
from connector.model.errors import AuthError
from connector.model.grc import Json

LOGIN_RULES = (
    ErrorRule(status=(400, 401, 403, 406, 422), action="fail", kind="permission"),
    ErrorRule(status=(404, 405, 410), action="fail", kind="validation"),
)
REMEDY = (
    "check the credentials of the connection and that the account may use the API; if they are right, the address of "
    "the login and the names under which auth sends them."
)


class SendLogin(Protocol):
    """How a login request gets out: through the client's one request path, without credentials."""

    def __call__(self, exchange: Exchange) -> Response:
        """Send, retry, judge by LOGIN_RULES."""


def make_credentials(settings: AuthSettings, send: SendLogin, resolve: Callable[[str], str]) -> Credentials:
    """The credentials that the settings describe; ``resolve`` turns a path into an address."""
    match settings:
        case OAuth2ClientCredentials():
            return TokenCredentials(
                lambda: _client_credentials(settings, send, resolve), renew_before=settings.renew_before_seconds
            )
        case SessionAuth():
            return TokenCredentials(
                lambda: _session(settings, send, resolve), renew_before=settings.renew_before_seconds
            )
        case _:
            return StaticCredentials(settings)


def _client_credentials(settings: OAuth2ClientCredentials, send: SendLogin, resolve: Callable[[str], str]) -> Token:
    client_id, secret = plain(settings.client_id), plain(settings.client_secret)
    form = {"grant_type": "client_credentials", **settings.extra}
    if settings.scope:
        form["scope"] = settings.scope
    if settings.send == "body":
        form |= {"client_id": client_id, "client_secret": secret}
    headers = basic_header(client_id, secret) if settings.send == "basic" else {}
    answer = send(Exchange("POST", resolve(settings.token_url), form=form, headers=headers)).json()
    token = _token(answer, "access_token")
    return Token(
        {"Authorization": f"Bearer {token}"}, _seconds(answer, "expires_in", settings.default_lifetime_seconds)
    )


def _session(settings: SessionAuth, send: SendLogin, resolve: Callable[[str], str]) -> Token:
    flat = {name: plain(value) for name, value in settings.body.items()}
    nested: dict[str, Json] = {}
    for name, value in flat.items():
        put(nested, name, value)
    as_json, as_form = (nested or None, None) if settings.encoding == "json" else (None, flat)
    answer = send(Exchange(settings.method, resolve(settings.login_path), json=as_json, form=as_form)).json()
    token = _token(answer, settings.token)
    headers = (
        {"Cookie": f"{settings.cookie}={token}"}
        if settings.cookie
        else {settings.header: settings.template.replace("{token}", token)}
    )
    return Token(headers, _seconds(answer, settings.expires_in, settings.lifetime_seconds))


def _token(answer: Json, path: str) -> str:
    token = search(path, answer)
    if not isinstance(token, str) or not token.isprintable() or not token:
        keys = ", ".join(map(str, answer)) if isinstance(answer, dict) else "none"
        raise AuthError(
            f"The login was answered without a token at {path!r}: the keys of the answer are {redact(keys)[:200]}.",
            remedy=f"correct where auth says that the token stands; if that is right, {REMEDY}",
        )
    register(token, passing=True)
    return token


def _seconds(answer: Json, path: str | None, default: float | None) -> float | None:
    found: Json = search(path, answer) if path else None
    try:
        seconds = float(found)
    except (TypeError, ValueError):
        return default
    return seconds if seconds > 0 else default
