"""The controls at the command line: which run, how they are set, what is accepted, what they say."""

from __future__ import annotations

from typing import Any

import pytest
from openpyxl import load_workbook

from tests.cli.desk import Desk

RECONCILE = ("report", "reconcile")


def found(desk: Desk, *arguments: str, expect: int | None = 0) -> list[dict[str, Any]]:
    (report,) = desk.run(*RECONCILE, "--format", "json", *arguments, expect=expect).json["reports"]
    return list(report["findings"])


def controls(desk: Desk, *arguments: str, expect: int | None = 0) -> set[tuple[str, str]]:
    return {(each["control"], each["severity"]) for each in found(desk, *arguments, expect=expect)}


@pytest.fixture
def used(desk: Desk) -> Desk:
    """A model whose version is in production and was never approved."""
    desk.model("credit", risk_classification="high")
    desk.author.set_alias("credit", "production", "1")
    desk.run("sync")
    return desk


def accept(desk: Desk, *waivers: str, more: str = "") -> None:
    (desk.directory / "waivers.yaml").write_text("waivers:\n" + "".join(f"  - {each}\n" for each in waivers))
    desk.write(more=f"reports:\n  waivers: waivers.yaml\n{more}")


C01 = "{control: C01, model: credit, reason: Pilot, by: cro@bank.example, expires: 2999-12-31}"


def test_only_the_controls_that_are_asked_for_with_what_they_rest_on(used: Desk) -> None:
    assert controls(used, "--control", "C01") == {("C01", "critical")}
    assert controls(used, "--control", "c01", "--control", "C05") == {("C01", "critical")}
    used.run(*RECONCILE, "--control", "C05", "--fail-on", "low", expect=0)
    used.run(*RECONCILE, "--control", "C01", "--fail-on", "critical", expect=3)
    assert "C99" in used.run(*RECONCILE, "--control", "C99", expect=2).err
    out = used.run(*RECONCILE, "--control", "C01").out
    assert "C01: a version under a production alias is not approved. Rests on: SR 26-2 V" in out
    (report,) = used.run(*RECONCILE, "--control", "C01", "--format", "json").json["reports"]
    assert report["basis"]["C01"].startswith("SR 26-2 V")


def test_any_is_of_what_both_sides_hold_and_a_severity_of_what_the_controls_find(used: Desk) -> None:
    used.run(*RECONCILE, "--fail-on", "any")
    used.run(*RECONCILE, "--fail-on", "any", "--fail-on", "critical", expect=3)


def test_a_control_that_the_profile_does_not_ask_for_is_refused_with_what_to_do(used: Desk) -> None:
    said = used.run(*RECONCILE, "--control", "C14", expect=2).err
    assert "baseline" in said
    assert "reports.controls.C14.enabled" in said
    used.run(*RECONCILE, "--control", "C14", "--profile", "sr-26-2")


def test_the_configurations_profile_and_settings_and_those_that_there_are_none_of(used: Desk) -> None:
    assert "C23" not in {control for control, _ in controls(used)}
    used.write(more="reports:\n  profile: sr-26-2\n  controls: {C01: {severity: low}, C13: {enabled: false}}\n")
    told = controls(used)
    assert ("C23", "medium") in told
    assert ("C01", "low") in told
    assert "C13" not in {control for control, _ in told}
    assert "C23" not in {control for control, _ in controls(used, "--profile", "baseline")}
    used.write(more="reports:\n  controls: {C15: {day: 5}}\n")
    assert "Did you mean 'days'?" in used.run(*RECONCILE, expect=2).err
    used.write(more="reports:\n  controls:\n    C0: {severity: low}\n")
    said = used.run(*RECONCILE, expect=2).err
    assert "Did you mean 'C" in said
    assert "mlflow-grc.yaml:" in said


def test_a_profile_of_ones_own_sets_thresholds(used: Desk) -> None:
    text = "id: bank\ntitle: Ours\nsource: Policy 7\ncontrols: [C01]\nsettings: {C01: {severity: medium}}\n"
    (used.directory / "bank.yaml").write_text(text)
    assert controls(used, "--profile", "bank.yaml") == {("C01", "medium")}
    (used.directory / "bank.yaml").write_text(text.replace("severity", "severty"))
    said = used.run(*RECONCILE, "--profile", "bank.yaml", expect=2).err
    assert "bank.yaml:5" in said
    assert "Did you mean 'severity'?" in said


def test_an_accepted_finding_counts_for_nothing_and_says_who_accepted_it(used: Desk) -> None:
    accept(used, C01)
    only = ("--control", "C01")
    (each,) = found(used, *only, "--fail-on", "low")
    assert each["waiver"]["by"] == "cro@bank.example"
    out = used.run(*RECONCILE, *only).out
    assert "Accepted by a waiver" in out
    assert "cro@bank.example" in out
    assert "Pilot" in out
    assert "No findings but one accepted by a waiver." in out
    assert "match no finding" not in out
    accept(used, C01.replace("2999", "2020"))
    (each,) = found(used, "--control", "C01", "--fail-on", "critical", expect=3)
    assert each["waiver"] is None
    assert "the waiver of cro@bank.example expired on 2020-12-31" in each["seen"]


