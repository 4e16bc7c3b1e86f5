"""What the parts of a configuration must be to each other, beyond what each must be by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from connector.config.cron import spelled_cron
from connector.config.settings import RegistrySettings, ScheduleSettings, ScopeSettings, Settings
from connector.mapping.complaints import Complaint, KeyPath, nearest
from connector.mapping.yamlfile import Document
from connector.model.workspaces import SEPARATOR


def cross_checks(settings: Settings, document: Document) -> Iterator[Complaint]:
    """Yield every contradiction between two parts of the file."""
    for path, what, remedy in _problems(settings):
        yield Complaint(document.line(path), path, what, remedy)


def _problems(settings: Settings) -> Iterator[tuple[KeyPath, str, str]]:
    yield from _goes_stale(settings)
    ids = [registry.id for registry in settings.registries.values()]
    for name, registry in settings.registries.items():
        if ids.count(registry.id) > 1:
            remedy = "Make a new one with `uuidgen` for the registry that was never synchronised."
            yield ("registries", name, "id"), "two registries have one id", remedy
        yield from _scope(("registries", name, "scope"), registry.scope, registry)
        yield from _placeholder_workspace(name, registry)
    for name, connection in settings.connections.items():
        chosen = settings.registries.get(connection.registry)
        if chosen is None:
            remedy = nearest(connection.registry, settings.registries)
            what = f"there is no registry '{connection.registry}'"
            yield ("connections", name, "registry"), what, remedy
            continue
        yield from _scope(("connections", name, "scope"), connection.scope, chosen)
        makes_some = connection.policy.over(settings.policy).grc_only == "placeholder"
        if makes_some and chosen.served.several and chosen.placeholder_workspace is None:
            what = f"placeholders are wanted, and registry '{connection.registry}' does not say in which workspace"
            remedy = f"Set registries.{connection.registry}.placeholder_workspace, or grc_only: report."
            yield ("connections", name, "policy", "grc_only"), what, remedy
    for index, wanted in enumerate(settings.reports.schedule):
        if wanted.connection is not None and wanted.connection not in settings.connections:
            remedy = nearest(wanted.connection, settings.connections)
            yield ("reports", "schedule", index, "connection"), f"there is no connection '{wanted.connection}'", remedy
    yield from _events(settings)
    titles = [(wanted.title, wanted.format) for wanted in settings.reports.schedule]
    for index, title in enumerate(titles):
        if title in titles[:index]:
            what = "it is scheduled twice, and its files could not be told apart"
            yield ("reports", "schedule", index), what, "Join the two into one cron expression."


def _events(settings: Settings) -> Iterator[tuple[KeyPath, str, str]]:
    for name in settings.events.mlflow.keys() - settings.registries.keys():
        yield ("events", "mlflow", name), f"there is no registry '{name}'", nearest(name, settings.registries)
    for name in settings.events.grc.keys() - settings.connections.keys():
        yield ("events", "grc", name), f"there is no connection '{name}'", nearest(name, settings.connections)
    received, limit = settings.events.mlflow or settings.events.grc, settings.events.body_limit
    if settings.server is not None and received and limit > settings.server.limits.body_bytes:
        what = f"the server refuses a body longer than {settings.server.limits.body_bytes} bytes before"
        yield ("events", "body_limit"), what, "Make server.limits.body_bytes as long."


def _scope(path: KeyPath, scope: ScopeSettings, registry: RegistrySettings) -> Iterator[tuple[KeyPath, str, str]]:
    """Globs over workspaces where there are none: they would hold no model, or leave none out."""
    if registry.workspaces:
        return
    for key, globs in (("include", scope.include), ("exclude", scope.exclude)):
        for index, glob in enumerate(globs):
            if SEPARATOR in glob:
                what = f"'{glob}' is about workspaces, and the registry names none"
                remedy = "Remove the part before the slash, or say in the registry which workspaces are read."
                yield (*path, key, index), what, remedy


def _placeholder_workspace(name: str, registry: RegistrySettings) -> Iterator[tuple[KeyPath, str, str]]:
    wanted = registry.placeholder_workspace
    if wanted is not None and not registry.served.serves(wanted):
        what = f"the registry does not read the workspace '{wanted}'"
        yield ("registries", name, "placeholder_workspace"), what, nearest(wanted, registry.workspaces)


def _goes_stale(settings: Settings) -> Iterator[tuple[KeyPath, str, str]]:
    """Attestations that would end before the cycle that signs them anew."""
    signed = settings.attestation
    if signed is None:
        return
    for name, connection in settings.connections.items():
        pause = _longest_pause(connection.schedule or settings.schedule)
        if pause > signed.fresh_for / 2:
            what = f"connection '{name}' may rest for {pause:g} s: attestations end before it signs them anew"
            yield ("attestation", "fresh_for"), what, "Let them last at least twice the time between cycles."


_TICKS = 700
"""Of a cron expression, to find the longest pause: two weeks of every ten minutes from 8 to 18, but at weekends."""


def _longest_pause(schedule: ScheduleSettings) -> float:
    """Seconds between two cycles at most."""
    if schedule.cron is None:
        return schedule.seconds
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - slow, and few configurations need it

    trigger = CronTrigger.from_crontab(spelled_cron(schedule.cron), timezone=UTC)
    ticks: list[datetime] = [trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC))]
    while ticks[-1] is not None and len(ticks) < _TICKS:
        ticks.append(trigger.get_next_fire_time(None, ticks[-1] + timedelta(seconds=1)))
    return max((later - tick).total_seconds() for tick, later in pairwise(filter(None, ticks)))
