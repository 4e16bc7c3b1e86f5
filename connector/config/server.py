"""A PostgreSQL database as the configuration names it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.httpclient.secret import Secret

SCHEMES = ("postgresql", "postgres")
POOL_SIZE = 8


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """``url`` without a password; ``password`` is read whenever a connection is made; at most ``pool_size`` of them are
    open at a time.
    """

    url: str
    password: Secret | None = None
    pool_size: int = POOL_SIZE

    def __str__(self) -> str:
        """The address as messages show it: server and database, no account, no options."""
        parts = urlsplit(self.url)
        return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def database_url(value: str) -> str:
    """The address itself. Raises ValueError for what is none, and for one with a password in it."""
    parts = urlsplit(value)
    if parts.scheme not in SCHEMES:
        raise ValueError(
            "this is no address of a PostgreSQL database "
            "Remedy: Write it in full, as in postgresql://grc@db.example.com/grc; for an SQLite file use path."
        )
    if parts.password or "password=" in parts.query:
        remedy = "Put the password under password, as {env: NAME}."
        raise ValueError(f"an address must not hold credentials Remedy: {remedy}")
    return value
