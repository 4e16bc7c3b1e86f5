"""A finding opens one issue on each platform, with the mapping that ships: closed when the control holds again, and the
same one reopened when it comes back; what a person closes stays closed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from tests.engine.world import REGISTRY_ID
from tests.platforms.desk import Desk
from tests.scenarios.grc import is_write

EACH = pytest.mark.parametrize("platform", ["servicenow", "archer", "logicgate", "metricstream"])
POLICY = {"policy": {"findings_to_grc": {"severity": "critical", "controls": ["C01"]}}}
TITLE = "C01: a version under a production alias is not approved (credit v1)"
CLEAN = "Clean: nothing to write, both sides agree."


@pytest.fixture
def exposed(make_desk: Callable[..., Desk]) -> Callable[[str], Desk]:
    """Make a desk at which a version is in production that nobody approved, known on both sides."""

    def make(platform: str) -> Desk:
        desk = make_desk(platform, more=POLICY)
        desk.model(purpose="Scores.", risk_classification="high")
        desk.registry.set_alias("credit", "production", "1")
        desk.run("sync")
        return desk

    return make


def issues(desk: Desk) -> list[dict[str, Any]]:
    return desk.officer.records("issues")


def the_issue(desk: Desk) -> dict[str, Any]:
    (only,) = issues(desk)
    return only


def settled(desk: Desk) -> None:
    """What people did is written in one cycle, believed in the next, and back in MLflow in the third."""
    for _ in range(3):
        desk.run("sync")
    assert CLEAN in desk.run("sync").out


@EACH
def test_opened_once_closed_and_the_same_one_opened_again(exposed: Callable[[str], Desk], platform: str) -> None:
    desk = exposed(platform)
    assert issues(desk) == []
    desk.run("sync")
    issue, model, version = the_issue(desk), desk.record("credit")["id"], desk.record("credit", "versions")["id"]
    assert issue["external_key"] == f"finding:{REGISTRY_ID}/{model}/C01#1"
    assert (issue["title"], issue["severity"], issue["state"]) == (TITLE, "Critical", "Open")
    assert (issue["model"], issue["version"]) == (model, version)
    assert issue["due_date"] == (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    assert "Seen: under production, " in issue["description"]
    settled(desk)
    found = desk.registry.version("credit", "1")
    assert found is not None
    assert found.tags["grc_open_issues"] == "1"

    (desk.directory / "state.db").unlink()
    settled(desk)
    assert len(issues(desk)) == 1, "found by its key, though nothing is remembered"

    desk.officer.decide(version, "approved")
    settled(desk)
    assert the_issue(desk)["state"] == "Closed"
    assert the_issue(desk)["resolution"] == "Control C01 holds again: nothing of it is found."

    desk.officer.patch(version, approval_status="Expired")
    settled(desk)
    assert (the_issue(desk)["state"], the_issue(desk)["id"]) == ("Open", issue["id"])
    assert "approval is expired" in the_issue(desk)["description"]


@EACH
def test_what_a_person_closes_stays_closed(exposed: Callable[[str], Desk], platform: str) -> None:
    desk = exposed(platform)
    settled(desk)
    desk.officer.close_issue(the_issue(desk)["id"])
    settled(desk)
    assert the_issue(desk)["state"] == "Closed"
    assert "a person closed issue" in desk.run("plan").out


@EACH
def test_without_the_policy_no_issue_is_written(make_desk: Callable[..., Desk], platform: str) -> None:
    desk = make_desk(platform)
    desk.model(purpose="Scores.", risk_classification="high")
    desk.registry.set_alias("credit", "production", "1")
    settled(desk)
    assert [call for call in desk.side.calls if is_write(call) and call.kind == "issues"] == []


def without_fields(desk: Desk) -> None:
    """The tenant's issues have no field for a key, nor for the texts that an issue of a finding is given."""
    mapping = yaml.safe_load((desk.directory / "mapping.yaml").read_text(encoding="utf-8"))
    issue = mapping["entities"]["issue"]
    issue["identity"]["key"], issue["fields"]["description"] = "u_nowhere", "u_nowhere_either"
    (desk.directory / "mapping.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")


@EACH
def test_a_tenant_that_lacks_the_fields_is_served_where_no_finding_opens_an_issue(
    make_desk: Callable[..., Desk], platform: str
) -> None:
    desk = make_desk(platform)
    desk.model(purpose="Scores.", risk_classification="high")
    desk.run("sync")
    desk.officer.raise_issue("Drift", model=desk.record("credit")["id"])
    without_fields(desk)
    desk.run("check")
    settled(desk)
    assert desk.tags("credit")["grc_open_issues"] == "1"


@EACH
def test_check_names_what_the_tenant_lacks(exposed: Callable[[str], Desk], platform: str) -> None:
    desk = exposed(platform)
    desk.officer.raise_issue("Drift", model=desk.record("credit")["id"])
    without_fields(desk)
    said = desk.run("check", "--json", expect=None)
    assert said.code != 0
    assert "u_nowhere" in said.out


@pytest.mark.parametrize("lacks", ["create", "update", "a listing"])
def test_check_refuses_to_open_issues_where_the_api_cannot(exposed: Callable[[str], Desk], lacks: str) -> None:
    desk = exposed("metricstream")
    desk.run("check")
    file = desk.directory / "mapping.yaml"
    mapping = yaml.safe_load(file.read_text(encoding="utf-8"))
    issue = mapping["http"]["resources"]["issue"]
    if lacks == "a listing":
        issue["list"] = {"path": "collections/ism/issue", "records": "objects", "by_ids": {"at": "ObjectIDs"}}
    else:
        del issue[lacks]
    file.write_text(yaml.safe_dump(mapping), encoding="utf-8")
    assert "Findings open issues (policy.findings_to_grc), and" in desk.run("check", "--json", expect=None).out
    desk.config.write_text(desk.config.read_text(encoding="utf-8").split("policy:")[0], encoding="utf-8")
    desk.run("check")
