"""What the automated gates are told of a version, and whether they decide anything there at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connector.gates import STAGE_FIELDS, Decision, Facts, decide
from connector.gates.automated import FAILED, PASSED
from connector.model.fields import Entity, Field, LocationKind, Owner, Value
from connector.model.gates import Stage
from connector.model.state import Agreement
from connector.model.views import RegistryView
from connector.plan.context import Context, Pair

VALIDATION_STATUS = STAGE_FIELDS[Stage.AUTOMATED]
_SECURITY_SCAN = "security_scan"


def is_gated(context: Context, field: Field) -> bool:
    """Whether the automated gates decide the field."""
    gates = context.policy.gates
    return gates is not None and field.name == VALIDATION_STATUS and field.owner is Owner.COMPUTED


def gated_field(context: Context, pair: Pair) -> Field | None:
    """The field that the automated gates decide of this object; None where they decide nothing."""
    if pair.ref.entity is not Entity.VERSION or context.policy.gates is None:
        return None
    field = context.field(Entity.VERSION, VALIDATION_STATUS)
    return field if field is not None and is_gated(context, field) else None


def decided(context: Context, pair: Pair) -> Decision | None:
    """What the gates decide of a version; None where they decide nothing. While its run cannot be read, what was
    decided last stands.
    """
    gates = context.policy.gates
    if gates is None or gated_field(context, pair) is None:
        return None
    asked = gates.gates_of(pair.tier)
    decision = decide(asked, _facts(context, pair, asked.metadata))
    last = pair.bases.get(VALIDATION_STATUS)
    stands = last is not None and last.agreement is not Agreement.ANEW and last.registry in (PASSED, FAILED)
    if last is None or not decision.blind or not stands:
        return decision
    rule = f"automated gates: {last.registry} stands, for its run cannot be read now"
    return replace(decision, status=last.registry or "", rule=rule)


def _facts(context: Context, pair: Pair, metadata: Iterable[str]) -> Facts:
    view = pair.registry
    return Facts(
        tier=pair.tier,
        run_id=view.run_id,
        run=view.run,
        metadata={name: _value(context, pair, name) for name in metadata},
        places={name: _place(context, name) for name in metadata},
        security_scan=_of_view(view, _SECURITY_SCAN),
    )


def _value(context: Context, pair: Pair, name: str) -> Value:
    """A field's value on the version or its model, in MLflow or, where the GRC owns it, there alone."""
    fields = [context.field(level, name) for level in (Entity.VERSION, Entity.MODEL)]
    owners = {each.owner for each in fields if each is not None and each.in_grc}
    if owners == {Owner.GRC}:
        records = (pair.grc, pair.parent)
        return next((found for each in records if each is not None and (found := each.fields.get(name))), None)
    views = (pair.registry, pair.model)
    return next((found for each in views if each is not None and (found := _of_view(each, name))), None)


def _of_view(view: RegistryView, name: str) -> Value:
    """What MLflow holds of a field; of one that the mapping does not name, the tag of its name."""
    if name in view.fields:
        return view.fields[name]
    return (view.tags.get(name) or "").strip() or None if name not in view.unreadable else None


def _place(context: Context, name: str) -> str:
    """Where a person gives a value of the field."""
    field = context.field(Entity.VERSION, name) or context.field(Entity.MODEL, name)
    if field is None or not field.locations:
        return f"the tag {name}"
    if field.owner is Owner.GRC and field.in_grc:
        return "it in the GRC"
    place = field.locations[0]
    return f"the tag {place.key}" if place.kind is LocationKind.TAG else f"its {place}"
