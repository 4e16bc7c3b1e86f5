"""Which registered model a hint is about."""

from __future__ import annotations

from connector.engine.connection import Connection
from connector.model.fields import Entity, Side
from connector.model.hints import Hint
from connector.model.state import LinkState
from connector.model.views import Issue


def known_home(connection: Connection, hint: Hint) -> str | None:
    """The name of the model, as far as the state tells; None where it does not."""
    if hint.side is Side.REGISTRY:
        return hint.id
    if hint.entity is Entity.ISSUE:
        issue = connection.store.issues(connection.name, {hint.id}).get(hint.id)
        return home_of(connection, issue) if issue is not None else None
    return _linked(connection, hint.entity, hint.id)


def read_home(connection: Connection, hint: Hint) -> str | None:
    """The name of the model that an issue not known yet was raised on, by the GRC; None for none of ours. Raises as
    reading a record does.
    """
    if hint.entity is not Entity.ISSUE:
        return None
    record = connection.adapter.get(Entity.ISSUE, hint.id)
    return home_of(connection, connection.translator.issue(record)) if record is not None else None


def home_of(connection: Connection, issue: Issue) -> str | None:
    """The name of the model that an issue was raised on."""
    found = _linked(connection, Entity.MODEL, issue.model_id) if issue.model_id else None
    return found or (_linked(connection, Entity.VERSION, issue.version_id) if issue.version_id else None)


def _linked(connection: Connection, entity: Entity, record_id: str) -> str | None:
    links = connection.store.links_to(connection.name, record_id)
    return next((one.ref.name for one in links if one.ref.entity is entity and one.state is LinkState.LIVE), None)
