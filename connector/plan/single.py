"""The plan of one object: at most one write per side, and whatever needs none.

Used for the whole plan and, with fresh views, again right before each write.
"""

from __future__ import annotations

from dataclasses import replace

from connector.mapping.text import alike
from connector.model.fields import Entity, Side, Value
from connector.model.operations import FieldChange, FuseClass, Operation, OperationKind, Remark
from connector.model.state import Agreement
from connector.plan.approval import believed, request_changes, requested_status
from connector.plan.computed import computed_changes
from connector.plan.context import ASSIGNED, Context, Findings, Identity, Memory, Pair
from connector.plan.fields import merge_fields
from connector.plan.gate_facts import decided
from connector.plan.gated import gate_changes
from connector.plan.refused import not_refused


def plan_object(context: Context, memory: Memory, pair: Pair, *, asked: bool = True) -> Findings:
    """Plan one object whose identity is settled. Writes to the GRC come before writes to the registry.

    ``asked`` false: as if nobody asked for an approval. So plans a request that may not be carried to the GRC: MLflow
    must not show what the GRC was never told.
    """
    pair = believed(memory, _with_lost(pair))
    found = _plan(context, memory, pair, asked=asked)
    carried = any(change.request for operation in found.operations for change in operation.changes)
    if carried or not asked or context.tags.approval_request not in pair.registry.tags:
        return found
    unasked = _plan(context, memory, pair, asked=False)
    unasked.quarantines = list(dict.fromkeys([*found.quarantines, *unasked.quarantines]))
    unasked.remarks = list(dict.fromkeys([*found.remarks, *unasked.remarks]))
    return unasked


def _with_lost(pair: Pair) -> Pair:
    """The pair without what its record seems to have emptied by no longer having the field at all: a field that was
    renamed in the GRC, or whose name the mapping has wrong by now, is no edit, and no place to write to.
    """
    if pair.grc is None or not pair.grc.absent:
        return pair
    lost = {
        name: f"the record has no field {native} any more"
        for name, native in pair.grc.absent.items()
        if name in pair.bases and (pair.bases[name].grc is not None or pair.bases[name].agreement is Agreement.ANEW)
    }
    return replace(pair, grc=replace(pair.grc, unreadable={**lost, **pair.grc.unreadable})) if lost else pair


def _plan(context: Context, memory: Memory, pair: Pair, *, asked: bool) -> Findings:
    found = Findings()
    requested = requested_status(context, pair, found) if asked else None
    changes = merge_fields(context, memory, pair, requested, found)
    decision = decided(context, pair)
    gate_changes(context, pair, decision, changes, found)
    tags = computed_changes(context, memory, pair, requested, decision, changes, found)
    to_grc = [*_identity_changes(context, pair), *request_changes(pair, requested), *changes.grc]
    to_registry = [*changes.registry, *tags]
    to_grc = allowed(context, memory, pair, Side.GRC, to_grc, found)
    to_registry = allowed(context, memory, pair, Side.REGISTRY, to_registry, found)
    if to_grc:
        found.operations.append(_grc_operation(context, pair, to_grc))
    if to_registry and (pair.grc is not None or to_grc):
        found.operations.append(_registry_operation(context, pair, to_registry))
    if pair.inherited:
        text = "its connector tags were made for another version or record, and are not true for it"
        found.remarks.append(Remark(pair.ref, "inherited tags", text, attention=bool(to_registry)))
    return found


def _identity_changes(context: Context, pair: Pair) -> list[FieldChange]:
    """Tie the record to its registry object: whole on creation, later what a rename or a hand at the GRC changed."""
    if pair.retained or (pair.grc is not None and pair.grc.virtual):
        return []
    record, creating = pair.grc, pair.grc is None
    created = str(pair.registry.created_ms)
    parent: Value = (pair.parent.id if pair.parent else ASSIGNED) if pair.ref.entity is Entity.VERSION else None
    wanted: list[tuple[str, Value, Value]] = [
        (Identity.KEY, record.key if record else None, pair.ref.key),
        (Identity.INSTANCE, record.instance if record else None, context.instance),
        (Identity.NAME, (record.name or None) if record else None, pair.ref.name),
        (Identity.VERSION, record.version if record else None, pair.ref.version),
        (Identity.CREATED, str(record.created_ms) if record and record.created_ms is not None else None, created),
        (Identity.PARENT, record.parent_id if record else None, parent),
    ]
    rule = "creates the record" if creating else "renamed in MLflow" if pair.moved_from else "identity kept"
    if record is not None and record.key is None and pair.first_contact:
        rule = "adopts the record"
    placed = context.identity.get(pair.ref.entity, frozenset())
    return [
        FieldChange(name, old, new, rule, drift=not creating and old is not None and not pair.moved_from)
        for name, old, new in wanted
        if name in placed and new is not None and old != new and not (name == Identity.NAME and _is_alike(old, new))
    ]


def _is_alike(old: Value, new: Value) -> bool:
    """Whether the platform trimmed the name, or keeps it in another Unicode form."""
    return isinstance(old, str) and isinstance(new, str) and alike(old, new)


def allowed(
    context: Context, memory: Memory, pair: Pair, side: Side, changes: list[FieldChange], found: Findings
) -> list[FieldChange]:
    """Drop what may not be written: refused before and unchanged since, or on a side that is only read."""
    kept = not_refused(context, memory, pair.ref, side, changes, found)
    if side in context.policy.read_only:
        found.remarks += [
            Remark(pair.ref, "read-only side", f"{c.field}: {c.old!r} should be {c.new!r} in {side} ({c.rule})")
            for c in kept
        ]
        return []
    return kept


def _grc_operation(context: Context, pair: Pair, changes: list[FieldChange]) -> Operation:
    if pair.grc is None:
        return Operation(OperationKind.CREATE_RECORD, Side.GRC, pair.ref, tuple(changes), why="not in the inventory")
    fuse = None if pair.first_contact or _untold(context, pair) else FuseClass.UPDATE
    return Operation(OperationKind.UPDATE_RECORD, Side.GRC, pair.ref, tuple(changes), pair.grc.id, fuse)


def _registry_operation(context: Context, pair: Pair, changes: list[FieldChange]) -> Operation:
    record = pair.grc.id if pair.grc else None
    # What is signed anew with the time is no change of anything.
    signed = all(context.tags.is_attestation(change.field) for change in changes)
    fuse = None if signed or pair.first_contact or _untold(context, pair) else FuseClass.UPDATE
    return Operation(OperationKind.UPDATE_REGISTRY, Side.REGISTRY, pair.ref, tuple(changes), record, fuse)


def _untold(context: Context, pair: Pair) -> bool:
    """Whether the connector never wrote to the registry object: first contact was made, and was interrupted."""
    tags = context.tags
    key = tags.record_id if pair.ref.entity is Entity.MODEL else tags.version_ref
    return key not in pair.bases and key not in pair.registry.tags
