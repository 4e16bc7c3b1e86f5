"""C27, C28."""

from __future__ import annotations

from connector.controls.facts import Pause, Running
from tests.controls.estate import GOOD, run


def test_c27_what_makes_a_report_inconclusive() -> None:
    found = run(GOOD, gaps=("models of the GRC",), withheld=1200)
    assert [(each.control, each.severity, each.model) for each in found] == [("C27", "critical", "")] * 2
    assert "models of the GRC" in found[0].seen
    assert "1,200" in found[1].seen


def test_c28_a_broken_trail_and_missed_runs() -> None:
    pauses = (
        Pause("2026-02-28T08:00:00.000Z", "2026-02-28T10:00:00.000Z", 23),
        Pause("2026-03-01T08:00:00.000Z", None, 1),
    )
    found = run(GOOD, running=Running("broken at entry 7: changed", pauses))
    assert [(each.control, each.severity) for each in found] == [("C28", "critical")] * 2
    assert "broken at entry 7" in found[0].seen
    assert "23 scheduled runs missed between" in found[1].seen
    assert "1 scheduled run missed since 2026-03-01" in found[1].seen
