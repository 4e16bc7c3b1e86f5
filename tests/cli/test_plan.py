"""``plan``: the diff, its saved form, its exit codes, and that it writes nothing anywhere."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from connector.mock import FaultKind
from connector.model.operations import Plan
from connector.plan.codec import plan_json
from tests.cli.desk import Desk


def test_a_field_shows_old_new_direction_and_why(desk: Desk) -> None:
    desk.model(purpose="Scores applicants.")
    out = desk.run("plan").out
    line = next(line for line in out.splitlines() if line.strip().startswith("purpose"))
    assert ("GRC" in line, "Scores applicants." in line) == (True, True)
    assert "the empty side takes the other" in line
    assert "new record" in out
    assert "2 objects to change: 2 new records" in out


def test_what_ties_a_new_record_is_one_line(desk: Desk) -> None:
    desk.model()
    out = desk.run("plan").out
    assert "identity." not in out
    lines = [" ".join(line.split()) for line in out.splitlines() if line.startswith("  identity")]
    assert [line.partition(" - ")[2] for line in lines] == [
        "key, instance, name and created links the two",
        "grc_record_id and grc_record_url links the two",
        "key, instance, name, version, created and parent links the two",
        "grc_version_ref links the two",
    ]
    changes = desk.run("plan", "--json").json["plans"][0]["operations"][0]["changes"]
    assert "identity.created" in {each["field"] for each in changes}


def test_a_tag_of_the_connector_is_told_from_a_field(desk: Desk) -> None:
    desk.model(risk_classification="high")
    assert "tag grc_tier_state" in desk.run("plan").out


def test_objects_that_agree_are_nothing_to_do(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    assert "Nothing to do: both sides agree." in desk.run("plan").out


def test_nothing_is_written_anywhere(desk: Desk) -> None:
    desk.model()
    desk.run("plan")
    assert sorted(path.name for path in desk.directory.iterdir()) == ["mlflow-grc.yaml"]
    assert desk.registry.writes == []
    assert desk.officer.records("models") == []
    desk.run("sync")
    desk.author.set_tag("credit", "purpose", "new")
    with closing(desk.store()) as store:
        before = (store.audit_head(), len(store.runs()))
    desk.run("plan")
    with closing(desk.store()) as store:
        assert (store.audit_head(), len(store.runs())) == before


def test_a_long_value_is_cut_with_its_length(desk: Desk) -> None:
    text = "long " * 100
    desk.model(purpose=text)
    out = desk.run("plan").out
    assert "... (499 characters)" in out
    assert text not in out
    assert text.strip() in desk.run("plan", "--json").out


def test_control_characters_cannot_reach_the_terminal(desk: Desk) -> None:
    desk.model(purpose="red \x1b[31m and\na second line [bold]marked[/bold]")
    out = desk.run("plan").out
    assert "\x1b" not in out
    assert "[bold]marked[/bold]" in out


def test_detailed_exitcode(desk: Desk) -> None:
    desk.model()
    desk.run("plan", "--detailed-exitcode", expect=2)
    desk.run("sync")
    desk.run("plan", "--detailed-exitcode", expect=0)
    desk.grc.faults.add(FaultKind.STATUS, status=401, path="/api/v1/models")
    desk.run("plan", "--detailed-exitcode", expect=1)


def test_an_error_of_the_configuration_is_no_change(desk: Desk) -> None:
    desk.write(("mapping: mock", "mapping: mok"))
    desk.run("plan", expect=2)
    said = desk.run("plan", "--detailed-exitcode", expect=1)
    assert "mok" in said.err


def test_what_waits_for_a_person_ends_with_3(desk: Desk) -> None:
    desk.conflict()
    out = desk.run("plan", expect=3).out
    assert "as MLflow says" in out
    assert "as the GRC says" in out
    assert "both sides changed it" in out
    assert "mlflow-grc conflicts resolve credit purpose --take grc" in out
    assert "Waiting for a person: 1 in conflict." in out


def test_one_model_alone(desk: Desk) -> None:
    desk.model("credit")
    desk.model("fraud")
    out = desk.run("plan", "--model", "fraud").out
    assert "fraud v1" in out
    assert "credit" not in out
    said = desk.run("plan", "--model", "frau", expect=2)
    assert said.errors == [
        "Error: There is no registered model 'frau' in MLflow.",
        "Remedy: Write the name as MLflow has it: capital letters count.",
    ]
    desk.run("sync")
    assert "Did you mean 'fraud'?" in desk.run("plan", "--model", "frau", expect=2).err


def test_json_has_everything(desk: Desk) -> None:
    desk.model()
    (plan,) = desk.run("plan", "--json").json["plans"]
    assert plan["connection"] == "bank"
    first = plan["operations"][0]
    assert (first["kind"], first["side"], len(first["digest"])) == ("create_record", "grc", 32)
    assert {"field", "old", "new", "rule"} <= first["changes"][0].keys()


def test_a_saved_plan_is_applied_and_nothing_else(desk: Desk) -> None:
    desk.model("credit")
    desk.run("plan", "--out", "plan.json")
    desk.model("fraud")
    desk.run("sync", "--plan", "plan.json")
    assert [row["registry_name"] for row in desk.officer.records("models")] == ["credit"]
    assert desk.tags("credit")["grc_record_id"] == desk.record("credit")["id"]
    assert "grc_record_id" not in desk.tags("fraud")


def test_what_a_saved_plan_creates_is_complete(desk: Desk) -> None:
    """The GRC fills in values when a record is created, and no fuse takes those for a mass change later."""
    for number in range(25):
        desk.model(f"model{number}")
    desk.run("plan", "--out", "plan.json")
    desk.run("sync", "--plan", "plan.json")
    assert {"grc_approval_status", "grc_version_ref"} <= desk.tags("model7", "1").keys()
    assert "nothing to write" in desk.run("sync").out


def test_stale_operations_are_refused_one_by_one(desk: Desk) -> None:
    desk.model("credit", purpose="one")
    desk.model("fraud", purpose="one")
    desk.run("sync")
    for name in ("credit", "fraud"):
        desk.author.set_tag(name, "purpose", "two")
    desk.run("plan", "--out", "plan.json")
    desk.author.set_tag("fraud", "purpose", "three")
    out = desk.run("sync", "--plan", "plan.json", expect=3).out
    assert desk.record("credit")["purpose"] == "two"
    assert desk.record("fraud")["purpose"] == "one"
    assert "1 refused as stale" in out
    assert "no longer hold" in out


def refusals(desk: Desk, expect: int = 3) -> dict[str, str]:
    """What ``sync --plan plan.json`` refused: each operation's object and kind, and why."""
    (run,) = desk.run("sync", "--plan", "plan.json", "--json", expect=expect).json["runs"]
    names = [f"{each['ref']['name']} {each['ref']['version'] or ''}".strip() for each in run["stale"]]
    kinds = [each["kind"] for each in run["stale"]]
    return {f"{name} {kind}": each["refused"] for name, kind, each in zip(names, kinds, run["stale"], strict=True)}


