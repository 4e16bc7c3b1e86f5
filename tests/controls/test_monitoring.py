"""C20, C21."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import JoinedIssue, JoinedModel
from tests.controls.estate import controls, model, run, version

ISSUE = JoinedIssue("FND-1", "Drift", "medium", "open")
OLD, FRESH = "2025-12-01T08:00:00.000Z", "2025-12-02T08:00:00.000Z"
MEASURED = {"monitoring_evidence": '{"psi": 0.1}'}


def test_c20_red_and_nobody_does_anything() -> None:
    red = model(version(monitoring_status="red"))
    assert controls(red) == [("C20", "high")]
    assert controls(replace(red, issues=(ISSUE,))) == []
    assert controls(replace(red, issues=(replace(ISSUE, state="closed"),))) == [("C20", "high")]
    assert controls(replace(red, issues=(replace(ISSUE, version="1"),))) == [("C20", "high")]
    assert controls(model(version(production=False, monitoring_status="red"))) == []
    assert controls(model(version(monitoring_status="yellow"))) == []


def test_c20_stale_by_the_journal() -> None:
    measured = replace(version(), registry=MEASURED)
    assert controls(model(replace(measured, measured_at=OLD))) == [("C20", "high")]
    assert controls(model(replace(measured, measured_at=FRESH))) == []
    assert controls(model(replace(measured, measured_at=FRESH)), settings={"C20": {"days": 89}}) == [("C20", "high")]


def test_c20_what_was_never_measured_or_never_seen_is_not_stale() -> None:
    assert controls(model(replace(version(monitoring_status="green"), measured_at=OLD))) == []
    assert controls(model(replace(version(), registry=MEASURED))) == []


UPSTREAM = replace(
    model(version("pending", production=False)), name="bureau", record_id="MDL7", key="k7", claims=("MDL7",)
)


def dependant(*names: str) -> JoinedModel:
    import json

    return model(dependencies=json.dumps(names))


@pytest.mark.parametrize("name", ["MDL7", "bureau"])
def test_c21_something_upstream_is_not_approved(name: str) -> None:
    (found,) = run(dependant(name), UPSTREAM)
    assert (found.control, found.severity, found.model) == ("C21", "high", "credit")
    assert "bureau is not approved" in found.seen


def test_c21_something_upstream_is_red_or_in_use_unapproved() -> None:
    red = replace(UPSTREAM, versions=(version(monitoring_status="red"),), issues=(ISSUE,))
    assert controls(dependant("MDL7"), red) == [("C21", "high")]
    used = replace(UPSTREAM, versions=(version("rejected"),))
    assert ("C21", "high") in controls(dependant("MDL7"), used)
    lapsed = replace(UPSTREAM, versions=(version(approval_expiry="2026-03-01"),))
    assert ("C21", "high") in controls(dependant("MDL7"), lapsed)


def test_c21_not_where_upstream_is_sound_unknown_or_nothing_is_in_use() -> None:
    assert controls(dependant("MDL7"), replace(UPSTREAM, versions=(version(),))) == []
    assert controls(dependant("MDL8"), UPSTREAM) == []
    assert controls(dependant("MDL1")) == []
    assert controls(model(dependencies="no list")) == []
    idle = replace(dependant("MDL7"), versions=(version(production=False),))
    assert controls(idle, UPSTREAM) == []
    assert controls(replace(idle, grc={**(idle.grc or {}), "lifecycle_status": "in_use"}), UPSTREAM) == [
        ("C21", "high")
    ]


@pytest.mark.parametrize(("life", "found"), [("in_use", False), ("proposed", True), (None, False)])
def test_c21_a_model_without_versions_is_judged_by_its_life(life: str | None, found: bool) -> None:
    vendor = model(lifecycle_status=life)
    vendor = replace(vendor, name="vendor", registry=None, record_id="MDL9", versions=(), claims=(), key="")
    assert bool(controls(dependant("MDL9"), vendor)) is found


def test_c21_a_name_that_two_models_have_means_neither() -> None:
    vendor = replace(UPSTREAM, registry=None, record_id="MDL9", key="", claims=())
    assert controls(dependant("bureau"), UPSTREAM, vendor) == []
