"""Which stages a version needs, which it passed and which is next, told by the owners of the stages' fields alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import Inventory, JoinedVersion
from connector.controls.workflow import by_owner, workflow
from connector.gates import STAGE_FIELDS
from connector.model.fields import Entity, Field, FieldType, Owner
from connector.model.gates import Stage
from tests.controls.estate import TODAY, model

PASSED = {
    "validation_status": "passed",
    "independent_validation": "passed",
    "compliance_review": "approved",
    "business_approval": "approved",
}


def inventory(**owners: Owner) -> Inventory:
    told = {**dict.fromkeys(STAGE_FIELDS.values(), Owner.GRC), "validation_status": Owner.MLFLOW, **owners}
    fields = tuple(Field(name, FieldType.CHOICE, owner, Entity.VERSION) for name, owner in told.items())
    return Inventory((), TODAY, owners=told, fields={Entity.VERSION: fields})


def version(registry: dict[str, str], grc: dict[str, str] | None) -> JoinedVersion:
    return JoinedVersion("3", registry, grc)


@pytest.mark.parametrize(
    ("tier", "needed"),
    [("high", 4), ("medium", 2), ("low", 1), (None, 4)],
)
def test_the_tier_says_what_is_needed(tier: str | None, needed: int) -> None:
    found = workflow(
        inventory(), model(risk_classification=tier) if tier else replace(model(), registry={}, grc={}), version({}, {})
    )
    assert (len(found.needed), found.next) == (needed, "automated")


def test_what_is_configured_wins() -> None:
    asked = replace(inventory(), needs={"high": (Stage.BUSINESS,)})
    assert workflow(asked, model(), version({}, {})).next == "business"


def test_nothing_is_left_where_every_owner_says_so() -> None:
    found = workflow(inventory(), model(), version({"validation_status": "passed"}, PASSED))
    assert (len(found.passed), found.next) == (4, None)


def test_a_tag_passes_nothing_that_the_grc_owns() -> None:
    assert workflow(inventory(), model(), version(PASSED, {})).next == "validation"
    assert workflow(inventory(), model(), version(PASSED, None)).next == "validation"


def test_a_shared_field_counts_once_both_sides_agree() -> None:
    shared = inventory(**dict.fromkeys(PASSED, Owner.SHARED))
    assert workflow(shared, model(), version(PASSED, PASSED)).next is None
    assert workflow(shared, model(), version(PASSED, {**PASSED, "compliance_review": "pending"})).next == "compliance"


def test_a_stage_without_a_field_was_passed_by_nobody() -> None:
    assert workflow(replace(inventory(), fields={}), model(), version(PASSED, PASSED)).next == "automated"


def test_the_owners_word_counts() -> None:
    forged = version({"business_approval": "approved", "validation_status": "passed"}, {})
    assert by_owner(inventory(), forged, "business_approval") is None
    assert by_owner(inventory(), forged, "validation_status") == "passed"
