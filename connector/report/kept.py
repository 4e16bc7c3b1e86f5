"""What the inventory keeps although MLflow has it no longer, or never had it: records of versions of the GRC alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.controls import Inventory, JoinedModel, JoinedVersion
from connector.model.fields import Entity
from connector.report.material import Material, Seen
from connector.report.steps import approval_chain


def with_kept(inventory: Inventory, material: Material) -> Inventory:
    """The inventory with every record of a version under its model."""
    alone: dict[str, list[tuple[str, Seen]]] = {}
    for record_id, seen in material.grc.get(Entity.VERSION, {}).items():
        alone.setdefault(seen.fields.get("identity.parent") or "", []).append((record_id, seen))
    return replace(inventory, models=tuple(_with_versions(model, alone) for model in inventory.models))


def _with_versions(model: JoinedModel, alone: Mapping[str, Sequence[tuple[str, Seen]]]) -> JoinedModel:
    shown = {version.record_id for version in model.versions}
    more = [each for each in alone.get(model.record_id or "", ()) if each[0] not in shown]
    if not more:
        return model
    versions = [*model.versions, *(_version(record_id, seen) for record_id, seen in more)]
    return replace(model, versions=tuple(sorted(versions, key=_number)))


def _version(record_id: str, seen: Seen) -> JoinedVersion:
    number = seen.fields.get("identity.version") or seen.name
    chain = approval_chain(seen.fields.get("approval_chain"))
    return JoinedVersion(number, None, seen.fields, record_id, approval_chain=chain)


def _number(version: JoinedVersion) -> tuple[int, str]:
    return int(version.version) if version.version.isdecimal() else 0, version.version
