"""Where a version stands in the tiered workflow, and what an object holds by the word of whoever owns the field."""

from __future__ import annotations

from connector.controls.inventory import Inventory, JoinedModel, JoinedVersion
from connector.controls.standing import members
from connector.gates import STAGE_FIELDS, Stages, stages
from connector.mapping.profile import TIER_FIELD
from connector.model.fields import Entity, Field, Owner, Value


def by_owner(inventory: Inventory, held: JoinedModel | JoinedVersion, name: str) -> Value:
    """A field's value; of one that the GRC owns, what stands there alone: a tag in MLflow decides nothing."""
    if inventory.owners.get(name) is Owner.GRC:
        return (held.grc or {}).get(name)
    return held.field(name)


def workflow(inventory: Inventory, model: JoinedModel, version: JoinedVersion) -> Stages:
    """The stages that a version needs by its model's tier, those it passed or failed, and the next one. As for the tag
    ``grc_next_gate``, each stage is told by the owner of its field, and one without a field was passed by nobody.
    """
    mapped = {one.name: one for one in inventory.fields.get(Entity.VERSION, ())}
    held = {name: _held(mapped.get(name), version) for name in STAGE_FIELDS.values()}
    return stages(model.field(TIER_FIELD), held, inventory.needs)


def gate_reasons(inventory: Inventory, version: JoinedVersion) -> tuple[str, ...]:
    """What keeps a version from passing its automated gates, as the connector told it in MLflow."""
    return tuple(map(str, members(version.tag(inventory.tags.gate_reasons))))


def _held(field: Field | None, version: JoinedVersion) -> Value:
    if field is None:
        return None
    registry, grc = ((side or {}).get(field.name) for side in (version.registry, version.grc))
    if field.owner is Owner.GRC:
        return grc
    if field.owner is Owner.SHARED and field.in_grc:
        return registry if registry == grc else None
    return registry
