"""What SQLite's errors mean to the user."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from connector.model.errors import MlflowGrcError, Rejected, StateCorrupt
from connector.state.errors import RESTORE, StateUnavailable

_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: ("cannot grow", "free space on its disk and start again; what was recorded is intact."),
    sqlite3.SQLITE_READONLY: ("cannot be written", "give this user write access to the file and its directory."),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "check that its directory exists and that this user may write there.",
    ),
    sqlite3.SQLITE_PERM: ("cannot be opened", "give this user read and write access to the file and its directory."),
    sqlite3.SQLITE_AUTH: ("cannot be opened", "give this user read and write access to the file and its directory."),
    sqlite3.SQLITE_BUSY: ("is locked by another process", "let the other process finish, or stop it."),
    sqlite3.SQLITE_LOCKED: ("is locked", "let the other process finish, or stop it."),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "check its disk; keep the file on a local one."),
    sqlite3.SQLITE_NOMEM: ("cannot be read", "give the process more memory."),
}


def translate(error: sqlite3.Error, path: str) -> MlflowGrcError:
    """The error to raise instead of ``error``; every message names the file."""
    code = getattr(error, "sqlite_errorcode", None)
    what = _UNAVAILABLE.get(code & 0xFF) if code is not None else None
    if what is not None:
        return StateUnavailable(f"The state database {path} {what[0]} ({error}).", remedy=what[1])
    if isinstance(error, sqlite3.ProgrammingError) and code is None:
        return StateUnavailable(f"The state database {path} was used wrongly ({error}).", remedy="report this.")
    return StateCorrupt(f"The state database {path} is damaged ({error}).", remedy=RESTORE)


def is_busy(error: StateUnavailable) -> bool:
    """Whether another process held the file at that moment."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise our errors in place of SQLite's."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error
    except UnicodeEncodeError as error:
        raise Rejected(
            f"A text cannot be kept in the state database: it is not valid Unicode ({error.reason}).",
            remedy="correct the value where it was written.",
        ) from error
