"""``report model`` and ``report completeness`` at the desk, and the card in MLflow itself."""

from __future__ import annotations

import csv
import json

import pytest
import requests

from tests.cli.desk import Desk


@pytest.fixture
def known(desk: Desk) -> Desk:
    desk.author.create_model("credit", tags={"purpose": "Scores applicants.", "limitations": '["thin files"]'})
    run = desk.author.log_run(metrics={"auc": 0.8, "fairness_gap": 0.1}, params={"depth": "6"}, datasets=["loans"])
    desk.author.create_version("credit", run_id=run)
    desk.author.set_alias("credit", "champion", "1")
    desk.run("sync")
    return desk


def test_a_card_of_what_the_last_cycle_saw(known: Desk) -> None:
    requests_before = known.registry.requests_sent
    told = known.run("report", "model", "credit").out
    assert "# Model card: credit, version 1" in told
    assert "Scores applicants" in told
    assert "| auc | 0.8 |" in told
    assert "loans" in told
    assert known.registry.requests_sent == requests_before


@pytest.mark.parametrize(
    ("file", "start"), [("card.html", "<!doctype html>"), ("card.md", "# Model card"), ("card.json", "{")]
)
def test_the_ending_of_the_file_chooses_the_form(known: Desk, file: str, start: str) -> None:
    told = known.run("report", "model", "credit", "--output", file)
    assert f"Wrote {file}" in told.out
    assert (known.directory / file).read_text(encoding="utf-8").startswith(start)


def test_live_sees_what_no_cycle_saw(known: Desk) -> None:
    known.author.create_version("credit", run_id=known.author.log_run(metrics={"auc": 0.9}))
    said = known.run("report", "model", "credit", "--version", "2", expect=None)
    assert said.code == 1
    assert "credit does not have version 2" in said.err
    assert "Choose one of: 1." in said.err
    assert "| auc | 0.9 | 0.8 |" in known.run("report", "model", "credit", "--version", "2", "--live").out


def test_a_model_that_nobody_knows(known: Desk) -> None:
    assert "Nothing is known of a model 'debit'" in known.run("report", "model", "debit", expect=2).err


def test_a_version_without_a_run_has_no_place_for_its_card(desk: Desk) -> None:
    desk.model("credit")
    desk.run("sync")
    said = desk.run("report", "model", "credit", "--log", expect=1)
    assert "was registered without a run" in said.err
    assert "--output" in said.err


def test_completeness_says_what_to_add_and_where(known: Desk) -> None:
    told = known.run("report", "completeness").out
    assert "credit: " in told
    assert "training data lineage: set the tag data_version on version 1" in told
    assert "fill it in the GRC: retention (it comes back as the tag grc_retention of the model)" in told
    (found,) = known.run("report", "completeness", "--format", "json").json["connections"]
    (model,) = found["models"]
    assert 0 < model["score"] < 100
    known.author.set_tag("credit", "data_version", "7", "1")
    known.run("sync")
    (after,) = known.run("report", "completeness", "--format", "json").json["connections"][0]["models"]
    assert len(after["lacks"]) == len(model["lacks"]) - 1


def test_completeness_reached_or_not(known: Desk) -> None:
    known.run("report", "completeness", "--below", "1")
    known.run("report", "completeness", "--below", "100", expect=3)
    known.run("report", "completeness", "--model", "debit", expect=2)


def test_completeness_as_csv_has_no_formulas(desk: Desk) -> None:
    desk.model("=1+1", versions=0)
    desk.run("sync")
    desk.run("report", "completeness", "--format", "csv", "--output", "c.csv")
    with (desk.directory / "c.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["model"] for row in rows} == {"'=1+1"}
    assert {row["item"] for row in rows} >= {"intended use", "data retention"}


@pytest.mark.server
def test_the_card_stands_among_the_artifacts_of_the_run(bare_desk: Desk, mlflow_server, mlflow_author) -> None:
    desk = bare_desk
    desk.uri = mlflow_server.url
    desk.write()
    run = mlflow_author.log_run(metrics={"auc": 0.8})
    mlflow_author.create_model("credit^scoring")
    mlflow_author.create_version("credit^scoring", run_id=run)
    desk.run("sync")
    assert (
        "Logged the card of credit^scoring v1" in desk.run("report", "model", "credit^scoring", "--log", "--live").out
    )
    listed = requests.get(
        f"{desk.uri}/api/2.0/mlflow/artifacts/list", {"run_id": run, "path": "model_card"}, timeout=30
    )
    assert sorted(each["path"] for each in listed.json()["files"]) == ["model_card/v1.html", "model_card/v1.md"]
    page = requests.get(f"{desk.uri}/get-artifact", {"run_uuid": run, "path": "model_card/v1.html"}, timeout=30)
    assert "<h1><bdi>credit^scoring</bdi>, version 1</h1>" in page.text
    assert "# Model card" not in desk.run("report", "model", "credit^scoring", "--log").out
    said = desk.run("report", "model", "credit^scoring", "--format", "json")
    assert json.loads(said.out)["run_id"] == run
