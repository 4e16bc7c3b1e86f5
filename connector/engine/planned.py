"""Records what a plan found that needs no write: links, agreements, conflicts, quarantine, what a fuse holds back."""

from __future__ import annotations

from dataclasses import replace

from connector.apply.ledger import Ledger
from connector.apply.memory import RunMemory
from connector.engine.bounds import Selection
from connector.model.operations import LinkChange, OperationKind, Plan
from connector.model.state import AuditEntry
from connector.plan import Memory, Planned
from connector.plan.codec import operation_json
from connector.plan.context import EXISTENCE
from connector.state.base import Recorder
from connector.state.types import Withheld


def record_plan(ledger: Ledger, planned: Planned, selection: Selection, memory: Memory, learned: RunMemory) -> None:
    """Record, in one transaction, all that the plan settles without a write, and teach it to ``learned``.

    Links come first: settled values belong to the objects that they tie together. The lists of conflicts, quarantine
    and what is withheld are always whole: a narrowed cycle plans everything too, and applies less.
    """
    plan = planned.plan
    links = [change for change in plan.links if selection.concerns(change.link.ref.name)]
    settles = [settle for settle in plan.settles if selection.concerns(settle.ref.name)]
    if selection.only is not None:
        links, settles = [], []

    def write(recorder: Recorder) -> None:
        for change in links:
            _link(recorder, ledger, change)
        for settle in settles:
            recorder.set_base(settle.ref, settle.field, settle.base)
        _lists(recorder, ledger, plan, memory)

    ledger.transaction(write)
    for change in links:
        learned.put_link(change.link, change.previous_key)
    for settle in settles:
        learned.bases.setdefault(settle.ref.key, {})[settle.field] = settle.base


def _link(recorder: Recorder, ledger: Ledger, change: LinkChange) -> None:
    if change.previous_key:
        recorder.move_link(change.previous_key, change.link)
    else:
        recorder.put_link(change.link)
    entry = ledger.audit_entry("link", change.link.ref, rule=change.why, record_id=change.link.record_id)
    recorder.append_audit(entry)


def _lists(recorder: Recorder, ledger: Ledger, plan: Plan, memory: Memory) -> None:
    for entry in _news(ledger, plan, memory):
        recorder.append_audit(entry)
    recorder.set_conflicts(plan.conflicts)
    recorder.set_quarantines(plan.quarantines)
    recorder.put_withheld([Withheld(each.digest, operation_json(each)) for each in plan.withheld])
    open_cases = {(case.ref.key, case.field) for case in plan.conflicts}
    used = _answered(plan)
    for (key, name), resolution in memory.resolutions.items():
        if (key, name) not in open_cases and (key, name) not in used:
            recorder.drop_resolution(resolution.ref, name)


def _answered(plan: Plan) -> set[tuple[str, str]]:
    """The conflicts whose answers the plan's operations carry out: an answer is kept until it was."""
    operations = (*plan.operations, *plan.withheld)
    fields = {(each.ref.key, change.field) for each in operations for change in each.changes}
    return fields | {(each.ref.key, EXISTENCE) for each in operations if each.kind is OperationKind.RETIRE_RECORD}


def _news(ledger: Ledger, plan: Plan, memory: Memory) -> list[AuditEntry]:
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
    return entries