def test_a_refusal_says_what_changed(desk: Desk) -> None:
    for name in ("credit", "fraud", "gone", "pd"):
        desk.model(name, versions=0, purpose="one")
    desk.run("sync")
    for name in ("credit", "fraud", "gone", "pd"):
        desk.author.set_tag(name, "purpose", "two")
    desk.run("plan", "--out", "plan.json")
    desk.author.set_tag("credit", "purpose", "three")
    desk.officer.patch(desk.record("fraud")["id"], purpose="mine")
    desk.author.delete_model("gone")
    desk.author.set_tag("pd", "limitations", "thin files")
    assert refusals(desk) == {
        "credit update_record": "purpose is now 'three'",
        "fraud update_record": "purpose is in conflict now",
        "gone update_record": "the model is gone from MLflow",
        "pd update_record": "limitations is to be written too by now",
    }
    assert "purpose is now 'three'" in desk.run("sync", "--plan", "plan.json", expect=3).out


def test_every_operation_of_a_saved_plan_is_applied_done_or_refused(desk: Desk) -> None:
    """What rests on a refused creation is refused with it, not dropped."""
    desk.model("credit", versions=2)
    desk.model("fraud")
    desk.run("plan", "--out", "plan.json")
    desk.author.set_description("credit", "Changed since.")
    found = refusals(desk)
    assert found == {
        "credit create_record": "description is now 'Changed since.'",
        **dict.fromkeys(
            [
                "credit update_registry",
                "credit 1 create_record",
                "credit 1 update_registry",
                "credit 2 create_record",
                "credit 2 update_registry",
            ],
            "the record of credit is not created: that operation no longer holds",
        ),
    }
    assert desk.officer.records("models", registry_name="credit") == []
    assert "grc_record_id" in desk.tags("fraud")


