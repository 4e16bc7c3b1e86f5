"""What a plan or a run found beside its operations, in the order in which a person should read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from connector.apply.applied import Applied
from connector.cli.diff import LINK_WORDS, label, show_conflicts, show_operations, show_quarantines, together
from connector.cli.output import BAD, DIM, WARN, Cell, Output
from connector.cli.words import counted, headline, sentence
from connector.engine.saved import Stale
from connector.model.operations import LinkChange, Plan, Remark
from connector.model.state import NOT_STUCK_REMEDY, QuarantineCase


def show_findings(out: Output, plan: Plan, more: Sequence[QuarantineCase] = ()) -> None:
    """Print conflicts, quarantine, what is withheld, links, remarks and gaps; nothing where there is nothing."""
    if plan.conflicts:
        out.heading(f"Conflicts: {counted(len(plan.conflicts), 'field')} changed on both sides; both values stay")
        show_conflicts(out, plan.conflicts)
    quarantines = [*plan.quarantines, *more]
    if quarantines:
        out.heading(f"Quarantine: {counted(len(quarantines), 'case')} left alone until corrected")
        show_quarantines(out, quarantines)
    _show_withheld(out, plan)
    if plan.links:
        out.heading("Links")
        out.table(("object", "becomes", "why"), [_link(change) for change in plan.links])
    if plan.remarks:
        out.heading("Remarks")
        out.table(("", "object", "about", "remark"), _remarks(plan.remarks))
    if plan.gaps:
        out.heading("Gaps: what follows was not read to its end, so nothing is concluded from absence")
        for gap in plan.gaps:
            out.line(f"  {gap}", WARN)


def _show_withheld(out: Output, plan: Plan) -> None:
    if not plan.withheld:
        return
    out.heading(f"Withheld by a fuse: {counted(len(plan.withheld), 'operation')}")
    for words in plan.fuses:
        out.line(f"  {words}", WARN)
    show_operations(out, plan.withheld)
    out.line("If this is meant: mlflow-grc approve --all, or some of them with --digest; valid for 24 hours.", DIM)


def show_troubles(out: Output, applied: Applied, stale: Sequence[Stale]) -> None:
    """Print what a run could not do: failures, writes that did not stick, operations refused because they are stale."""
    if applied.failures:
        out.heading("Failed")
        rows: list[tuple[Cell, ...]] = [
            (label(operation.ref), headline(operation), (error.message, BAD), sentence(error.remedy))
            for operation, error in applied.failures
        ]
        out.table(("object", "operation", "why", "remedy"), rows)
    if applied.not_stuck:
        out.heading("Did not stick: accepted and then ignored; not written again until the value changes")
        out.table(("object", "field"), [(label(operation.ref), field) for operation, field in applied.not_stuck])
        out.line(f"Remedy: {sentence(NOT_STUCK_REMEDY)}", DIM)
    if stale:
        out.heading("Refused: these operations of the saved plan no longer hold")
        refused = [(label(e.operation.ref), headline(e.operation), (e.why, WARN)) for e in stale]
        out.table(("object", "operation", "why"), refused)
        out.line("Make a new plan: mlflow-grc plan --out FILE", DIM)


def only(plan: Plan, model: str | None) -> Plan:
    """The part of a plan that is about one registered model; all of it for None."""
    if model is None:
        return plan
    from dataclasses import replace  # noqa: PLC0415 - used here alone

    return replace(
        plan,
        operations=tuple(each for each in plan.operations if each.ref.name == model),
        settles=tuple(each for each in plan.settles if each.ref.name == model),
        links=tuple(each for each in plan.links if each.link.ref.name == model),
        conflicts=tuple(each for each in plan.conflicts if each.ref.name == model),
        quarantines=tuple(each for each in plan.quarantines if each.ref.name == model),
        remarks=tuple(each for each in plan.remarks if each.ref is None or each.ref.name == model),
        withheld=tuple(each for each in plan.withheld if each.ref.name == model),
    )


def _link(change: LinkChange) -> tuple[str, str, str]:
    link = change.link
    return label(link.ref), f"{LINK_WORDS[link.state]} {link.record_id}", change.why


def _remarks(remarks: Sequence[Remark]) -> list[tuple[Cell, ...]]:
    """A row for each thing to be said, with the objects that it is said of: a workspace may have thousands."""
    groups: dict[tuple[bool, str, str], list[str]] = defaultdict(list)
    for remark in remarks:
        groups[remark.attention, remark.topic, remark.text].append(label(remark.ref) if remark.ref else "")
    return [
        (("!", WARN) if attention else "", together(names), topic, text)
        for (attention, topic, text), names in groups.items()
    ]
