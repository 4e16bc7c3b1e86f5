"""Enforcement through the command line: what an engineer and an admin see, and what the configuration refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.desk import Desk

MAPPINGS = Path(__file__).parents[2] / "mappings"


def policy(*lines: str) -> str:
    return "\npolicy:\n  enforcement:\n" + "".join(f"    {line}\n" for line in lines)


def test_an_alias_comes_off_and_the_way_back_is_told(desk: Desk) -> None:
    desk.write(more=policy("withdrawn: take_off"))
    desk.author.create_model("credit", tags={"purpose": "Scores."})
    desk.author.create_version("credit")
    desk.registry.set_alias("credit", "production", "1")
    desk.run("sync")
    record = desk.record("credit", "versions")["id"]
    desk.officer.patch(record, approval_status="Withdrawn")
    out = desk.run("plan").out
    assert "alias taken off" in out
    assert "the approval is withdrawn; no other version is approved" in " ".join(out.split())
    desk.run("sync")
    assert desk.tags("credit", "1")["grc_blocked"] == '["the approval is withdrawn"]'
    assert "Clean" in desk.run("sync").out
    desk.officer.patch(record, approval_status="Approved")
    desk.run("sync")
    assert "set_registered_model_alias('credit', 'production', '1')" in " ".join(desk.run("plan").out.split())


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["give_back: true"], "Nothing is enforced"),
        (["withdrawn: forbid"], "withdrawn"),
        (["issue: block", "severities: [grave]"], "severities"),
        (["issue: block", "severities: []"], "severities"),
        (["expired: take_off", "aliases: []"], "No alias means production"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(desk: Desk, lines: list[str], told: str) -> None:
    desk.write(more=policy(*lines))
    err = desk.run("sync", expect=2).err
    assert told in err
    assert "mlflow-grc.yaml:" in err


def test_a_version_that_would_never_be_looked_at_again(desk: Desk) -> None:
    desk.write(more=policy("withdrawn: take_off") + "  versions: aliased\n")
    assert "would be left out" in desk.run("sync", expect=2).err


def test_a_mapping_without_approvals(desk: Desk) -> None:
    text = (MAPPINGS / "mock.yaml").read_text(encoding="utf-8")
    start, end = text.index("      approval_status:\n"), text.index("      approval_chain:")
    (desk.directory / "own.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    desk.write(("mapping: mock", "mapping: own.yaml"), more=policy("expired: block"))
    assert "none is ever withdrawn or over" in desk.run("sync", expect=2).err
