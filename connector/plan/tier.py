"""The state of a risk class: provisional since a date, or confirmed.

A class raised in MLflow flows at once, but stays provisional until the GRC changes it or fills its confirmation
field. The tag repeats the base, so that it can be rebuilt when state is lost.
"""

from __future__ import annotations

from connector.model.fields import Entity, Value
from connector.model.state import Base
from connector.plan.context import RISK_CLASS, Context, Findings, Pair

_PROVISIONAL = "provisional since "
CONFIRMED = "confirmed"


def tier_state(tier: Value, since: str | None) -> Value:
    """Return the tag's value for a risk class; ``since`` is an ISO date while it is provisional."""
    if tier is None:
        return None
    return _PROVISIONAL + since if since else CONFIRMED


def since_of_tag(tag: str | None) -> str | None:
    """Read the since-date back; None for a confirmed or absent state."""
    return tag[len(_PROVISIONAL) :] if tag and tag.startswith(_PROVISIONAL) else None


SEEN_AT_RAISE = "risk_classification.confirmation"
"""Pseudo-field: what the GRC's confirmation field held when the class was raised."""


def confirmed_in_grc(pair: Pair, confirmation_field: str) -> bool:
    """Whether the GRC filled or moved its confirmation field since the class was raised, or since the last agreement
    where that is not known.

    The field's value is compared with its own earlier one, never with our clock.
    """
    base = pair.bases.get(SEEN_AT_RAISE) or pair.bases.get(confirmation_field)
    now = pair.grc.fields.get(confirmation_field) if pair.grc else None
    return now is not None and now != (base.grc if base else None)


def seen_at_raise(pair: Pair, confirmation_field: str) -> Base | None:
    """The base pair to remember with a raise; None where it says nothing new."""
    now = pair.grc.fields.get(confirmation_field) if pair.grc else None
    known = pair.bases.get(SEEN_AT_RAISE)
    return Base(None, now) if now != (known.grc if known else None) else None


def tier_planned(context: Context, pair: Pair, found: Findings) -> Value:
    """The model's risk class once its plan (``found``) is carried out. Where both sides hold another one and neither
    is to change, the more severe.
    """
    for operation in found.operations:
        for change in operation.changes:
            if change.field == RISK_CLASS:
                return change.new
    field = context.field(Entity.MODEL, RISK_CLASS)
    held = [pair.registry.fields.get(RISK_CLASS), pair.grc.fields.get(RISK_CLASS) if pair.grc else None]
    return max(held, key=field.rank) if field is not None else None
