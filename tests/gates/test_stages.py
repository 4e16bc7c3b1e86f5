"""The tiered workflow: a table by hand, and what holds of every combination."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.gates import STAGE_FIELDS, stages
from connector.model.gates import ALL_STAGES, Stage

PASSED = {
    "validation_status": "passed",
    "independent_validation": "passed",
    "compliance_review": "approved",
    "business_approval": "approved",
}
FAILED = {
    "validation_status": "failed",
    "independent_validation": "failed",
    "compliance_review": "rejected",
    "business_approval": "rejected",
}
FOUR = ("automated", "validation", "compliance", "business")


@pytest.mark.parametrize(
    ("tier", "needed"),
    [
        ("critical", FOUR),
        ("high", FOUR),
        ("medium", ("automated", "compliance")),
        ("low", ("automated",)),
        (None, FOUR),
        ("tier 9", FOUR),
    ],
)
def test_what_a_tier_needs(tier: str | None, needed: tuple[str, ...]) -> None:
    found = stages(tier, {})
    assert (found.needed, found.passed, found.failed, found.next) == (needed, (), (), "automated")
    assert stages(tier, PASSED).passed == needed
    assert stages(tier, PASSED).next is None


@pytest.mark.parametrize(
    ("held", "passed", "failed", "then"),
    [
        ({"validation_status": "pending"}, (), (), "automated"),
        ({"validation_status": "failed"}, (), ("automated",), "automated"),
        ({"validation_status": "passed"}, ("automated",), (), "validation"),
        (PASSED | {"validation_status": "failed"}, FOUR[1:], ("automated",), "automated"),
        (
            PASSED | {"compliance_review": "rejected"},
            ("automated", "validation", "business"),
            ("compliance",),
            "compliance",
        ),
        (PASSED | {"business_approval": None}, FOUR[:3], (), "business"),
        (PASSED | {"compliance_review": "passed"}, ("automated", "validation", "business"), (), "compliance"),
        (PASSED | {"validation_status": "approved"}, FOUR[1:], (), "automated"),
    ],
)
def test_which_gate_is_next_of_a_high_one(
    held: dict[str, str | None], passed: tuple[str, ...], failed: tuple[str, ...], then: str
) -> None:
    found = stages("high", held)
    assert (found.passed, found.failed, found.next) == (passed, failed, then)


def test_configured_needs_take_the_place_of_the_usual_ones() -> None:
    needs = {"medium": (Stage.BUSINESS, Stage.AUTOMATED), "low": ()}
    assert stages("medium", {}, needs).needed == ("automated", "business")
    assert stages("low", {}, needs) == stages("low", PASSED, needs)
    assert stages("low", {}, needs).next is None
    assert stages("high", {}, needs).needed == FOUR


VALUES = st.fixed_dictionaries(
    {name: st.sampled_from([PASSED[name], FAILED[name], "pending", None, "odd"]) for name in STAGE_FIELDS.values()}
)
TIERS = st.sampled_from(["critical", "high", "medium", "low", None, "other"])


@given(TIERS, VALUES)
def test_of_every_combination(tier: str | None, held: dict[str, str | None]) -> None:
    found = stages(tier, held)
    order = [stage for stage in ALL_STAGES if stage in found.needed]
    assert list(found.needed) == order
    assert set(found.passed) | set(found.failed) <= set(found.needed)
    assert not set(found.passed) & set(found.failed)
    left = [stage for stage in order if held[STAGE_FIELDS[stage]] != PASSED[STAGE_FIELDS[stage]]]
    assert found.next == (left[0] if left else None)


@given(TIERS, VALUES, st.sampled_from(ALL_STAGES))
def test_passing_one_more_stage_never_leads_back(tier: str | None, held: dict[str, str | None], stage: Stage) -> None:
    name = STAGE_FIELDS[stage]
    before, after = stages(tier, held), stages(tier, held | {name: PASSED[name]})
    assert set(before.passed) <= set(after.passed)
    assert after.next is None or FOUR.index(after.next) >= FOUR.index(before.next or "business")
