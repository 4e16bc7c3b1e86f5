"""Whether a model's tier is the risk function's own word, or what the connector brought from the registry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connector.mock.store import Change, Row, Store
from connector.mock.users import CONNECTOR, Role


@dataclass(frozen=True, slots=True)
class Provisional:
    """A tier that came through the connector: who wrote it when, and over which one."""

    user: str
    at: str
    before: str | None


def provisional(store: Store, row: Row, services: frozenset[str]) -> Provisional | None:
    """How the tier came to be, where a service account wrote it and nobody has confirmed it since."""
    if row["tier"] is None:
        return None
    changes = store.history(row["id"])
    written = _last(changes, "tier")
    if written is None or written.user not in services:
        return None
    confirmed = _last(changes, "tier_confirmed_on")
    if confirmed is not None and confirmed.new is not None and confirmed.id > written.id:
        return None
    return Provisional(written.user, written.at, written.old)


def services(store: Store) -> frozenset[str]:
    """The e-mails of service accounts."""
    return frozenset(row["email"] for row in store.rows("users") if row["role"] == Role.CONNECTOR) | {CONNECTOR.email}


def _last(changes: Iterable[Change], field: str) -> Change | None:
    return next((change for change in reversed(list(changes)) if change.field == field), None)