def test_a_waiver_that_matches_nothing_is_told_and_a_wrong_one_refused(used: Desk) -> None:
    accept(used, C01, C01.replace("credit", "no-such-model"), C01.replace("C01", "C14"))
    out = used.run(*RECONCILE).out
    told = out.partition("match no finding")[2]
    assert "no-such-model" in told
    assert "C14" not in told, "a control that does not run says nothing of its waivers"
    told = used.run(*RECONCILE, "--format", "markdown").out.partition("match no finding")[2]
    assert "| C01 | no-such-model |" in told
    assert "C14" not in told
    accept(used, C01, C01.replace("C01", "C77"))
    said = used.run(*RECONCILE, expect=2).err
    assert "waivers.yaml:3" in said
    assert "C77" in said


def test_an_edit_of_what_the_grc_owns_is_found_while_it_stands_and_after_it_was_put_back(used: Desk) -> None:
    used.author.set_tag("credit", "grc_approval_status", "approved", "1")
    (standing,) = found(used, "--live", "--control", "C10")
    assert "approval_status set to 'approved' in place of 'not_submitted' (still stands)" in standing["seen"]
    used.run("sync")
    (back,) = found(used, "--control", "C10")
    assert (back["version"], "(put back on " in back["seen"]) == ("1", True)
    used.write(more="reports:\n  controls: {C10: {days: 0}}\n")
    assert len(found(used, "--control", "C10")) == 1


def test_an_edit_of_what_mlflow_owns_and_a_value_that_means_nothing_are_found(used: Desk) -> None:
    used.officer.patch(used.record("credit")["id"], description="edited in the GRC")
    used.run("sync")
    (back,) = found(used, "--control", "C11")
    assert "description set to 'edited in the GRC' in place of 'About credit.'" in back["seen"]
    used.author.set_tag("credit", "risk_classification", "banana")
    used.run("sync", expect=3)
    (each,) = found(used, "--control", "C26")
    assert "banana" in each["seen"]


def test_a_name_that_was_used_again_is_found(used: Desk) -> None:
    assert found(used, "--control", "C18") == []
    used.author.delete_model("credit")
    used.run("sync", expect=None)
    used.model("credit")
    used.run("sync", expect=None)
    (each,) = found(used, "--control", "C18")
    assert "deleted and created again" in each["seen"]


def test_a_fuse_that_tripped_makes_the_report_inconclusive(used: Desk) -> None:
    used.write(more="policy: {fuse: {update: {percent: 0, floor: 0}}}\n")
    used.author.set_tag("credit", "purpose", "new")
    used.run("sync", expect=3)
    said = used.run(*RECONCILE, expect=3)
    assert "INCONCLUSIVE: a fuse holds back 1 operation" in said.out
    assert controls(used, "--control", "C27", expect=3) == {("C27", "critical")}
    told = used.run(*RECONCILE, "--format", "markdown", expect=3).out
    assert "**Inconclusive**: a fuse holds back 1 operation." in told
    used.run(*RECONCILE, "--format", "xlsx", "--output", "r.xlsx", expect=3)
    about = {row[1]: row[2] for row in load_workbook(used.directory / "r.xlsx")["about"].iter_rows(values_only=True)}
    assert (about["complete"], about["operations that a fuse holds back"]) == ("no", "1")
    told = used.run("report", "evidence", "--output", "bundle.zip", expect=3).out
    assert "INCONCLUSIVE: bank: a fuse holds back 1 operation" in told
    assert "not read to the end" not in told


def test_findings_of_the_whole_connection_stay_when_one_model_is_asked_for(used: Desk) -> None:
    used.write(more="policy: {fuse: {update: {percent: 0, floor: 0}}}\n")
    used.model("fraud", versions=0)
    used.run("sync", expect=None)
    used.author.set_tag("credit", "purpose", "new")
    used.run("sync", expect=3)
    told = {each["model"] for each in found(used, "--model", "fraud", expect=3)}
    assert told == {"", "fraud"}


def test_what_changed_after_the_approval_and_what_was_hidden_from_mlflow_are_found(used: Desk) -> None:
    used.author.set_tag("credit", "schema", '{"in": 1}', "1")
    used.author.set_tag("credit", "grc_approval_request", "submit", "1")
    used.run("sync")
    used.officer.decide(used.record("credit", "versions")["id"], "conditional", conditions="Not for mortgages.")
    used.run("sync")
    asked = ("--control", "C01", "--control", "C02", "--control", "C16")
    assert found(used, *asked) == []
    used.author.set_tag("credit", "schema", '{"in": 2}', "1")
    used.author.set_tag("credit", "grc_conditions", "None at all.", "1")
    told = found(used, "--live", *asked)
    assert [(each["control"], each["version"]) for each in told] == [("C02", "1"), ("C16", "1")]
    used.run("sync")
    (changed,) = found(used, *asked)
    assert """signature was '{"in": 1}', is '{"in": 2}'""" in changed["seen"]


def test_an_issue_that_mlflow_no_longer_shows_rightly_is_found(used: Desk) -> None:
    record = used.record("credit")["id"]
    issue = used.officer.raise_issue("Bias", severity="High", model=record)
    used.run("sync")
    used.write(more="reports:\n  controls: {C25: {hours: 0}}\npolicy: {read_only: [registry]}\n")
    asked = ("--control", "C03", "--control", "C25")
    assert [each["control"] for each in found(used, *asked)] == ["C03"]
    used.officer.close_issue(issue["id"])
    used.run("sync", expect=None)
    used.run("sync", expect=None)
    assert [each["control"] for each in found(used, *asked)] == ["C25"]
