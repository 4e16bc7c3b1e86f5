"""Plans the issues of findings: at most one write for each, and none where nobody can tell what stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from connector.controls import TITLES, Finding, Inventory, JoinedModel
from connector.mapping.keys import FindingKey, parse_finding_key
from connector.model.fields import Side, Value
from connector.model.operations import FieldChange, FuseClass, Operation, OperationKind, Remark, Settle
from connector.model.state import Base, LinkState
from connector.model.views import Issue, ObjectRef
from connector.plan.context import Context, Findings, Memory
from connector.plan.refused import not_refused
from connector.raising.cases import Case, Cases, cases_of, ref_of
from connector.raising.deciding import FINDING, Verdict, agreed, decide, told_of
from connector.raising.lostkeys import keys_are_lost

GLIMPSE = "finding.seen"
"""The field under which the state remembers, for the next cycle, what the controls said of a model that this one wrote
to: that the finding stands, or (None) that it does not.
"""
_GONE = Base(None, None)
_SHOWN = 200
_KINDS = {
    Verdict.OPEN: OperationKind.OPEN_ISSUE,
    Verdict.CLOSE: OperationKind.CLOSE_ISSUE,
    Verdict.REOPEN: OperationKind.REOPEN_ISSUE,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the controls say of a connection: the inventory that they looked at, and what they found, with the waivers
    that cover it.
    """

    inventory: Inventory
    findings: tuple[Finding, ...]


def plan_findings(
    context: Context,
    memory: Memory,
    judged: Judged,
    issues: Iterable[Issue],
    moving: Collection[str] = (),
    made: Collection[str] = (),
) -> Findings:
    """Plan what the issues of ours need, so that each finding that counts has one, open as long as it stands.
    ``issues`` are all of the GRC's. The caller sees to it that the controls could conclude. ``moving`` are the names of
    models that this cycle writes to: what the controls find there may be mended by that, and counts once the next
    cycle finds it too. ``made`` are those whose record this cycle makes: that there is none yet is no news.
    """
    registry_id, policy = context.keys.registry_id, context.policy.findings
    found = Findings()
    if policy is None:
        return found
    cases = cases_of(registry_id, judged.inventory, judged.findings)
    ours = _ours(registry_id, issues)
    planner = _Planner(context, memory, cases, ours, found, moving)
    standing = {key: case for key, case in sorted(cases.by_key.items()) if case.calls_for(policy.severity)}
    for key, case in standing.items():
        planner.stands(key, case)
    for key, issue in sorted(ours.items()):
        planner.is_over(key, issue, judged.inventory.rules.in_force)
    planner.forget_glimpses(standing.keys() | ours.keys())
    for control, model in cases.without_record(policy.severity):
        if model not in made:
            text = f"{control}: no issue is opened, for the GRC has no record of the model"
            found.remarks.append(Remark(None, "finding", f"{model}: {text}"))
    return found


def remembered_refusals(memory: Memory, found: Findings, wanted: str | None = None) -> None:
    """Keep what was refused before of issues that are not planned now: of the one with this key, or of all."""
    cases = (case for (key, _), case in memory.quarantines.items() if parse_finding_key(key) is not None)
    found.quarantines += (case for case in cases if wanted in (None, case.ref.key))


def _ours(registry_id: str, issues: Iterable[Issue]) -> Mapping[str, Issue]:
    """The issues of this registry's findings by key: of several with one key the one that is open, or the last."""
    found: dict[str, Issue] = {}
    for issue in sorted(issues, key=lambda each: (each.is_open, each.id)):
        parts = parse_finding_key(issue.key)
        if parts is not None and parts.registry_id == registry_id and issue.key is not None:
            found[issue.key] = issue
    return found


