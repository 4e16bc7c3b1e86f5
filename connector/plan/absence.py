"""What follows from an object that is no longer there, on either side. Nothing is ever deleted."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace

from connector.model.fields import Side, Value
from connector.model.operations import FieldChange, FuseClass, LinkChange, Operation, OperationKind, Remark
from connector.model.state import Base, ConflictCase, Link, LinkState, QuarantineCase
from connector.model.views import GrcView, ObjectRef
from connector.model.workspaces import full_name
from connector.plan.context import EXISTENCE, Absences, Context, Findings, Memory, is_placeholder
from connector.plan.pairing import CLAIM_REMEDY, Records
from connector.plan.refused import not_refused

DELETED, KEPT = "deleted in MLflow", "kept in the GRC by"
"""Why a link ended that had its record retired, as the trail says it; behind the second whoever decided."""


def plan_deleted(
    context: Context, memory: Memory, absences: Absences, link: Link, records: Records, found: Findings
) -> None:
    """Plan for a linked registry object that the scan lacked: retire its record, or forget both."""
    key = link.ref.key
    if key in absences.registry_left_out:
        text = f"left the scope ({absences.registry_left_out[key]}): nothing is written, nothing is retired"
        found.remarks.append(Remark(link.ref, "out of scope", text))
        return
    if key in absences.registry_unknown:
        text = f"missing from the scan and could not be read ({absences.registry_unknown[key]}); nothing is concluded"
        found.remarks.append(Remark(link.ref, "model unknown", text, attention=True))
        return
    if key not in absences.registry_gone:
        return
    record = records.by_id.get(link.record_id)
    if record is None:
        if (link.ref.entity, link.record_id) in absences.records_gone:
            found.links.append(LinkChange(_ended(link, LinkState.TOMBSTONE), "gone on both sides"))
        return
    if record.claim_problem:
        text = f"deleted in MLflow, but nobody can tell whose record {record.id} is ({record.claim_problem})"
        found.remarks.append(Remark(link.ref, "record unknown", f"{text}; nothing is concluded", attention=True))
        return
    if record.is_foreign(context.instance):
        found.links.append(LinkChange(_ended(link, LinkState.TOMBSTONE), "another connector instance took the record"))
        return
    if is_placeholder(context, memory.bases.get(key, {})):
        found.links.append(LinkChange(_ended(link, LinkState.TOMBSTONE), "its placeholder was deleted in MLflow"))
        return
    _retire(context, memory, link, record, found)


def _retire(context: Context, memory: Memory, link: Link, record: GrcView, found: Findings) -> None:
    values = context.retire.get(link.ref.entity, {})
    changes = tuple(
        FieldChange(name, record.fields.get(name), value, DELETED, other=None)
        for name, value in values.items()
        if record.fields.get(name) != value
    )
    if not changes:
        found.links.append(LinkChange(_ended(link, LinkState.RETIRED), DELETED))
        return
    changes = tuple(not_refused(context, memory, link.ref, Side.GRC, changes, found))
    if not changes:
        return
    edited = _edited_since(memory, link, record, values)
    why, resolution = DELETED, memory.resolutions.get((link.ref.key, EXISTENCE))
    if edited and resolution is not None and resolution.grc == edited:
        if resolution.take is Side.GRC:
            found.links.append(LinkChange(_ended(link, LinkState.RETIRED), f"{KEPT} {resolution.by}"))
            return
        edited, why = None, f"{DELETED}; resolved: to be retired, by {resolution.by}"
        changes = tuple(replace(change, rule=why) for change in changes)
    if edited:
        reason = "deleted in MLflow, edited in the GRC: retire the record, or keep it?"
        found.conflicts.append(ConflictCase(link.ref, EXISTENCE, None, edited, None, None, reason))
    elif not context.policy.retire or Side.GRC in context.policy.read_only:
        text = f"deleted in MLflow; record {record.id} is left as it is by policy"
        found.remarks.append(Remark(link.ref, "deleted", text))
    else:
        kind = OperationKind.RETIRE_RECORD
        found.operations.append(Operation(kind, Side.GRC, link.ref, changes, record.id, FuseClass.RETIRE, why))


def _edited_since(memory: Memory, link: Link, record: GrcView, retire: Mapping[str, Value]) -> Value:
    """The fields that the GRC changed since the last agreement, as JSON; None when it changed none. A field without
    a base was empty on both sides.
    """
    bases = memory.bases.get(link.ref.key, {})
    edited = {
        name: value
        for name, value in record.fields.items()
        if name not in retire and bases.get(name, Base(None, None)).left_by(value)
    }
    return json.dumps(edited, ensure_ascii=False, sort_keys=True) if edited else None


def plan_unclaimed(
    context: Context,
    memory: Memory,
    records: Records,
    claimed: Collection[str],
    names: Collection[str],
    found: Findings,
) -> None:
    """Plan for model records that no registered model stands for, or whose placeholder was deleted. ``names`` are the
    names taken in the registry.
    """
    taken = set(names)
    links = {**memory.links, **{change.link.ref.key: change.link for change in found.links}}
    remembered = {link.record_id for link in links.values() if link.state is not LinkState.TOMBSTONE}
    for record in sorted(records.all, key=lambda each: each.id):
        if record.id in claimed or record.id in remembered or record.is_foreign(context.instance):
            continue
        if record.claim_problem:
            ref = ObjectRef(record.entity, f"grc:{record.id}", record.name or record.id)
            found.quarantines.append(QuarantineCase(ref, "", record.claim_problem, CLAIM_REMEDY))
        elif record.key is None or is_placeholder(context, memory.bases.get(record.key, {})):
            _grc_only(context, memory, record, taken, found)
        elif _is_ours(context, record) and (record.name is None or context.scope.may_have(record.name)):
            _orphan(context, record, found)


def _grc_only(context: Context, memory: Memory, record: GrcView, taken: set[str], found: Findings) -> None:
    name = _placeholder_name(context, record)
    ref = ObjectRef(record.entity, f"grc:{record.id}", name)
    if not context.policy.placeholders or Side.REGISTRY in context.policy.read_only:
        text = f"record {record.id} has no registered model; adopt it with `mlflow-grc link` if it should"
        found.remarks.append(Remark(ref, "grc only", text))
        return
    if not context.scope.has_name(name):
        text = f"record {record.id} gets no placeholder: the connection's scope does not hold {name!r} without a tag"
        found.remarks.append(Remark(ref, "grc only", text))
        return
    if name in taken:
        text = f"record {record.id}: a registered model {name!r} exists; `mlflow-grc link` ties them together"
        found.remarks.append(Remark(ref, "grc only", text, attention=True))
        return
    tags = context.tags
    changes = (
        FieldChange(tags.record_id, None, record.id, "placeholder", other=record.id, is_tag=True),
        FieldChange(tags.placeholder, None, "true", "placeholder", other="true", is_tag=True),
    )
    refused = memory.quarantines.get((ref.key, f"{Side.REGISTRY}:"))
    if refused is not None and refused.ref.name == name:
        found.quarantines.append(refused)
        return
    taken.add(name)
    kind = OperationKind.CREATE_PLACEHOLDER
    found.operations.append(Operation(kind, Side.REGISTRY, ref, changes, record.id, why="known to the GRC alone"))


def _orphan(context: Context, record: GrcView, found: Findings) -> None:
    values = context.retire.get(record.entity, {})
    if values and all(record.fields.get(name) == value for name, value in values.items()):
        return
    ref = ObjectRef(record.entity, record.key or "", record.name or record.id, record.version)
    text = f"record {record.id} points at a registered model that does not exist; retire it, or link it"
    found.remarks.append(Remark(ref, "orphan record", text, attention=True))


def _placeholder_name(context: Context, record: GrcView) -> str:
    name = (record.name or record.id).replace("/", "-").replace(":", "-")
    return full_name(context.placeholder_workspace, name) if context.placeholder_workspace else name


def _ended(link: Link, state: LinkState) -> Link:
    return Link(link.ref, link.record_id, state, link.created_ms)


def _is_ours(context: Context, record: GrcView) -> bool:
    """Whether the record's key names an object of this registry. A hash tells only with the name and the creation time
    beside it; without them the instance has to do, though it also marks what another connection of this installation
    wrote.
    """
    ours = context.keys.is_ours(record.key or "")
    if ours is None and record.name and record.created_ms is not None:
        return context.keys.model(record.name, record.created_ms) == record.key
    return record.instance == context.instance if ours is None else ours
