"""What somebody who may edit a model in MLflow can achieve with the connector's tags, and who may edit a record in the
GRC with its identity fields: what stands until the next cycle, and what is left after it. docs/security.md rests on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connector.mapping.keys import VersionRef
from connector.model.fields import Side
from connector.model.policy import Policy
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld

STATUS = "grc_approval_status"


@pytest.fixture
def decided(quick: InProcessWorld) -> InProcessWorld:
    """``credit`` has a rejected version 1, version 2 undecided, an issue on the model, and a confirmed class."""
    credit(quick, 2, risk_classification="high")
    settled(quick)
    quick.officer.decide(quick.version_record("credit")["id"], "rejected")
    quick.officer.raise_issue("Thin files", severity="High", model=quick.record("credit")["id"], due_date="2026-06-30")
    settled(quick)
    return quick


def everything(world: InProcessWorld) -> Any:
    """All that both sides hold, but time stamps and revisions."""
    tags = {(name, number): world.tags(name, number) for name in ("credit",) for number in (None, "1", "2")}
    records = [
        {key: value for key, value in record.items() if not key.startswith(("updated", "revision", "sys_"))}
        for kind in ("models", "versions", "issues")
        for record in world.officer.records(kind)
    ]
    return tags, records


FORGED: dict[str, tuple[str | None, Mapping[str, str]]] = {
    "a decision turned round": ("1", {STATUS: "approved"}),
    "a decision that nobody took": ("2", {STATUS: "approved"}),
    "with approver, expiry and conditions": (
        "2",
        {STATUS: "conditional", "grc_approved_by": "cro@bank.example", "grc_approval_expiry": "2036-03-01"}
        | {"grc_conditions": "none"},
    ),
    "a class lowered": (None, {"risk_classification": "low"}),
    "a class said to be confirmed": (None, {"grc_tier_state": "confirmed"}),
    "issues counted away": (None, {"grc_open_issues": "0", "grc_max_issue_severity": "", "grc_issues_overdue": "0"}),
    "an issue made harmless": (None, {"grc_issue_FND_1001": json.dumps({"title": "x", "severity": "low"})}),
    "another address of the record": (None, {"grc_record_url": "https://evil.example/"}),
    "another version's reference": ("1", {"grc_version_ref": "REC9|9|1"}),
}


@pytest.mark.parametrize(("version", "tags"), FORGED.values(), ids=FORGED)
def test_a_forged_tag_stands_until_the_next_cycle_and_is_put_back(
    decided: InProcessWorld, version: str | None, tags: Mapping[str, str]
) -> None:
    before, told = everything(decided), len(decided.audit())
    for key, value in tags.items():
        decided.author.set_tag("credit", key, value, version)
    assert everything(decided) != before
    settled(decided)
    assert everything(decided) == before
    assert any(str(entry.ref) == (f"credit v{version}" if version else "credit") for entry in decided.audit()[told:])


REMOVED = [("1", STATUS), (None, "grc_open_issues"), (None, "grc_record_id"), ("1", "grc_version_ref")]


@pytest.mark.parametrize(("version", "key"), REMOVED)
def test_a_tag_taken_away_is_put_back(decided: InProcessWorld, version: str | None, key: str) -> None:
    before = everything(decided)
    decided.author.delete_tag("credit", key, version)
    settled(decided)
    assert everything(decided) == before


def test_an_issue_whose_tag_was_taken_away_is_shown_again(decided: InProcessWorld) -> None:
    before = everything(decided)
    (tag,) = (key for key in decided.tags("credit") if key.startswith("grc_issue_"))
    decided.author.delete_tag("credit", tag)
    settled(decided)
    assert everything(decided) == before


def test_an_issue_that_nobody_raised_is_taken_away(decided: InProcessWorld) -> None:
    before = everything(decided)
    decided.author.set_tag("credit", "grc_issue_FND_9999", json.dumps({"title": "x", "severity": "low"}))
    settled(decided)
    assert everything(decided) == before


def test_a_forged_reference_brings_no_decision_along(decided: InProcessWorld) -> None:
    """The reference and the decision of version 1, copied by hand onto version 2 with its own creation time."""
    decided.officer.decide(decided.version_record("credit")["id"], "approved")
    settled(decided)
    before = everything(decided)
    version = decided.registry.version("credit", "2")
    assert version is not None
    forged = VersionRef(decided.version_record("credit", "1")["id"], "2", version.created_ms)
    decided.author.set_tag("credit", "grc_version_ref", str(forged), "2")
    decided.author.set_tag("credit", STATUS, "approved", "2")
    settled(decided)
    assert everything(decided) == before


@pytest.mark.parametrize("linked", [True, False], ids=["a record in use", "a record that nobody uses"])
def test_a_model_that_points_at_another_record_gets_nothing_of_it(decided: InProcessWorld, *, linked: bool) -> None:
    decided.author.create_model("fraud", tags={"risk_classification": "critical", "purpose": "Fraud"})
    settled(decided)
    target = (
        decided.record("credit")["id"]
        if linked
        else decided.officer.create("models", registry_name="Vendor model")["id"]
    )
    before = decided.officer.record(target)
    own = decided.record("fraud")["id"]
    decided.author.set_tag("fraud", "grc_record_id", target)
    for _ in range(3):
        decided.sync()
    after = decided.officer.record(target)
    assert {key: after[key] for key in ("purpose", "tier", "registry_name")} == {
        key: before[key] for key in ("purpose", "tier", "registry_name")
    }
    assert decided.record("fraud")["id"] == own


def unused(world: InProcessWorld) -> str:
    """A record of the bank's own, such as a vendor's model, that no key ties to anything."""
    return str(world.officer.create("models", registry_name="Vendor model", purpose="Bought")["id"])


def test_a_new_model_that_names_a_free_record_does_not_get_it(decided: InProcessWorld) -> None:
    target = unused(decided)
    before = decided.officer.record(target)
    decided.author.create_model("fraud", tags={"grc_record_id": target, "purpose": "Fraud"})
    for _ in range(3):
        decided.sync()
    assert decided.officer.record(target) == before


def test_a_request_asks_and_decides_nothing(decided: InProcessWorld) -> None:
    decided.author.set_tag("credit", "grc_approval_request", "submit", "2")
    decided.author.set_tag("credit", "grc_approval_request", "approved", "1")
    for _ in range(3):
        decided.sync()
    assert decided.version_record("credit", "2")["approval_status"] == "Pending Approval"
    assert decided.version_record("credit", "1")["approval_status"] == "Rejected"
    assert decided.tags("credit", "2")[STATUS] == "pending"


def test_the_state_of_an_answer_posts_and_hides_nothing(decided: InProcessWorld) -> None:
    (issue,) = decided.officer.records("issues")
    answer = f"grc_response_{issue['number'].replace('-', '_')}"
    decided.author.set_tag("credit", f"{answer}_state", "posted 2026-01-01")
    settled(decided)
    assert decided.officer.comments(issue["id"]) == []
    decided.author.set_tag("credit", answer, "Retrained")
    settled(decided)
    (comment,) = decided.officer.comments(issue["id"])
    assert "author not known" in comment["text"]


def _another_key(world: InProcessWorld) -> Mapping[str, Any]:
    return {"external_key": world.record("credit")["external_key"].replace("credit", "fraud")}


EDITED: dict[str, Callable[[InProcessWorld], Mapping[str, Any]]] = {
    "another key": _another_key,
    "no key": lambda world: {"external_key": ""},
    "another name": lambda world: {"registry_name": "fraud"},
}


@pytest.mark.parametrize("edit", EDITED.values(), ids=EDITED)
def test_an_identity_field_edited_in_the_grc_is_put_back(
    decided: InProcessWorld, edit: Callable[[InProcessWorld], Mapping[str, Any]]
) -> None:
    before = everything(decided)
    decided.officer.patch(decided.record("credit")["id"], **edit(decided))
    settled(decided)
    assert everything(decided) == before
    assert len(decided.officer.records("models")) == 1


def test_a_tag_of_a_field_that_the_mapping_does_not_name_is_not_watched(decided: InProcessWorld) -> None:
    """Said in the documents: nothing may rest on a connector tag whose field is not mapped."""
    decided.author.set_tag("credit", "grc_approval_date", "2026-03-01", "1")
    settled(decided)
    assert decided.tags("credit", "1")["grc_approval_date"] == "2026-03-01"


def test_a_second_claim_on_the_record_holds_the_putting_back_up_and_is_told(decided: InProcessWorld) -> None:
    """Said in the documents: what is quarantined is left alone, a forged decision on it too, until a person acts."""
    decided.author.create_model("copy", tags={"grc_record_id": decided.record("credit")["id"]})
    decided.author.set_tag("credit", STATUS, "approved", "1")
    result = decided.sync()
    assert result.exit_code == 3
    assert {str(case.ref) for case in result.plan.quarantines} == {"copy", "credit"}
    assert decided.tags("credit", "1")[STATUS] == "approved"
    decided.author.delete_model("copy")
    settled(decided)
    assert decided.tags("credit", "1")[STATUS] == "rejected"


def test_where_drift_is_only_reported_a_forged_decision_stays(decided: InProcessWorld) -> None:
    """Said in the documents as the price of that setting."""
    decided.policy = Policy(undo_drift=False)
    decided.author.set_tag("credit", STATUS, "approved", "1")
    decided.sync()
    assert decided.tags("credit", "1")[STATUS] == "approved"


def test_who_was_deceived_meanwhile_can_be_read_in_the_trail(decided: InProcessWorld) -> None:
    told = len(decided.audit())
    decided.author.set_tag("credit", STATUS, "approved", "1")
    settled(decided)
    (line,) = (entry for entry in decided.audit()[told:] if entry.field == "approval_status")
    assert (line.old, line.new, line.side) == ("approved", "rejected", Side.REGISTRY)
