"""Reads both sides whole, and asks again, one by one, for what a listing lacked.

A listing that did not reach its end leaves a gap, and nothing is concluded from absence then. An object that a
complete listing lacks is believed to be gone only when a read by name or id says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from adapters.base import Adapter
from connector.apply.sides import Sides
from connector.crew import Crew
from connector.mapping.grc_side import Gathering
from connector.mapping.registry_side import model_views
from connector.model.errors import AccessDenied, IncompleteSnapshot, Rejected, Retriable
from connector.model.fields import Entity
from connector.model.policy import VersionsMode
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData
from connector.model.state import Link, LinkState
from connector.model.views import GrcObservation, RegistryObservation, RegistryView
from connector.plan import Absences
from connector.registry.base import VersionKey

MAX_POINT_READS = 200
"""Missing objects that are asked for, per side and cycle; the others stay unknown until a later one."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Both sides as read, and what point reads found out about the missing. ``scanned`` as :class:`Sides` has it."""

    registry: RegistryObservation
    grc: GrcObservation
    absences: Absences
    scanned: Mapping[str, tuple[ModelVersion, RegisteredModel]]
    snapshot: RegistrySnapshot
    reads: RunReads


@dataclass(frozen=True, slots=True)
class RunReads:
    """How runs are read: whether at all, which are known, and which of those to read again."""

    wanted: bool = False
    known: Mapping[VersionKey, RunData] = field(default_factory=dict)
    refresh: Collection[VersionKey] = ()


@dataclass(slots=True)
class _Asked:
    """Collects what point reads found."""

    registry_gone: set[str] = field(default_factory=set)
    registry_unknown: dict[str, str] = field(default_factory=dict)
    records_gone: set[tuple[Entity, str]] = field(default_factory=set)
    records_unknown: dict[tuple[Entity, str], str] = field(default_factory=dict)

    def absences(self) -> Absences:
        return Absences(
            frozenset(self.registry_gone),
            self.registry_unknown,
            frozenset(self.records_gone),
            self.records_unknown,
        )


def observe(sides: Sides, links: Mapping[str, Link], runs: RunReads, workers: int = 1) -> Observed:
    """Take both snapshots, at once where there are two ``workers``. Raises RunAborted when a side cannot be read at
    all; less than that is a gap.
    """
    crew = Crew(workers)
    records = Gathering(sides.mapping.mapping, sides.mapping.settings.keys)
    snapshot, gaps = crew.both(
        lambda: sides.registry.snapshot(run_fields=runs.wanted, known_runs=runs.known, refresh_runs=runs.refresh),
        lambda: _list_records(sides.adapter, sides.mapping.versions, records, crew),
    )
    registry, scanned = _registry(sides, snapshot)
    asked = _Asked()
    if registry.gaps == ():
        _ask_registry(sides, links, registry, asked)
    wanted = _missing_records(sides, links, registry, records)
    _ask_records(sides.adapter, wanted, records, gaps, asked)
    return Observed(registry, records.observation(gaps), asked.absences(), scanned, snapshot, runs)


def _registry(
    sides: Sides, snapshot: RegistrySnapshot
) -> tuple[RegistryObservation, dict[str, tuple[ModelVersion, RegisteredModel]]]:
    models: list[RegistryView] = []
    versions: list[RegistryView] = []
    scanned: dict[str, tuple[ModelVersion, RegisteredModel]] = {}
    for model in snapshot.models:
        view, of_model = model_views(sides.mapping.mapping, model, sides.mapping.settings)
        models.append(view)
        versions += of_model
        scanned |= {each.ref.key: (version, model) for each, version in zip(of_model, model.versions, strict=True)}
    return RegistryObservation(tuple(models), tuple(versions), snapshot.hidden, snapshot.gaps), scanned


