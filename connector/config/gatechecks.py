"""What the gates must be to the inventory, the owners and the registry of their connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from connector.config.policy import PolicySettings
from connector.config.settings import Settings
from connector.gates import STAGE_FIELDS
from connector.mapping.complaints import KeyPath, nearest
from connector.mapping.connection import ConnectionMapping
from connector.model.fields import Entity, Owner
from connector.model.gates import GatePolicy, Stage
from connector.model.policy import VersionsMode

_DECIDED = STAGE_FIELDS[Stage.AUTOMATED]
_TIER = "risk_classification"
_Problem: TypeAlias = tuple[KeyPath, str, str]


def computed_fields(gates: GatePolicy | None) -> tuple[str, ...]:
    """The fields that the connector decides itself under these gates."""
    return (_DECIDED,) if gates is not None and gates.automated else ()


def gate_problems(connection: str, settings: Settings, mapping: ConnectionMapping) -> Iterator[_Problem]:
    """Yield what is wrong with a connection's gates: the key, the problem, the remedy."""
    own = settings.connections[connection].policy
    gates = own.over(settings.policy).gates
    if gates is None:
        return
    path: KeyPath = ("connections", connection, "policy", "gates") if own.gates is not None else ("policy", "gates")
    tier = mapping.inventory.fields.get(_TIER)
    for part, named in (("stages", gates.stages), ("automated", gates.automated)):
        for name in named:
            if tier is not None and name not in tier.values:
                yield (*path, part, name), f"'{name}' is no tier of the inventory", nearest(name, tier.values)
    for name, automated in gates.automated.items():
        for index, wanted in enumerate(automated.metadata):
            if wanted not in mapping.inventory.fields:
                at = (*path, "automated", name, "metadata", index)
                yield at, "the inventory has no such field", nearest(wanted, mapping.inventory.fields)
    yield from _contradictions(connection, settings, mapping, path)


def _contradictions(
    connection: str, settings: Settings, mapping: ConnectionMapping, path: KeyPath
) -> Iterator[_Problem]:
    chosen = settings.connections[connection]
    gates = chosen.policy.over(settings.policy).gates
    automated = gates.automated if gates is not None else {}
    if automated and _DECIDED in chosen.owners:
        what = f"{_DECIDED} is what the automated gates decide, and has no other owner"
        yield ("connections", connection, "owners", _DECIDED), what, "Remove it, or the automated gates."
    policy = chosen.policy.over(settings.policy)
    if gates is not None and gates.promote is not None:
        yield from (((*path, "promote"), what, remedy) for what, remedy in _promotion(policy, mapping))
    if any(one.gates().bounds for one in automated.values()) and not settings.registries[chosen.registry].run_fields:
        what = f"the gates ask for metrics, and registry '{chosen.registry}' reads no runs"
        yield (*path, "automated"), what, "Set run_fields: true there, or ask for no metrics."


def _promotion(policy: PolicySettings, mapping: ConnectionMapping) -> Iterator[tuple[str, str]]:
    """Why nothing could ever be promoted, or not reliably."""
    if mapping.versions is VersionsMode.NONE or mapping.mapped(Entity.VERSION, "approval_status") is None:
        yield (
            "the mapping holds no approval of versions, so nothing is ever signed off",
            "Remove it, or map the approval.",
        )
    if policy.versions == "aliased":
        what = "a version has no alias before it is promoted, and versions without one are left out"
        yield what, "Set policy.versions: all for this connection."


def stages_without_field(gates: GatePolicy, mapping: ConnectionMapping) -> Iterator[tuple[str, Stage, str]]:
    """Yield each tier that needs a stage which nobody can pass: the GRC owns its field, and the mapping gives it no
    place there. With the stage and the field.
    """
    for tier, needed in gates.needs.items():
        for stage in needed:
            name = STAGE_FIELDS[stage]
            owned = name in mapping.inventory.fields and mapping.owner(name) is Owner.GRC
            if owned and mapping.mapped(Entity.VERSION, name) is None:
                yield tier, stage, name
