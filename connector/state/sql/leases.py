"""Who may write for a connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from connector.model.errors import LeaseLost
from connector.state.base import Recorder
from connector.state.errors import LeaseHeld
from connector.state.sql.access import Access
from connector.state.sql.recorder import SqlRecorder
from connector.state.sql.session import Row, Session
from connector.state.times import parse, stamp
from connector.state.types import Lease

_FIND = "SELECT owner, token, expires FROM lease WHERE connection = ?"


class Leases(Access):
    """A row per connection. It stays when the lease is given back (without an owner), so tokens never repeat."""

    def acquire_lease(
        self, connection: str, owner: str, now: datetime, ttl_seconds: float, *, from_dead: str | None = None
    ) -> Lease:
        with self._database.writing(connection) as session:
            row = session.row(_FIND + session.locking, [connection])
            if row and row["owner"] != from_dead:
                _refuse_held(connection, owner, row, now)
            return _put(session, connection, owner, row["token"] + 1 if row else 1, now, ttl_seconds)

    def lease(self, connection: str) -> Lease | None:
        row = self._database.session().row(_FIND, [connection])
        if row is None or row["owner"] is None:
            return None
        return Lease(connection, row["owner"], row["token"], parse(row["expires"]))

    def renew_lease(self, lease: Lease, now: datetime, ttl_seconds: float) -> Lease:
        with self._database.writing(lease.connection) as session:
            verify_token(session, lease, session.locking)
            return _put(session, lease.connection, lease.owner, lease.token, now, ttl_seconds)

    def release_lease(self, lease: Lease) -> None:
        with self._database.writing(lease.connection) as session:
            session.execute(
                "UPDATE lease SET owner = NULL WHERE connection = ? AND owner = ? AND token = ?",
                [lease.connection, lease.owner, lease.token],
            )

    def check_lease(self, lease: Lease, now: datetime, margin_seconds: float) -> None:
        expires = parse(verify_token(self._database.session(), lease)["expires"])
        if expires < now + timedelta(seconds=margin_seconds):
            raise LeaseLost(
                f"The lease of connection {lease.connection} ends at {stamp(expires)}, too soon for another write.",
                remedy="none needed: the next run goes on. If it recurs, raise the lease's duration.",
            )

    @contextmanager
    def recording(self, lease: Lease, now: datetime) -> Iterator[Recorder]:
        with self._database.writing(lease.connection) as session:
            verify_token(session, lease, session.locking)
            yield SqlRecorder(session, lease.connection, stamp(now), self._redact)


def _refuse_held(connection: str, owner: str, row: Row, now: datetime) -> None:
    expires = parse(row["expires"])
    if row["owner"] in (None, owner) or expires <= now:
        return
    raise LeaseHeld(
        f"Connection {connection} is being synchronised by {row['owner']} until {stamp(expires)}.",
        owner=row["owner"],
        expires=expires,
        remedy="wait for it to finish; the lease of a process that died ends by itself at that time.",
    )


def _put(session: Session, connection: str, owner: str, token: int, now: datetime, ttl_seconds: float) -> Lease:
    expires = stamp(now + timedelta(seconds=ttl_seconds))
    session.upsert(
        "lease",
        ["connection"],
        {"connection": connection, "owner": owner, "token": token, "expires": expires},
    )
    return Lease(connection, owner, token, parse(expires))


def verify_token(session: Session, lease: Lease, locking: str = "") -> Row:
    """The lease's row, if its token is still the newest and not given back; ``locking`` is the session's, for it to
    stay so until the transaction ends. Raises LeaseLost.
    """
    row = session.row(_FIND + locking, [lease.connection])
    if row and (row["owner"], row["token"]) == (lease.owner, lease.token):
        return row
    holder = row["owner"] if row else None
    raise LeaseLost(
        f"The lease of connection {lease.connection} was {f'taken over by {holder}' if holder else 'given back'}.",
        remedy="none needed: the run stops here and the next one goes on. If it recurs, raise the lease's duration.",
    )
