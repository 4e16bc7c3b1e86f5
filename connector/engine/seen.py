"""The material that controls and reports look at, from what a cycle has just seen and planned."""

from __future__ import annotations

from connector.engine.connection import Connection
from connector.engine.journal import grc_fields, issue_fields, registry_fields
from connector.engine.observe import Observed
from connector.model.fields import Entity, Side
from connector.model.views import GrcObservation, RegistryObservation
from connector.plan import Planned
from connector.plan.renaming import carry
from connector.registry.base import version_key
from connector.report.material import Material, Seen


def material_of(connection: Connection, observed: Observed, planned: Planned, taken_at: str) -> Material:
    """The material as it is once the plan's links and agreements are recorded, of what was seen at ``taken_at``."""
    store, name, plan = connection.store, connection.name, planned.plan
    registry, grc = observed.registry, observed.grc
    links = dict(store.links(name))
    bases = {key: dict(pairs) for key, pairs in store.bases(name).items()}
    for change in plan.links:
        links.pop(change.previous_key or "", None)
        links[change.link.ref.key] = change.link
        carry(change.moves, bases, {}, {})
    for settle in plan.settles:
        bases.setdefault(settle.ref.key, {})[settle.field] = settle.base
    return Material(
        connection=name,
        taken_at=taken_at,
        gaps=plan.gaps,
        registry={
            entity: {view.ref.key: Seen(str(view.ref), registry_fields(view)) for view in views}
            for entity, views in ((Entity.MODEL, registry.models), (Entity.VERSION, registry.versions))
        },
        grc={
            Entity.MODEL: {view.id: Seen(view.name or view.id, grc_fields(view)) for view in grc.models},
            Entity.VERSION: {
                view.id: Seen(view.name or view.id, grc_fields(view)) for view in grc.versions if not view.virtual
            },
            Entity.ISSUE: {issue.id: Seen(issue.number, issue_fields(issue)) for issue in grc.issues},
        },
        links=links,
        bases=bases,
        conflicts=plan.conflicts,
        quarantines=plan.quarantines,
        withheld=len(plan.withheld),
        runs={
            version_key(version): version.run
            for model in observed.snapshot.models
            for version in model.versions
            if version.run is not None
        },
        incomplete=_incomplete(registry, grc),
    )


def _incomplete(registry: RegistryObservation, grc: GrcObservation) -> frozenset[tuple[Side, Entity]]:
    """The listings that did not reach their end."""
    models = (Entity.MODEL, Entity.VERSION) if registry.gaps else ()
    records = (entity for entity in (Entity.MODEL, Entity.VERSION, Entity.ISSUE) if not grc.complete(entity))
    return frozenset([*((Side.REGISTRY, one) for one in models), *((Side.GRC, one) for one in records)])
