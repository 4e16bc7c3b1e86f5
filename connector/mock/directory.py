"""The people of the GRC: who an e-mail and a token stand for."""

from __future__ import annotations

import hashlib
import hmac

from connector.mock.errors import NotFound, Unauthenticated
from connector.mock.schema import USERS
from connector.mock.store import Row, Store
from connector.mock.users import Role, User, token_of


class Directory:
    """Looks users up among the records; an inactive one is nobody."""

    def __init__(self, store: Store, *, master: str) -> None:
        self._store = store
        self._master = master

    def email(self, text: str) -> str | None:
        """The e-mail as the directory spells it, or None."""
        row = self._row(text)
        return str(row["email"]) if row else None

    def user(self, email: str) -> User:
        """The user with this e-mail; raises NotFound."""
        row = self._row(email)
        if row is None:
            raise NotFound(f"There is no active user {email}.")
        return _as_user(row)

    def token(self, email: str) -> str:
        """The bearer token of a user; raises NotFound."""
        return token_of(self._master, self.user(email))

    def secret(self, purpose: str) -> bytes:
        """A key for one purpose, which follows from the connector's token and stays the same with it."""
        return hmac.new(self._master.encode(), purpose.encode(), hashlib.sha256).digest()

    def people(self) -> list[User]:
        """Every active user but service accounts, by name."""
        found = (_as_user(row) for row in self._store.rows(USERS) if row["active"])
        return sorted(
            (user for user in found if user.role is not Role.CONNECTOR), key=lambda user: user.name.casefold()
        )

    def bearer(self, header: str) -> User:
        """The user whom an ``Authorization`` header stands for; raises Unauthenticated."""
        scheme, _, token = header.partition(" ")
        if scheme.casefold() != "bearer":
            raise Unauthenticated("The Authorization header must be 'Bearer' and a token.")
        return self.authenticate(token.strip())

    def authenticate(self, token: str) -> User:
        """The user whose token it is; raises Unauthenticated."""
        for row in self._store.rows(USERS):
            user = _as_user(row)
            known = token_of(self._master, user).encode()
            if row["active"] and hmac.compare_digest(known, token.encode()):
                return user
        raise Unauthenticated("The bearer token is missing or unknown.")

    def _row(self, email: str) -> Row | None:
        wanted = email.casefold()
        return next(
            (row for row in self._store.rows(USERS) if row["active"] and row["email"].casefold() == wanted), None
        )


def _as_user(row: Row) -> User:
    return User(row["email"], row["name"], Role(row["role"]))
