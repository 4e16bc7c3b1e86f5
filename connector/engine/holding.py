"""The lease of a connection, held for one run; runs of one process that overlap hold it together."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from connector.apply.ledger import LeaseKeeper
from connector.engine.connection import Connection
from connector.engine.process import is_dead
from connector.logs import get_logger
from connector.state import LeaseHeld
from connector.state.types import Lease

log = get_logger(__name__)


@contextmanager
def holding(connection: Connection) -> Iterator[LeaseKeeper]:
    """Hold the lease while the block lasts; runs that an earlier holder left open are ended. Raises LeaseHeld."""
    with connection.tenure.held(functools.partial(_begin, connection)) as keeper:
        yield keeper


def _begin(connection: Connection, stack: ExitStack) -> LeaseKeeper:
    now = connection.clock()
    keeper = LeaseKeeper(
        connection.store,
        _taken(connection),
        connection.clock,
        ttl_seconds=connection.lease_seconds,
        margin_seconds=connection.request_timeout,
    )
    stack.callback(lambda: connection.store.release_lease(keeper.lease))
    connection.store.end_interrupted(keeper.lease, now)
    stack.enter_context(connection.permit.resting_on(keeper.ensure, keeper.keep))
    return keeper


def _taken(connection: Connection) -> Lease:
    lease = _lease(connection)
    connection.listings.leased(lease.token)
    return lease


def _lease(connection: Connection) -> Lease:
    """Take the lease, at once from a process of this machine that is known to have died."""
    take = functools.partial(
        connection.store.acquire_lease,
        connection.name,
        connection.owner,
        connection.clock(),
        connection.lease_seconds,
    )
    try:
        return take()
    except LeaseHeld as held:
        if not is_dead(held.owner):
            raise
        log.warning("taking over the lease of a process that died", owner=held.owner)
        return take(from_dead=held.owner)
