"""A hint: something may have changed, says an event. It makes a look come sooner and carries no truth of its own."""

from __future__ import annotations

from dataclasses import dataclass

from connector.model.fields import Entity, Side


@dataclass(frozen=True, slots=True, order=True)
class Hint:
    """Where to look. Of MLflow ``id`` is the name of a registered model (whole, its versions included), of the GRC the
    id of a record of this entity.
    """

    side: Side
    entity: Entity
    id: str

    def __str__(self) -> str:
        return f"{self.entity} {self.id} of {self.side}"

    @classmethod
    def of_model(cls, name: str) -> Hint:
        """A registered model, by name."""
        return cls(Side.REGISTRY, Entity.MODEL, name)

    @classmethod
    def of_record(cls, entity: Entity, record_id: str) -> Hint:
        """A record of the GRC."""
        return cls(Side.GRC, entity, record_id)


@dataclass(frozen=True, slots=True)
class PendingHint:
    """A hint that waits, with all that came for the same object: ``first`` and ``last`` are when (ISO 8601 UTC),
    ``times`` how often.
    """

    hint: Hint
    first: str
    last: str
    times: int = 1
