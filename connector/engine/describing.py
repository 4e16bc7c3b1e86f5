"""What a connection's GRC tells of itself: asked for once, read-only, without MLflow and without the state."""

from __future__ import annotations

from collections.abc import Sequence

from connector.config.config import Config
from connector.engine.opening import connection_mapping, open_adapter, require_secrets
from connector.mapping.connection import ConnectionMapping
from connector.model.grc import Schema


def describe(config: Config, name: str, containers: Sequence[str] = ()) -> tuple[ConnectionMapping, Schema]:
    """The connection's mapping and what the platform offers, the named containers with their fields.

    Raises ConfigError for secrets that are missing and a mapping that is wrong, Rejected for an unknown container, and
    whatever ends a run.
    """
    require_secrets(config, name, ("connections",), one_off=True)
    mapping = connection_mapping(config, name)
    with open_adapter(config, name, mapping, one_off=True) as adapter:
        return mapping, adapter.discover(containers)
