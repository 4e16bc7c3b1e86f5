"""``report inventory``: what an examiner asks, now and as of an earlier day."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connector.engine import opening
from connector.engine.connection import Connection
from connector.mock import FaultKind, MockGrc
from tests.cli.desk import Desk
from tests.fakes.registry import InProcessRegistry

Clock = Callable[[str], None]


class Silent:
    """Stands for a test's capture while what several tests share is made."""

    def readouterr(self) -> tuple[str, str]:
        return "", ""


@dataclass
class Past:
    """A desk, and the clock of its cycles."""

    desk: Desk
    at: Clock

    def sync(self, day: str, expect: int | None = 0) -> None:
        self.at(f"{day}T08:00:00+00:00")
        self.desk.run("sync", expect=expect)


@contextmanager
def a_past(directory: Path, grc: MockGrc) -> Iterator[Past]:
    """Version 1 is champion in March, version 2 from 5 April on; the first one's approval is withdrawn on 10 April."""
    told = [datetime(2026, 3, 1, 8, 0, tzinfo=UTC)]

    class Clocked(Connection):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**{**settings, "clock": lambda: told[0]})

    desk = Desk(directory, grc, InProcessRegistry(), Silent())  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESK_TOKEN", grc.token)
        patch.setattr(opening, "Connection", Clocked)
        patch.setattr(opening, "open_registry", lambda *_, **__: desk.registry)
        past = Past(desk, lambda text: told.__setitem__(0, datetime.fromisoformat(text)))
        desk.model("credit", versions=2, risk_classification="high")
        desk.author.set_alias("credit", "production", "1")
        past.sync("2026-03-02")
        first, second = (row["id"] for row in desk.officer.records("versions", registry_name="credit"))
        desk.officer.decide(first, "approved", expiry="2026-12-31")
        past.sync("2026-03-20")
        desk.author.set_alias("credit", "production", "2")
        desk.officer.decide(second, "conditional", expiry="2027-01-31", conditions="Retail only")
        past.sync("2026-04-05")
        desk.officer.decide(first, "withdrawn")
        past.sync("2026-04-10")
        yield past


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """What the tests share that only ask."""
    with MockGrc() as grc, a_past(tmp_path_factory.mktemp("past"), grc) as past:
        yield past


