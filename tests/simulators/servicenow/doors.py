"""Who comes in, and how: OAuth tokens, basic, API keys, client certificates."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.simulators.base import Request
from tests.simulators.servicenow import errors
from tests.simulators.servicenow.answer import Answer, told

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class Application:
    """An OAuth application. ``user`` is whom the client credentials stand for; empty: that grant is not allowed.
    ``jwt_key`` is the PEM of the public RSA key that signs assertions.
    """

    secret: str
    user: str = ""
    jwt_key: bytes = b""


@dataclass(frozen=True)
class Token:
    """An access token, and the refresh token that came with it."""

    access: str
    refresh: str
    user: str
    client: str
    ends: datetime


@dataclass
class Doors:
    """``passwords`` and ``api_keys`` (key to user), ``certificates`` (common name to user). ``basic``: instances made
    lately refuse basic authentication. ``seconds``: how long a token lives by the clock.
    """

    clock: Callable[[], datetime]
    passwords: dict[str, str] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    api_keys: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)
    basic: bool = False
    seconds: int = 1800
    issued: int = 0
    """How many different access tokens were given out."""
    _tokens: dict[str, Token] = field(default_factory=dict)

    def expire(self) -> None:
        """End every access token; refresh tokens stay."""
        now = self.clock()
        self._tokens = {
            name: Token(token.access, token.refresh, token.user, token.client, now)
            for name, token in self._tokens.items()
        }

    def caller(self, request: Request, common_name: str = "") -> str:
        """The name of the user who asks; raises Refused. ``common_name`` is that of a certificate that was shown."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        user = None
        if kind.casefold() == "bearer":
            user = self._of_token(given.strip())
        elif kind.casefold() == "basic":
            user = self._of_password(given) if self.basic else None
        elif "x-sn-apikey" in request.headers:
            user = self.api_keys.get(request.headers["x-sn-apikey"])
        elif common_name:
            user = self.certificates.get(common_name)
        if user is None:
            raise errors.unauthenticated()
        return user

    def sign_in(self, request: Request) -> Answer:
        """``/oauth_token.do``. Only a form in the body counts, not the address, not JSON, not a header."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        is_form = "application/x-www-form-urlencoded" in request.headers.get("content-type", "")
        user = self._granted(request, form) if request.method == "POST" and is_form else None
        if user is None:
            return told(401, {"error_description": "access_denied", "error": "server_error"})
        token = self._current(form["client_id"], user)
        left = int((token.ends - self.clock()).total_seconds())
        body = {"access_token": token.access, "refresh_token": token.refresh, "scope": "useraccount"}
        return told(200, {**body, "token_type": "Bearer", "expires_in": max(0, left)})

    def _granted(self, request: Request, form: Mapping[str, str]) -> str | None:
        application = self.applications.get(form.get("client_id", ""))
        if application is None or not secrets.compare_digest(
            application.secret.encode(), form.get("client_secret", "").encode()
        ):
            return None
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return application.user or None
        if grant == "password":
            known = self.passwords.get(form.get("username", ""))
            return form["username"] if known and known == form.get("password") else None
        if grant == "refresh_token":
            return self._refreshed(form)
        if grant == JWT_BEARER:
            shown = form.get("assertion") or request.headers.get("authentication", "").removeprefix("Bearer ")
            return self._asserted(shown, form["client_id"], application)
        return None

    def _refreshed(self, form: Mapping[str, str]) -> str | None:
        tokens = (token for token in self._tokens.values() if token.client == form["client_id"])
        return next((token.user for token in tokens if token.refresh == form.get("refresh_token")), None)

    def _asserted(self, shown: str, client: str, application: Application) -> str | None:
        """The subject of a JWT signed with RS256 for this application, while it lasts."""
        try:
            signed, _, signature = shown.rpartition(".")
            head, claims = (json.loads(_decoded(part)) for part in signed.split("."))
            key = serialization.load_pem_public_key(application.jwt_key)
            assert isinstance(key, rsa.RSAPublicKey)
            key.verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
            fits = head["alg"] == "RS256" and claims["aud"] == client and claims["exp"] > self.clock().timestamp()
            return str(claims["sub"]) if fits and claims["sub"] in self.passwords else None
        except (ValueError, KeyError, TypeError, AssertionError, InvalidSignature, binascii.Error):
            return None

    def _current(self, client: str, user: str) -> Token:
        """The token that there is, though it may soon end; a new one where there is none."""
        mine = (token for token in self._tokens.values() if (token.client, token.user) == (client, user))
        found = next((token for token in mine if token.ends > self.clock()), None)
        if found is None:
            ends = self.clock() + timedelta(seconds=self.seconds)
            found = Token(secrets.token_urlsafe(48), secrets.token_urlsafe(48), user, client, ends)
            self._tokens[found.access] = found
            self.issued += 1
        return found

    def _of_token(self, given: str) -> str | None:
        token = self._tokens.get(given)
        return token.user if token and token.ends > self.clock() else None

    def _of_password(self, given: str) -> str | None:
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        return name if password and self.passwords.get(name) == password else None


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