def _list_records(adapter: Adapter, mode: VersionsMode, records: Gathering, crew: Crew) -> dict[Entity, str]:
    """List what the GRC has into ``records``; returns why a listing was incomplete, by entity. Where the registry fails
    meanwhile, the rest is not asked for.
    """
    entities = [Entity.MODEL, Entity.ISSUE]
    if mode is VersionsMode.RECORDS:
        entities.insert(1, Entity.VERSION)
    gaps: dict[Entity, str] = {}
    for entity in entities:
        if crew.halted():
            break
        try:
            for record in adapter.records(entity):
                records.add(record)
                if crew.halted():
                    break
        except (IncompleteSnapshot, Retriable) as error:
            gaps[entity] = error.message
    return gaps


def _ask_registry(sides: Sides, links: Mapping[str, Link], registry: RegistryObservation, asked: _Asked) -> None:
    """Ask for each linked object that the scan lacked: MLflow pages by offset, and a scan may skip a live model."""
    present = {view.ref.key for view in (*registry.models, *registry.versions)}
    missing = [link for key, link in sorted(links.items()) if link.state is LinkState.LIVE and key not in present]
    for link in missing[:MAX_POINT_READS]:
        try:
            found = _created_ms(sides, link)
        except (Rejected, Retriable) as error:
            asked.registry_unknown[link.ref.key] = error.message
        else:
            if found is None or (link.created_ms is not None and found != link.created_ms):
                asked.registry_gone.add(link.ref.key)
            else:
                asked.registry_unknown[link.ref.key] = "the scan skipped it"
    for link in missing[MAX_POINT_READS:]:
        asked.registry_unknown[link.ref.key] = f"more than {MAX_POINT_READS} are missing; asked in a later cycle"


def _created_ms(sides: Sides, link: Link) -> int | None:
    if link.ref.entity is Entity.MODEL:
        model = sides.registry.model(link.ref.name)
        return model.created_ms if model else None
    try:
        version = sides.registry.version(link.ref.name, link.ref.version or "")
    except AccessDenied:
        # MLflow forbids the versions of a model that does not exist even to who may read every model.
        if sides.registry.model(link.ref.name) is not None:
            raise
        return None
    return version.created_ms if version else None


def _missing_records(
    sides: Sides, links: Mapping[str, Link], registry: RegistryObservation, records: Gathering
) -> list[tuple[Entity, str]]:
    """Records that a link or an identity tag names and the listing lacks. That of a retired model only when the model
    is back.
    """
    alive = (LinkState.LIVE, LinkState.RECORD_GONE)
    back = {view.ref.key for view in (*registry.models, *registry.versions)}
    named = {
        (link.ref.entity, link.record_id)
        for key, link in links.items()
        if link.state in alive or (link.state is LinkState.RETIRED and key in back)
    }
    tag = sides.mapping.mapping.tags.record_id
    named |= {(Entity.MODEL, view.tags[tag]) for view in registry.models if view.tags.get(tag) and view.in_scope}
    return sorted(named - records.ids())


def _ask_records(
    adapter: Adapter,
    wanted: Iterable[tuple[Entity, str]],
    records: Gathering,
    gaps: Mapping[Entity, str],
    asked: _Asked,
) -> None:
    left = MAX_POINT_READS
    for entity, record_id in wanted:
        if entity in gaps:
            asked.records_unknown[entity, record_id] = f"the listing was incomplete: {gaps[entity]}"
        elif left == 0:
            why = f"more than {MAX_POINT_READS} are missing; asked in a later cycle"
            asked.records_unknown[entity, record_id] = why
        else:
            left -= 1
            _ask_record(adapter, entity, record_id, records, asked)


def _ask_record(adapter: Adapter, entity: Entity, record_id: str, records: Gathering, asked: _Asked) -> None:
    try:
        record = adapter.get(entity, record_id)
    except (Rejected, Retriable) as error:
        asked.records_unknown[entity, record_id] = error.message
        return
    if record is None:
        asked.records_gone.add((entity, record_id))
    else:
        records.add(record)