@dataclass(frozen=True, slots=True)
class _Planner:
    context: Context
    memory: Memory
    cases: Cases
    ours: Mapping[str, Issue]
    found: Findings
    moving: Collection[str]

    def stands(self, key: str, case: Case) -> None:
        """A finding that counts: open or reopen its issue, unless a person had the last word."""
        issue, told = self.ours.get(key), told_of(case.text)
        verdict = self._verdict(case.ref, told, issue)
        if verdict is Verdict.LEAVE and issue is not None:
            text = f"{case.key.control} still fails, and a person closed issue {issue.number}: it stays closed"
            self.found.remarks.append(Remark(case.ref, "finding", text))
        elif verdict is Verdict.OPEN and not self._keys_are_lost(case):
            self._write(case.ref, verdict, _opening(case), case.text, f"finding of {case.key.control}", None)
        elif verdict is Verdict.REOPEN and issue is not None:
            rule = f"{_fails(case)}; it came back"
            change = FieldChange("state", issue.state, "open", rule)
            self._write(case.ref, verdict, [change], case.text, f"finding of {case.key.control}", issue.id)

    def _keys_are_lost(self, case: Case) -> bool:
        lost = keys_are_lost(self.memory.quarantines.values(), case.ref.key, self.context.now)
        if lost:
            text = f"{case.key.control}: no issue is opened, for the key of the last one was not kept"
            self.found.remarks.append(Remark(case.ref, "finding", text))
        return lost

    def is_over(self, key: str, issue: Issue, in_force: Collection[str]) -> None:
        """An issue whose finding stands no more: close it, if its control was asked and its model looked at."""
        parts = parse_finding_key(key)
        model = self.cases.models.get(parts.record_id) if parts is not None else None
        if parts is None or model is None or parts.control not in in_force:
            return
        case = self.cases.by_key.get(key)
        if case is not None and case.standing:
            return
        ref = ref_of(parts, model.name)
        if self._verdict(ref, None, issue) is not Verdict.CLOSE:
            return
        told = case.acceptance if case is not None else _deleted(parts, model)
        why = told or f"{parts.control} holds again"
        text = _sentence(told or f"control {parts.control} holds again: nothing of it is found")
        change = FieldChange("state", issue.state, "closed", f"{_named(parts)}: {why}")
        self._write(ref, Verdict.CLOSE, [change], text, why[:_SHOWN], issue.id)

    def _verdict(self, ref: ObjectRef, told: str | None, issue: Issue | None) -> Verdict:
        known = self.memory.bases.get(ref.key, {}).get(FINDING)
        verdict = decide(told, issue, known)
        if self._is_glimpse(ref, verdict, stands=told is not None):
            remembered_refusals(self.memory, self.found, ref.key)
            return Verdict.NOTHING
        settled = issue is not None and verdict is Verdict.NOTHING and ref.name not in self.moving
        base = agreed(told, issue, known) if settled and issue is not None else None
        if base is not None:
            self.found.settles.append(Settle(ref, FINDING, base))
        return verdict

    def _is_glimpse(self, ref: ObjectRef, verdict: Verdict, *, stands: bool) -> bool:
        """Whether what calls for a write is seen for the first time, of a model that this cycle writes to."""
        before, now = self.memory.bases.get(ref.key, {}).get(GLIMPSE), Base("stands" if stands else None, None)
        first = verdict in _KINDS and ref.name in self.moving and before != now
        if first or before not in (None, now):
            self.found.settles.append(Settle(ref, GLIMPSE, now))
        return first

    def forget_glimpses(self, looked_at: Collection[str]) -> None:
        """What was seen of a model for one cycle, and is no more, counts for nothing when it is seen again."""
        for key, bases in self.memory.bases.items():
            parts = parse_finding_key(key) if key not in looked_at and GLIMPSE in bases else None
            model = self.cases.models.get(parts.record_id) if parts is not None else None
            if parts is not None and bases[GLIMPSE] != _GONE:
                self.found.settles.append(Settle(ref_of(parts, model.name if model else ""), GLIMPSE, _GONE))

    def _write(
        self,
        ref: ObjectRef,
        verdict: Verdict,
        changes: list[FieldChange],
        text: str,
        why: str,
        record_id: str | None,
    ) -> None:
        if Side.GRC in self.context.policy.read_only:
            self.found.remarks.append(Remark(ref, "read-only side", f"its issue is not written ({why})"))
            return
        kept = not_refused(self.context, self.memory, ref, Side.GRC, changes, self.found)
        if len(kept) == len(changes):
            fuse = None if verdict is Verdict.CLOSE else FuseClass.OPEN_ISSUE
            kind = _KINDS[verdict]
            self.found.operations.append(Operation(kind, Side.GRC, ref, tuple(changes), record_id, fuse, why, text))


def _opening(case: Case) -> list[FieldChange]:
    rule = _fails(case)
    wanted: list[tuple[str, Value]] = [
        ("identity.key", str(case.key)),
        ("identity.parent", case.record_id),
        ("identity.version", case.version_id),
        ("title", case.title),
        ("severity", case.severity),
        ("state", "open"),
    ]
    return [FieldChange(name, None, value, rule) for name, value in wanted if value is not None]


def _fails(case: Case) -> str:
    return f"control {case.key.control} fails: {case.seen}"


def _deleted(key: FindingKey, model: JoinedModel) -> str:
    """That what the issue is about is not in MLflow any more; empty where it is there. What the control found was not
    mended then.
    """
    if model.link is LinkState.RETIRED:
        return "the model was deleted in MLflow"
    left = {each.version for each in model.versions if each.registry is not None}
    if key.version is not None and model.registry is not None and key.version not in left:
        return "the version was deleted in MLflow"
    return ""


def _named(key: FindingKey) -> str:
    return f"control {key.control} ({TITLES.get(key.control, 'unknown')})"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
