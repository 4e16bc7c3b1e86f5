"""The reports of a configured connection: on what the last cycle saw, on both sides as they are, as of a moment."""

from __future__ import annotations

from dataclasses import replace

from connector.config.config import Config, config_hash
from connector.controls import Finding, Inventory
from connector.engine.connection import Connection
from connector.engine.judging import judged, needs_of, profile_of, question_as_of, question_of
from connector.engine.live import from_now
from connector.engine.opening import connection_mapping
from connector.engine.wanted import Wanted
from connector.model.errors import RunAborted
from connector.model.fields import Entity
from connector.model.workspaces import is_called
from connector.report.as_of import AsOf, Moment, from_journal
from connector.report.inventory import InventoryReport
from connector.report.joined import Question, join
from connector.report.kept import with_kept
from connector.report.material import Material, from_state
from connector.report.reconcile import reconcile
from connector.report.rows import Report
from connector.state.base import StateReader

__all__ = [
    "Wanted",
    "inventory_of",
    "inventory_of_now",
    "inventory_of_state",
    "last_seen",
    "report_of_now",
    "report_of_state",
]


def report_of_state(config: Config, name: str, store: StateReader, wanted: Wanted) -> Report:
    """The report on what the last cycle saw; neither side is asked. Raises RunAborted where there was none yet, and
    ConfigError for an unknown profile, a wrong waiver, a control that is not in force.
    """
    return _report(config, name, last_seen(store, name), store, wanted)


def last_seen(store: StateReader, name: str) -> Material:
    """What the last cycle of a connection saw. Raises RunAborted where there was none yet."""
    material = from_state(store, name)
    if material.taken_at is None:
        remedy = "run `mlflow-grc sync` first, or read both sides now with --live."
        raise RunAborted(f"No cycle of connection {name} has run yet, so there is nothing to report on.", remedy=remedy)
    return material


def report_of_now(config: Config, connection: Connection, wanted: Wanted) -> Report:
    """The report on both sides as they are now; nothing is written. Raises RunAborted, and ConfigError as the other."""
    return _report(config, connection.name, from_now(connection), connection.store, wanted)


def _report(config: Config, name: str, material: Material, store: StateReader, wanted: Wanted) -> Report:
    mapping = connection_mapping(config, name)
    reading = config.reading(name, mapping)
    question = question_of(config, mapping, material, store, wanted)
    report = reconcile(material, mapping, reading, instance=config.instance, model=wanted.model)
    inventory = join(material, mapping, reading, config.instance, question)
    found = judged(config, inventory)
    mine = tuple(each for each in found.findings if _is_asked_for(each, wanted.model))
    return replace(
        report,
        findings=mine,
        profile=question.profile.id,
        inventory=inventory,
        trend=tuple(store.tallies(name)),
        idle_waivers=found.idle,
    )


def _is_asked_for(finding: Finding, model: str | None) -> bool:
    """Whether a finding is about the one model that is asked for, or about the ground that the report stands on."""
    return model is None or not finding.model or is_called(finding.model, model)


def inventory_of(config: Config, name: str, material: Material, wanted: Wanted) -> Inventory:
    """Both sides joined, without what the state alone knows of the past. Raises ConfigError for an unknown profile."""
    mapping = connection_mapping(config, name)
    question = Question(profile_of(config, mapping, wanted), wanted.today, needs=needs_of(config, name))
    return join(material, mapping, config.reading(name, mapping), config.instance, question)


def inventory_of_state(
    config: Config, name: str, store: StateReader, wanted: Wanted, moment: Moment | None = None
) -> InventoryReport:
    """The inventory as the last cycle saw it, or as of a moment; neither side is asked. Raises RunAborted where nothing
    had been observed by then, and ConfigError as :func:`report_of_state` does.
    """
    mapping = connection_mapping(config, name)
    if moment is None:
        material = last_seen(store, name)
        return _inventory(config, material, wanted.model, question_of(config, mapping, material, store, wanted))
    then = from_journal(store, name, mapping, moment)
    question = question_as_of(config, mapping, replace(wanted, today=moment.day))
    return _inventory(config, then.material, wanted.model, question, then)


def inventory_of_now(config: Config, connection: Connection, wanted: Wanted) -> InventoryReport:
    """The inventory of both sides as they are now; nothing is written. Raises as the other."""
    material = from_now(connection)
    mapping = connection_mapping(config, connection.name)
    question = question_of(config, mapping, material, connection.store, wanted)
    return _inventory(config, material, wanted.model, question)


def _inventory(
    config: Config, material: Material, model: str | None, question: Question, then: AsOf | None = None
) -> InventoryReport:
    name = material.connection
    mapping = connection_mapping(config, name)
    reading = config.reading(name, mapping)
    joined = join(material, mapping, reading, config.instance, question)
    found = judged(config, joined)
    whole = with_kept(joined, material)
    models = tuple(one for one in whole.models if model is None or is_called(one.name, model))
    return InventoryReport(
        connection=name,
        registry=reading.label,
        taken_at=material.taken_at or "",
        gaps=material.gaps,
        inventory=replace(whole, models=models),
        profile=question.profile,
        findings=tuple(each for each in found.findings if _is_asked_for(each, model)),
        standing=then.standing if then else None,
        configuration=config_hash(config),
        with_issues=Entity.ISSUE in mapping.entities,
        declared=mapping.inventory.fields,
    )
