"""Each control, on the smallest inventory that shows it, and on the nearest one that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import CONTROLS, TITLES, Finding, Inventory, JoinedIssue, JoinedModel, JoinedVersion, findings
from connector.model.state import LinkState

TODAY = "2026-03-02"


def version(status: str | None = "approved", *, production: bool = True, **grc: str) -> JoinedVersion:
    held = {"approval_status": status, **grc}
    return JoinedVersion("3", {}, held, "VER1", production, ("production",) if production else ())


GOOD = JoinedModel("credit", {"purpose": "Scores."}, {"purpose": "Scores."}, "MDL1", LinkState.LIVE, (version(),))


def run(model: JoinedModel, **more: object) -> list[Finding]:
    return list(findings(Inventory((model,), TODAY, **more)))  # type: ignore[arg-type]


def controls(model: JoinedModel, **more: object) -> list[tuple[str, str]]:
    return [(each.control, each.severity) for each in run(model, **more)]


def with_version(one: JoinedVersion) -> JoinedModel:
    return replace(GOOD, versions=(one,))


def test_a_model_in_order_has_no_finding() -> None:
    assert run(GOOD) == []


@pytest.mark.parametrize("status", [None, "not_submitted", "pending", "expired", "withdrawn", "rejected"])
def test_c01_unapproved_in_production(status: str | None) -> None:
    found = [each for each in run(with_version(version(status))) if each.control == "C01"]
    assert [(each.severity, each.model, each.version) for each in found] == [("critical", "credit", "3")]
    assert "production" in found[0].seen


@pytest.mark.parametrize("status", ["approved", "conditional", "provisional"])
def test_c01_not_for_what_is_in_force(status: str) -> None:
    assert run(with_version(version(status))) == []


def test_c01_not_outside_production() -> None:
    assert run(with_version(version("pending", production=False))) == []


def test_c01_counts_a_version_that_the_grc_does_not_know() -> None:
    unknown = JoinedVersion("4", {}, None, None, True, ("champion",))
    assert controls(with_version(unknown)) == [("C01", "critical")]


@pytest.mark.parametrize("status", ["decommissioned", "suspended"])
def test_c04_out_of_use_in_production(status: str) -> None:
    assert controls(replace(GOOD, grc={"lifecycle_status": status})) == [("C04", "critical")]
    idle = replace(GOOD, grc={"lifecycle_status": status}, versions=(version(production=False),))
    assert controls(idle) == []


def test_c04_a_rejected_version_in_production() -> None:
    assert controls(with_version(version("rejected"))) == [("C01", "critical"), ("C04", "critical")]


def test_c05_missing_from_the_inventory() -> None:
    unknown = replace(GOOD, grc=None, record_id=None, link=None, versions=())
    assert controls(unknown) == [("C05", "high")]
    used = replace(unknown, versions=(replace(version(), grc=None),))
    assert ("C05", "critical") in controls(used)


def test_c06_a_record_without_its_model() -> None:
    orphan = replace(GOOD, registry=None, grc={"identity.key": "mlflow:x/credit@1"}, versions=())
    assert controls(orphan) == [("C06", "high")]
    assert controls(replace(orphan, grc={"identity.key": "k", "lifecycle_status": "decommissioned"})) == []
    assert controls(replace(orphan, grc={"purpose": "A vendor's model."})) == []


def test_c07_an_approval_that_expired() -> None:
    assert controls(with_version(version(approval_expiry="2026-03-01"))) == [("C07", "high")]
    assert controls(with_version(version(approval_expiry=TODAY))) == []
    assert ("C07", "high") in controls(with_version(version("expired")))


def test_c09_remediation_overdue_is_as_severe_as_its_issue() -> None:
    late = JoinedIssue("FND-1", "Drift", "medium", "open", "2026-03-01")
    assert controls(replace(GOOD, issues=(late,))) == [("C09", "medium")]
    for fine in (replace(late, due=TODAY), replace(late, state="closed"), replace(late, due=None)):
        assert controls(replace(GOOD, issues=(fine,))) == []
    assert controls(replace(GOOD, issues=(replace(late, severity=None),))) == [("C09", "high")]


def test_c13_a_required_field_is_empty() -> None:
    asked = {"required": {"high": ("purpose", "products", "validator"), None: ("purpose",)}}
    fields = {"model_fields": frozenset({"purpose", "products"}), "version_fields": frozenset({"validator"})}
    top = replace(GOOD, grc={"risk_classification": "high", "purpose": "Scores."})
    found = run(top, **asked, **fields)
    assert [(each.severity, each.version, each.seen) for each in found] == [
        ("high", None, "empty: products"),
        ("high", "3", "in production, empty: validator"),
    ]
    assert run(replace(top, placeholder=True), **asked, **fields) == []
    both = {**fields, "version_fields": frozenset({"validator", "products"})}
    assert [each.seen for each in run(top, **asked, **both)] == ["empty: products", "in production, empty: validator"]
    unclassified = replace(GOOD, registry={}, grc={})
    assert controls(unclassified, **asked, **fields) == [("C13", "medium")]


def test_the_worst_come_first() -> None:
    late = JoinedIssue("FND-1", "Drift", "low", "open", "2026-01-01")
    model = replace(with_version(version("pending", approval_expiry="2026-01-01")), issues=(late,))
    assert controls(model) == [("C01", "critical"), ("C07", "high"), ("C09", "low")]


def test_each_control_says_what_it_looks_for() -> None:
    assert TITLES.keys() == CONTROLS.keys()
