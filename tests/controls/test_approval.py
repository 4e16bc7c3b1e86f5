"""C01, C02, C04, C07, C16."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import JoinedVersion
from connector.controls.facts import Approved
from connector.controls.standing import in_force
from connector.mapping.thresholds import CONTROL_IDS
from tests.controls.estate import GOOD, TODAY, controls, model, run, version


def test_a_model_in_order_has_no_finding() -> None:
    assert run(GOOD) == []


@pytest.mark.parametrize("status", [None, "not_submitted", "pending", "expired", "withdrawn", "rejected"])
def test_c01_unapproved_in_production(status: str | None) -> None:
    found = [each for each in run(model(version(status))) if each.control == "C01"]
    assert [(each.severity, each.model, each.version) for each in found] == [("critical", "credit", "3")]
    assert found[0].seen == f"under production, and its approval is {(status or 'not recorded').replace('_', ' ')}"


@pytest.mark.parametrize("status", ["approved", "conditional", "provisional"])
def test_c01_not_for_what_is_in_force(status: str) -> None:
    assert run(model(version(status))) == []


def test_c01_not_outside_production() -> None:
    assert run(model(version("pending", production=False))) == []


def test_c01_counts_a_version_that_the_grc_does_not_know() -> None:
    assert controls(model(JoinedVersion("4", {}, None, None, True, ("champion",)))) == [("C01", "critical")]


def test_c01_believes_nothing_that_mlflow_says_of_an_approval() -> None:
    forged = JoinedVersion("4", {"approval_status": "approved"}, {}, None, True, ("champion",))
    assert controls(model(forged)) == [("C01", "critical")]


THEN = Approved("2026-02-01T08:00:00.000Z", "s3://a", "run1", '{"in": 1}')
NOW = {"identity.source": "s3://a", "identity.run": "run1", "schema": '{"in": 1}'}


@pytest.mark.parametrize(
    ("field", "word"), [("identity.source", "source"), ("identity.run", "run"), ("schema", "signature")]
)
def test_c02_changed_since_it_was_approved(field: str, word: str) -> None:
    changed = replace(version(), registry={**NOW, field: "other"}, approved=THEN)
    (found,) = run(model(changed))
    assert (found.control, found.severity, found.version) == ("C02", "critical", "3")
    assert f"{word} was" in found.seen
    assert "2026-02-01" in found.seen


def test_c02_not_for_what_is_as_it_was_nor_without_an_approval_in_force() -> None:
    assert run(model(replace(version(), registry=NOW, approved=THEN))) == []
    idle = replace(version("withdrawn", production=False), registry={**NOW, "schema": "other"}, approved=THEN)
    assert run(model(idle)) == []


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (None, {**NOW, "identity.source": "s3://b"}),
        (replace(THEN, source=None), {**NOW, "identity.source": "s3://b"}),
        (THEN, {"identity.run": "run1"}),
    ],
    ids=["approval never seen", "source not recorded then", "source not recorded now"],
)
def test_c02_guesses_nothing(then: Approved | None, now: dict[str, str]) -> None:
    assert run(model(replace(version(), registry=now, approved=then))) == []


@pytest.mark.parametrize("status", ["decommissioned", "suspended"])
def test_c04_out_of_use_in_production(status: str) -> None:
    assert controls(model(lifecycle_status=status)) == [("C04", "critical")]
    assert controls(model(version(production=False), lifecycle_status=status)) == []


def test_c04_a_rejected_version_in_production() -> None:
    assert controls(model(version("rejected"))) == [("C01", "critical"), ("C04", "critical")]


def test_c07_an_approval_that_expired() -> None:
    assert controls(model(version(approval_expiry="2026-03-01"))) == [("C07", "high")]
    assert controls(model(version(approval_expiry=TODAY))) == []
    assert ("C07", "high") in controls(model(version("expired")))
    assert controls(model(version(production=False, approval_expiry="2026-03-01"))) == []
    (found,) = run(model(version("provisional", approval_expiry="2026-03-01")))
    assert "provisional approval expired" in found.seen


@pytest.mark.parametrize("name", ["use_restrictions", "operating_boundaries", "conditions"])
def test_c16_a_restriction_that_mlflow_does_not_show(name: str) -> None:
    hidden = version(**{name: "not for mortgages"})
    assert controls(model(hidden)) == [("C16", "high")]
    shown = replace(hidden, registry={name: "not for mortgages"})
    assert controls(model(shown)) == []
    assert controls(model(replace(shown, registry={name: "older"}, differs=frozenset({name})))) == [("C16", "high")]
    assert controls(model(hidden), version_fields=frozenset()) == []
    assert controls(model(replace(hidden, registry=None))) == []


def test_every_control_stands_in_the_catalogue() -> None:
    from connector.controls import BASIS, CONTROLS, TITLES

    assert tuple(CONTROLS) == CONTROL_IDS == tuple(f"C{number:02}" for number in range(1, 29))
    assert all(TITLES.values())
    assert all(BASIS.values())


def test_an_approval_holds_until_the_end_of_its_last_day() -> None:
    assert in_force(version(approval_expiry=TODAY), TODAY)
    assert in_force(version("conditional"), TODAY)
    assert not in_force(version(approval_expiry="2026-03-01"), TODAY)
    assert not in_force(version("expired", approval_expiry="2027-03-01"), TODAY)
    assert not in_force(JoinedVersion("4", {"approval_status": "approved"}, {}), TODAY)
