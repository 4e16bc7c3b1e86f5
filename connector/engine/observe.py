"""Reads both sides whole.

What of the GRC is listed by time stands on its last whole listing (:mod:`connector.engine.listings`), and what was
present then counts as present. A listing that did not reach its end leaves a gap, and nothing is concluded from absence
then. An object that a complete listing lacks is believed to be gone only when a read by name or id says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from adapters.base import Adapter
from connector.apply.sides import Sides
from connector.crew import Crew
from connector.engine.asking import Asked, ask_records, ask_registry, missing_records
from connector.engine.listings import Listing
from connector.engine.unseen import governed_versions, missing_issues
from connector.mapping.grc_side import Gathering
from connector.mapping.registry_side import model_views
from connector.model.errors import IncompleteSnapshot, MlflowGrcError, Retriable, Unlisted, Unreachable
from connector.model.fields import Entity
from connector.model.policy import VersionsMode
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData
from connector.model.views import GrcObservation, RegistryObservation, RegistryView
from connector.plan import Absences, Memory
from connector.registry.base import VersionKey

FEW_HIDDEN = 2
"""From so many records on that can be read and are not listed at all, the listing is filtered rather than late."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Both sides as read, and what point reads found out about the missing. ``scanned`` as :class:`Sides` has it."""

    registry: RegistryObservation
    grc: GrcObservation
    absences: Absences
    scanned: Mapping[str, tuple[ModelVersion, RegisteredModel]]
    snapshot: RegistrySnapshot
    reads: RunReads
    by_time: frozenset[Entity] = frozenset()
    """Which entities of the GRC were listed by time: see :mod:`connector.engine.listings`."""
    rests_on: datetime | None = None
    """When the oldest whole listing was made that those rest on."""


@dataclass(frozen=True, slots=True)
class RunReads:
    """How runs are read: whether at all, which are known, and which of those to read again."""

    wanted: bool = False
    known: Mapping[VersionKey, RunData] = field(default_factory=dict)
    refresh: Collection[VersionKey] = ()


def observe(sides: Sides, memory: Memory, runs: RunReads, listing: Listing, *, turn: str, workers: int = 1) -> Observed:
    """Take both snapshots, at once where there are two ``workers``. Raises RunAborted when a side cannot be read at
    all; less than that is a gap. ``turn``: see :class:`Asked`.
    """
    crew, keys = Crew(workers), sides.mapping.settings.keys
    records = Gathering(sides.mapping.mapping, keys)
    snapshot, listed = crew.both(
        lambda: sides.registry.snapshot(run_fields=runs.wanted, known_runs=runs.known, refresh_runs=runs.refresh),
        lambda: _list_records(sides.adapter, sides.mapping.versions, records, crew, listing),
    )
    registry, scanned = in_views(sides, snapshot)
    gaps = listed.gaps
    asked = Asked(turn)
    wanted = missing_records(sides, memory.links, registry, records)
    if Entity.ISSUE not in gaps:
        wanted |= missing_issues(memory.issues, records.ids())
    # Closed issues may well be left out of a listing; records of models and versions never are.
    kept = [entity for entity in (Entity.MODEL, Entity.VERSION) if entity not in listed.unlisted]
    empty = [entity for entity in kept if not records.count(entity)]
    ask_records(sides.adapter, wanted, records, gaps, asked)
    gaps |= {entity: _hidden(records.count(entity)) for entity in empty if records.count(entity) >= FEW_HIDDEN}
    grc = records.observation(gaps, listed.unlisted)
    if registry.gaps == ():
        tag = sides.mapping.mapping.tags.record_id
        governed = governed_versions(keys, grc.models, memory.links, registry, tag)
        links = {each.ref.key: each for each in governed} | dict(memory.links)
        ask_registry(sides, links, registry, asked, memory.retiring)
    by_time = frozenset(listing.by_time)
    return Observed(registry, grc, asked.absences(), scanned, snapshot, runs, by_time, listing.rests_on)


def in_views(
    sides: Sides, snapshot: RegistrySnapshot
) -> tuple[RegistryObservation, dict[str, tuple[ModelVersion, RegisteredModel]]]:
    """What was scanned in canonical terms, and as :class:`Sides` keeps it."""
    models: list[RegistryView] = []
    versions: list[RegistryView] = []
    scanned: dict[str, tuple[ModelVersion, RegisteredModel]] = {}
    for model in snapshot.models:
        view, of_model = model_views(sides.mapping.mapping, model, sides.mapping.settings)
        models.append(view)
        versions += of_model
        scanned |= {each.ref.key: (version, model) for each, version in zip(of_model, model.versions, strict=True)}
    return RegistryObservation(tuple(models), tuple(versions), snapshot.hidden, snapshot.gaps), scanned


@dataclass(frozen=True, slots=True)
class Listed:
    """What became of the listings: why some were incomplete, and why some entities have none."""

    gaps: dict[Entity, str]
    unlisted: dict[Entity, str]


def _list_records(adapter: Adapter, mode: VersionsMode, records: Gathering, crew: Crew, listing: Listing) -> Listed:
    """List what the GRC has into ``records``. Where the registry fails meanwhile, the rest is not asked for. Raises
    Unreachable where no listing at all could be begun.
    """
    entities = [Entity.MODEL, Entity.ISSUE]
    if mode is VersionsMode.RECORDS:
        entities.insert(1, Entity.VERSION)
    failed: dict[Entity, MlflowGrcError] = {}
    unlisted: dict[Entity, str] = {}
    for entity in entities:
        if crew.halted():
            break
        try:
            listing.read(adapter, entity, records, crew.halted)
        except Unlisted as error:
            unlisted[entity] = str(error)
        except (IncompleteSnapshot, Retriable) as error:
            failed[entity] = error
    if len(failed) == len(entities) and not records.ids():
        first = failed[Entity.MODEL]
        what = f"Nothing could be read from the GRC: {first.message}"
        remedy = (
            f"{first.remedy.rstrip('.')}; `mlflow-grc check` tells more." if first.remedy else "see `mlflow-grc check`."
        )
        raise Unreachable(what, remedy=remedy)
    return Listed({entity: str(error) for entity, error in failed.items()}, unlisted)


def _hidden(count: int) -> str:
    return (
        f"the listing shows nothing, and {count} linked records can be read by id: a filter hides them. "
        "Remedy: correct the filter of the listing in the mapping."
    )