def test_a_plan_that_was_applied_is_done_and_no_trouble(desk: Desk) -> None:
    desk.model("credit", purpose="one")
    desk.model("fraud", purpose=" padded ")
    desk.run("plan", "--out", "plan.json")
    planned = len(json.loads((desk.directory / "plan.json").read_text(encoding="utf-8"))["operations"])
    desk.run("sync", "--plan", "plan.json")
    said = desk.run("sync", "--plan", "plan.json")
    assert "Refused" not in said.out
    assert f"Clean: nothing to write; {planned} done already." in said.out


def test_a_plan_that_leaves_something_out_claims_no_agreement(desk: Desk) -> None:
    desk.run("plan", "--out", "plan.json")
    desk.model()
    out = desk.run("sync", "--plan", "plan.json").out
    assert "both sides agree" not in out
    assert "nothing to write; 4 left to a whole sync" in out
    desk.run("sync")
    desk.model("fraud")
    assert "both sides agree" not in desk.run("sync", "--model", "credit").out


def test_a_saved_plan_for_one_model_refuses_nothing_of_the_others(desk: Desk) -> None:
    desk.model("credit")
    desk.model("fraud")
    desk.run("plan", "--out", "plan.json")
    (run,) = desk.run("sync", "--plan", "plan.json", "--model", "fraud", "--json").json["runs"]
    assert (run["stale"], {each["ref"]["name"] for each in run["operations"]}) == ([], {"fraud"})


def test_what_failed_under_a_saved_plan_takes_what_rests_on_it(desk: Desk) -> None:
    desk.model()
    desk.run("plan", "--out", "plan.json")
    desk.grc.faults.add(FaultKind.STATUS, status=500, method="POST", path="/api/v1/models")
    assert refusals(desk, expect=1) == {
        "credit 1 create_record": "what it rests on was not carried out",
        "credit 1 update_registry": "what it rests on was not carried out",
    }


def test_a_plan_of_a_connection_that_is_not_there_blames_the_plan(desk: Desk) -> None:
    (desk.directory / "plan.json").write_text(plan_json(Plan("other")), encoding="utf-8")
    err = desk.run("sync", "--plan", "plan.json", expect=2).err
    assert "plan.json: The plan is for connection 'other'" in err
    assert "bank" in err


@pytest.mark.parametrize(("key", "value"), [("version", 99), ("operations", []), ("connection", "other")])
def test_a_plan_that_was_changed_or_is_of_another_form(desk: Desk, key: str, value: object) -> None:
    desk.model()
    desk.run("plan", "--out", "plan.json")
    file = desk.directory / "plan.json"
    body = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**body, key: value}), encoding="utf-8")
    words = "version 99; this release reads version 1" if key == "version" else "changed after it was saved"
    assert words in desk.run("sync", "--plan", "plan.json", expect=2).err
    assert desk.registry.writes == []
