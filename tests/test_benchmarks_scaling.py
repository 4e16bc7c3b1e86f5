"""The simulation's table in docs/scaling.md is what the simulation says; and laws that it keeps."""

from __future__ import annotations

from pathlib import Path

from benchmarks.scaling.simulation import TAKEN_OVER, Deployment, simulate
from benchmarks.scaling.table import document

DOCUMENT = (Path(__file__).parents[1] / "docs" / "scaling.md").read_text(encoding="utf-8")
SHORT = Deployment(hours=1.0)


def test_the_table_is_that_of_the_simulation() -> None:
    assert document(DOCUMENT) == DOCUMENT, "run: python -m benchmarks scaling --into docs/scaling.md"


def test_no_cycle_is_shorter_than_its_own_requests_and_computing() -> None:
    least = SHORT.reading + SHORT.writing + SHORT.computing
    assert min(simulate(SHORT).durations) >= least - 1


def test_every_connection_has_its_cycle_in_each_interval() -> None:
    outcome = simulate(SHORT)
    assert len(outcome.ages) == SHORT.connections
    assert max(outcome.ages) < SHORT.interval + SHORT.jitter + max(outcome.durations) + 2
    assert len(outcome.durations) >= SHORT.connections * 10


def test_with_too_few_places_they_queue() -> None:
    crowded = simulate(Deployment(workers=1, cycles=1, hours=1.0))
    assert max(crowded.starts) > 300


def test_a_worker_that_dies_costs_a_lease_and_loses_no_connection() -> None:
    outcome = simulate(Deployment(hours=1.0, dies_at=1500.0))
    assert TAKEN_OVER < max(outcome.ages) < TAKEN_OVER + 2 * SHORT.interval
    assert len(outcome.ages) == SHORT.connections
