"""What an interrupted run left behind: each intent is looked up on its side and recorded, or dropped.

Only what is seen to have landed is believed. A value that is neither the old one nor the one that was sent is taken
for the other side's own form of it only where it is recognisably the same text; else it is somebody's edit, and the
base stays where it was, so that the merge keeps it or parks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connector.apply.aliased import alias_bases, landed_aliases
from connector.apply.ledger import Entry, Ledger
from connector.apply.raised import landed_issue
from connector.apply.result import doubt, grc_held, registry_held, seen_to_land
from connector.apply.sides import Sides
from connector.audit.actions import RECOVERED
from connector.model.errors import DuplicateKey, IncompleteSnapshot, MlflowGrcError, Rejected, Retriable
from connector.model.fields import Side, Value
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.state import Agreement, Base, Intent, Link, LinkState
from connector.model.views import GrcView, RegistryView
from connector.plan import Pair
from connector.plan.codec import operation_from_json
from connector.plan.context import Identity
from connector.raising import FINDING, remembered


@dataclass(frozen=True, slots=True)
class Recovered:
    """One intent: whether its write was found to have landed. With ``error`` it could not be looked up, and stays."""

    operation: Operation
    landed: bool
    error: MlflowGrcError | None = None


@dataclass(frozen=True, slots=True)
class _Landed:
    """The changes that are seen to have landed, as they came out, and the base pairs that follow."""

    changes: tuple[FieldChange, ...] = ()
    bases: Mapping[str, Base] = field(default_factory=dict)


def recover(intents: Sequence[Intent], links: Mapping[str, Link], sides: Sides, ledger: Ledger) -> list[Recovered]:
    """Settle every intent; one that cannot be looked up now stays, and stops no other. ``links`` are those known
    before. Raises RunAborted when a side cannot be asked at all.
    """
    return [_settle(intent, links, sides, ledger) for intent in intents]


def _settle(intent: Intent, links: Mapping[str, Link], sides: Sides, ledger: Ledger) -> Recovered:
    operation = operation_from_json(intent.payload)
    try:
        entry = _entry(operation, links.get(operation.ref.key), sides)
    except Rejected as error:
        # It may have landed and cannot be seen any more: nothing is believed of it.
        ledger.note([ledger.audit_entry("outcome unknown", operation.ref, side=operation.side, rule=error.message)])
        entry = None
    except (Retriable, IncompleteSnapshot, DuplicateKey) as error:
        return Recovered(operation, landed=False, error=error)
    if entry is None:
        ledger.drop(intent.operation_id)
    else:
        ledger.record(entry, intent.operation_id)
    return Recovered(operation, entry is not None)


def _entry(operation: Operation, known: Link | None, sides: Sides) -> Entry | None:
    match operation.kind:
        case OperationKind.CREATE_RECORD:
            return _created(operation, sides)
        case OperationKind.UPDATE_RECORD:
            return _updated(operation, sides)
        case OperationKind.RETIRE_RECORD:
            return _retired(operation, known, sides)
        case OperationKind.UPDATE_REGISTRY:
            return _registry_updated(operation, sides)
        case OperationKind.CREATE_PLACEHOLDER:
            return _placeholder(operation, sides)
        case OperationKind.POST_COMMENT:
            return _posted(operation, sides)
        case OperationKind.PROMOTE | OperationKind.TAKE_OFF | OperationKind.GIVE_BACK:
            return _aliased(operation, sides)
        case OperationKind.OPEN_ISSUE | OperationKind.CLOSE_ISSUE | OperationKind.REOPEN_ISSUE:
            return _issue_written(operation, sides)


def _created(operation: Operation, sides: Sides) -> Entry | None:
    record = sides.look_for_record(operation.ref)
    if record is None:
        return None
    view = sides.read_registry(operation.ref)
    created = view.created_ms if view else None
    link = Link(operation.ref, record.id, created_ms=created)
    return _recovered(operation, _landed(operation, None, record), link=link)


def _updated(operation: Operation, sides: Sides) -> Entry | None:
    record = sides.read_record(operation.ref, operation.record_id or "")
    if record is None or (record.virtual and record.version != _governed(operation)):
        return None
    entry = _recovered_if_any(operation, _landed(operation, None, record))
    if entry is None or (record.virtual and record.version != operation.ref.version):
        return entry
    pair = Pair(operation.ref, RegistryView(operation.ref, 0), record, None)
    return replace(entry, quarantines=tuple(doubt(pair, entry.results)))


def _governed(operation: Operation) -> str | None:
    """The version that the model's record names once the operation is done: its own, but where it is taken back."""
    moved = (change.new for change in operation.changes if change.field == Identity.GOVERNED_VERSION)
    return next(moved, operation.ref.version)


