"""Records what a plan found that needs no write: links, agreements, conflicts, quarantine, what a fuse holds back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from connector.apply.ledger import Ledger
from connector.apply.memory import RunMemory
from connector.engine.bounds import Selection
from connector.model.fields import Entity
from connector.model.operations import LinkChange, Operation, OperationKind, Plan, operation_words
from connector.model.state import AuditEntry, ConflictCase, LinkState, QuarantineCase
from connector.model.views import ObjectRef
from connector.plan import Memory, Planned
from connector.plan.codec import operation_json
from connector.plan.context import EXISTENCE
from connector.plan.remapping import Remapping
from connector.state.base import Recorder
from connector.state.types import Withheld

_Case = TypeVar("_Case", bound=ConflictCase | QuarantineCase)


def record_plan(ledger: Ledger, planned: Planned, selection: Selection, memory: Memory, learned: RunMemory) -> None:
    """Record, in one transaction, all that the plan settles without a write, and teach it to ``learned``.

    Links come first: settled values belong to the objects that they tie together. The lists of conflicts, quarantine
    and what is withheld are always whole: a narrowed cycle plans everything too, and applies less. What stands there of
    an object that could not be looked at this time stays. With a saved plan only the links of the objects that it
    writes to are recorded: what is written under a new name must find its base there.
    """
    plan = planned.plan
    links = [change for change in plan.links if selection.concerns(change.link.ref.name)]
    settles = [settle for settle in plan.settles if selection.concerns(settle.ref.name)]
    if selection.only is not None:
        links, settles = [change for change in links if _written_to(change) & selection.only.keys()], []

    def write(recorder: Recorder) -> None:
        for change in links:
            _link(recorder, ledger, change)
        recorder.set_bases((settle.ref, settle.field, settle.base) for settle in settles)
        _lists(recorder, ledger, planned, memory)

    ledger.transaction(write)
    for change in links:
        learned.change_link(change)
    learned.settle(settles)


def record_remapping(ledger: Ledger, remapping: Remapping) -> None:
    """Record, in one transaction, the mapping that the cycle works with and what became of the memory under it."""
    used, memory = remapping.used, remapping.memory
    if used is None:
        return

    def write(recorder: Recorder) -> None:
        for link in remapping.ended:
            recorder.drop_link(link.ref)
            for name, kept in memory.bases.get(link.ref.key, {}).items():
                recorder.set_base(link.ref, name, kept)
        for (key, name), base in remapping.bases.items():
            ref = ObjectRef(Entity.MODEL, key, "")
            if base is None:
                recorder.drop_base(ref, name)
            else:
                recorder.set_base(ref, name, base)
        for remark in remapping.remarks:
            recorder.append_audit(ledger.audit_entry("mapping", rule=remark.text))
        recorder.put_used_mapping(used)

    ledger.transaction(write)


def _written_to(change: LinkChange) -> set[str]:
    """The keys of the objects that cannot be written to before the link is recorded."""
    return {change.link.ref.key, *(move.ref.key for move in change.versions)}


def _link(recorder: Recorder, ledger: Ledger, change: LinkChange) -> None:
    if change.previous_key:
        recorder.move_link(change.previous_key, change.link)
        for move in change.versions:
            recorder.move(move.previous_key, move.ref)
    else:
        recorder.put_link(change.link)
    entry = ledger.audit_entry("link", change.link.ref, rule=change.why, record_id=change.link.record_id)
    recorder.append_audit(entry)


def _lists(recorder: Recorder, ledger: Ledger, planned: Planned, memory: Memory) -> None:
    plan, unjudged = planned.plan, _still_open(planned, memory)
    conflicts = _with_older(plan.conflicts, (case for case in memory.conflicts if case.ref.key in unjudged))
    older = (case for case in memory.quarantines.values() if case.field and case.ref.key in unjudged)
    for entry in news_entries(ledger, plan, memory):
        recorder.append_audit(entry)
    recorder.set_conflicts(conflicts)
    recorder.set_quarantines(_with_older(plan.quarantines, older))
    recorder.put_withheld([Withheld(each.digest, operation_json(each)) for each in plan.withheld])
    open_cases = {(case.ref.key, case.field) for case in conflicts}
    used = _answered(plan)
    for (key, name), resolution in memory.resolutions.items():
        if (key, name) not in open_cases and (key, name) not in used:
            recorder.drop_resolution(resolution.ref, name)


def _still_open(planned: Planned, memory: Memory) -> set[str]:
    """The keys of objects that could not be looked at, but for those whose link has ended."""
    now = {**memory.links, **{change.link.ref.key: change.link for change in planned.plan.links}}
    moved = {move.previous_key for change in planned.plan.links for move in change.moves}
    return {key for key in planned.unjudged - moved if key not in now or now[key].state is LinkState.LIVE}


def _with_older(cases: Sequence[_Case], older: Iterable[_Case]) -> list[_Case]:
    known = {(case.ref.key, case.field) for case in cases}
    return [*cases, *(case for case in older if (case.ref.key, case.field) not in known)]


def _answered(plan: Plan) -> set[tuple[str, str]]:
    """The conflicts whose answers the plan's operations carry out: an answer is kept until it was."""
    operations = (*plan.operations, *plan.withheld)
    fields = {(each.ref.key, change.field) for each in operations for change in each.changes}
    return fields | {(each.ref.key, EXISTENCE) for each in operations if each.kind is OperationKind.RETIRE_RECORD}


def news_entries(ledger: Ledger, plan: Plan, memory: Memory) -> list[AuditEntry]:
    """Audit lines for what a run found rather than did: said once, when it is new."""
    entries = []
    for case in plan.conflicts:
        if replace(case, since="") in memory.conflicts:
            continue
        text = f"{case.reason}: {case.registry!r} in MLflow, {case.grc!r} in the GRC"
        entries.append(ledger.audit_entry("conflict", case.ref, field=case.field, rule=text))
    for quarantined in plan.quarantines:
        if (quarantined.ref.key, quarantined.field) not in memory.quarantines:
            rule = quarantined.reason
            entries.append(ledger.audit_entry("quarantine", quarantined.ref, field=quarantined.field, rule=rule))
    entries += [ledger.audit_entry("fuse", rule=f"withheld: {words}") for words in plan.fuses]
    return entries + [_withheld(ledger, each) for each in plan.withheld if each.digest not in memory.withheld]


def _withheld(ledger: Ledger, operation: Operation) -> AuditEntry:
    entry = ledger.audit_entry("withheld", operation.ref, rule=operation_words(operation))
    return replace(entry, side=operation.side, record_id=operation.record_id or "")
