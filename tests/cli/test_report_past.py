"""``report exposure`` and ``report incident`` on a story that cycles observed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from connector.engine import Connection, opening
from connector.mock import FaultKind
from connector.state.times import parse
from tests.cli.desk import OFFICER, Desk


@pytest.fixture
def sync(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """A cycle, each an hour after the one before; returns its time."""
    start = datetime.now(UTC) - timedelta(days=3)
    hours = iter(range(1000))

    def run() -> str:
        moment = start + timedelta(hours=next(hours))
        monkeypatch.setattr(opening, "Connection", partial(Connection, clock=lambda: moment))
        desk.run("sync", expect=None)
        return moment.isoformat()

    return run


@pytest.fixture
def story(desk: Desk, sync: Callable[[], str]) -> list[str]:
    """Version 1 is approved and in production, then version 2 takes its place unapproved, and is approved later."""
    author = desk.author
    author.create_model("credit", tags={"purpose": "Scores."})
    for auc in (0.8, 0.9):
        run = author.log_run(metrics={"auc": auc, "monitoring_auc": 0.5}, params={"depth": "6"}, datasets=["loans"])
        author.create_version("credit", run_id=run, tags={"code_commit": f"commit{auc}"})
    times = [sync()]
    desk.officer.decide(version(desk, "1"), "approved")
    author.set_alias("credit", "production", "1")
    times.append(sync())
    author.set_alias("credit", "production", "2")
    times.append(sync())
    desk.officer.raise_issue("precision dropped", version=version(desk, "2"))
    times.append(sync())
    desk.officer.decide(version(desk, "2"), "approved", comment="as measured")
    times.append(sync())
    return times


def version(desk: Desk, number: str) -> str:
    return next(row["id"] for row in desk.officer.records("versions") if str(row["version"]) == number)


def same(one: str, other: str) -> bool:
    return abs((parse(one) - parse(other)).total_seconds()) < 1


def test_exposure_has_the_bounds_of_the_observations(desk: Desk, story: list[str]) -> None:
    (found,) = desk.run("report", "exposure", "--format", "json").json["connections"]
    unclear, one = found["exposures"]
    # Between the first two cycles version 1 was approved and put into production: which came first, nobody saw.
    assert (unclear["version"], unclear["certain"], unclear["at_least_seconds"]) == ("1", False, 0)
    assert (one["model"], one["version"], one["aliases"], one["certain"]) == ("credit", "2", ["production"], True)
    assert same(one["began"]["after"], story[1])
    assert same(one["began"]["at"], story[2])
    assert same(one["ended"]["after"], story[3])
    assert same(one["ended"]["at"], story[4])
    assert one["at_least_seconds"] == pytest.approx(3600, abs=2)
    assert one["at_most_seconds"] == pytest.approx(3 * 3600, abs=2)


def test_exposure_in_words_and_codes(desk: Desk, story: list[str]) -> None:
    told = desk.run("report", "exposure").out
    assert "credit v2" in told
    assert "1 hour" in told
    assert "3 hours" in told
    assert "2 exposures, 0 of them still lasting" in told
    desk.run("report", "exposure", "--fail-on", "lasting")
    desk.run("report", "exposure", "--fail-on", "any", expect=3)
    assert "None was seen." in desk.run("report", "exposure", "--since", story[4]).out
    assert "Nothing is known of a model 'debit'" in desk.run("report", "exposure", "--model", "debit", expect=2).err
    spans = ("--since", story[4], "--until", story[1])
    assert "later than --since" in desk.run("report", "exposure", *spans, expect=2).err
    desk.run("report", "exposure", "--format", "csv", "--output", "e.csv")
    with (desk.directory / "e.csv").open(newline="") as stream:
        rows = [(row["model"], row["version"], row["certain"]) for row in csv.DictReader(stream)]
    assert rows == [("credit", "1", "no"), ("credit", "2", "yes")]


def test_a_tag_without_a_record_approves_nothing(desk: Desk, sync: Callable[[], str]) -> None:
    desk.model("credit")
    desk.author.set_tag("credit", "grc_approval_status", "approved", "1")
    desk.author.set_alias("credit", "production", "1")
    fault = desk.grc.faults.add(FaultKind.STATUS, status=422, path="/api/v1/versions", method="POST", count=None)
    sync()
    desk.grc.faults.remove(fault)
    (found,) = desk.run("report", "exposure", "--format", "json").json["connections"]
    assert [(one["version"], one["statuses"], one["ended"]) for one in found["exposures"]] == [("1", [None], None)]


def test_a_renamed_model_keeps_what_was_approved_of_it(desk: Desk, sync: Callable[[], str]) -> None:
    desk.model("credit")
    sync()
    desk.officer.decide(version(desk, "1"), "approved")
    sync()
    desk.author.set_alias("credit", "production", "1")
    sync()
    desk.author.rename("credit", "scoring")
    sync()
    sync()
    assert "None was seen." in desk.run("report", "exposure").out


def test_an_incident_is_answered(desk: Desk, story: list[str]) -> None:
    (found,) = desk.run("report", "incident", "credit", "--since", story[2], "--format", "json").json["incidents"]
    assert (found["then"], found["now"], found["rollback"]) == (["2"], ["2"], "1")
    (decider,) = found["deciders"]
    assert (decider["approval_then"], decider["approval"]) == ("not_submitted", "approved")
    assert decider["approved_by"] == OFFICER
    assert [each["comment"] for each in decider["chain"]] == ["as measured"]
    assert decider["measured"] == [{"name": "auc", "validated": 0.9, "monitored": "0.5"}]
    lineage = {line["label"]: line["values"] for line in decider["lineage"]}
    assert (lineage["Training data"], lineage["Commit"]) == (["loans"], ["commit0.9"])
    changed = {(each["side"], each["field"], each["new"]) for each in found["happenings"]}
    assert ("grc", "approval_status", "approved") in changed
    assert ("registry", "approval_status", "approved") in changed
    assert any(each["what"].startswith("issue ") and each["field"] == "" for each in found["happenings"])
    assert {each["action"] for each in found["trail"]} >= {"update_registry"}
    assert [each["title"] for each in found["issues"]] == ["precision dropped"]


def test_the_window_decides_which_version(desk: Desk, story: list[str]) -> None:
    options = ("--since", story[1], "--until", story[1][:-6] + "+00:00")
    assert desk.run("report", "incident", "credit", *options, expect=2).err.count("later than --since") == 1
    until = (datetime.fromisoformat(story[1]) + timedelta(minutes=1)).isoformat()
    (found,) = desk.run("report", "incident", "credit", "--since", story[1], "--until", until, "--format", "json").json[
        "incidents"
    ]
    # Between the second and the third observation the alias moved, nobody knows when: both can have decided.
    assert (found["then"], found["now"]) == (["1", "2"], ["1", "2"])


def test_a_window_that_ended_tells_what_was_in_production_then(
    desk: Desk, story: list[str], sync: Callable[[], str]
) -> None:
    desk.author.create_version("credit")
    desk.author.set_alias("credit", "production", "3")
    sync()
    window = ("--since", story[2], "--until", story[3])
    (found,) = desk.run("report", "incident", "credit", *window, "--format", "json").json["incidents"]
    assert (found["then"], found["now"]) == (["2"], ["2"])
    # Version 3 is in production today and no way back.
    assert [each["version"] for each in found["candidates"]] == ["2", "1"]
    told = desk.run("report", "incident", "credit", *window).out
    assert told.count(": v2.") == 2
    assert "Nobody knows to the second" not in told


def test_a_renamed_model_is_answered_for_under_its_former_name_too(
    desk: Desk, story: list[str], sync: Callable[[], str]
) -> None:
    desk.author.rename("credit", "scoring")
    sync()
    sync()
    (found,) = desk.run("report", "incident", "scoring", "--since", story[2], "--format", "json").json["incidents"]
    assert (found["then"], found["now"], found["rollback"]) == (["2"], ["2"], "1")
    assert [(one["version"], one["until"] is None) for one in found["served"]] == [("2", True)]
    assert {each["name"] for each in found["trail"] if each["version"] == "2"} == {"credit", "scoring"}
    assert not [each for each in found["happenings"] if " v" in each["what"] and each["field"] == ""]


def test_a_version_that_is_gone_is_answered_for_and_so_is_its_model(
    desk: Desk, story: list[str], sync: Callable[[], str]
) -> None:
    question = ("report", "incident", "credit", "--since", story[2], "--format", "json")
    desk.author.delete_version("credit", "2")
    sync()
    (found,) = desk.run(*question).json["incidents"]
    (decider,) = found["deciders"]
    assert (decider["version"], decider["approved_by"], found["then"], found["now"]) == ("2", OFFICER, ["2"], [])
    assert [(each["version"], each["against"]) for each in found["candidates"]] == [
        ("2", ["it is gone from MLflow"]),
        ("1", []),
    ]
    desk.author.delete_model("credit")
    sync()
    (found,) = desk.run(*question).json["incidents"]
    assert (found["then"], [each["version"] for each in found["deciders"]], found["rollback"]) == (["2"], ["2"], None)


def test_each_step_of_the_trail_names_the_version_that_it_was_about(desk: Desk, story: list[str]) -> None:
    told = desk.run("report", "incident", "credit", "--since", story[0], "--format", "markdown").out
    rows = [line.split(" | ") for line in told.splitlines() if "update\\_registry" in line and "approved" in line]
    assert {row[2] for row in rows} == {"credit v1", "credit v2"}


def test_an_incident_as_people_read_it(desk: Desk, story: list[str]) -> None:
    told = desk.run("report", "incident", "credit", "--since", story[2]).out
    for words in (
        "Which version was in production",
        "Approval at the beginning of the window: not submitted; now: approved.",
        "set_registered_model_alias('credit', 'production', '1')",
        "precision dropped",
    ):
        assert words in told
    desk.run("report", "incident", "credit", "--since", story[2], "--format", "markdown", "--output", "i.md")
    document = (desk.directory / "i.md").read_text(encoding="utf-8")
    assert document.startswith("# Incident report on credit, connection bank\n")
    assert "| auc | 0.9 |" in document


def test_a_version_with_a_serious_issue_is_not_gone_back_to(
    desk: Desk, story: list[str], sync: Callable[[], str]
) -> None:
    desk.officer.raise_issue("bias", severity="Critical", version=version(desk, "1"))
    sync()
    (found,) = desk.run("report", "incident", "credit", "--since", story[2], "--format", "json").json["incidents"]
    assert found["rollback"] is None
    (candidate,) = found["candidates"]
    assert "(critical) is open" in candidate["against"][0]


def test_every_alias_has_to_be_moved_to_go_back(desk: Desk, story: list[str], sync: Callable[[], str]) -> None:
    desk.author.set_alias("credit", "champion", "2")
    since = sync()
    told = desk.run("report", "incident", "credit", "--since", since).out
    assert "set_registered_model_alias('credit', 'champion', '1')" in told
    assert "set_registered_model_alias('credit', 'production', '1')" in told


def test_a_version_in_production_beside_a_newer_one_can_be_gone_back_to(
    desk: Desk, story: list[str], sync: Callable[[], str]
) -> None:
    desk.author.set_alias("credit", "champion", "1")
    since = sync()
    told = desk.run("report", "incident", "credit", "--since", since).out
    assert "Several were in production at once" in told
    assert "v1 is still in production, and nothing speaks against it." in told
    assert "set_registered_model_alias('credit', 'production', '1')" in told
    assert "'champion'" not in told


def test_before_the_first_observation_nobody_knows(desk: Desk, story: list[str]) -> None:
    since = (datetime.fromisoformat(story[0]) - timedelta(days=1)).isoformat()
    assert "looked for the first time at" in desk.run("report", "incident", "credit", "--since", since).out


def test_what_cannot_be_answered(desk: Desk, story: list[str]) -> None:
    assert (
        "Nothing is known of a model 'debit'"
        in desk.run("report", "incident", "debit", "--since", story[0], expect=2).err
    )
    assert "is no time" in desk.run("report", "incident", "credit", "--since", "yesterday", expect=2).err
    unseen = datetime.now(UTC).isoformat()
    assert (
        "nothing is known of what happened since"
        in desk.run("report", "incident", "credit", "--since", unseen, expect=1).err
    )
    later = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    assert "in the future" in desk.run("report", "incident", "credit", "--since", later, expect=2).err


def test_nothing_was_observed_yet(desk: Desk) -> None:
    with closing(desk.store()):
        pass
    assert "nothing is known of the past" in desk.run("report", "exposure", expect=1).err
