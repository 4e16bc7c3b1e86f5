"""Which controls run and how they are set: profile, installation; and findings that were accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import Finding, Waiver, findings, rules_of, waive
from connector.controls.catalogue import CONTROLS
from connector.mapping.profile import load_profile, packaged_profiles
from connector.mapping.thresholds import Thresholds
from tests.controls.estate import GOOD, TODAY, inventory, model, version


@pytest.mark.parametrize("name", packaged_profiles())
def test_what_a_profile_lists_runs_and_nothing_else(name: str) -> None:
    profile = load_profile(name)
    assert rules_of(profile, Thresholds()).in_force == profile.controls
    assert set(profile.controls) <= CONTROLS.keys()


def settings(**controls: dict[str, object]) -> Thresholds:
    return Thresholds.model_validate(controls)


def test_the_installation_switches_controls_on_and_off_over_the_profile() -> None:
    profile = load_profile("baseline")
    rules = rules_of(profile, settings(C01={"enabled": False}, C08={"enabled": True}))
    assert "C01" not in rules.in_force
    assert "C08" in rules.in_force
    own = profile.model_copy(update={"settings": settings(C05={"enabled": False})})
    assert "C05" not in rules_of(own, Thresholds()).in_force
    assert "C05" in rules_of(own, settings(C05={"enabled": True})).in_force


def test_a_setting_goes_profile_over_default_and_installation_over_profile() -> None:
    own = settings(C08={"months": {"high": 6, "low": 48}}, C15={"days": 5}, C10={"severity": "low"})
    profile = load_profile("baseline").model_copy(update={"settings": own})
    found = rules_of(profile, settings(C08={"months": {"high": 9}}, C15={"severity": "high"})).settings
    assert found.C08.months == {"critical": 12, "high": 9, "medium": 24, "low": 48}
    assert (found.C15.days, found.C15.severity, found.C10.severity, found.C11.days) == (5, "high", "low", 30)


def test_a_control_that_is_not_in_force_finds_nothing() -> None:
    wrong = inventory(model(version("pending", approval_expiry="2026-01-01")))
    assert [each.control for each in findings(wrong)] == ["C01", "C07"]
    narrowed = replace(wrong, rules=wrong.rules.only(("C07", "C08")))
    assert [each.control for each in findings(narrowed)] == ["C07"]
    assert wrong.rules.only(()) == wrong.rules


def test_another_severity_sorts_anew() -> None:
    wrong = model(version("pending", approval_expiry="2026-01-01"))
    found = findings(inventory(wrong, settings={"C01": {"severity": "low"}}))
    assert [(each.control, each.severity) for each in found] == [("C07", "high"), ("C01", "low")]


def finding(version: str | None = "3", control: str = "C01", name: str = "credit") -> Finding:
    return Finding(control, "critical", name, version, "seen", "do")


def waiver(expires: str = TODAY, version: str | None = None, model: str = "credit", control: str = "C01") -> Waiver:
    return Waiver(control, model, version, "agreed", "cro@bank.example", expires)


@pytest.mark.parametrize(
    ("given", "covered"),
    [
        (waiver(), True),
        (waiver(version="3"), True),
        (waiver(version="4"), False),
        (waiver(model="fraud"), False),
        (waiver(control="C02"), False),
    ],
)
def test_a_waiver_covers_one_control_of_one_model(given: Waiver, covered: bool) -> None:
    found = waive([finding()], [given], TODAY)
    assert found.findings[0].waiver == (given if covered else None)
    assert found.idle == (() if covered else (given,))


def test_a_waiver_for_one_version_covers_nothing_of_the_whole_model() -> None:
    assert waive([finding(None)], [waiver(version="3")], TODAY).findings[0].waiver is None


def test_a_model_may_be_named_without_its_workspace() -> None:
    assert waive([finding(name="risk/credit")], [waiver()], TODAY).findings[0].waiver is not None


def test_an_expired_waivers_finding_comes_back_and_says_so() -> None:
    late = waiver("2026-03-01")
    found = waive([finding()], [late], TODAY)
    assert found.findings[0].waiver is None
    assert "waiver of cro@bank.example expired on 2026-03-01" in found.findings[0].seen
    assert found.idle == ()


def test_of_several_waivers_the_one_that_lasts_longest_counts() -> None:
    short, long = waiver("2026-03-01"), waiver("2026-12-31", version="3")
    found = waive([finding()], [short, long], TODAY)
    assert found.findings[0].waiver == long
    assert found.idle == ()


def test_a_waiver_of_a_model_in_order_is_idle() -> None:
    assert waive(findings(inventory(GOOD)), [waiver()], TODAY).idle == (waiver(),)
