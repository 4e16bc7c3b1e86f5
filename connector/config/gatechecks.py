"""What the gates must be to the inventory, the owners and the registry of their connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from connector.config.settings import Settings
from connector.mapping.complaints import KeyPath, nearest
from connector.mapping.connection import ConnectionMapping
from connector.model.gates import GatePolicy

_DECIDED = "validation_status"
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
    yield from _contradictions(connection, settings, path)


def _contradictions(connection: str, settings: Settings, path: KeyPath) -> Iterator[_Problem]:
    chosen = settings.connections[connection]
    gates = chosen.policy.over(settings.policy).gates
    automated = gates.automated if gates is not None else {}
    if automated and _DECIDED in chosen.owners:
        what = f"{_DECIDED} is what the automated gates decide, and has no other owner"
        yield ("connections", connection, "owners", _DECIDED), what, "Remove it, or the automated gates."
    if any(one.gates().bounds for one in automated.values()) and not settings.registries[chosen.registry].run_fields:
        what = f"the gates ask for metrics, and registry '{chosen.registry}' reads no runs"
        yield (*path, "automated"), what, "Set run_fields: true there, or ask for no metrics."
