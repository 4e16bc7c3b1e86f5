"""``report evidence``: what an examiner takes away, checked as an examiner would."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from connector.mock import FaultKind
from tests.cli.desk import Desk

WAIVERS = """
waivers:
  - {control: C13, model: credit, reason: being written, by: officer@bank.example, expires: 2099-01-01}
"""


@pytest.fixture
def bundle(desk: Desk) -> Path:
    (desk.directory / "waivers.yaml").write_text(WAIVERS)
    desk.write(more="reports: {waivers: waivers.yaml}\n")
    desk.model("credit", purpose="=cmd()")
    desk.author.set_alias("credit", "production", "1")
    desk.run("sync")
    said = desk.run("report", "evidence", "--output", "evidence.zip")
    assert "Wrote evidence.zip." in said.out
    (desk.directory / "said.txt").write_text(said.out)
    return desk.directory / "evidence.zip"


def read(bundle: Path, name: str) -> str:
    with zipfile.ZipFile(bundle) as archive:
        return archive.read(name).decode()


def told(bundle: Path, word: str) -> str:
    lines = (bundle.parent / "said.txt").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith(word))


def test_it_holds_what_an_examiner_asks_for(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
    assert names == {
        "README.txt", "manifest.json", "verify.py", "offline.py", "audit.jsonl", "bank/inventory.csv",
        "bank/issues.csv", "bank/fields.csv", "bank/findings.csv", "bank/reconciliation.json", "bank/exposures.json",
        "configuration/settings.json", "configuration/mapping-bank.yaml", "configuration/profile.yaml",
        "configuration/waivers.yaml",
    }  # fmt: skip
    assert "credit" in read(bundle, "bank/inventory.csv")
    findings = list(csv.DictReader(io.StringIO(read(bundle, "bank/findings.csv"))))
    assert {row["control"] for row in findings} >= {"C01", "C13"}
    (exposure,) = json.loads(read(bundle, "bank/exposures.json"))["exposures"]
    assert (exposure["model"], exposure["ended"]) == ("credit", None)
    manifest = json.loads(read(bundle, "manifest.json"))
    assert manifest["connections"][0]["findings"]["critical"] == 1
    assert "being written" in read(bundle, "configuration/waivers.yaml")


def test_the_examiner_checks_it_with_what_was_told(bundle: Path, desk: Desk) -> None:
    folder = desk.directory / "unpacked"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    kept = ["--manifest", told(bundle, "Manifest"), "--head", told(bundle, "Head")]
    command = [sys.executable, "-I", "-S", "verify.py", *kept]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "Nothing kept elsewhere" not in done.stdout
    trail = folder / "audit.jsonl"
    trail.write_text(trail.read_text().replace("credit", "debit "))
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "WRONG: audit.jsonl was changed." in done.stdout
    assert "WRONG: the audit trail is broken at entry" in done.stdout


def test_no_secret_and_no_formula_is_in_it(bundle: Path, desk: Desk) -> None:
    with zipfile.ZipFile(bundle) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert desk.grc.token.encode() not in whole
    assert b"DESK_TOKEN" in whole
    assert ",=cmd()" not in read(bundle, "bank/fields.csv")


def test_an_inconclusive_one_says_so(bundle: Path, desk: Desk) -> None:
    desk.grc.faults.add(FaultKind.STATUS, status=500, path="/api/v1/models", method="GET", count=None)
    desk.run("sync", expect=None)
    said = desk.run("report", "evidence", "--output", "e.zip", expect=3)
    assert "INCONCLUSIVE: bank" in said.out
    assert json.loads(read(desk.directory / "e.zip", "manifest.json"))["connections"][0]["complete"] is False


def test_what_failed_leaves_the_earlier_bundle(bundle: Path, desk: Desk) -> None:
    before = bundle.read_bytes()
    assert (
        "There is no profile 'sr-7'"
        in desk.run("report", "evidence", "--output", "evidence.zip", "--profile", "sr-7", expect=2).err
    )
    assert bundle.read_bytes() == before


def test_nothing_was_observed_yet(desk: Desk) -> None:
    assert "no state database" in desk.run("report", "evidence", "--output", "e.zip", expect=2).err
    assert not (desk.directory / "e.zip").exists()