def _retired(operation: Operation, known: Link | None, sides: Sides) -> Entry | None:
    record = sides.read_record(operation.ref, operation.record_id or "")
    if record is None or any(record.fields.get(change.field) != change.new for change in operation.changes):
        return None
    link = Link(operation.ref, record.id, LinkState.RETIRED, known.created_ms if known else None)
    return _recovered(operation, _Landed(operation.changes), link=link)


def _registry_updated(operation: Operation, sides: Sides) -> Entry | None:
    view = sides.read_registry(operation.ref)
    return _recovered_if_any(operation, _landed(operation, view, None)) if view else None


def _placeholder(operation: Operation, sides: Sides) -> Entry | None:
    model = sides.registry.model(operation.ref.name)
    wanted = {change.field: change.new for change in operation.changes}
    if model is None or any(model.tags.get(key) != value for key, value in wanted.items()):
        return None
    view = sides.mapping.model_view(model)
    link = Link(view.ref, operation.record_id or "", created_ms=view.created_ms)
    return _recovered(operation, _Landed(operation.changes), link=link)


def _posted(operation: Operation, sides: Sides) -> Entry | None:
    issue = operation.record_id or ""
    if any(comment.token == operation.token for comment in sides.adapter.comments(issue)):
        return replace(_recovered(operation, _Landed()), response=(issue, operation.token))
    return None


def _aliased(operation: Operation, sides: Sides) -> Entry | None:
    view = sides.read_registry(operation.ref)
    landed = landed_aliases(operation, view) if view is not None else ()
    return _recovered_if_any(operation, _Landed(landed, alias_bases(operation, landed)))


def _issue_written(operation: Operation, sides: Sides) -> Entry | None:
    issue = landed_issue(operation, sides)
    if issue is None:
        return None
    landed = _Landed(operation.changes, {FINDING: remembered(operation)})
    return _recovered(replace(operation, record_id=issue.id), landed)


def _landed(operation: Operation, view: RegistryView | None, record: GrcView | None) -> _Landed:
    """What of the operation stands on its side. Requests and identity fields have no base."""
    empty = RegistryView(operation.ref, 0)
    pair = Pair(operation.ref, view or empty, record, None, parent=record)
    changes, bases = [], {}
    for change in operation.changes:
        got = registry_held(pair, change) if operation.side is Side.REGISTRY else grc_held(pair, change)
        agreement = _agreement(change, got)
        if agreement is None:
            continue
        changes.append(replace(change, new=got))
        if not (change.request or change.halfway or change.field.startswith("identity.")):
            bases[change.field] = _base(operation.side, change, got, agreement)
    return _Landed(tuple(changes), bases)


def _agreement(change: FieldChange, got: Value) -> Agreement | None:
    if got == change.new:
        return Agreement.CUT if change.cut else Agreement.AGREED
    return Agreement.REWRITTEN if seen_to_land(change, got) else None


def _base(side: Side, change: FieldChange, got: Value, agreement: Agreement) -> Base:
    other = change.new if change.is_tag else change.other
    if side is Side.REGISTRY:
        return Base(got, other, agreement, change.provisional_since)
    return Base(other, got, agreement, change.provisional_since)


def _recovered_if_any(operation: Operation, landed: _Landed) -> Entry | None:
    return _recovered(operation, landed) if landed.changes else None


def _recovered(operation: Operation, landed: _Landed, link: Link | None = None) -> Entry:
    action = f"{RECOVERED}{operation.kind}"
    return Entry(operation, bases=landed.bases, link=link, results=landed.changes, action=action)
