"""The value that a person gives instead of both that are in conflict."""

from __future__ import annotations

from connector.config.config import Config
from connector.engine.opening import connection_mapping
from connector.mapping.values import normalise
from connector.model.errors import Rejected
from connector.model.state import ConflictCase


def canonical(config: Config, connection: str, case: ConflictCase, text: str) -> str:
    """What a person wrote, as both sides compare it. Raises Rejected for what the field cannot hold, and for nothing at
    all; ConfigError.
    """
    fields = {field.name: field for field in connection_mapping(config, connection).fields(case.ref.entity)}
    found = normalise(fields[case.field], text) if case.field in fields else text.strip()
    if not found:
        raise Rejected("an empty value decides nothing.", remedy="take the side that wins.")
    return found
