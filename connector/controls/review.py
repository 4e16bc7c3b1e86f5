"""Controls of validation, tiers and what a regime wants to be stated: C08, C13, C14, C15, C19, C24."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from connector.controls.inventory import Finding, Inventory, JoinedModel, JoinedVersion
from connector.controls.standing import (
    TOP_TIERS,
    day,
    days_before,
    filled,
    is_governed,
    is_judged,
    members,
    months_after,
    whole,
)
from connector.mapping.profile import TIER_FIELD
from connector.model.fields import Entity, LocationKind, Owner, Value

EU_AI_ACT = "eu-ai-act"
"""The profile in whose scope a high-risk system is."""
_PLACES: Mapping[Owner | None, str] = {Owner.MLFLOW: "in MLflow", Owner.GRC: "in the GRC"}


def review_overdue(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C08: high in the top tiers, else medium. A model of which no validation is known is for C13."""
    tier = model.field("risk_classification")
    due, why = _review_due(inventory, model, tier)
    if due is None or not is_judged(model) or due.isoformat() >= inventory.today:
        return
    severity = "high" if tier in TOP_TIERS else "medium"
    seen = f"its review was due on {due} ({why})"
    yield Finding("C08", severity, model.name, None, seen, "validate the model, and enter it in the GRC")


def _review_due(inventory: Inventory, model: JoinedModel, tier: Value) -> tuple[date | None, str]:
    """The day on which the next review is due, by what is stated, else by the tier; and whose word that is."""
    stated = day(model.field("next_review_due"))
    last = day(model.field("last_validated"))
    if stated is not None or last is None:
        return stated, "as the GRC says"
    months = whole(model.field("review_frequency"))
    if months is not None:
        return months_after(last, months), f"validated on {last}, to be repeated after {months} months"
    limit = inventory.rules.settings.C08.limit(tier)
    if limit is None:
        return None, ""
    return months_after(last, limit), f"validated on {last}, and tier {tier} allows {limit} months"


