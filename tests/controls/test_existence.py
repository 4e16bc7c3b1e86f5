"""C05, C06, C17, C18."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls.facts import FormerName
from connector.model.fields import Entity, Side
from connector.model.state import LinkState
from tests.controls.estate import GOOD, controls, model, run, version

UNKNOWN = replace(GOOD, grc=None, record_id=None, link=None, versions=(), claims=())
ORPHAN = replace(GOOD, registry=None, grc={"identity.key": "mlflow:x/credit@1"}, versions=(), claims=())


def test_c05_missing_from_the_inventory() -> None:
    assert controls(UNKNOWN) == [("C05", "high")]
    used = replace(UNKNOWN, versions=(replace(version(), grc=None),))
    assert ("C05", "critical") in controls(used)


def test_c05_of_an_incomplete_listing_nothing_is_missing_but_what_is_known_to_be_gone() -> None:
    incomplete = frozenset({(Side.GRC, Entity.MODEL)})
    assert controls(UNKNOWN, incomplete=incomplete) == []
    gone = replace(UNKNOWN, record_id="MDL9", link=LinkState.RECORD_GONE)
    (found,) = run(gone, incomplete=incomplete)
    assert (found.control, "MDL9" in found.seen) == ("C05", True)


def test_c06_a_record_without_its_model() -> None:
    assert controls(ORPHAN) == [("C06", "high")]
    assert controls(replace(ORPHAN, grc={"identity.key": "k", "lifecycle_status": "decommissioned"})) == []
    assert controls(replace(ORPHAN, link=LinkState.RETIRED)) == []
    vendor = {"purpose": "A vendor's.", "risk_classification": "low", "model_owner": "owner@bank.example"}
    assert controls(replace(ORPHAN, grc=vendor)) == []


def test_c06_of_an_incomplete_listing_nothing_is_missing() -> None:
    assert controls(ORPHAN, incomplete=frozenset({(Side.REGISTRY, Entity.MODEL)})) == []


def test_c17_two_models_of_one_record_and_two_records_of_one_model() -> None:
    twin = replace(GOOD, name="credit-copy", key="mlflow:x/credit-copy@2")
    found = run(GOOD, twin)
    assert [(each.control, each.severity, each.model) for each in found] == [
        ("C17", "high", "credit"),
        ("C17", "high", "credit-copy"),
    ]
    assert "credit-copy" in found[0].seen
    double = replace(GOOD, claims=("MDL1", "MDL2"))
    assert controls(double) == [("C17", "high")]
    assert controls(GOOD, replace(twin, claims=("MDL2",))) == []
    assert controls(GOOD, replace(twin, claims=(), grc=None)) == [("C05", "critical")]


AT = "2026-02-20T08:00:00.000Z"


@pytest.mark.parametrize(("renamed", "word"), [(False, "created again"), (True, "renamed from scoring")])
def test_c18_a_name_that_changed_its_bearer(renamed: bool, word: str) -> None:
    after = "2026-02-19T08:00:00.000Z"
    changed = replace(GOOD, former=(FormerName("scoring", renamed, AT, after),))
    (found,) = run(changed)
    assert (found.control, found.severity) == ("C18", "high")
    assert word in found.seen
    assert f"between {after} and {AT}" in found.seen
    (found,) = run(replace(GOOD, former=(FormerName("scoring", renamed, AT),)))
    assert f"before {AT}" in found.seen


def test_c18_only_for_so_many_days() -> None:
    changed = replace(GOOD, former=(FormerName("scoring", True, AT),))
    assert controls(changed, settings={"C18": {"days": 10}}) == [("C18", "high")]
    assert controls(changed, settings={"C18": {"days": 9}}) == []
    assert controls(replace(changed, grc=model(lifecycle_status="decommissioned").grc, versions=())) == []
