"""What a cycle concludes, and what it does instead, where MLflow does not let the connector's account see or do all."""

from __future__ import annotations

import json

import pytest

from connector.engine import Cycle
from connector.model.errors import AccessDenied
from connector.model.state import LinkState, RunStatus
from connector.model.tags import CLOSED_MARK
from tests.engine.world import World
from tests.fakes.registry import Call


@pytest.fixture
def credit(world: World) -> World:
    """A model with a version, in agreement, of which this account may edit but not manage."""
    world.author.create_model("credit")
    world.author.create_version("credit")
    assert world.sync().exit_code == 0
    world.registry.edit_only.add("credit")
    return world


def raise_issue(world: World, title: str = "Thin files", **more: str) -> str:
    return world.officer.raise_issue(title, version=world.version_record("credit")["id"], **more)["id"]


def issue_tag(world: World, issue: str) -> str:
    return "grc_issue_" + world.officer.record(issue)["number"].replace("-", "_")


def refused(world: World) -> list[tuple[str, str]]:
    return [(str(case.ref), case.field) for case in world.store.quarantines("test")]


def quiet(world: World) -> bool:
    """Whether another cycle finds nothing to do: no write, and no attempt at one."""
    world.registry.calls.clear()
    return world.sync().run.status is RunStatus.CLEAN and not any(call.is_write for call in world.registry.calls)


def test_a_closed_issue_is_marked_where_its_tag_may_not_go(credit: World) -> None:
    issue = raise_issue(credit, due_date="2026-03-09")
    credit.sync()
    tag = issue_tag(credit, issue)
    assert json.loads(credit.tags("credit", "1")[tag])["state"] == "open"
    credit.officer.close_issue(issue)
    run = credit.sync()
    assert (run.exit_code, refused(credit)) == (0, [])
    tags = credit.tags("credit", "1")
    assert tags[tag] == tags["grc_max_issue_severity"] == tags["grc_next_remediation_due"] == CLOSED_MARK
    assert tags["grc_open_issues"] == "0"
    assert tag not in credit.tags("credit")
    assert "may not delete" in next(line.rule for line in credit.audit() if line.new == CLOSED_MARK)
    assert quiet(credit)
    credit.officer.reopen_issue(issue)
    assert credit.sync().exit_code == 0
    assert json.loads(credit.tags("credit", "1")[tag])["title"] == "Thin files"
    assert credit.tags("credit", "1")["grc_open_issues"] == "1"


def test_one_denial_is_enough_for_all_versions_of_the_model(credit: World) -> None:
    credit.author.create_version("credit")
    credit.sync()
    both = [credit.version_record("credit", version)["id"] for version in ("1", "2")]
    issues = [credit.officer.raise_issue("Thin files", version=record)["id"] for record in both]
    credit.sync()
    for issue in issues:
        credit.officer.close_issue(issue)
    credit.registry.calls.clear()
    credit.sync()
    assert len([call for call in credit.registry.calls if call.action == "delete_tag" and call.version]) == 1
    assert [credit.tags("credit", "12"[at])[issue_tag(credit, issue)] for at, issue in enumerate(issues)] == [
        CLOSED_MARK,
        CLOSED_MARK,
    ]


def test_with_manage_the_tag_goes(credit: World) -> None:
    credit.registry.edit_only.clear()
    issue = raise_issue(credit)
    credit.sync()
    credit.officer.close_issue(issue)
    credit.sync()
    assert issue_tag(credit, issue) not in credit.tags("credit", "1")


def test_any_other_removal_waits_in_quarantine_while_the_rest_flows(credit: World) -> None:
    issue = raise_issue(credit)
    credit.author.set_tag("credit", "grc_approval_request", "submit", version="1")
    credit.sync()
    credit.officer.close_issue(issue)
    credit.officer.decide(credit.version_record("credit")["id"], "Approved")
    run = credit.sync()
    assert run.exit_code == 3
    assert refused(credit) == [("credit v1", "grc_approval_request")]
    tags = credit.tags("credit", "1")
    assert (tags["grc_approval_status"], tags["grc_approval_request"]) == ("approved", "submit")
    assert tags[issue_tag(credit, issue)] == CLOSED_MARK
    credit.registry.calls.clear()
    assert credit.sync().exit_code == 3
    assert not any(call.is_write for call in credit.registry.calls)


def test_inherited_tags_that_may_not_go_are_refused_at_the_first_attempt(credit: World) -> None:
    credit.author.set_tag("credit", "grc_note", "old", version="1")
    credit.author.set_tag("credit", "grc_remark", "old", version="1")
    credit.author.create_model("copy")
    credit.author.copy_version("credit", "1", "copy")
    credit.registry.edit_only.add("copy")
    credit.registry.calls.clear()
    assert credit.sync().exit_code == 3
    assert {("copy v1", "grc_note"), ("copy v1", "grc_remark")} <= set(refused(credit))
    assert len([call for call in credit.registry.calls if call.action == "delete_tag"]) == 1
    assert credit.tags("copy", "1")["grc_version_ref"] != credit.tags("credit", "1")["grc_version_ref"]


def test_a_saved_plan_to_remove_the_tag_allows_the_mark(credit: World) -> None:
    issue = raise_issue(credit)
    credit.sync()
    credit.officer.close_issue(issue)
    assert Cycle(credit.connection, only=credit.plan()).run().exit_code == 0
    assert credit.tags("credit", "1")[issue_tag(credit, issue)] == CLOSED_MARK


def test_without_edit_the_object_is_refused_whole_and_not_tried_again(world: World) -> None:
    world.author.create_model("credit")

    def read_only(call: Call) -> None:
        if call.is_write:
            raise AccessDenied(f"{call.name}: no")

    world.registry.before.append(read_only)
    assert world.sync().exit_code == 3
    assert refused(world) == [("credit", "registry:")]
    assert world.record("credit")["registry_name"] == "credit"
    world.registry.calls.clear()
    assert world.sync().exit_code == 3
    assert not any(call.is_write for call in world.registry.calls)


def link_states(world: World) -> set[LinkState]:
    return {link.state for link in world.store.links("test").values()}


def test_a_model_that_is_forbidden_is_unknown_and_not_retired(credit: World) -> None:
    credit.author.delete_model("credit")
    credit.registry.forbidden.add("credit")
    run = credit.sync()
    assert run.exit_code == 3
    assert [remark.topic for remark in run.plan.remarks] == ["model unknown", "model unknown"]
    assert link_states(credit) == {LinkState.LIVE}
    assert credit.record("credit")["lifecycle_status"] is None


def test_the_versions_of_a_deleted_model_are_gone_though_mlflow_forbids_them(credit: World) -> None:
    credit.author.delete_model("credit")

    def forbid(call: Call) -> None:
        if call.action == "get_version":
            raise AccessDenied("no")

    credit.registry.before.append(forbid)
    assert credit.sync().exit_code == 0
    assert link_states(credit) == {LinkState.RETIRED}
    assert credit.record("credit")["lifecycle_status"] == "Decommissioned"


def test_a_forbidden_version_of_a_live_model_is_unknown(credit: World) -> None:
    credit.author.delete_version("credit", "1")

    def forbid(call: Call) -> None:
        if call.action == "get_version":
            raise AccessDenied("no")

    credit.registry.before.append(forbid)
    assert credit.sync().exit_code == 3
    assert link_states(credit) == {LinkState.LIVE}
