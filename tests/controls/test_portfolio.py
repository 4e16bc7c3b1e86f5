"""A generated portfolio with known faults: each is found, once, and nothing else is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.controls import findings
from connector.mapping.thresholds import CONTROL_IDS
from tests.controls.portfolio import FAULTS, Found, in_order, inventory_of, portfolio


def found(made: object) -> list[Found]:
    return sorted((each.control, each.model, each.version or "") for each in findings(made))  # type: ignore[arg-type]


def wanted(expected: list[Found]) -> list[Found]:
    return sorted((control, model, version or "") for control, model, version in expected)


def test_a_portfolio_in_order_has_no_finding() -> None:
    assert found(inventory_of([in_order(number) for number in range(20)])) == []


@pytest.mark.parametrize("control", FAULTS)
def test_each_fault_by_itself(control: str) -> None:
    drawers = [in_order(number) for number in range(3)]
    expected = [(each, drawers[1].name, version) for each, version in FAULTS[control](drawers[1])]
    assert found(inventory_of(drawers)) == wanted(expected)


@given(seed=st.integers(min_value=0, max_value=2**32), size=st.integers(min_value=0, max_value=25))
@settings(max_examples=40, deadline=None)
def test_what_was_put_in_comes_out(seed: int, size: int) -> None:
    made = portfolio(size, seed)
    assert found(made.inventory) == wanted(made.wanted)


def test_a_thousand_models_with_every_fault_there_is() -> None:
    made = portfolio(1000, 5, connection_faults=True)
    assert found(made.inventory) == wanted(made.wanted)
    assert Counter(each.control for each in findings(made.inventory)).keys() == set(CONTROL_IDS)
