"""Everything that may be wrong before the first sync, found without writing anything: all problems at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from adapters.base import Adapter
from connector.config.config import Config
from connector.config.gatechecks import stages_without_field
from connector.config.secrets import missing_secrets
from connector.config.servicechecks import service_problems
from connector.engine.attesting import attestation_problems
from connector.engine.fit import misfits
from connector.engine.opening import open_adapter, open_registry, used_mapping
from connector.engine.sampling import strange_values
from connector.mapping.connection import ConnectionMapping
from connector.mapping.inventory import load_inventory
from connector.mapping.profile import load_profile
from connector.model.errors import ConfigError, MlflowGrcError
from connector.model.grc import Problem
from connector.registry.probe import URI
from connector.report.waivers import load_waivers
from connector.state import StateMoved, open_store, state_exists

_FIELD = re.compile(r"(?P<entity>\w+)\.fields\.(?P<name>.+)\Z")


_CHECKED_APART = Problem(
    "one_off_auth",
    "the GRC was checked with one_off_auth, so as not to end the daemon's session: auth itself was not tried",
    "Leave one_off_auth out while no daemon runs, and check again.",
    fatal=False,
)


class Area(StrEnum):
    """What a finding is about."""

    SECRETS = "secrets"
    STATE = "state"
    MLFLOW = "MLflow"
    GRC = "GRC"
    MAPPING = "mapping"
    CONNECTION = "configuration"

    @property
    def is_configuration(self) -> bool:
        """Whether a file has to be corrected, rather than a server, an account or a disk."""
        return self in (Area.SECRETS, Area.MAPPING, Area.CONNECTION)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem and where it belongs; ``connection`` is empty for what concerns all. ``about`` names, for people, the
    registry or the connection.
    """

    area: Area
    connection: str
    problem: Problem

    about: str = ""


def check(config: Config, names: Iterable[str], redact: Callable[[str], str]) -> Iterator[Finding]:
    """Yield what is wrong with the installation and with each of these connections. Raises nothing of ours."""
    missing = missing_secrets(config)
    for problem in missing:
        yield Finding(Area.SECRETS, "", problem)
    if not any("attestation.key" in problem.where for problem in missing):
        for problem in attestation_problems(config):
            yield Finding(Area.CONNECTION, "", problem)
    for problem in _state(config, redact):
        yield Finding(Area.STATE, "", problem)
    for problem in (*service_problems(config), *_reports(config)):
        yield Finding(Area.CONNECTION, "", problem)
    for name in names:
        registry = config.connection(name).registry
        for area, problem in _connection(config, name):
            mlflow = area is Area.MLFLOW
            yield Finding(
                area, name, _at_uri(config, registry, problem) if mlflow else problem, registry if mlflow else name
            )


def _state(config: Config, redact: Callable[[str], str]) -> Iterator[Problem]:
    place = config.state_place
    where = str(place)
    try:
        if state_exists(place):
            with closing(open_store(place, redact)) as store:
                if moved := store.moved():
                    raise StateMoved(where, moved)
            return
    except MlflowGrcError as error:
        yield Problem(where, error.message, error.remedy)
        return
    if isinstance(place, Path):
        yield from _directory(place.parent, where)


def _directory(directory: Path, where: str) -> Iterator[Problem]:
    if not directory.exists():
        what = "the directory of the state database does not exist"
        yield Problem(where, what, f"Correct state.path in the configuration, or make {directory}.")
    elif not directory.is_dir() or not os.access(directory, os.W_OK | os.X_OK):
        yield Problem(where, "the state database cannot be made here", f"Let this user write to {directory}.")


def _reports(config: Config) -> Iterator[Problem]:
    """What would keep a report from being made: its regime, or the waivers. An inventory that cannot be read is told
    of each mapping that rests on it.
    """
    reports, inventory = config.settings.reports, config.settings.inventory
    with suppress(ConfigError):
        declared = load_inventory(config.directory / inventory if inventory else None)
        for chosen in dict.fromkeys((reports.profile, *filter(None, (each.profile for each in reports.schedule)))):
            load = partial(load_profile, chosen, inventory=declared, relative_to=config.directory)
            yield from _wrong_with(load, f"{config.document.file}: reports: profile {chosen}")
    if reports.waivers is not None:
        yield from _wrong_with(partial(load_waivers, config.directory / reports.waivers), "reports.waivers")


def _wrong_with(load: Callable[[], object], where: str) -> Iterator[Problem]:
    try:
        load()
    except ConfigError as error:
        yield from _problems(error, where)


def _connection(config: Config, name: str) -> Iterator[tuple[Area, Problem]]:
    lacking = " ".join(problem.where for problem in missing_secrets(config, name, one_off=True))
    try:
        registry = open_registry(config, name)
    except ConfigError as error:
        for problem in _problems(error, f"connections.{name}"):
            yield Area.CONNECTION, problem
    else:
        try:
            for problem in registry.check() if "registries." not in lacking else ():
                yield Area.MLFLOW, problem
        finally:
            registry.close()
    try:
        mapping = used_mapping(config, name)
        adapter = open_adapter(config, name, mapping, one_off=True)
    except ConfigError as error:
        for problem in _problems(error, f"connections.{name}.mapping"):
            yield Area.MAPPING, problem
        return
    with adapter:
        if "connections." not in lacking:
            yield from _grc(adapter, mapping)
    for problem in _gates(config, name, mapping):
        yield Area.MAPPING, problem
    if config.connection(name).one_off_auth is not None:
        yield Area.GRC, _CHECKED_APART


def _gates(config: Config, name: str, mapping: ConnectionMapping) -> Iterator[Problem]:
    """Stages that nobody can pass, so that the next gate would stay where it is for ever."""
    gates = config.policy(name).gates
    for tier, stage, field in stages_without_field(gates, mapping) if gates is not None else ():
        what = f"tier {tier} needs the stage {stage}, and the mapping gives {field} no place in the GRC"
        remedy = f"Map {field}, make mlflow its owner (owners), or leave the stage out of policy.gates.stages.{tier}."
        yield Problem("policy.gates", what, remedy, fatal=False)


def _grc(adapter: Adapter, mapping: ConnectionMapping) -> Iterator[tuple[Area, Problem]]:
    """What the adapter finds, and what its description of the platform adds; a missing field is told once."""
    found = list(adapter.check())
    fits: list[Problem] = []
    if not any(problem.fatal and _FIELD.search(problem.where) is None for problem in found):
        try:
            fits = [*misfits(mapping, adapter.discover()), *strange_values(mapping, adapter)]
        except MlflowGrcError as error:
            found.append(Problem("description of the platform", error.message, error.remedy))
    told = " ".join(f"{problem.where} {problem.what}" for problem in fits)
    for problem in found:
        field = _FIELD.search(problem.where)
        if field is None:
            yield Area.GRC, problem
        elif f"entities.{field['entity']}." not in told or f"'{field['name']}'" not in told:
            yield Area.MAPPING, problem
    for problem in fits:
        yield Area.MAPPING, problem


def _problems(error: ConfigError, where: str) -> Iterator[Problem]:
    for each in error.parts or (error,):
        place = ":".join(str(part) for part in (each.file, each.line) if part is not None)
        yield Problem(": ".join(filter(None, (place, each.key))) or where, each.message, each.remedy)


def _at_uri(config: Config, registry: str, problem: Problem) -> Problem:
    """A problem of an MLflow with the place in the configuration that names it."""
    path = ("registries", registry, "uri")
    place = f"{config.document.file}:{config.document.line(path)}: {'.'.join(path)}"
    return replace(problem, where=place if problem.where == URI else f"{place} ({problem.where})")
