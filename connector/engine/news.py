"""What a narrowed cycle found that the state does not know yet, and how that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from connector.apply.ledger import Ledger
from connector.engine.close_up import CloseUp
from connector.engine.planned import news_entries
from connector.engine.recall import learned_runs
from connector.model.operations import Settle
from connector.model.registry import RunData
from connector.model.state import ConflictCase, QuarantineCase
from connector.model.views import Issue
from connector.plan import Memory, Planned
from connector.state.base import Recorder

_Case = TypeVar("_Case", ConflictCase, QuarantineCase)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be recorded of one model. ``writes``: there are operations to apply. ``over`` are cases that hold no
    longer.
    """

    writes: bool = False
    settles: tuple[Settle, ...] = ()
    conflicts: tuple[ConflictCase, ...] = ()
    conflicts_over: tuple[ConflictCase, ...] = ()
    quarantines: tuple[QuarantineCase, ...] = ()
    quarantines_over: tuple[QuarantineCase, ...] = ()
    issues: tuple[Issue, ...] = ()
    runs: Mapping[str, RunData] | None = None

    def __bool__(self) -> bool:
        return self != News()


def news_of(planned: Planned, seen: CloseUp) -> News:
    """What of the plan, and of what it was made from, is new. Cases are those of the objects that were looked at."""
    plan, memory = planned.plan, seen.memory
    bases = memory.bases
    conflicts = [case for case in plan.conflicts if case.ref.key in planned.pairs]
    quarantines = [case for case in plan.quarantines if case.ref.key in planned.pairs]
    parked = [case for case in memory.conflicts if case.ref.key in planned.pairs]
    kept = [case for case in memory.quarantines.values() if case.ref.key in planned.pairs]
    return News(
        writes=bool(plan.operations),
        settles=tuple(each for each in plan.settles if bases.get(each.ref.key, {}).get(each.field) != each.base),
        conflicts=_beside(conflicts, parked, _same),
        conflicts_over=_gone(parked, conflicts),
        quarantines=_beside(quarantines, kept, _same),
        quarantines_over=_gone(kept, quarantines),
        issues=tuple(issue for issue in seen.read if memory.issues.get(issue.id) != issue),
        runs=learned_runs(seen.observed.snapshot, seen.observed.reads.known) or None,
    )


def record_news(ledger: Ledger, planned: Planned, memory: Memory, news: News) -> None:
    """Record, in one transaction, what needs no write, where there is any."""
    if news == News(writes=news.writes):
        return
    audited = replace(planned.plan, conflicts=news.conflicts, quarantines=news.quarantines, withheld=(), fuses=())

    def write(recorder: Recorder) -> None:
        for entry in news_entries(ledger, audited, memory):
            recorder.append_audit(entry)
        for settle in news.settles:
            recorder.set_base(settle.ref, settle.field, settle.base)
        for conflict in news.conflicts:
            recorder.put_conflict(conflict)
        for case in news.conflicts_over:
            recorder.drop_conflict(case.ref, case.field)
        for quarantined in news.quarantines:
            recorder.put_quarantine(quarantined)
        for over in news.quarantines_over:
            recorder.drop_quarantine(over.ref, over.field)
        recorder.learn_issues(news.issues)
        recorder.put_run_data(news.runs or {})

    ledger.transaction(write)


def _beside(found: Iterable[_Case], known: Iterable[_Case], same: Callable[[_Case], _Case]) -> tuple[_Case, ...]:
    before = {same(case) for case in known}
    return tuple(case for case in found if same(case) not in before)


def _gone(known: Iterable[_Case], found: Iterable[_Case]) -> tuple[_Case, ...]:
    now = {(case.ref.key, case.field) for case in found}
    return tuple(case for case in known if (case.ref.key, case.field) not in now)


def _same(case: _Case) -> _Case:
    return replace(case, since="")
