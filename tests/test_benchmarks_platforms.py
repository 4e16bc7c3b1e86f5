"""What is counted for each platform, at a tiny size, and the committed tables. Nothing is timed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.platforms import cycle, known, measure
from benchmarks.platforms.command import RESULTS
from benchmarks.platforms.platform import Asked, Pace
from benchmarks.platforms.servicenow import ServiceNow
from benchmarks.platforms.simulator import Served, Simulator, serving
from benchmarks.platforms.table import document

DOCUMENT = (Path(__file__).parents[1] / "docs" / "performance.md").read_text(encoding="utf-8")
FOUND = json.loads(RESULTS.read_text(encoding="utf-8"))["platforms"]


class Within(Simulator):
    """A simulator in this process: an interpreter that starts takes longer than what is tested."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def ask(self, what: str, *arguments: object) -> Any:
        return json.loads(json.dumps(getattr(self._served, what)(*arguments)))


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def simulator(platform: str, directory: Path) -> Iterator[Simulator]:
        with serving(platform, directory) as served:
            yield Within(served)

    monkeypatch.setattr(measure, "simulator", simulator)
    monkeypatch.setattr(measure, "run_cycle", cycle.run)
    monkeypatch.setattr(measure, "BLOCK", 3)


def silent(_: str) -> None:
    """Say nothing."""


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("name", known.names())
def test_an_idle_cycle_reads_pages_alone(name: str) -> None:
    """Six models, of which the engine loaded three; the rest are copies that it has to find synchronised."""
    found = measure.idle(known.platform(name), 6, silent)

    assert (found["per_record"], found["operations"], found["status"]) == (0, 0, "clean")
    assert found["records"] == {"models": 6, "versions": 12, "issues": 2}
    assert found["sent"]["page"] == found["least_pages"]
    assert found["again"]["requests"] > 0


@pytest.mark.usefixtures("in_this_process")
def test_a_load_in_batches_takes_a_fifth_of_the_writes_at_most() -> None:
    platform = ServiceNow()

    batched, alone = (measure.first(platform, 15, variant, silent) for variant in platform.variants)

    assert batched["created"] == alone["created"] == 45
    assert (batched["batched"], alone["batched"]) == (45, 0)
    assert alone["sent"]["write"] == 45
    assert 5 * batched["sent"]["write"] <= alone["sent"]["write"]
    assert batched["operations_of_the_next_cycle"] == alone["operations_of_the_next_cycle"] == 0


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("name", ["logicgate", "metricstream"])
def test_a_load_lists_as_often_however_large_it_is_where_no_key_can_be_asked_for(name: str) -> None:
    platform = known.platform(name)

    small, large = (measure.first(platform, models, *platform.variants, silent) for models in (2, 6))

    assert (small["created"], large["created"]) == (6, 18)
    assert small["sent"]["page"] == large["sent"]["page"] == 3
    assert large["sent"]["read"] == large["created"]


def test_reads_of_single_records_are_told_from_pages_and_people() -> None:
    asked = Asked({}, {"list models": 3, "get models": 2, "find versions": 1, "get users": 4, "comments issues": 1})

    assert asked.per_record == 4


def test_a_limit_decides_where_it_is_slower_than_the_requests() -> None:
    seconds = {"page": 2.0, "write": 0.1}

    assert Pace(seconds, "").real({"page": 3, "write": 10}) == 7.0
    assert Pace(seconds, "").real({"page": 3, "write": 10}, at_once=2) == 3.5
    assert Pace(seconds, "", limit=1).real({"page": 3, "write": 10}) == 13.0
    assert Pace(seconds, "", item=0.5).real({"write": 10}, items=4) == 3.0


def test_the_tables_are_those_of_the_results() -> None:
    found = json.loads(RESULTS.read_text(encoding="utf-8"))

    assert document(DOCUMENT, found) == DOCUMENT, "run: python -m benchmarks platforms --into docs/performance.md"


def test_every_platform_was_measured() -> None:
    assert set(FOUND) == set(known.names())


@pytest.mark.parametrize("name", sorted(FOUND))
def test_what_was_measured_is_as_promised(name: str) -> None:
    (idle,), loads = FOUND[name]["idle"], FOUND[name]["first"]

    assert (idle["models"], idle["per_record"], idle["operations"]) == (10_000, 0, 0)
    assert idle["sent"]["page"] <= idle["least_pages"] + len(idle["records"])
    assert {one["models"] for one in loads} == {1_000}
    assert {one["operations_of_the_next_cycle"] for one in loads} == {0}


def test_servicenow_was_loaded_with_five_times_fewer_writes() -> None:
    batched, alone = FOUND["servicenow"]["first"]

    assert 5 * batched["sent"]["write"] <= alone["sent"]["write"]
    assert 5 * batched["requests"] <= alone["requests"]
