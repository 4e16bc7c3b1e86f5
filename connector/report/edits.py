"""Which fields stand edited on the side that does not own them, and which differ, by what both sides last agreed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connector.controls.facts import Edit
from connector.model.fields import Field, LocationKind, Owner, Side, Value
from connector.model.state import Agreement, Base

_SETTLED = (Agreement.REWRITTEN, Agreement.CUT, Agreement.UNSPOKEN)
_COMPARABLE = (Agreement.AGREED, Agreement.REWRITTEN, Agreement.CUT)
_GUESTS = {Owner.GRC: Side.REGISTRY, Owner.MLFLOW: Side.GRC}


def differing(
    fields: Iterable[Field], registry: Mapping[str, Value], grc: Mapping[str, Value], bases: Mapping[str, Base]
) -> list[Field]:
    """The fields in which both sides differ and did not settle on it."""
    return [
        one
        for one in fields
        if one.in_grc
        and registry.get(one.name) != grc.get(one.name)
        and not _is_settled(registry.get(one.name), grc.get(one.name), bases.get(one.name))
    ]


def _is_settled(registry: Value, grc: Value, base: Base | None) -> bool:
    return base is not None and base.agreement in _SETTLED and (registry, grc) == (base.registry, base.grc)


def standing(
    fields: Iterable[Field], registry: Mapping[str, Value], grc: Mapping[str, Value], bases: Mapping[str, Base]
) -> Iterator[Edit]:
    """The edits among ``fields``, which differ: the owner did not move since both agreed, and the other side did."""
    for one in fields:
        base, guest = bases.get(one.name), _GUESTS.get(one.owner)
        if base is None or guest is None or base.agreement not in _COMPARABLE:
            continue
        in_mlflow, in_grc = registry.get(one.name), grc.get(one.name)
        moved = (in_mlflow != base.registry, in_grc != base.grc)
        if guest is Side.REGISTRY and moved == (True, False):
            yield Edit(one.name, guest, in_mlflow if in_mlflow is not None else _raw(one, registry), in_grc)
        elif guest is Side.GRC and moved == (False, True):
            yield Edit(one.name, guest, in_grc, in_mlflow)


def _raw(field: Field, registry: Mapping[str, Value]) -> Value:
    """The text of the field's tag, where it means nothing."""
    tags = (registry.get(f"tag:{place.key}") for place in field.locations if place.kind is LocationKind.TAG)
    return next(filter(None, tags), None)
