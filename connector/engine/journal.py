"""What each side was seen to hold, for the observation journal and the snapshot that reports render."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from connector.engine.observe import Observed
from connector.engine.turns import Sight, ids_of
from connector.model.fields import Entity, Side, Value
from connector.model.views import GrcView, Issue, RegistryView
from connector.plan import Pair
from connector.state.base import Recorder
from connector.state.types import Sighting

View = TypeVar("View")
ALIASES = "aliases"
"""Pseudo-field of a registry object: its aliases as a JSON array."""


def journal(
    recorder: Recorder, run_id: str, observed: Observed, passed: Collection[Sight] = (), *, partial: bool = False
) -> int:
    """Record both sides as observed, ``passed`` over what was seen anew since; returns the number of journal entries.
    ``partial``: only some objects were looked at.
    """
    registry, grc, absences = observed.registry, observed.grc, observed.absences
    whole = not (registry.gaps or partial)
    virtual = any(view.virtual for view in grc.versions)
    written = 0
    objects: Mapping[str, Sighting]
    for entity, views in ((Entity.MODEL, registry.models), (Entity.VERSION, registry.versions)):
        objects = _Lazily({view.ref.key: view for view in views}, _registry_sighting)
        gone = absences.registry_gone
        over = ids_of(passed, Side.REGISTRY, entity)
        written += recorder.observe(
            run_id, Side.REGISTRY, entity, objects, complete=whole, gone=gone, passed=over, partial=partial
        )
    for entity, records in ((Entity.MODEL, grc.models), (Entity.VERSION, () if virtual else grc.versions)):
        objects = _Lazily({view.id: view for view in records}, _grc_sighting)
        gone = frozenset(record_id for kind, record_id in absences.records_gone if kind is entity)
        over, whole = ids_of(passed, Side.GRC, entity), grc.complete(entity) and not partial
        written += recorder.observe(
            run_id, Side.GRC, entity, objects, complete=whole, gone=gone, passed=over, partial=partial
        )
    issues = _Lazily({issue.id: issue for issue in grc.issues}, _issue_sighting)
    gone = frozenset(record_id for kind, record_id in absences.records_gone if kind is Entity.ISSUE)
    over, whole = ids_of(passed, Side.GRC, Entity.ISSUE), grc.complete(Entity.ISSUE) and not partial
    return written + recorder.observe(
        run_id, Side.GRC, Entity.ISSUE, issues, complete=whole, gone=gone, passed=over, partial=partial
    )


def sights_of(observed: Observed, names: Collection[str], records: Collection[str]) -> frozenset[Sight]:
    """What was seen of registered models by name and of what these ``records`` hold, their issues included."""
    registry, grc = observed.registry, observed.grc
    views = (view for view in (*registry.models, *registry.versions) if view.ref.name in names)
    held = (view for view in (*grc.models, *grc.versions) if view.id in records)
    issues = (issue for issue in grc.issues if issue.model_id in records or issue.version_id in records)
    return frozenset(
        [
            *((Side.REGISTRY, view.ref.entity, view.ref.key) for view in views),
            *((Side.GRC, view.entity, view.id) for view in held if not view.virtual),
            *((Side.GRC, Entity.ISSUE, issue.id) for issue in issues),
        ]
    )


class _Lazily(Mapping[str, Sighting], Generic[View]):
    """What was seen of each object, worked out when it is asked for: all at once would fill the memory."""

    def __init__(self, views: Mapping[str, View], sighting: Callable[[View], Sighting]) -> None:
        self._views, self._sighting = views, sighting

    def __getitem__(self, key: str) -> Sighting:
        return self._sighting(self._views[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __contains__(self, key: object) -> bool:
        return key in self._views


def _registry_sighting(view: RegistryView) -> Sighting:
    return Sighting(str(view.ref), registry_fields(view))


def _grc_sighting(view: GrcView) -> Sighting:
    return Sighting(view.name or view.id, grc_fields(view))


def _issue_sighting(issue: Issue) -> Sighting:
    return Sighting(issue.number, issue_fields(issue))


def after(observed: Observed, pairs: Iterable[Pair]) -> Observed:
    """Return the observation with the objects as they were read back after writing."""
    registry = {pair.ref.key: pair.registry for pair in pairs}
    records = {(pair.grc.entity, pair.grc.id): pair.grc for pair in pairs if pair.grc and not pair.grc.virtual}
    grc = observed.grc
    models = {view.id: view for view in grc.models} | _of(records, Entity.MODEL)
    versions = {view.id: view for view in grc.versions} | _of(records, Entity.VERSION)
    return replace(
        observed,
        registry=replace(
            observed.registry,
            models=tuple(registry.get(view.ref.key, view) for view in observed.registry.models),
            versions=tuple(registry.get(view.ref.key, view) for view in observed.registry.versions),
        ),
        grc=replace(grc, models=tuple(models.values()), versions=tuple(versions.values())),
    )


def registry_fields(view: RegistryView) -> dict[str, Value]:
    """Return what the journal keeps of a registry object: name, version, when it was made (epoch milliseconds) and from
    what, canonical fields, tags by key, aliases.
    """
    aliases = json.dumps(sorted(view.aliases), ensure_ascii=False) if view.aliases else None
    tags = {f"tag:{key}": value or None for key, value in view.tags.items()}
    identity: dict[str, Value] = {
        "identity.name": view.ref.name,
        "identity.version": view.ref.version,
        "identity.created": str(view.created_ms),
        "identity.source": view.source or None,
        "identity.run": view.run_id or None,
    }
    return {**identity, **tags, **view.fields, ALIASES: aliases}


def grc_fields(view: GrcView) -> dict[str, Value]:
    """Return what the journal keeps of a record: canonical fields and what ties it to its registry object."""
    identity: dict[str, Value] = {
        "identity.key": view.key,
        "identity.name": view.name or None,
        "identity.version": view.version,
        "identity.created": str(view.created_ms) if view.created_ms is not None else None,
        "identity.parent": view.parent_id,
        "identity.instance": view.instance,
        "url": view.url,
    }
    return {**identity, **view.fields}


def issue_fields(issue: Issue) -> Mapping[str, Value]:
    """Return what the journal keeps of an issue."""
    return {
        "number": issue.number,
        "title": issue.title,
        "severity": issue.severity,
        "state": issue.state,
        "due": issue.due,
        "assignee": issue.assignee,
        "url": issue.url,
        "model": issue.model_id,
        "version": issue.version_id,
        "key": issue.key,
    }


def _of(records: Mapping[tuple[Entity, str], GrcView], wanted: Entity) -> dict[str, GrcView]:
    return {record_id: view for (entity, record_id), view in records.items() if entity is wanted}
