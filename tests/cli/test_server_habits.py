"""What habits of a GRC's server do to whole cycles: a value that it rewrites, times that do not move, all gone."""

from __future__ import annotations

import pytest

from tests.cli.desk import Desk


def restart(desk: Desk, *dialect: str) -> None:
    """Let the GRC go on in another dialect."""
    desk.grc.stop()
    desk.grc.dialect = dialect
    desk.grc.start()


def test_a_value_that_the_server_rewrites_is_written_once_and_then_all_is_quiet(desk: Desk) -> None:
    restart(desk, "rewriting")
    desk.model("credit")
    desk.author.set_description("credit", "scores   loan applications")
    desk.run("sync")
    assert desk.record("credit")["description"] == "Scores Loan Applications"
    writes = desk.grc.requests.writes
    assert "Nothing to do" in desk.run("plan").out
    desk.run("sync")
    assert desk.grc.requests.writes == writes
    assert desk.registry.model("credit").description == "scores   loan applications"
    desk.author.set_description("credit", "scores cards")
    desk.run("sync")
    desk.run("sync")
    assert desk.record("credit")["description"] == "Scores Cards"
    assert desk.grc.requests.writes == writes + 1


@pytest.mark.parametrize("habit", ["frozen-stamps", "late-stamps", "seconds", "epoch-milliseconds"])
def test_an_edit_is_seen_whatever_the_time_of_the_last_change_says(desk: Desk, habit: str) -> None:
    restart(desk, habit)
    desk.model("credit")
    desk.run("sync")
    desk.officer.patch(desk.record("credit")["id"], purpose="Mortgages")
    desk.run("sync")
    assert desk.tags("credit")["purpose"] == "Mortgages"


@pytest.mark.parametrize(("models", "withheld"), [(3, False), (22, True)])
def test_a_grc_that_listed_records_and_has_none_now_costs_no_tag(desk: Desk, models: int, *, withheld: bool) -> None:
    names = [f"m{number}" for number in range(models)]
    for name in names:
        desk.model(name, versions=0)
    desk.run("sync")
    before = {name: desk.tags(name) for name in names}
    admin = desk.grc.grc.directory.user("admin@bank.example")
    for row in desk.grc.store.rows("models"):
        desk.grc.grc.delete(row["id"], admin)
    said = desk.run("sync", expect=3)
    after = {name: desk.tags(name) for name in names}
    assert {name: {key: after[name].get(key) for key in before[name]} for name in names} == before
    assert desk.grc.store.rows("models") == []
    assert ("fuse" in said.out.lower()) == withheld, said.out
    blocked = [name for name in names if "is gone from the GRC" in after[name].get("grc_blocked", "")]
    assert blocked == ([] if withheld else names)
