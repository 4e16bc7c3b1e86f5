"""The reconciliation report of a configured connection: on what the last cycle saw, or on both sides as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.config.config import Config
from connector.controls import Inventory, findings
from connector.engine.connection import Connection
from connector.engine.live import from_now
from connector.engine.opening import connection_mapping
from connector.mapping.profile import load_profile
from connector.model.errors import RunAborted
from connector.model.workspaces import is_called
from connector.report.joined import Question, join
from connector.report.material import Material, from_state
from connector.report.reconcile import reconcile
from connector.report.rows import Report
from connector.state.base import StateReader

DEFAULT_PROFILE = "baseline"
"""What every model has to state, whatever the regime."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is about: one model by name, or all; the regime whose fields are asked for; the day (ISO)."""

    today: str
    model: str | None = None
    profile: str = DEFAULT_PROFILE


def report_of_state(config: Config, name: str, store: StateReader, wanted: Wanted) -> Report:
    """The report on what the last cycle saw; neither side is asked. Raises RunAborted where there was none yet, and
    ConfigError for an unknown profile.
    """
    return _report(config, name, last_seen(store, name), wanted)


def last_seen(store: StateReader, name: str) -> Material:
    """What the last cycle of a connection saw. Raises RunAborted where there was none yet."""
    material = from_state(store, name)
    if material.taken_at is None:
        remedy = "run `mlflow-grc sync` first, or read both sides now with --live."
        raise RunAborted(f"No cycle of connection {name} has run yet, so there is nothing to report on.", remedy=remedy)
    return material


def report_of_now(config: Config, connection: Connection, wanted: Wanted) -> Report:
    """The report on both sides as they are now; nothing is written. Raises RunAborted."""
    return _report(config, connection.name, from_now(connection), wanted)


def _report(config: Config, name: str, material: Material, wanted: Wanted) -> Report:
    mapping = connection_mapping(config, name)
    reading = config.reading(name, mapping)
    profile = load_profile(wanted.profile, inventory=mapping.inventory, relative_to=config.directory)
    report = reconcile(material, mapping, reading, instance=config.instance, model=wanted.model)
    inventory = join(material, mapping, reading, config.instance, Question(profile, wanted.today))
    found = findings(inventory)
    mine = tuple(each for each in found if wanted.model is None or is_called(each.model, wanted.model))
    return replace(report, findings=mine, profile=profile.id, inventory=inventory)


def inventory_of(config: Config, name: str, material: Material, wanted: Wanted) -> Inventory:
    """Both sides joined, as the controls look at them. Raises ConfigError for an unknown profile."""
    mapping = connection_mapping(config, name)
    profile = load_profile(wanted.profile, inventory=mapping.inventory, relative_to=config.directory)
    question = Question(profile, wanted.today)
    return join(material, mapping, config.reading(name, mapping), config.instance, question)