def required_field_empty(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C13: medium; high in the top tiers. A model that the GRC alone holds is asked for what stands there."""
    if model.placeholder or not is_judged(model):
        return
    tier = model.field("risk_classification")
    severity = "high" if tier in TOP_TIERS else "medium"
    for version, names in empty_fields(inventory, model, inventory.required.get(tier, ())):
        seen = f"{'in production, ' if version else ''}empty: {', '.join(names)}"
        yield Finding("C13", severity, model.name, version, seen, _fill(inventory, model, version, names))


def empty_fields(
    inventory: Inventory, model: JoinedModel, required: Sequence[str]
) -> Iterator[tuple[str | None, list[str]]]:
    """The required fields that are empty: the model's, then those of each version in production. A field that the
    mapping has no place for is not asked for, nor MLflow's own of a model that it does not hold.
    """
    asked = [name for name in required if name in inventory.model_fields]
    if model.registry is None:
        asked = [name for name in asked if inventory.owners.get(name) in (Owner.GRC, Owner.SHARED)]
    missing = [name for name in asked if model.field(name) is None]
    if missing:
        yield None, missing
    # A field of both levels was asked of the model already.
    own = inventory.version_fields - inventory.model_fields
    for version in model.in_production:
        held = {**(version.registry or {}), **filled(version.grc)}
        lacking = [name for name in required if name in own and held.get(name) is None]
        if lacking:
            yield version.version, lacking


def _fill(inventory: Inventory, model: JoinedModel, version: str | None, names: Sequence[str]) -> str:
    """Where each empty field is to be filled: on the side that owns it, by the tag that MLflow holds it in."""
    by_place: dict[str, list[str]] = {}
    for name in names:
        owner = inventory.owners.get(name)
        tag = _tag(inventory, version, name) if model.registry is not None and owner is not Owner.GRC else None
        if tag is not None:
            bearer = "the version" if version is not None else "the model"
            also = ", or fill it in the GRC" if owner is Owner.SHARED else ""
            by_place.setdefault(f"set the tag {{}} on {bearer}{also}", []).append(tag)
        else:
            place = _PLACES.get(owner, "on either side") if model.registry is not None else "in the GRC"
            by_place.setdefault(f"fill {{}} {place}", []).append(name)
    return "; ".join(_filled_in(place, fields) for place, fields in by_place.items())


def _filled_in(place: str, fields: Sequence[str]) -> str:
    if len(fields) > 1:
        place = place.replace("the tag {}", "the tags {}").replace("fill it", "fill them")
    return place.format(", ".join(fields))


def _tag(inventory: Inventory, version: str | None, name: str) -> str | None:
    """The tag in which MLflow holds a field of the model, or of a version; None where it is no tag."""
    level = Entity.MODEL if version is None else Entity.VERSION
    fields = (one for one in inventory.fields.get(level, ()) if one.name == name)
    return next((place.key for one in fields for place in one.locations if place.kind is LocationKind.TAG), None)


def tier_unfounded(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C14: high. A tier is judged where materiality and complexity are both known."""
    if model.grc is None or not is_judged(model):
        return
    tier = model.field("risk_classification")
    if tier is None:
        seen, remedy = "it has no tier", f"classify it: {_fill(inventory, model, None, [TIER_FIELD])}"
        yield Finding("C14", "high", model.name, None, seen, remedy)
        return
    materiality, complexity = model.field("materiality"), model.field("complexity")
    matrix: Mapping[str, Mapping[str, str | None]] = inventory.rules.settings.C14.by_level
    wanted = matrix.get(materiality or "", {}).get(complexity or "")
    if wanted is not None and wanted != tier and model.field("tier_override_reason") is None:
        seen = f"its tier is {tier}; materiality {materiality} and complexity {complexity} ask for {wanted}"
        remedy = "correct the tier, or state tier_override_reason in the GRC"
        yield Finding("C14", "high", model.name, None, seen, remedy)


def tier_provisional(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C15: medium."""
    since, days = model.provisional_since, inventory.rules.settings.C15.days
    if since is not None and since[:10] < days_before(inventory.today, days) and is_judged(model):
        seen = f"its tier is provisional since {since[:10]}, for more than {days} days"
        remedy = "confirm it in the GRC: change the tier, or fill tier_confirmed_on"
        yield Finding("C15", "medium", model.name, None, seen, remedy)


def version_not_assessed(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C19: medium, for versions in use, approved or pending."""
    validated = day(model.field("last_validated"))
    if validated is None or "independent_validation" not in inventory.version_fields or not is_judged(model):
        return
    for version in model.versions:
        made = day(version.created)
        if made is not None and made > validated and is_governed(version) and not _is_assessed(version):
            seen = f"made on {made}, and the model was last validated on {validated}"
            remedy = "have the version assessed: independent_validation in the GRC"
            yield Finding("C19", "medium", model.name, version.version, seen, remedy)


def _is_assessed(version: JoinedVersion) -> bool:
    return version.field("independent_validation") in ("passed", "failed")


def not_registered(inventory: Inventory, model: JoinedModel) -> Iterator[Finding]:
    """C24: medium; high from the day on which the duty applies."""
    scope = {_id(each) for each in members(model.field("regulatory_scope")) if isinstance(each, str)}
    if EU_AI_ACT not in scope or not is_judged(model):
        return
    high = inventory.today >= inventory.rules.settings.C24.high_from.isoformat()
    fields = inventory.registration.get(model.field("risk_classification"), ())
    for version, names in empty_fields(inventory, model, fields):
        seen = f"in the scope of the EU AI Act, and of what is registered is empty: {', '.join(names)}"
        yield Finding(
            "C24", "high" if high else "medium", model.name, version, seen, _fill(inventory, model, version, names)
        )


def _id(text: str) -> str:
    """A profile's id as people write it."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
