"""``conflicts``, ``approve`` and ``status``: what waits for a person, and the person's answers."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.mock import FaultKind
from connector.model.state import Run, RunKind, RunStatus
from connector.state import Store
from connector.state.times import parse, stamp
from tests.cli.desk import Desk


def test_a_conflict_is_listed_with_both_values_and_the_last_agreed(desk: Desk) -> None:
    desk.conflict()
    desk.run("sync", expect=3)
    out = desk.run("conflicts", "list").out
    assert ("as MLflow says" in out, "as the GRC says" in out, "before" in out) == (True, True, True)
    (found,) = desk.run("conflicts", "list", "--json").json["connections"]
    assert [case["field"] for case in found["conflicts"]] == ["purpose"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (["--take", "mlflow"], "as MLflow says"),
        (["--take", "grc"], "as the GRC says"),
        (["--value", "as agreed"], "as agreed"),
    ],
)
def test_an_answer_is_carried_out_by_the_next_sync(desk: Desk, answer: list[str], expected: str) -> None:
    desk.conflict()
    desk.run("sync", expect=3)
    said = desk.run("conflicts", "resolve", "credit", "purpose", *answer, "--by", "Maria")
    assert expected in said.out
    listed = desk.run("conflicts", "list").out
    assert "Maria" in listed
    assert "Resolve, e.g." not in listed
    assert "1 conflict answered; the next sync carries it out" in desk.run("status").out
    desk.run("sync")
    assert (desk.tags("credit")["purpose"], desk.record("credit")["purpose"]) == (expected, expected)
    assert "No field is in conflict." in desk.run("conflicts", "list").out
    trail = desk.run("audit", "list", "--field", "purpose").out
    assert "resolved" in trail
    assert "by Maria" in trail


def test_an_answer_holds_only_for_the_values_that_were_looked_at(desk: Desk) -> None:
    desk.conflict()
    desk.run("sync", expect=3)
    desk.run("conflicts", "resolve", "credit", "purpose", "--take", "grc")
    desk.author.set_tag("credit", "purpose", "changed once more")
    out = desk.run("sync", expect=3).out
    assert "Resolve, e.g." in desk.run("conflicts", "list").out
    assert "stale resolution" in out
    assert desk.tags("credit")["purpose"] == "changed once more"


def test_long_values_in_conflict_are_told_apart(desk: Desk) -> None:
    desk.model(purpose="before")
    desk.run("sync")
    same = "the same words for a good while " * 8
    desk.author.set_tag("credit", "purpose", f"{same}, and for pricing")
    desk.officer.patch(desk.record("credit")["id"], purpose=f"{same}, and for capital")
    out = desk.run("sync", expect=3).out
    assert "and for pricing" in out
    assert "and for capital" in desk.run("conflicts", "list").out


def test_a_version_is_named_by_at_or_by_option(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    record = desk.record("credit", "versions")["id"]
    desk.author.set_tag("credit", "assumptions", "one", "1")
    desk.officer.patch(record, assumptions="other")
    desk.run("sync", expect=3)
    said = desk.run("conflicts", "resolve", "credit", "assumptions", "--take", "grc", expect=2)
    assert "credit@1 assumptions" in said.err
    desk.run("conflicts", "resolve", "credit@1", "assumptions", "--take", "grc")
    desk.run("conflicts", "resolve", "credit", "assumptions", "--version", "1", "--take", "mlflow")
    desk.run("sync")
    assert desk.record("credit", "versions")["assumptions"] == "one"


def test_an_unknown_object_names_what_is_in_conflict(desk: Desk) -> None:
    desk.conflict("two words")
    desk.run("sync", expect=3)
    said = desk.run("conflicts", "resolve", "other", "purpose", "--take", "grc", expect=2)
    assert said.errors == ["Error: There is no conflict about purpose of other. In conflict are: 'two words' purpose."]
    said = desk.run("conflicts", "resolve", "two words", "tier", "--take", "grc", expect=2)
    assert "'two words' purpose" in said.err


def test_a_deleted_model_that_the_grc_edited_is_decided_by_existence(desk: Desk) -> None:
    desk.model(purpose="in use")
    desk.run("sync")
    record = desk.record("credit")["id"]
    desk.officer.patch(record, purpose="still in use")
    desk.author.delete_model("credit")
    desk.run("sync", expect=3)
    desk.run("conflicts", "resolve", "credit", "existence", "--value", "x", expect=2)
    assert "conflict" in desk.run("report", "reconcile").out
    said = desk.run("conflicts", "resolve", "credit", "existence", "--take", "mlflow")
    assert "retired" in said.out
    desk.run("sync")
    assert desk.officer.record(record)["lifecycle_status"] == "Decommissioned"


@pytest.fixture
def withheld(desk: Desk) -> list[str]:
    """Eight of ten models were deleted at once, more than the fuse lets through; their record ids."""
    for number in range(10):
        desk.model(f"model{number}", versions=0)
    desk.run("sync")
    ids = [desk.record(f"model{number}")["id"] for number in range(8)]
    for number in range(8):
        desk.author.delete_model(f"model{number}")
    desk.run("sync", expect=3)
    return ids


def retired(desk: Desk, ids: list[str]) -> list[str]:
    return [each for each in ids if desk.officer.record(each)["lifecycle_status"] == "Decommissioned"]


def test_what_the_fuse_withheld_is_shown_and_nothing_done(desk: Desk, withheld: list[str]) -> None:
    out = desk.run("approve").out
    assert "8 operations" in out
    assert all(f"retire record {each}" in out for each in withheld)
    desk.run("sync", expect=3)
    assert retired(desk, withheld) == []
    assert "8 withheld operations; see: mlflow-grc approve" in desk.run("status").out


def test_an_approval_lets_exactly_that_through(desk: Desk, withheld: list[str]) -> None:
    said = desk.run("approve", "--all", "--by", "Maria")
    assert "Approved by Maria: 8 operations, until " in said.out
    desk.run("sync")
    assert retired(desk, withheld) == withheld
    trail = desk.run("audit", "list", "--action", "approved", "--json").json["entries"]
    assert [entry["actor"] for entry in trail] == ["Maria"] * 8


def test_the_trail_alone_says_who_approved_which_retirement(desk: Desk, withheld: list[str]) -> None:
    digests = {each["record_id"]: each["digest"] for each in desk.run("approve", "--json").json["withheld"]}
    desk.run("approve", "--all", "--by", "Maria")
    desk.run("sync")
    trail = desk.run("audit", "list", "--object", withheld[3], "--last", "0", "--json").json["entries"]
    found = [each for each in trail if each["action"] in ("withheld", "approved", "retire_record")]
    assert [each["action"] for each in found] == ["withheld", "approved", "retire_record"]
    assert {each["name"] for each in found} == {"model3"}
    assert all(digests[withheld[3]] in each["rule"] for each in found)
    assert [each["actor"] for each in found] == ["", "Maria", "Maria"]
    assert "approved by Maria" in found[-1]["rule"]
    desk.run("audit", "verify")


def test_what_is_approved_no_longer_asks_for_approval(desk: Desk, withheld: list[str]) -> None:
    desk.run("approve", "--all", "--by", "Maria")
    status = desk.run("status").out
    assert "8 operations approved by Maria until " in status
    assert "withheld operation" not in status
    out = desk.run("approve").out
    assert out.count("approved by Maria until ") == 8
    assert "Approve with" not in out
    said = desk.run("approve", "--all", "--by", "Rita")
    assert "Approved by Maria: 8 operations, until " in said.out
    assert len(desk.run("audit", "list", "--action", "approved", "--json").json["entries"]) == 8


@pytest.mark.parametrize(
    "arguments",
    [
        ["approve", "--all", "--by", ""],
        ["approve", "--all", "--by", "  "],
        ["conflicts", "resolve", "credit", "purpose", "--take", "grc", "--by", ""],
        ["link", "credit", "MDL1", "--by", ""],
    ],
)
def test_nobody_decides_nothing(desk: Desk, arguments: list[str]) -> None:
    assert "give a name" in desk.run(*arguments, expect=2).err


def test_all_or_some(desk: Desk, withheld: list[str]) -> None:
    assert "either --all or --digest" in desk.run("approve", "--all", "--digest", "bogus", expect=2).err
    assert desk.run("audit", "list", "--action", "approved", "--json").json["entries"] == []


def test_some_are_approved_by_digest(desk: Desk, withheld: list[str]) -> None:
    found = desk.run("approve", "--json").json["withheld"]
    first = found[0]
    desk.run("approve", "--digest", first["digest"][:8])
    listed = desk.run("approve").out.splitlines()
    (line,) = [line for line in listed if first["digest"][:8] in line]
    assert "approved by " in line
    desk.run("approve", "--digest", "0000", expect=2)
    said = desk.run("approve", "--digest", "0" * 8, expect=2)
    assert "No withheld operation has the digest '00000000'" in said.err


def test_nothing_withheld_says_so(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    assert "withheld nothing" in desk.run("approve").out
    assert "withheld nothing" in desk.run("approve", "--all").out


def test_status_before_the_first_run_and_after(desk: Desk) -> None:
    assert "No cycle has run yet." in desk.run("status").out
    desk.model(developer="nobody@bank.example")
    desk.run("sync", expect=3)
    out = desk.run("status").out
    assert "Linked: 1 model, 1 version." in out
    assert "a person is needed" in out
    assert "4 writes of " in out
    assert "1 quarantined case" in out
    (found,) = desk.run("status", "--json").json["connections"]
    assert found["runs"][0]["status"] == "attention"
    assert found["lease"] is None


def test_a_failed_run_is_told_in_a_line_and_its_remedy_below(desk: Desk) -> None:
    desk.grc.faults.add(FaultKind.STATUS, status=401, path="/api/v1/models")
    desk.run("sync", expect=1)
    lines = desk.run("status").out.splitlines()
    (row,) = [line for line in lines if "failed" in line]
    assert "401" in row
    assert "Remedy" not in row
    assert any(line.startswith("Remedy: ") for line in lines)


def test_status_names_who_synchronises_right_now(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    with closing(desk.store()) as store:
        lease = store.acquire_lease("bank", "elsewhere:1", datetime.now(UTC), 300)
    assert "Being synchronised by elsewhere:1" in desk.run("status").out
    with closing(desk.store()) as store:
        store.release_lease(lease)
    assert "Being synchronised" not in desk.run("status").out


def test_status_asks_neither_side(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    desk.registry.calls.clear()
    desk.grc.stop()
    desk.run("status")
    assert desk.registry.calls == []


def test_a_new_value_is_read_as_the_field_wants_it(desk: Desk) -> None:
    desk.model(limitations="thin files")
    desk.run("sync")
    desk.author.set_tag("credit", "limitations", "drift")
    desk.officer.patch(desk.record("credit")["id"], limitations=["no stress data"])
    desk.run("sync", expect=3)
    refused = desk.run("conflicts", "resolve", "credit", "limitations", "--value", '["thin', expect=2)
    assert "is no value of limitations: not valid JSON" in refused.err
    desk.run("conflicts", "resolve", "credit", "limitations", "--value", " ", expect=2)
    desk.run("conflicts", "resolve", "credit", "limitations", "--value", "thin files, drift")
    desk.run("sync")
    assert desk.record("credit")["limitations"] == ["drift", "thin files"]
    assert desk.tags("credit")["limitations"] == '["drift","thin files"]'


def ended(store: Store, at: datetime, kind: RunKind, status: RunStatus, **counts: int) -> Run:
    run = store.start_run("bank", at, kind)
    run = replace(run, ended=stamp(at + timedelta(seconds=1)), status=status, counts=counts)
    store.end_run(run)
    return run


def test_status_tells_of_narrowed_cycles_since_the_last_complete_one(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    assert "Events:" not in desk.run("status").out
    with closing(desk.store()) as store:
        now = parse(store.runs("bank")[0].started)
        ended(store, now - timedelta(hours=1), RunKind.NARROWED, RunStatus.FAILED)
        for second in (1, 2):
            at = now + timedelta(milliseconds=second)
            last = ended(store, at, RunKind.NARROWED, RunStatus.APPLIED, operations=1, fields=second)
    told = desk.run("status").out.replace("\n", " ")
    assert "2 narrowed cycles since the last complete cycle began; the last" in told
    assert "applied: 1 write of 2 fields" in told
    (document,) = desk.run("status", "--json").json["connections"]
    assert document["narrowed"]["number"] == 2
    assert document["narrowed"]["last"]["id"] == last.id
    desk.run("sync")
    assert desk.run("status", "--json").json["connections"][0]["narrowed"] == {"number": 0, "last": None}


def test_status_and_reports_tell_when_everything_was_last_listed(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    words, forms = "The GRC was last listed whole", ("text", "markdown", "html")
    asked = [["status"], *(["report", "reconcile", "--format", form] for form in forms)]
    assert not any(words in desk.run(*command).out for command in asked)
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    with closing(desk.store()) as store:
        ended(store, at, RunKind.FULL, RunStatus.CLEAN, sweep_age=1500)
    swept = stamp(at - timedelta(minutes=25))
    for command in asked:
        assert words in desk.run(*command).out.replace("\n", " "), command
    assert desk.run("status", "--json").json["connections"][0]["swept_at"] == swept
    assert desk.run("report", "reconcile", "--format", "json").json["reports"][0]["swept_at"] == swept
