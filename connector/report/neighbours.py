"""Records of the same GRC for which another connection answers: another registry's, scope's or instance's."""

from __future__ import annotations

from collections.abc import Container

from connector.mapping.keys import Keys
from connector.mapping.sources import RegistrySettings
from connector.model.fields import Entity
from connector.report.material import Seen


def is_neighbours(
    record: Seen, entity: Entity, settings: RegistrySettings, instance: str, registered: Container[str]
) -> bool:
    """Whether a record that no object of this connection stands for is another's. ``registered`` are the keys of what
    the registry holds, in scope or not. A hashed key tells with the name and the creation time beside it; without them
    the instance has to do.
    """
    key, owner = record.fields.get("identity.key"), record.fields.get("identity.instance")
    if owner not in (None, instance):
        return True
    if key is None:
        return False
    name = record.fields.get("identity.name")
    if key in registered or (name is not None and not settings.scope.may_have(name)):
        return True
    ours = settings.keys.is_ours(key)
    if ours is None:
        ours = _hash_fits(record, entity, settings.keys, key)
    return not ours if ours is not None else owner is None


def _hash_fits(record: Seen, entity: Entity, keys: Keys, key: str) -> bool | None:
    """Whether the hash is that of this registry's object; None where the record says too little."""
    name, created = record.fields.get("identity.name"), record.fields.get("identity.created") or ""
    version = record.fields.get("identity.version")
    if name is None or not created.isdecimal():
        return None
    if entity is Entity.MODEL:
        return keys.model(name, int(created)) == key
    return keys.version(name, int(created), version) == key if version is not None else None
