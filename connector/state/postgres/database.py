"""The database: a pool of connections, and one transaction at a time about each connection of ours.

No session has a state of its own, so that a pooler may stand between: time-outs and locks are those of a transaction,
statements are not prepared, and nothing is listened for.
"""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from psycopg import Connection, Error
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from connector.config.server import DatabaseServer
from connector.state.postgres import schema
from connector.state.postgres.connecting import CONNECT_SECONDS, configure, connect, parameters
from connector.state.postgres.failures import translate, translated
from connector.state.postgres.session import PostgresSession

READ_SECONDS, WRITE_SECONDS, LOCK_SECONDS, IDLE_SECONDS = 900, 120, 45, 30
"""Time-outs of statements and locks. Who waits for a lock outlasts a process that stands still and holds it."""
_READING = f"BEGIN READ ONLY; SET LOCAL statement_timeout = '{READ_SECONDS}s'"
_WRITING = f"BEGIN; SET LOCAL statement_timeout = '{WRITE_SECONDS}s'; SET LOCAL lock_timeout = '{LOCK_SECONDS}s'; "
_IDLE = f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'; "


class PostgresDatabase:
    """Hands out sessions."""

    def __init__(self, server: DatabaseServer) -> None:
        """Open the database and make its tables where needed.

        Raises StateCorrupt for a foreign database or one of a newer release, StateUnavailable where it cannot be
        reached or written, ConfigError where it cannot serve.
        """
        self.where = str(server)
        self._server = server
        self._local = threading.local()
        self._queues: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        with translated(self.where), closing(connect(server)) as connection:
            schema.prepare(connection, self.where)
        self._pool = ConnectionPool(
            kwargs=lambda: parameters(server),
            configure=configure,
            min_size=0,
            max_size=server.pool_size,
            timeout=CONNECT_SECONDS,
            reconnect_timeout=CONNECT_SECONDS,
            num_workers=1,
            name="mlflow-grc",
            open=True,
        )
        self._alone = PostgresSession(self.where, self._reading, alone=True)

    def session(self) -> PostgresSession:
        """The session of this thread's transaction, or one whose statements stand alone."""
        found: PostgresSession | None = getattr(self._local, "session", None)
        return self._alone if found is None else found

    @contextmanager
    def writing(self, connection: str) -> Iterator[PostgresSession]:
        """One transaction about ``connection``; others about it wait, those of this process without a connection to
        the server.
        """
        if getattr(self._local, "session", None) is not None:
            raise RuntimeError("a recording is already open in this thread")
        begin = f"{_WRITING}{_IDLE}SELECT pg_advisory_xact_lock({_key(connection)})"
        with self._queues[connection], self._transaction(begin) as held:

            @contextmanager
            def connected() -> Iterator[Connection]:
                yield held

            self._local.session = session = PostgresSession(self.where, connected, alone=False)
            try:
                yield session
            finally:
                self._local.session = None

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._transaction(_READING) as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        connection = self._begun(begin)
        try:
            yield connection
            with translated(self.where):
                connection.execute("COMMIT")
        finally:
            self._give_back(connection)

    def _begun(self, begin: str) -> Connection:
        """A connection on which ``begin`` was run. One that was lost while it lay in the pool, because the server was
        restarted, is none, and neither are the others that were open then.
        """
        with translated(self.where):
            connection = self._taken()
            try:
                connection.execute(begin)
            except Error:
                lost = connection.closed
                self._give_back(connection)
                if not lost:
                    raise
            else:
                return connection
            self._pool.check()
            connection = self._taken()
            try:
                connection.execute(begin)
            except BaseException:
                self._give_back(connection)
                raise
            return connection

    def _taken(self) -> Connection:
        try:
            return self._pool.getconn()
        except PoolTimeout:
            # The pool does not say why; a connection of our own does, where the server is to blame.
            try:
                connect(self._server).close()
            except Error as error:
                raise translate(error, self.where) from error
            raise

    def _give_back(self, connection: Connection) -> None:
        if connection.info.transaction_status is not TransactionStatus.IDLE:
            with suppress(Error):
                connection.execute("ROLLBACK")
        self._pool.putconn(connection)


def _key(connection: str) -> int:
    """The advisory lock of a connection, a signed number of 64 bits."""
    return int.from_bytes(hashlib.blake2b(connection.encode(), digest_size=8).digest(), signed=True)
