"""How clients of the API sign in. Each door turns a request's headers into a user, and some have a login."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qs

from connector.mock.directory import Directory
from connector.mock.errors import BadRequest, Unauthenticated
from connector.mock.schema import Json
from connector.mock.users import User

LIFETIME = 1_800
"""Seconds that a short-lived token is said to hold."""
KEY_ID = "grc-key-1"
"""The first half of a key that comes as a pair."""


class Door(Protocol):
    """One way of signing in. Both raise Unauthenticated."""

    path: str
    """Where the login is; empty where there is none."""
    scheme: str
    """What a refusal says in WWW-Authenticate."""

    def user(self, headers: Mapping[str, str]) -> User:
        """Who sent a request with these headers (names in lower case)."""

    def login(self, body: bytes) -> Json:
        """The answer to a login."""


DoorMaker: TypeAlias = Callable[[Directory], Door]


class _Door:
    path, scheme = "", "Bearer"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._issued: dict[str, User] = {}

    def login(self, body: bytes) -> Json:  # noqa: ARG002 - there is none
        raise BadRequest("There is no login.")

    def _issue(self, user: User) -> str:
        token = secrets.token_urlsafe(16)
        self._issued[token] = user
        return token

    def _holder(self, token: str) -> User:
        if token not in self._issued:
            raise Unauthenticated("The session is unknown or has ended.")
        return self._issued[token]


class BearerDoor(_Door):
    """``Authorization: Bearer TOKEN``."""

    def user(self, headers: Mapping[str, str]) -> User:
        return self._directory.bearer(headers.get("authorization", ""))


class TokenDoor(_Door):
    """``Authorization: Token TOKEN``; the word Bearer is refused."""

    scheme = "Token"

    def user(self, headers: Mapping[str, str]) -> User:
        word, _, token = headers.get("authorization", "").partition(" ")
        if word != "Token":
            raise Unauthenticated("The Authorization header must be 'Token' and a token.")
        return self._directory.authenticate(token)


class KeyDoor(_Door):
    """``X-GRC-Key: TOKEN``."""

    scheme = "X-GRC-Key"

    def user(self, headers: Mapping[str, str]) -> User:
        return self._directory.authenticate(headers.get("x-grc-key", ""))


class PairDoor(_Door):
    """``Authorization: Bearer KEY.TOKEN``."""

    def user(self, headers: Mapping[str, str]) -> User:
        key, _, token = headers.get("authorization", "").removeprefix("Bearer ").partition(".")
        if key != KEY_ID:
            raise Unauthenticated("The key is unknown.")
        return self._directory.authenticate(token)


class SessionDoor(_Door):
    """A login with user and password, the user's token, for a short-lived one in ``X-Session``."""

    path, scheme = "/api/v1/login", "Session"

    def user(self, headers: Mapping[str, str]) -> User:
        return self._holder(headers.get("x-session", ""))

    def login(self, body: bytes) -> Json:
        given = _json(body).get("credentials")
        if not isinstance(given, dict):
            raise Unauthenticated("The body must hold credentials.")
        user = self._directory.authenticate(str(given.get("password", "")))
        if user.email != given.get("user"):
            raise Unauthenticated("The user or the password is wrong.")
        return {"data": {"session": {"token": self._issue(user), "expires_in": LIFETIME}}}


class OAuthDoor(_Door):
    """OAuth2 client credentials: the client is the user's e-mail, its secret the user's token."""

    path = "/oauth/token"

    def user(self, headers: Mapping[str, str]) -> User:
        word, _, token = headers.get("authorization", "").partition(" ")
        return self._holder(token if word == "Bearer" else "")

    def login(self, body: bytes) -> Json:
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") != "client_credentials":
            raise BadRequest("unsupported_grant_type")
        user = self._directory.authenticate(form.get("client_secret", ""))
        if user.email != form.get("client_id"):
            raise Unauthenticated("invalid_client")
        return {"access_token": self._issue(user), "token_type": "Bearer", "expires_in": LIFETIME}


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise BadRequest("The body is not JSON.") from None
    return found if isinstance(found, dict) else {}
