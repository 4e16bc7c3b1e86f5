"""C12, C23."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import ApprovalStep, JoinedModel
from connector.controls.facts import Unreadable
from connector.model.state import LinkState
from tests.controls.estate import GOOD, controls, model, run, version

DEV, OTHER = "dev@bank.example", "val@bank.example"


def developed(*versions: object, **grc: str) -> JoinedModel:
    return model(*versions, developer=DEV, **grc)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["validator", "approved_by"])
def test_c12_the_developer_judges_their_own(role: str) -> None:
    assert controls(developed(version(**{role: DEV.upper()}))) == [("C12", "high")]
    assert controls(developed(version(**{role: OTHER}))) == []
    assert controls(developed(version())) == []
    assert controls(model(version(**{role: DEV}))) == []


def test_c12_the_developer_as_mlflow_proposes_them_counts_too() -> None:
    proposed = replace(model(version(validator=DEV)), registry={"developer_proposed": DEV, "purpose": "Scores."})
    assert controls(proposed) == [("C12", "high")]


@pytest.mark.parametrize(
    ("decision", "found"), [("Approved", True), ("approved with conditions", True), ("submitted", False), (None, False)]
)
def test_c12_a_step_of_the_approval_counts_where_it_approves(decision: str | None, found: bool) -> None:
    step = ApprovalStep("1", DEV, "Model owner", None, decision)
    assert bool(controls(developed(replace(version(), approval_chain=(step,))))) is found
    assert controls(developed(replace(version(), approval_chain=(replace(step, name=None),)))) == []


def test_c12_only_of_what_is_in_use_or_on_its_way() -> None:
    assert controls(developed(version("pending", production=False, validator=DEV))) == [("C12", "high")]
    assert controls(developed(version("withdrawn", production=False, validator=DEV))) == []


def test_c23_an_owner_nobody_knows() -> None:
    assert controls(model(model_owner=None)) == [("C23", "medium")]
    case = Unreadable("model_owner", "the GRC: 'Bob' is no value of model_owner: not an e-mail address")
    found = run(replace(model(model_owner=None), unreadable=(case,)))
    assert [each.control for each in found] == ["C26", "C23"]
    assert "Bob" in found[1].seen


def test_c23_is_silent_where_nobody_can_know() -> None:
    assert controls(model(model_owner=None), model_fields=frozenset()) == []
    assert controls(model(model_owner=None, lifecycle_status="decommissioned")) == [("C04", "critical")]
    assert controls(replace(model(model_owner=None), registry=None, versions=(), link=LinkState.RETIRED)) == []
    assert ("C23", "medium") not in controls(replace(GOOD, grc=None))
