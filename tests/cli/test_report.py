"""``report reconcile``: side by side, as the last cycle saw it or live."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import re
from contextlib import closing

import pytest

from connector.mock import FaultKind
from tests.cli.desk import OFFICER, Desk


@pytest.fixture
def mixed(desk: Desk) -> Desk:
    """One of everything that a report can show."""
    desk.conflict("credit")
    desk.model("deleted", versions=0)
    desk.model("fraud", versions=0, developer="nobody@bank.example")
    desk.run("sync", expect=3)
    desk.officer.create("models", registry_name="a spreadsheet", purpose="=cmd()")
    desk.officer.create(
        "models",
        registry_name="ghost",
        connector_instance="1a2b3c4d-0000-4000-8000-00000000000a",
        external_key="mlflow:6f1f1f5e-0000-4000-8000-000000000001/ghost@1",
    )
    desk.author.delete_model("deleted")
    desk.run("sync", expect=3)
    desk.model("newcomer", versions=0)
    return desk


def statuses(desk: Desk, *arguments: str) -> dict[str, str]:
    (report,) = desk.run("report", "reconcile", "--format", "json", *arguments, expect=None).json["reports"]
    return {
        f"{row['name']} v{row['version']}" if row["version"] else row["name"]: row["status"]
        for row in report["objects"]
    }


def test_every_object_has_its_status(mixed: Desk) -> None:
    assert statuses(mixed) == {
        "a spreadsheet": "only-in-grc",
        "credit": "conflict",
        "credit v1": "agree",
        "deleted": "retired",
        "fraud": "quarantined",
        "ghost": "orphan",
    }


def test_live_reads_both_sides_now_and_writes_nothing(mixed: Desk) -> None:
    mixed.registry.writes.clear()
    with closing(mixed.store()) as store:
        before = store.audit_head()
    assert statuses(mixed, "--live")["newcomer"] == "only-in-mlflow"
    with closing(mixed.store()) as store:
        assert store.audit_head() == before
    assert mixed.registry.writes == []


def test_the_text_says_how_old_it_is_and_what_waits(mixed: Desk) -> None:
    mixed.registry.calls.clear()
    out = mixed.run("report", "reconcile").out
    assert " ago)." in out
    assert "as MLflow says" in out
    assert "as the GRC says" in out
    assert "1 conflicts: mlflow-grc conflicts list" in out
    assert "About credit." not in out
    assert "About credit." in mixed.run("report", "reconcile", "--all-fields").out
    assert mixed.registry.calls == []


def test_a_tag_that_means_nothing_is_shown_with_what_to_set(desk: Desk) -> None:
    desk.model(risk_classification="banana")
    out = desk.run("sync", expect=3).out
    assert "Set the tag risk_classification in MLflow to critical, high, medium or low" in out
    assert "value map" not in out
    desk.run("report", "reconcile", "--format", "csv", "--output", "r.csv")
    with (desk.directory / "r.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = [row for row in csv.DictReader(stream) if row["field"] == "risk_classification"]
    assert (row["in_mlflow"], row["status"]) == ("banana", "quarantined")


def test_findings_say_what_a_control_looks_for_and_which_side_fills_what(desk: Desk) -> None:
    desk.model(risk_classification="high")
    desk.run("sync")
    out = desk.run("report", "reconcile").out
    assert "C13: a field that the regime requires is empty." in out
    (line,) = [line for line in out.splitlines() if " C13 " in line and "  credit  " in line]
    assert (
        "set the tags purpose, limitations on the model, or fill them in the GRC; set the tag developer on the model"
        in line
    )
    (report,) = desk.run("report", "reconcile", "--format", "json").json["reports"]
    assert report["controls"]["C13"] == "a field that the regime requires is empty"
    # The remedy, followed to the letter.
    for tag in ("purpose", "limitations", "developer"):
        desk.author.set_tag("credit", tag, OFFICER)
    desk.run("sync")
    assert "No findings under the profile baseline." in desk.run("report", "reconcile", "--control", "C13").out


def test_a_retired_model_stands_with_its_versions(desk: Desk) -> None:
    desk.model("a", versions=2)
    desk.model("b")
    desk.model("c", versions=2)
    desk.run("sync")
    desk.author.delete_model("a")
    desk.author.delete_version("c", "1")
    desk.run("sync")
    assert list(statuses(desk)) == ["b", "b v1", "c", "c v2", "c v1", "a", "a v1", "a v2"]


def test_csv_is_safe_for_a_spreadsheet(mixed: Desk) -> None:
    mixed.author.set_tag("credit", "purpose", "=HYPERLINK(1)")
    mixed.run("report", "reconcile", "--live", "--format", "csv", "--output", "r.csv")
    with (mixed.directory / "r.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    (purpose,) = [row for row in rows if row["model"] == "credit" and row["field"] == "purpose"]
    assert (purpose["in_mlflow"], purpose["status"]) == ("'=HYPERLINK(1)", "conflict")
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_one_model_with_its_versions(mixed: Desk) -> None:
    assert statuses(mixed, "--model", "credit") == {"credit": "conflict", "credit v1": "agree"}
    assert "Nothing is known of a model 'nobody'" in mixed.run("report", "reconcile", "--model", "nobody", expect=2).err


@pytest.mark.parametrize("name", ["conflict", "quarantined", "only-in-grc", "orphan", "any"])
def test_fail_on_what_is_there(mixed: Desk, name: str) -> None:
    mixed.run("report", "reconcile", expect=0)
    mixed.run("report", "reconcile", "--fail-on", name, expect=3)


@pytest.mark.parametrize("name", ["differ", "only-in-mlflow", "withheld"])
def test_do_not_fail_on_what_is_not_there(mixed: Desk, name: str) -> None:
    mixed.run("report", "reconcile", "--fail-on", name, expect=0)


def test_an_incomplete_listing_makes_it_inconclusive(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    fault = desk.grc.faults.add(FaultKind.STATUS, status=500, path="/api/v1/models", method="GET", count=None)
    desk.run("sync", expect=None)
    desk.grc.faults.remove(fault)
    said = desk.run("report", "reconcile", expect=3)
    assert "INCONCLUSIVE" in said.out
    assert "models of the GRC" in said.out


def test_before_the_first_cycle_there_is_nothing_to_report_on(desk: Desk) -> None:
    desk.model()
    said = desk.run("report", "reconcile", expect=1)
    assert "--live" in said.err
    assert statuses(desk, "--live") == {"credit": "only-in-mlflow", "credit v1": "only-in-mlflow"}
    assert not (desk.directory / "state.db").exists()


def test_what_is_out_of_scope_is_left_out(desk: Desk) -> None:
    desk.model("credit")
    desk.model("scratch-1")
    desk.write(
        (
            "    http: {timeout_seconds: 5, retry: {max_attempts: 1}}\nconnections",
            '    scope: {exclude: ["scratch-*"]}\nconnections',
        )
    )
    desk.run("sync")
    assert set(statuses(desk)) == {"credit", "credit v1"}


def test_a_forged_decision_shows_live_before_any_cycle_ran(desk: Desk) -> None:
    desk.model("credit")
    desk.run("sync")
    question = ("report", "reconcile", "--live", "--fail-on", "any", "--model", "credit")
    desk.run(*question)
    desk.author.set_tag("credit", "grc_approval_status", "approved", "1")
    desk.run(*question, expect=3)
    assert desk.tags("credit", "1")["grc_approval_status"] == "approved"


def test_the_page_is_written_whole_with_the_history_of_each_model(mixed: Desk) -> None:
    told = mixed.run("report", "reconcile", "--format", "html", "--output", "report.html")
    assert "Wrote report.html" in told.out
    page = (mixed.directory / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    (packed,) = re.findall(r'<script type="application/gzip" id="parcel-0">(.*?)</script>', page)
    parcel = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert {"seen", "registry", "grc"} <= set(parcel["texts"])
    assert len(parcel["models"]) == len(statuses(mixed)) - sum(" v" in name for name in statuses(mixed))


def test_the_page_of_an_incomplete_listing_is_inconclusive(mixed: Desk) -> None:
    fault = mixed.grc.faults.add(FaultKind.STATUS, status=500, path="/api/v1/models", method="GET", count=None)
    page = mixed.run("report", "reconcile", "--format", "html", "--live", expect=3).out
    assert "<strong>Inconclusive.</strong>" in page
    mixed.grc.faults.remove(fault)


def test_a_whole_report_keeps_the_days_count_for_the_trend(mixed: Desk) -> None:
    def kept() -> list[int]:
        with closing(mixed.store()) as store:
            return [sum(each.severities.values()) for each in store.tallies("bank")]

    for narrowed in (["--live"], ["--model", "credit"], ["--control", "C01"], ["--profile", "sr-26-2"]):
        mixed.run("report", "reconcile", *narrowed, expect=None)
    assert kept() == []
    (report,) = mixed.run("report", "reconcile", "--format", "json").json["reports"]
    assert kept() == [len(report["findings"])]
    (again,) = mixed.run("report", "reconcile", "--format", "json").json["reports"]
    assert [sum(each["severities"].values()) for each in again["trend"]] == kept()
