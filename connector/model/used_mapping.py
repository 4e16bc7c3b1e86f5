"""How a connection was mapped when it last began a cycle: what the memory of its agreements rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.model.fields import Entity, Owner
from connector.model.policy import VersionsMode


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Where a field stood and who owned it. ``registry`` are its places in MLflow (``tag:purpose``), the first is
    written; ``grc`` is the kind of record and the name of its field (``model.purpose``).
    """

    owner: Owner
    registry: tuple[str, ...]
    grc: str

    def __str__(self) -> str:
        return f"owner {self.owner}, {' or '.join(self.registry)} in MLflow, {self.grc} in the GRC"


@dataclass(frozen=True, slots=True)
class UsedMapping:
    """``fields`` are those that stood on both sides. ``former_prefixes`` started the connector's tags before."""

    tag_prefix: str
    versions: VersionsMode
    fields: Mapping[Entity, Mapping[str, FieldMapping]] = field(default_factory=dict)
    former_prefixes: tuple[str, ...] = ()
