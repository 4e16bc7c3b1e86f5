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
LOGIN_ANSWERS = (200, 201, 204, 302, 303)
"""What a login that sets cookies is answered with."""
REMEDY = (
    "check the credentials of the connection and that the account may use the API; if they are right, the address of "
    "the login and the names under which auth sends them."
)


class SendLogin(Protocol):
    """How a login request gets out: through the client's one request path, without credentials."""

    def __call__(self, exchange: Exchange, *, for_cookies: bool = False) -> Response:
        """Send, retry, judge by LOGIN_RULES. ``for_cookies``: a page or a redirect will do, which is not followed."""


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
    headers = {} if settings.send == "body" else basic_header(client_id, secret)
    exchange = Exchange(
        "POST", resolve(settings.token_url), form=None if settings.send == "header" else form, headers=headers
    )
    answer = send(exchange).json()
    token = _token(answer, "access_token")
    refresh: Json = search("refresh_token", answer)
    if isinstance(refresh, str) and refresh:
        # Never used: the client signs in anew. It opens the same doors all the same.
        register(refresh, passing=True)
    return Token(
        {"Authorization": f"Bearer {token}"}, _seconds(answer, "expires_in", settings.default_lifetime_seconds)
    )


def _session(settings: SessionAuth, send: SendLogin, resolve: Callable[[str], str]) -> Token:
    flat = {name: plain(value) for name, value in settings.body.items()}
    nested: dict[str, Json] = {}
    for name, value in flat.items():
        put(nested, name, value)
    as_json, as_form = (nested or None, None) if settings.encoding == "json" else (None, flat)
    exchange = Exchange(settings.method, resolve(settings.login_path), json=as_json, form=as_form)
    if settings.token is None:
        answer = send(exchange, for_cookies=True)
        lifetime = _seconds(answer.json_or_none(), settings.expires_in, settings.lifetime_seconds)
        return Token(_cookie_headers(settings, answer), lifetime)
    data = send(exchange).json()
    token = _token(data, settings.token)
    headers = (
        {"Cookie": f"{settings.cookie}={token}"}
        if settings.cookie
        else {settings.header: settings.template.replace("{token}", token)}
    )
    return Token(headers, _seconds(data, settings.expires_in, settings.lifetime_seconds))


def _cookie_headers(settings: SessionAuth, answer: Response) -> dict[str, str]:
    """The cookies that the login set, as later requests show them. A login form that refuses a password answers with a
    page or another redirect, and without the cookies: that is the only sign of it.
    """
    lacking = [name for name in settings.cookies if not answer.cookies.get(name, "").isprintable()]
    lacking += [name for name in settings.cookies if name not in answer.cookies]
    if lacking:
        came = ", ".join(answer.cookies) or "none"
        raise AuthError(
            f"{answer.where} was answered {answer.status} without the cookie {', '.join(lacking)}: it set "
            f"{redact(came)[:200]}.",
            remedy="check the user name and the password of the connection: a login form that refuses them sets no "
            "such cookie. If they are right, correct cookies and login_path in auth.",
        )
    for name in settings.cookies:
        register(answer.cookies[name], passing=True)
    held = {"Cookie": "; ".join(f"{name}={answer.cookies[name]}" for name in settings.cookies)}
    return held | {header: answer.cookies[name] for header, name in settings.cookie_headers.items()}


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
