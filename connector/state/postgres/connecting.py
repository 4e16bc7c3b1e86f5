"""How a connection to the server is made."""

from __future__ import annotations

import os
import re
from typing import Any

from psycopg import Connection, ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from connector.config.server import DatabaseServer
from connector.model.errors import ConfigError
from connector.state.postgres.text import keep_texts

CONNECT_SECONDS = 10
_LOOPBACK = re.compile(r"localhost|::1|127(\.\d+){3}", re.ASCII)
_DEFAULTS = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "mlflow-grc",
    "client_encoding": "UTF8",
    # A server that is gone without a word is noticed.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def parameters(server: DatabaseServer) -> dict[str, Any]:
    """The arguments of :meth:`psycopg.Connection.connect`, the password among them, read just now. TLS with the
    server's name verified is asked for, but on this machine or where ``sslmode`` says otherwise. Raises ConfigError.
    """
    try:
        given = conninfo_to_dict(server.url)
    except ProgrammingError as error:
        raise ConfigError(
            f"state.url is no address of a PostgreSQL database ({' '.join(str(error).split())}).",
            remedy="write it as in postgresql://grc@db.example.com/grc.",
        ) from error
    if not _is_here(str(given.get("host") or given.get("hostaddr") or "")) and "PGSSLMODE" not in os.environ:
        given.setdefault("sslmode", "verify-full")
    if server.password is not None:
        given["password"] = server.password.resolve().get_secret_value()
    return {
        **_DEFAULTS,
        **given,
        "autocommit": True,  # transactions are opened by hand, with their time-outs in the same message
        "prepare_threshold": None,  # a pooler may give each transaction another server process
    }


def configure(connection: Connection) -> None:
    """Make a new connection fit for the store."""
    keep_texts(connection)


def connect(server: DatabaseServer) -> Connection:
    """One connection outside the pool. Raises psycopg's errors, and ConfigError."""
    connection = Connection.connect(**parameters(server))
    configure(connection)
    return connection


def _is_here(hosts: str) -> bool:
    return all(not host or host.startswith("/") or _LOOPBACK.fullmatch(host) for host in hosts.split(","))