@pytest.fixture
def history(shared: Past, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with a past; a test changes nothing there."""
    monkeypatch.chdir(shared.desk.directory)
    shared.desk.capture = capsys
    return shared.desk


@pytest.fixture
def own(
    tmp_path: Path, grc: MockGrc, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Past]:
    """A past of the test's own, which goes on."""
    monkeypatch.chdir(tmp_path)
    with a_past(tmp_path, grc) as past:
        past.desk.capture = capsys
        yield past


def versions(desk: Desk, *arguments: str) -> dict[str, dict[str, str]]:
    told = desk.run("report", "inventory", "--format", "json", *arguments).json
    return {row["version"]: row for row in told["versions"]}


def test_which_version_was_in_production_that_day_and_under_which_approval(history: Desk) -> None:
    march, now = versions(history, "--as-of", "2026-03-31"), versions(history)
    assert [row["production_aliases"] for row in march.values()] == ["production", None]
    assert (march["1"]["approval_status"], march["1"]["approval_in_force"]) == ("approved", "yes")
    assert (march["1"]["approved_by"], march["1"]["approval_expiry"]) == ("risk.officer@bank.example", "2026-12-31")
    assert march["2"]["approval_in_force"] == "no"
    assert [row["production_aliases"] for row in now.values()] == [None, "production"]
    assert (now["1"]["approval_status"], now["2"]["conditions"]) == ("withdrawn", "Retail only")


def test_it_says_between_which_observations_the_moment_stands(history: Desk) -> None:
    out = history.run("report", "inventory", "--as-of", "2026-03-31").out
    assert "As of the end of 2026-03-31 (UTC). Observed 2026-03-20 08:00:00 UTC (complete)" in out
    assert "next 2026-04-05 08:00:00 UTC (complete). What changed in between" in out
    assert "v1 production" in out
    told = history.run("report", "inventory", "--format", "json", "--as-of", "2026-04-11T12:00+02:00").json["about"]
    about = {row["name"]: row["value"] for row in told}
    assert about["as of"] == "2026-04-11T10:00:00.000Z, 2026-04-11 10:00:00 UTC"
    assert about["rests on"].endswith("nothing was observed since.")


@pytest.mark.parametrize(("moment", "champion"), [("2026-04-05T07:59:59Z", "1"), ("2026-04-05T10:00+02:00", "2")])
def test_a_time_is_exact_and_its_zone_counts(history: Desk, moment: str, champion: str) -> None:
    found = versions(history, "--as-of", moment)
    assert [number for number, row in found.items() if row["production_aliases"]] == [champion]


def test_before_the_first_observation_nothing_is_known(history: Desk) -> None:
    said = history.run("report", "inventory", "--as-of", "2026-03-01", expect=1)
    assert "Nothing of connection bank was observed by the end of 2026-03-01 (UTC)" in said.err
    assert "its journal begins 2026-03-02 08:00:00 UTC" in said.err
    assert "--as-of 2026-03-02T08:00:00.000Z is the first" in said.err
    history.run("report", "inventory", "--as-of", "2026-03-02T08:00:00.000Z")


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", ""])
def test_what_is_no_moment_is_refused(history: Desk, moment: str) -> None:
    assert "neither a date" in history.run("report", "inventory", "--as-of", moment, expect=2).err


def test_a_moment_to_come_is_refused(history: Desk) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert "is yet to come" in history.run("report", "inventory", "--as-of", tomorrow, expect=2).err


def test_live_and_another_moment_exclude_each_other(history: Desk) -> None:
    history.run("report", "inventory", "--as-of", "2026-03-31", "--live", expect=2)


def test_what_happened_since(own: Past) -> None:
    """A listing breaks off, another model comes, the first one is deleted."""
    desk, asked = own.desk, ("report", "inventory", "--format", "json")
    fault = desk.grc.faults.add(FaultKind.STATUS, status=500, path="/api/v1/models", method="GET", count=None)
    own.sync("2026-04-20", expect=None)
    desk.grc.faults.remove(fault)
    desk.model("fraud")
    own.sync("2026-04-21")
    desk.author.delete_model("credit")
    own.sync("2026-05-01")
    own.sync("2026-05-02")

    said = desk.run("report", "inventory", "--as-of", "2026-04-20", expect=3)
    assert "INCONCLUSIVE: not read to the end: models of the GRC" in said.out
    assert "credit" in said.out
    desk.run("report", "inventory", "--as-of", "2026-04-21")

    said = desk.run("report", "inventory", "--model", "fraud", "--as-of", "2026-03-31", expect=2)
    assert "Nothing is known of a model 'fraud' as of the end of 2026-03-31 (UTC)." in said.err
    assert [row["model"] for row in desk.run(*asked, "--model", "fraud").json["versions"]] == ["fraud"]

    told = desk.run(*asked).json
    assert [(row["model"], row["in_mlflow"], row["lifecycle_status"]) for row in told["models"]] == [
        ("fraud", "yes", None),
        ("credit", "no", "decommissioned"),
    ]
    assert [row["version"] for row in told["versions"] if row["model"] == "credit"] == ["1", "2"]
    (model,) = desk.run(*asked, "--as-of", "2026-04-11").json["models"]
    assert model["in_mlflow"] == "yes"

    desk.author.delete_version("fraud", "1")
    (version,) = (row for row in desk.run(*asked).json["versions"] if row["model"] == "fraud")
    assert version["in_mlflow"] == "yes"
    (version,) = (row for row in desk.run(*asked, "--live").json["versions"] if row["model"] == "fraud")
    assert version["in_mlflow"] == "no"


def test_each_form_is_written_to_its_file(history: Desk) -> None:
    here = history.directory
    ask = ("report", "inventory", "--as-of", "2026-03-31", "--output", "file", "--format")
    assert "Wrote file." in history.run(*ask, "xlsx").out
    book = openpyxl.load_workbook(BytesIO((here / "file").read_bytes()))
    assert [cell.value for cell in book["versions"]["C"]][2:] == ["credit", "credit"]
    history.run(*ask, "sqlite")
    with closing(sqlite3.connect(here / "file")) as db:
        assert db.execute("SELECT version, approval_status FROM production").fetchall() == [("1", "approved")]
    for part, number in (("inventory", 3), ("models", 1), ("versions", 2), ("issues", 0)):
        history.run(*ask, "csv", "--table", part)
        with (here / "file").open(encoding="utf-8", newline="") as stream:
            assert len(list(csv.DictReader(stream))) == number
    history.run(*ask, "json")
    assert len(json.loads((here / "file").read_text())["versions"]) == 2
    assert "--table chooses what a CSV file holds" in history.run(*ask, "json", "--table", "models", expect=2).err
    assert [path.name for path in here.iterdir() if path.name.startswith(".mlflow-grc")] == []


@pytest.mark.parametrize("form", ["xlsx", "sqlite"])
def test_a_file_for_programs_is_not_shown_on_a_terminal(
    history: Desk, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "name it with --output" in history.run("report", "inventory", "--format", form, expect=2).err


def test_a_directory_that_is_not_there_is_named(history: Desk) -> None:
    said = history.run("report", "inventory", "--format", "xlsx", "--output", "nowhere/file.xlsx", expect=1)
    assert "nowhere/file.xlsx: No such file or directory" in said.err


def test_the_reconciliation_has_the_same_forms(history: Desk) -> None:
    here = history.directory
    history.run("report", "reconcile", "--format", "xlsx", "--output", "file.xlsx")
    assert openpyxl.load_workbook(here / "file.xlsx").sheetnames == ["findings", "objects", "fields", "about"]
    history.run("report", "reconcile", "--format", "markdown", "--output", "file.md")
    assert (here / "file.md").read_text().startswith("# Reconciliation of connection bank\n")
    history.run("report", "reconcile", "--format", "csv", "--table", "findings", "--output", "file.csv")
    with (here / "file.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["control"] for row in csv.DictReader(stream)} == {"C13"}
