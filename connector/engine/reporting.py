"""The reconciliation report of a configured connection: on what the last cycle saw, or on both sides as they are."""

from __future__ import annotations

from connector.config.config import Config
from connector.engine.connection import Connection
from connector.engine.live import from_now
from connector.engine.opening import connection_mapping, workspace
from connector.model.errors import RunAborted
from connector.report.material import Material, from_state
from connector.report.reconcile import reconcile
from connector.report.rows import Report
from connector.state.base import StateReader


def report_of_state(config: Config, name: str, store: StateReader, model: str | None = None) -> Report:
    """The report on what the last cycle saw; neither side is asked. Raises RunAborted where there was none yet."""
    material = from_state(store, name)
    if material.taken_at is None:
        remedy = "run `mlflow-grc sync` first, or read both sides now with --live."
        raise RunAborted(f"No cycle of connection {name} has run yet, so there is nothing to report on.", remedy=remedy)
    return _report(config, name, material, model)


def report_of_now(config: Config, connection: Connection, model: str | None = None) -> Report:
    """The report on both sides as they are now; nothing is written. Raises RunAborted."""
    return _report(config, connection.name, from_now(connection), model)


def _report(config: Config, name: str, material: Material, model: str | None) -> Report:
    mapping = connection_mapping(config, name)
    reading = config.reading(name, mapping, workspace(config, name))
    return reconcile(material, mapping, reading, instance=config.instance, model=model)
