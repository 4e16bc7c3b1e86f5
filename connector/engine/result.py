"""What a run came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector.apply.applied import Applied
from connector.apply.recover import Recovered
from connector.audit.chain import Head
from connector.engine.saved import Stale
from connector.model.operations import Operation, Plan
from connector.model.state import Run, RunStatus


@dataclass(frozen=True, slots=True)
class RunResult:
    """One cycle's outcome. ``stale`` are operations of a saved plan that no longer held and were refused, ``done``
    those that were done before.
    """

    run: Run
    plan: Plan
    applied: Applied
    head: Head
    recovered: Sequence[Recovered] = ()
    stale: Sequence[Stale] = ()
    stopped: bool = False
    requests: Mapping[str, int] = field(default_factory=dict)
    done: Sequence[Operation] = ()

    @property
    def exit_code(self) -> int:
        """0 clean or applied, 1 failed, 3 a person is needed."""
        return {RunStatus.FAILED: 1, RunStatus.ATTENTION: 3}.get(self.run.status, 0)


def status_of(plan: Plan, applied: Applied, stale: Sequence[Stale]) -> RunStatus:
    """Judge a run that came to its end."""
    if applied.failures:
        return RunStatus.FAILED
    if plan.needs_person or applied.quarantines or applied.not_stuck or stale:
        return RunStatus.ATTENTION
    return RunStatus.APPLIED if applied.operations else RunStatus.CLEAN


def counts_of(plan: Plan, applied: Applied, stale: Sequence[Stale]) -> dict[str, int]:
    """Count what people ask about."""
    return {
        **plan.counts,
        "operations": len(applied.operations),
        "fields": sum(len(operation.changes) for operation in applied.operations),
        "drift": sum(1 for operation in applied.operations for change in operation.changes if change.drift),
        "failed": len(applied.failures),
        "conflicts": len(plan.conflicts),
        "quarantined": len(plan.quarantines) + len(applied.quarantines),
        "withheld": len(plan.withheld),
        "not_stuck": len(applied.not_stuck),
        "stale": len(stale),
        "gaps": len(plan.gaps),
        **_by_kind(plan, applied),
    }


def _by_kind(plan: Plan, applied: Applied) -> dict[str, int]:
    """Operations by kind: applied under the kind's own name, the others with what became of them before it."""
    kinds = Counter(str(operation.kind) for operation in applied.operations)
    kinds.update(f"failed_{operation.kind}" for operation, _ in applied.failures)
    kinds.update(f"withheld_{operation.kind}" for operation in plan.withheld)
    return dict(kinds)
