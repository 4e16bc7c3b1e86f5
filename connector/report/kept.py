"""What the inventory keeps although MLflow has it no longer: decommissioned models, and versions of the GRC alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector.controls import Inventory, JoinedIssue, JoinedModel, JoinedVersion
from connector.mapping.sources import RegistrySettings
from connector.model.fields import Entity
from connector.report.joined import approval_chain, joined_issue
from connector.report.material import Material, Seen
from connector.report.neighbours import is_neighbours


def with_kept(inventory: Inventory, material: Material, settings: RegistrySettings, instance: str) -> Inventory:
    """The inventory with the records of deleted models among those that MLflow does not hold, and with every record of
    a version under its model.
    """
    alone: dict[str, list[tuple[str, Seen]]] = {}
    for record_id, seen in material.grc.get(Entity.VERSION, {}).items():
        alone.setdefault(seen.fields.get("identity.parent") or "", []).append((record_id, seen))
    registered = [model for model in inventory.models if model.registry is not None]
    others = [model for model in inventory.models if model.registry is None]
    others += _deleted(inventory, material, settings, instance)
    models = [*registered, *sorted(others, key=lambda model: model.record_id or "")]
    return replace(inventory, models=tuple(_with_versions(model, alone) for model in models))


def _deleted(
    inventory: Inventory, material: Material, settings: RegistrySettings, instance: str
) -> Iterator[JoinedModel]:
    """The records of models that the registry held once."""
    records, registered = material.grc.get(Entity.MODEL, {}), material.registry.get(Entity.MODEL, {})
    links = [link for link in material.links.values() if link.ref.entity is Entity.MODEL]
    shown = {model.record_id for model in inventory.models}
    shown |= {link.record_id for link in links if link.ref.key in registered}
    gone = {link.record_id: link.state for link in links if link.ref.key not in registered}
    issues = _issues(material)
    for record_id in sorted(gone.keys() & records.keys() - shown):
        record = records[record_id]
        if not is_neighbours(record, Entity.MODEL, settings, instance, registered):
            own = tuple(issues.get(record_id, ()))
            yield JoinedModel(record.name, None, record.fields, record_id, gone[record_id], issues=own)


def _issues(material: Material) -> dict[str, list[JoinedIssue]]:
    versions = material.grc.get(Entity.VERSION, {})
    found: dict[str, list[JoinedIssue]] = {}
    for seen in material.grc.get(Entity.ISSUE, {}).values():
        about = versions.get(seen.fields.get("version") or "")
        issue = joined_issue(seen, about.fields.get("identity.version") if about else None)
        found.setdefault(seen.fields.get("model") or "", []).append(issue)
    return found


def _with_versions(model: JoinedModel, alone: dict[str, list[tuple[str, Seen]]]) -> JoinedModel:
    """The model with the records of its versions that MLflow has no longer, or never had."""
    shown = {version.record_id for version in model.versions}
    more = [each for each in alone.get(model.record_id or "", ()) if each[0] not in shown]
    if not more:
        return model
    versions = [*model.versions, *(_version(record_id, seen) for record_id, seen in more)]
    return replace(model, versions=tuple(sorted(versions, key=_number)))


def _version(record_id: str, seen: Seen) -> JoinedVersion:
    number = seen.fields.get("identity.version") or seen.name
    return JoinedVersion(number, None, seen.fields, record_id, approval_chain=approval_chain(seen.fields))


def _number(version: JoinedVersion) -> tuple[int, str]:
    return int(version.version) if version.version.isdecimal() else 0, version.version
