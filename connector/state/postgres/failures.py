"""What PostgreSQL's errors mean to the user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import Error, InterfaceError, OperationalError
from psycopg_pool import PoolClosed, PoolTimeout

from connector.model.errors import MlflowGrcError, Rejected, StateCorrupt
from connector.state.errors import RESTORE, StateUnavailable

_AGAIN = "none needed if the next run succeeds; nothing was half-written. If it recurs, look into the server's log."
_REACH = "check that the server runs and can be reached, and state.url in the configuration."
_SIGN_IN = "check the user in state.url, state.password, and what the server's pg_hba.conf asks for."
_WAIT = "let the other process finish, or stop it."
_UNAVAILABLE = {
    "08": ("cannot be reached", _REACH),
    "25006": ("cannot be written", "name the primary server in state.url, not a standby."),
    "25P03": ("ended a transaction that stood still for too long", _AGAIN),
    "28": ("refused the sign-in", _SIGN_IN),
    "3D": ("does not exist", "make it (createdb), or correct its name in state.url."),
    "3F": ("has no schema for the tables", "name an existing one: ?options=-csearch_path%3DNAME in state.url."),
    "40": ("undid a transaction in favour of another", _AGAIN),
    "42501": (
        "does not let this account do that",
        "grant it what it lacks: it makes its tables at the first start (CREATE on the schema) and owns them.",
    ),
    "53100": ("cannot grow", "free space on the server's disk and start again; what was recorded is intact."),
    "53300": (
        "has no connection left",
        "raise max_connections of the server, lower state.pool_size, or put a pooler between.",
    ),
    "53": ("lacks resources", "look into the server's log."),
    "55P03": ("is locked by another process", _WAIT),
    "57014": ("took too long to answer", "look for what burdens the server; nothing was half-written."),
    "57": ("ended the connection", _AGAIN),
    "58": ("cannot be read or written", "look into the server's log, and check its disk."),
}
"""By SQLSTATE or the class that it begins with; the longest that fits counts."""


def translate(error: Error, where: str) -> MlflowGrcError:
    """The error to raise instead of ``error``; every message names the database."""
    if isinstance(error, PoolTimeout):
        return StateUnavailable(
            f"The state database {where} has no connection free for this process.", remedy="raise state.pool_size."
        )
    if isinstance(error, PoolClosed):
        return StateUnavailable(f"The state database {where} was closed.", remedy="open it again.")
    known = _known(error.sqlstate or "")
    if known is not None:
        return StateUnavailable(f"The state database {where} {known[0]} ({_words(error)}).", remedy=known[1])
    if isinstance(error, OperationalError | InterfaceError):
        return StateUnavailable(f"The state database {where} cannot be reached ({_words(error)}).", remedy=_REACH)
    return StateCorrupt(f"The state database {where} is damaged ({_words(error)}).", remedy=RESTORE)


def _known(state: str) -> tuple[str, str] | None:
    return next((found for length in (5, 2) if (found := _UNAVAILABLE.get(state[:length])) is not None), None)


def _words(error: Error) -> str:
    """What the server said, without the rows that it quotes."""
    return " ".join((error.diag.message_primary or str(error)).split())


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise our errors in place of PostgreSQL's."""
    try:
        yield
    except Error as error:
        raise translate(error, where) from error
    except UnicodeEncodeError as error:
        raise Rejected(
            f"A text cannot be kept in the state database: it is not valid Unicode ({error.reason}).",
            remedy="correct the value where it was written.",
        ) from error
