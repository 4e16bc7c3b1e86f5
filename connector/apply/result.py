"""What a read-back says of a write: agreed, rewritten, cut, or not stuck."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from connector.model.fields import Side, Value
from connector.model.operations import FieldChange
from connector.model.state import Agreement, Base, QuarantineCase
from connector.plan import Pair
from connector.plan.context import Identity
from connector.plan.single import changes_digest


@dataclass(slots=True)
class Result:
    """The changes as they came out, with the base pairs and quarantine cases that follow."""

    bases: dict[str, Base] = field(default_factory=dict)
    changes: list[FieldChange] = field(default_factory=list)
    quarantines: list[QuarantineCase] = field(default_factory=list)
    not_stuck: list[str] = field(default_factory=list)


def judge(pair: Pair, side: Side, changes: Iterable[FieldChange], held: Callable[[FieldChange], Value]) -> Result:
    """Compare each change with what the side holds now (``held``), and with what it held before the write."""
    result = Result()
    for change in changes:
        got = held(change)
        result.changes.append(replace(change, new=got) if got != change.new else change)
        stuck = got == change.new or got != change.old
        if not stuck:
            result.not_stuck.append(change.field)
        if change.request or change.field.startswith("identity."):
            if got != change.new:
                result.quarantines.append(_refused(pair, change))
        else:
            result.bases[change.field] = _base(pair, side, change, got)
    return result


def _base(pair: Pair, side: Side, change: FieldChange, got: Value) -> Base:
    agreement = _agreement(change, got)
    if change.is_tag:
        return Base(got, got if agreement is Agreement.AGREED else change.new, agreement)
    if side is Side.REGISTRY:
        grc = pair.grc.fields.get(change.field) if pair.grc else None
        return Base(got, grc, agreement, change.provisional_since)
    return Base(pair.registry.fields.get(change.field), got, agreement, change.provisional_since)


def _agreement(change: FieldChange, got: Value) -> Agreement:
    if got == change.new:
        return Agreement.CUT if change.cut else Agreement.AGREED
    return Agreement.NOT_STUCK if got == change.old else Agreement.REWRITTEN


def _refused(pair: Pair, change: FieldChange) -> QuarantineCase:
    what = "the request" if change.request else "the value"
    reason = f"{what} {change.new!r} did not stick: the GRC accepted the write and kept {change.old!r}"
    remedy = "see whether a business rule or a missing role of the connector's account keeps the field"
    return QuarantineCase(pair.ref, change.field, reason, remedy, changes_digest([change]))


def registry_held(pair: Pair, change: FieldChange) -> Value:
    """What the pair's registry object holds of the change's field or tag."""
    return pair.registry.tags.get(change.field) if change.is_tag else pair.registry.fields.get(change.field)


def grc_held(pair: Pair, change: FieldChange) -> Value:
    """What the pair's record holds of the change's field, identity fields included."""
    if change.field == Identity.GOVERNED_VERSION:
        return pair.parent.version if pair.parent else None
    record = pair.grc
    if record is None:
        return None
    identity: dict[str, Value] = {
        Identity.KEY: record.key,
        Identity.INSTANCE: record.instance,
        Identity.NAME: record.name or None,
        Identity.VERSION: record.version,
        Identity.CREATED: str(record.created_ms) if record.created_ms is not None else None,
        Identity.PARENT: record.parent_id,
    }
    return identity[change.field] if change.field in identity else record.fields.get(change.field)
