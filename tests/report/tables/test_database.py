"""The inventory as a SQLite file, read by the standard library alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connector.report.tables.databasefile import INVENTORY_VIEWS, write_database
from connector.report.tables.inventory import database
from tests.report.tables.nasty import ALL
from tests.report.tables.reports import NOW, a_report


def write(path: Path, *texts: str) -> Path:
    write_database(
        database([a_report(text, f"c{number}") for number, text in enumerate(texts)], NOW), path, INVENTORY_VIEWS
    )
    return path


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(write(tmp_path / "inventory.db", "one", "two"))) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def test_it_is_whole_and_its_rows_refer_to_rows_that_are_there(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"models", "versions", "issues", "findings", "approvals", "fields", "field_values", "meta"} <= tables


def test_rows_are_tied_to_their_models_and_versions(db: sqlite3.Connection) -> None:
    query = """SELECT m.model, v.version, i.number FROM issues i JOIN models m ON m.id = i.model_id
        JOIN versions v ON v.id = i.version_id AND v.model_id = m.id"""
    assert [tuple(row) for row in db.execute(query)] == [("one", "2", "F-1 one"), ("two", "2", "F-1 two")]
    query = "SELECT m.model, f.control, f.version_id IS NULL FROM findings f JOIN models m ON m.id = f.model_id"
    assert [tuple(row) for row in db.execute(query)] == [
        ("one", "C01", 0), ("one", "C13", 1), ("two", "C01", 0), ("two", "C13", 1),
    ]  # fmt: skip
    query = "SELECT v.version, a.step FROM approvals a JOIN versions v ON v.id = a.version_id WHERE a.connection = 'c1'"
    assert [tuple(row) for row in db.execute(query)] == [("1", "two"), ("2", "two")]


def test_both_sides_of_every_field_are_there(db: sqlite3.Connection) -> None:
    query = "SELECT in_mlflow, in_grc FROM field_values WHERE model_id = 1 AND version_id IS NULL AND field = ?"
    assert tuple(db.execute(query, ["purpose"]).fetchone()) == ("one", "one")
    assert tuple(db.execute(query, ["risk_classification"]).fetchone()) == (None, "high")
    assert db.execute(query, ["retention"]).fetchone() is None


def test_numbers_can_be_computed_with(db: sqlite3.Connection) -> None:
    assert db.execute("SELECT sum(open_issues), typeof(open_issues) FROM models").fetchone()[0] == 4
    assert db.execute("SELECT typeof(review_frequency) FROM models").fetchone()[0] == "integer"


def test_the_views_answer_what_is_asked_most(db: sqlite3.Connection) -> None:
    found = {name: [dict(row) for row in db.execute(f"SELECT * FROM {name}")] for name in INVENTORY_VIEWS}
    assert [(row["model"], row["version"], row["approval_in_force"]) for row in found["production"]] == [
        ("one", "2", "yes"), ("two", "2", "yes"),
    ]  # fmt: skip
    assert found["unapproved_in_production"] == []
    assert [(row["number"], row["overdue"]) for row in found["open_issues"] if row["connection"] == "c0"] == [
        ("F-1 one", "yes"), ("F-2", "no"),
    ]  # fmt: skip
    assert [(row["control"], row["findings"]) for row in found["findings_by_severity"]] == [("C01", 1), ("C01", 1)]
    tiers = [(row["tier"], row["models"], row["in_production"]) for row in found["models_by_tier"]]
    assert tiers == [("high", 1, 1), ("unclassified", 1, 0)] * 2
    assert len(found["reviews_due"]) == 2


def test_it_says_how_old_and_how_complete_it_is(db: sqlite3.Connection) -> None:
    told = dict(db.execute("SELECT name, value FROM meta WHERE connection = 'c1'").fetchall())
    assert (told["complete"], told["observed at"], told["configuration hash"]) == (
        "yes",
        "2026-04-01T08:30:00.000Z",
        "abc",
    )


def test_the_same_report_is_the_same_file(tmp_path: Path) -> None:
    assert write(tmp_path / "a", "one").read_bytes() == write(tmp_path / "b", "one").read_bytes()


def test_any_text_can_be_kept(tmp_path: Path) -> None:
    with closing(sqlite3.connect(write(tmp_path / "inventory.db", *ALL))) as connection:
        held = [row[0] for row in connection.execute("SELECT model FROM models WHERE record_id = 'M1' ORDER BY id")]
    assert held == [{"\x00": "\\x00", "\ud800": "\\ud800"}.get(text, text) for text in ALL]
