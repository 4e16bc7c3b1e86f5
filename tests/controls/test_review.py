"""C08, C13, C14, C15, C19, C24."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connector.controls.standing import months_after
from connector.model.fields import Entity, Field, FieldType, Location, LocationKind, Owner
from connector.model.state import LinkState
from tests.controls.estate import GOOD, controls, model, run, version

DECOMMISSIONED = {"lifecycle_status": "decommissioned"}
IDLE = version(production=False)


def test_c08_a_review_that_is_overdue() -> None:
    late = model(next_review_due="2026-03-01")
    assert controls(late) == [("C08", "high")]
    assert controls(model(next_review_due="2026-03-02")) == []
    assert controls(model(next_review_due="2026-03-01", risk_classification="medium")) == [("C08", "medium")]
    assert controls(model(IDLE, next_review_due="2026-03-01", **DECOMMISSIONED)) == []


@pytest.mark.parametrize(
    ("grc", "found"),
    [
        ({"last_validated": "2025-03-01"}, True),
        ({"last_validated": "2025-03-02"}, False),
        ({"last_validated": "2025-03-01", "review_frequency": "24"}, False),
        ({"last_validated": "2025-09-01", "review_frequency": "6"}, True),
        ({"last_validated": "2025-03-01", "next_review_due": "2026-06-01"}, False),
        ({"last_validated": "2025-03-01", "risk_classification": None}, False),
        ({"last_validated": "2025-03-02", "review_frequency": "0"}, False),
        ({"review_frequency": "6"}, False),
        ({"next_review_due": "soon"}, False),
    ],
)
def test_c08_by_the_word_of_the_grc_else_by_the_tier(grc: dict[str, str], found: bool) -> None:
    tierless = replace(model(**grc), registry={}) if "risk_classification" in grc else model(**grc)
    assert (("C08", "high") in controls(tierless)) is found


def test_c08_other_limits() -> None:
    old = model(last_validated="2025-03-01")
    assert controls(old, settings={"C08": {"months": {"high": 13}}}) == []
    assert controls(old, settings={"C08": {"months": {"high": None}}}) == []


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2025-01-31", 1, "2025-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2025-11-30", 3, "2026-02-28")],
)
def test_months_end_where_the_month_does(start: str, months: int, end: str) -> None:
    assert months_after(date.fromisoformat(start), months) == date.fromisoformat(end)


ASKED = {"required": {"high": ("purpose", "products", "validator", "unmapped"), None: ("purpose",)}}


def in_tag(name: str, owner: Owner, level: Entity, key: str) -> Field:
    return Field(name, FieldType.STRING, owner, level, locations=(Location(LocationKind.TAG, key),))


def test_c13_names_the_tag_to_set_where_one_can_be_set() -> None:
    places = {
        Entity.MODEL: (
            in_tag("purpose", Owner.SHARED, Entity.MODEL, "purpose"),
            in_tag("products", Owner.GRC, Entity.MODEL, "grc_products"),
            in_tag("developer", Owner.MLFLOW, Entity.MODEL, "the_developer"),
        ),
        Entity.VERSION: (in_tag("validator", Owner.MLFLOW, Entity.VERSION, "val"),),
    }
    owners = {"products": Owner.GRC, "purpose": Owner.SHARED, "developer": Owner.MLFLOW, "validator": Owner.MLFLOW}
    asked = {
        "required": {"high": ("purpose", "products", "developer", "validator")},
        "fields": places,
        "owners": owners,
    }
    poor = replace(GOOD, registry={}, grc={"risk_classification": "high", "model_owner": "owner@bank.example"})
    assert [each.remedy for each in run(poor, **asked)] == [
        (
            "set the tag purpose on the model, or fill it in the GRC; fill products in the GRC; "
            "set the tag the_developer on the model"
        ),
        "set the tag val on the version",
    ]
    vendors = replace(poor, registry=None, versions=(), key="", claims=())
    assert [each.remedy for each in run(vendors, **asked)] == ["fill purpose, products in the GRC"]


def test_c13_a_required_field_is_empty() -> None:
    found = run(GOOD, **ASKED)
    assert [(each.control, each.severity, each.version, each.seen) for each in found] == [
        ("C13", "high", None, "empty: products"),
        ("C13", "high", "3", "in production, empty: validator"),
    ]
    assert "fill products in the GRC" in found[0].remedy
    assert run(replace(GOOD, placeholder=True), **ASKED) == []
    assert run(model(IDLE, **DECOMMISSIONED), **ASKED) == []
    both = {"version_fields": frozenset({"validator", "products"})}
    assert [each.seen for each in run(GOOD, **ASKED, **both)] == ["empty: products", "in production, empty: validator"]
    unclassified = replace(GOOD, registry={}, grc=None, versions=())
    assert controls(unclassified, **ASKED) == [("C05", "high"), ("C13", "medium")]


def test_c13_of_a_model_that_the_grc_alone_holds_what_stands_there_is_asked_for() -> None:
    vendor = replace(GOOD, registry=None, versions=(), key="", claims=(), link=None)
    asked = {"required": {"high": ("products", "developer", "validator")}}
    assert [each.seen for each in run(vendor, **asked)] == ["empty: products"]
    orphan = replace(vendor, grc={**(GOOD.grc or {}), "identity.key": "k"})
    assert controls(orphan, **asked) == [("C06", "high")]


def test_c14_no_tier() -> None:
    untiered = replace(model(risk_classification=None), registry={"purpose": "Scores."})
    assert controls(untiered) == [("C14", "high")]
    assert controls(replace(untiered, grc=None, versions=())) == [("C05", "high")]
    assert controls(replace(untiered, versions=(IDLE,), grc={**(untiered.grc or {}), **DECOMMISSIONED})) == []


@pytest.mark.parametrize(
    ("materiality", "complexity", "tier"),
    [
        ("high", "high", "critical"),
        ("high", "medium", "high"),
        ("high", "low", "high"),
        ("medium", "high", "high"),
        ("medium", "medium", "medium"),
        ("medium", "low", "medium"),
        ("low", "high", "medium"),
        ("low", "medium", "low"),
        ("low", "low", "low"),
    ],
)
def test_c14_the_tier_that_materiality_and_complexity_ask_for(materiality: str, complexity: str, tier: str) -> None:
    for held in ("critical", "high", "medium", "low"):
        found = controls(model(materiality=materiality, complexity=complexity, risk_classification=held))
        assert found == ([] if held == tier else [("C14", "high")])


def test_c14_not_with_a_reason_nor_where_one_of_them_is_not_known() -> None:
    wrong = {"materiality": "high", "complexity": "high"}
    assert controls(model(**wrong)) == [("C14", "high")]
    assert controls(model(**wrong, tier_override_reason="The committee said so.")) == []
    for name in wrong:
        assert controls(model(**{**wrong, name: None})) == []
    assert controls(model(**wrong), settings={"C14": {"matrix": {"high": {"high": "high"}}}}) == []
    assert controls(model(**wrong), settings={"C14": {"matrix": {"high": {"high": None}}}}) == []


def test_c15_provisional_for_long() -> None:
    assert controls(replace(GOOD, provisional_since="2026-01-30")) == [("C15", "medium")]
    assert controls(replace(GOOD, provisional_since="2026-01-31")) == []
    assert controls(replace(GOOD, provisional_since="2026-01-31"), settings={"C15": {"days": 29}}) == [
        ("C15", "medium")
    ]
    assert controls(replace(GOOD, provisional_since="2026-01-01", registry=None, link=LinkState.RETIRED)) == []


MADE = replace(version(), created="2026-02-02T08:00:00.000Z")
VALIDATED = {"last_validated": "2026-02-01"}


def test_c19_a_version_newer_than_the_last_validation() -> None:
    assert controls(model(MADE, **VALIDATED)) == [("C19", "medium")]
    pending = replace(version("pending", production=False), created=MADE.created)
    assert controls(model(pending, **VALIDATED)) == [("C19", "medium")]
    assert controls(model(replace(pending, grc={"approval_status": "not_submitted"}), **VALIDATED)) == []
    assert controls(model(MADE, last_validated="2026-02-02")) == []


@pytest.mark.parametrize(("outcome", "found"), [("passed", False), ("failed", False), ("pending", True)])
def test_c19_an_assessment_is_an_outcome(outcome: str, found: bool) -> None:
    judged = replace(version(independent_validation=outcome), created=MADE.created)
    assert bool(controls(model(judged, **VALIDATED))) is found


def test_c19_guesses_nothing() -> None:
    assert controls(model(MADE)) == []
    assert controls(model(replace(MADE, created=None), **VALIDATED)) == []
    assert controls(model(MADE, **VALIDATED), version_fields=frozenset()) == []


ACT = {"registration": {"high": ("purpose", "products", "validator")}}


@pytest.mark.parametrize("scope", ['["eu-ai-act"]', '["EU AI Act","sr-26-2"]'])
def test_c24_in_scope_and_not_registered(scope: str) -> None:
    found = run(model(regulatory_scope=scope), **ACT)
    assert [(each.control, each.severity, each.version) for each in found] == [
        ("C24", "medium", None),
        ("C24", "medium", "3"),
    ]
    assert "products" in found[0].seen
    early = {"C24": {"high_from": "2026-03-02"}}
    assert {each.severity for each in run(model(regulatory_scope=scope), settings=early, **ACT)} == {"high"}


def test_c24_not_out_of_scope_nor_with_all_that_is_asked() -> None:
    assert controls(GOOD, **ACT) == []
    assert controls(model(regulatory_scope='["sr-26-2"]'), **ACT) == []
    whole = model(version(validator="v@bank.example"), regulatory_scope='["eu-ai-act"]', products='["loans"]')
    assert controls(whole, **ACT) == []
    assert controls(model(IDLE, regulatory_scope='["eu-ai-act"]', **DECOMMISSIONED), **ACT) == []
