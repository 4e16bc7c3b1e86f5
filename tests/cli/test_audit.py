"""``audit``: list, verify and export at the command line."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing

import pytest

from connector.audit.actions import ACTIONS
from connector.audit.offline import verify_lines
from tests.cli.desk import Desk


@pytest.fixture
def synced(desk: Desk) -> Desk:
    desk.model("credit", purpose="Scores applicants.")
    desk.model("=HYPERLINK(1)", versions=0)
    desk.run("sync")
    return desk


def test_the_list_says_what_was_done_and_why(synced: Desk) -> None:
    out = synced.run("audit", "list", "--object", "credit", "--field", "purpose").out
    (line,) = [line for line in out.splitlines() if "purpose" in line]
    assert ("create_record" in line, "GRC" in line, "Scores applicants." in line) == (True, True, True)


def test_filters_and_the_last_entries(synced: Desk) -> None:
    everything = synced.run("audit", "list", "--last", "0", "--json").json["entries"]
    assert synced.run("audit", "list", "--last", "2", "--json").json["entries"] == everything[-2:]
    assert f"The last 2 of {len(everything)} entries" in synced.run("audit", "list", "--last", "2").out
    run = everything[0]["run_id"]
    assert synced.run("audit", "list", "--run", run, "--last", "0", "--json").json["entries"] == everything
    assert synced.run("audit", "list", "--until", "2000-01-01", "--json").json["entries"] == []
    assert synced.run("audit", "list", "--since", "2000-01-01", "--json", "--last", "0").json["entries"] == everything


@pytest.mark.parametrize("arguments", [["--object", "nope"], ["--run", "nope"], ["--action", "approved"]])
def test_nothing_that_matches_says_so(synced: Desk, arguments: list[str]) -> None:
    assert synced.run("audit", "list", *arguments).out == "No entry matches.\n"


def test_an_action_that_no_trail_has_is_refused(synced: Desk) -> None:
    err = synced.run("audit", "list", "--action", "bogus", expect=2).err
    assert "no action 'bogus'" in err
    assert all(word in err for word in ("create_record", "retire_record", "run_ended", "resolved"))


def test_the_known_actions_are_those_of_a_trail(desk: Desk) -> None:
    desk.conflict()
    desk.run("sync", expect=3)
    desk.run("conflicts", "resolve", "credit", "purpose", "--take", "grc")
    desk.model("fraud", developer="nobody@bank.example")
    desk.run("sync", expect=3)
    desk.run("link", "--forget", "credit")
    entries = desk.run("audit", "list", "--last", "0", "--json").json["entries"]
    assert {"conflict", "resolved", "refused", "unlink"} <= {each["action"] for each in entries} <= ACTIONS


def test_a_trail_that_holds(synced: Desk) -> None:
    found = synced.run("audit", "verify", "--json").json
    assert found["ok"]
    out = synced.run("audit", "verify").out
    assert "consistent; end not anchored" in out
    assert "would leave no trace" in out
    assert "consistent; end anchored" in synced.run("audit", "verify", "--head", found["head"]).out


def test_the_head_of_each_run_is_in_the_log(synced: Desk) -> None:
    err = synced.run("sync").err
    head = next(word.removeprefix("audit_head=") for word in err.split() if word.startswith("audit_head="))
    assert "anchored" in synced.run("audit", "verify", "--head", head).out


def forge(desk: Desk, statement: str) -> None:
    """Change the file behind the connector's back, past the triggers that forbid it."""
    with closing(sqlite3.connect(desk.directory / "state.db")) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(statement)


def test_a_changed_entry_is_found(synced: Desk) -> None:
    forge(synced, "UPDATE audit SET new = 'forged' WHERE sequence = 3")
    said = synced.run("audit", "verify", expect=1)
    assert "broken at entry 3" in said.out
    entries = synced.run("audit", "list", "--last", "1", "--json").json["entries"][0]["sequence"]
    assert f"The first 2 of {entries} entries hold" in said.out


def test_guards_that_were_removed_are_told_of(synced: Desk) -> None:
    assert synced.run("audit", "verify", "--json").json["unguarded"] == []
    forge(synced, "SELECT 1")
    said = synced.run("audit", "verify", expect=1)
    assert "consistent" in said.out
    assert "append-only was removed: audit_no_update" in said.out


def test_a_guard_that_was_made_toothless_is_told_of(synced: Desk) -> None:
    with closing(sqlite3.connect(synced.directory / "state.db")) as db, db:
        db.execute("DROP TRIGGER audit_no_delete")
        db.execute("CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END")
    assert synced.run("audit", "verify", "--json", expect=1).json["unguarded"] == ["audit_no_delete"]


def test_a_changed_journal_is_found(synced: Desk) -> None:
    forge(synced, "UPDATE journal SET name = 'forged'")
    assert "journal of run" in synced.run("audit", "verify", expect=1).out


def test_a_cut_end_is_found_by_the_head(synced: Desk) -> None:
    found = synced.run("audit", "verify", "--json").json
    sequence, _, digest = found["head"].partition(":")
    later = f"{int(sequence) + 1}:{digest}"
    assert "cut at the end" in synced.run("audit", "verify", "--head", later, expect=1).out


def test_no_state_is_no_proof(desk: Desk) -> None:
    said = desk.run("audit", "verify", expect=2)
    assert "There is no state database." in said.err


def test_the_export_is_proved_offline(synced: Desk) -> None:
    synced.run("audit", "export", "--output", "trail.jsonl")
    lines = (synced.directory / "trail.jsonl").read_text(encoding="utf-8").splitlines()
    assert verify_lines(lines).ok
    assert synced.run("audit", "export").out.splitlines() == lines


def test_the_table_is_safe_for_a_spreadsheet(synced: Desk) -> None:
    synced.run("audit", "export", "--format", "csv", "--output", "trail.csv")
    with (synced.directory / "trail.csv").open(encoding="utf-8", newline="") as stream:
        names = {row["name"] for row in csv.DictReader(stream)}
    assert "'=HYPERLINK(1)" in names
    assert "=HYPERLINK(1)" not in names
