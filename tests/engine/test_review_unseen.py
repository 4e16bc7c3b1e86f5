"""What is concluded from versions and issues that a cycle did not see: nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.model.errors import AccessDenied
from connector.model.registry import RegistrySnapshot
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld

Make = Callable[..., InProcessWorld]
STATUS, REQUEST = "grc_approval_status", "grc_approval_request"
GAPS = ((), ("version 1 of 'credit' could not be read: 500",))


def unscanned(world: InProcessWorld, version: str, gaps: tuple[str, ...] = ()) -> Callable[[], None]:
    """The scan of MLflow misses one version. Returns what ends that."""
    snapshot = world.registry.snapshot

    def partial(**options: Any) -> RegistrySnapshot:
        whole = snapshot(**options)
        models = tuple(
            replace(model, versions=tuple(each for each in model.versions if each.version != version))
            for model in whole.models
        )
        return replace(whole, models=models, gaps=gaps)

    world.registry.snapshot = partial  # type: ignore[method-assign]
    return lambda: setattr(world.registry, "snapshot", snapshot)


@pytest.fixture
def governed(make_quick: Make) -> InProcessWorld:
    """Version 1 is under review, and version 2 asks for one."""
    world = make_quick(mode="governed")
    credit(world, versions=2)
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "1")
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "2")
    return world


@pytest.mark.parametrize("gaps", GAPS, ids=("skipped", "gap"))
def test_a_submission_does_not_take_the_record_from_a_version_that_the_scan_missed(
    governed: InProcessWorld, gaps: tuple[str, ...]
) -> None:
    unscanned(governed, "1", gaps)
    assert governed.sync().exit_code == 3
    record = governed.record("credit")
    assert (record["governed_version"], record["approval_status"]) == ("1", "Pending Approval")


@pytest.mark.parametrize("gaps", GAPS, ids=("skipped", "gap"))
def test_a_decision_on_a_version_that_the_scan_missed_arrives_later(
    governed: InProcessWorld, gaps: tuple[str, ...]
) -> None:
    governed.officer.decide(governed.record("credit")["id"], "approved")
    found_again = unscanned(governed, "1", gaps)
    result = governed.sync()
    assert [case for case in result.plan.quarantines if "does not exist" in case.reason] == []
    found_again()
    settled(governed)
    assert governed.tags("credit", "1")[STATUS] == "approved"
    assert governed.record("credit")["governed_version"] == "2"


def test_a_version_that_is_proved_to_be_gone_holds_no_submission_up(governed: InProcessWorld) -> None:
    governed.author.delete_version("credit", "1")
    settled(governed)
    record = governed.record("credit")
    assert (record["governed_version"], record["approval_status"]) == ("2", "Pending Approval")


def test_a_version_that_may_not_be_asked_for_is_not_taken_for_gone(governed: InProcessWorld) -> None:
    unscanned(governed, "1")
    version = governed.registry.version

    def denied(name: str, number: str) -> Any:
        if number == "1":
            raise AccessDenied("no READ on it")
        return version(name, number)

    governed.registry.version = denied  # type: ignore[method-assign]
    result = governed.sync()
    assert [remark.topic for remark in result.plan.remarks if remark.attention] == ["version unknown"]
    assert governed.record("credit")["governed_version"] == "1"
