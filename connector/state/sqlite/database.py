"""The file: who may open it, one session per thread, one writer at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.state.errors import StateMoved, StateUnavailable
from connector.state.sql.moved import moved_away
from connector.state.sqlite import schema
from connector.state.sqlite.session import SqliteSession

BUSY_SECONDS = 30.0


class SqliteDatabase:
    """Hands out sessions. Writers of one process queue at a lock, for SQLite's own waiting is not fair; writers of
    other processes are waited for up to ``busy_seconds``.
    """

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        """Open the file, making it (readable by its owner alone) and its tables where needed.

        Raises StateCorrupt for a damaged or foreign file or one of a newer release, StateUnavailable where it cannot
        be written.
        """
        self.path = path.absolute()
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        self._open: list[tuple[threading.Thread, SqliteSession]] = []
        self._guard = threading.Lock()
        self._writer = threading.RLock()
        self._closed = False
        _create(self.path)
        with self._writer:
            schema.prepare(self.session())

    def session(self) -> SqliteSession:
        """This thread's session."""
        found: SqliteSession | None = getattr(self._local, "session", None)
        if self._closed:
            raise StateUnavailable(f"The state database {self.path} was closed.", remedy="open it again.")
        if found is None:
            found = self._local.session = SqliteSession(str(self.path), self._busy_seconds)
            self._remember(found)
        return found

    @contextmanager
    def writing(self, connection: str) -> Iterator[SqliteSession]:  # noqa: ARG002 - one writer at a time for all
        """One transaction, begun with the write lock held: what was read inside still stands at its commit. Raises
        StateMoved where the state was moved away, however long ago the file was opened.
        """
        with self.writing_anyway() as session:
            moved = moved_away(session)
            if moved is not None:
                raise StateMoved(str(self.path), moved)
            yield session

    @contextmanager
    def writing_anyway(self) -> Iterator[SqliteSession]:
        """The same of a state that may have been moved away."""
        session = self.session()
        with self._writer, session.transaction():
            yield session

    def close(self) -> None:
        """Close every thread's session."""
        with self._writer, self._guard:
            self._closed = True
            for _, session in self._open:
                session.close()
            self._open.clear()

    def _remember(self, session: SqliteSession) -> None:
        with self._guard:
            for thread, old in self._open:
                if not thread.is_alive():
                    old.close()
            self._open = [(thread, old) for thread, old in self._open if thread.is_alive()]
            self._open.append((threading.current_thread(), session))


def _create(path: Path) -> None:
    if not path.parent.exists():
        raise StateUnavailable(
            f"The directory of the state database {path} does not exist.",
            remedy="correct state.path in the configuration, or make the directory, for the daemon's account alone.",
        )
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StateUnavailable(
            f"The state database {path} cannot be opened ({error.strerror}).",
            remedy="name a file in a directory that this user may write to, under `state` in the configuration.",
        ) from error
