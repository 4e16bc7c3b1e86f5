"""The simulation's outcomes as the table of docs/scaling.md."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.scaling.simulation import Deployment, Outcome, simulate
from benchmarks.table import between, markdown

BEGIN, END = "<!-- simulation: printed by `python -m benchmarks scaling` -->", "<!-- simulation: end -->"
CASES: Sequence[tuple[str, Deployment]] = (
    ("nothing changes", Deployment(changed=0)),
    ("1 % changes between two cycles", Deployment()),
    ("the same, 1 worker", Deployment(workers=1)),
    ("the same, 2 workers", Deployment(workers=2)),
    ("the same, 8 workers", Deployment(workers=8)),
    ("the same, 8 cycles at a time each", Deployment(cycles=8)),
    ("the same, the GRC allows 2 requests a second", Deployment(rate=2)),
    ("the same, a cycle a minute", Deployment(interval=60)),
    ("10 % changes", Deployment(changed=0.1)),
    ("1 % changes; one worker dies in the second hour", Deployment(dies_at=5400.0)),
)


def table() -> str:
    """The table, as Markdown; a second or two."""
    heads = ("case", "a cycle (s)", "waits for a worker (s)", "due to done (s)", "oldest state (s)", "busiest core")
    return markdown("", heads, [_row(name, simulate(case)) for name, case in CASES]).strip()


def document(text: str) -> str:
    """``text`` with the table between its marks. Raises ValueError where it has none."""
    return between(text, BEGIN, END, table())


def _row(name: str, outcome: Outcome) -> tuple[object, ...]:
    return (
        name,
        _spread(outcome.durations),
        _spread(outcome.starts),
        _spread(outcome.lags),
        f"{max(outcome.ages):.0f}",
        f"{outcome.busiest:.0%}",
    )


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    return f"{ordered[len(ordered) // 2]:.0f}, {ordered[int(len(ordered) * 0.95)]:.0f}"
