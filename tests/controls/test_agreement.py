"""C10, C11, C26."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls.facts import Edit, Unreadable
from connector.model.fields import Side
from tests.controls.estate import GOOD, controls, model, run, version

STANDS = Edit("approval_status", Side.REGISTRY, "approved", "pending")
BACK = replace(STANDS, at="2026-02-20T08:00:00.000Z")


@pytest.mark.parametrize(("side", "control", "severity"), [(Side.REGISTRY, "C10", "high"), (Side.GRC, "C11", "medium")])
def test_an_edit_on_the_side_that_does_not_own_it(side: Side, control: str, severity: str) -> None:
    stands, back = replace(STANDS, side=side), replace(BACK, side=side)
    (found,) = run(replace(GOOD, edits=(stands,)))
    assert (found.control, found.severity, found.version) == (control, severity, None)
    assert "approval_status set to 'approved' in place of 'pending' (still stands)" in found.seen
    (found,) = run(model(replace(version(), edits=(back,))))
    assert (found.control, found.version, "(put back on 2026-02-20)" in found.seen) == (control, "3", True)
    assert controls(replace(GOOD, edits=(back,)), settings={control: {"days": 10}}) == [(control, severity)]
    assert controls(replace(GOOD, edits=(back,)), settings={control: {"days": 9}}) == []
    assert controls(replace(GOOD, edits=(stands,)), settings={control: {"days": 0}}) == [(control, severity)]


def test_of_edits_put_back_again_and_again_the_last_is_told() -> None:
    again = replace(BACK, held="rejected", at="2026-02-21T08:00:00.000Z")
    (found,) = run(replace(GOOD, edits=(again, BACK)))
    assert found.seen.count("approval_status") == 1
    assert "'rejected'" in found.seen


def test_a_long_value_is_cut_and_an_empty_one_is_called_nothing() -> None:
    (found,) = run(replace(GOOD, edits=(replace(STANDS, held="x" * 5000, owned=None),)))
    assert len(found.seen) < 200
    assert "in place of nothing" in found.seen


def test_c26_a_value_that_means_nothing() -> None:
    case = Unreadable("risk_classification", "the GRC: 'Tier 9' is no value", "add it to the map")
    (found,) = run(replace(GOOD, unreadable=(case,)))
    assert (found.control, found.severity, found.remedy) == ("C26", "high", "add it to the map")
    assert "Tier 9" in found.seen
    (found,) = run(model(replace(version(), unreadable=(case,))))
    assert (found.control, found.version) == ("C26", "3")
    (found,) = run(replace(GOOD, unreadable=(replace(case, remedy=""),)))
    assert "the mapping's value map" in found.remedy
    (found,) = run(GOOD, unreadable=(case,))
    assert (found.control, found.model) == ("C26", "")
