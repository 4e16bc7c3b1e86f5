"""``sync``: what it did, several connections, a lease held elsewhere, interruption."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import mappings
from connector.interruption import Interruption
from connector.mock import FaultKind
from connector.model.errors import Retriable
from tests.cli.desk import Desk
from tests.fakes.registry import Call


def test_it_tells_what_it_did(desk: Desk) -> None:
    desk.model(purpose="Scores applicants.")
    said = desk.run("sync")
    assert desk.record("credit")["purpose"] == "Scores applicants."
    assert "Scores applicants." in said.out
    assert "Applied: 4 writes of " in said.out
    assert "audit head " in said.out
    again = desk.run("sync")
    assert "Clean: nothing to write, both sides agree." in again.out


def test_one_line_per_operation_is_logged_with_the_run(desk: Desk) -> None:
    desk.model()
    err = desk.run("--log-format", "json", "sync").err
    lines = [line for line in err.splitlines() if '"event": "done"' in line]
    assert len(lines) == 4
    assert all('"run_id"' in line for line in lines)
    assert desk.grc.token not in err


def test_json_tells_the_run(desk: Desk) -> None:
    desk.model()
    (run,) = desk.run("sync", "--json").json["runs"]
    assert (run["connection"], run["exit_code"], run["run"]["status"]) == ("bank", 0, "applied")
    assert [each["kind"] for each in run["operations"]].count("create_record") == 2


def test_a_refused_value_ends_with_3_and_the_rest_flows(desk: Desk) -> None:
    desk.model("credit", developer="nobody@bank.example")
    desk.model("fraud")
    out = desk.run("sync", expect=3).out
    assert "is not the e-mail of a user" in out
    assert "A person is needed" in out
    assert desk.record("fraud")["registry_name"] == "fraud"


def test_many_objects_with_one_reason_are_told_together(desk: Desk) -> None:
    for number in range(6):
        desk.model(f"model{number}", developer="nobody@bank.example")
    out = desk.run("sync", expect=3).out
    assert out.count("is not the e-mail of a user") == 1
    assert "model0, model1, model2 and 3 more" in out


def test_a_failed_write_ends_with_1(desk: Desk) -> None:
    desk.model()
    desk.grc.faults.add(FaultKind.STATUS, status=500, method="POST", path="/api/v1/versions")
    out = desk.run("sync", expect=1).out
    assert "Failed" in out
    assert "credit v1" in out


def test_a_first_contact_that_broke_off_in_mlflow_trips_no_fuse(desk: Desk) -> None:
    for number in range(25):
        desk.model(f"model{number}")

    def refuse(call: Call) -> None:
        if call.is_write:
            raise Retriable("MLflow is busy")

    desk.registry.before.append(refuse)
    desk.run("sync", expect=1)
    desk.registry.before.clear()
    assert desk.tags("model7") == {}
    desk.run("sync")
    assert desk.tags("model7")["grc_record_id"] == desk.record("model7")["id"]


def test_what_went_wrong_is_said_once(desk: Desk) -> None:
    desk.grc.faults.add(FaultKind.STATUS, status=401, path="/api/v1/models", count=None)
    err = desk.run("sync", expect=1).err
    assert err.count("was answered 401") == 1
    assert "status=failed" in err
    log = desk.run("--log-format", "json", "sync", expect=1).err
    assert any('"error": ' in line and "401" in line for line in log.splitlines() if line.startswith("{"))


def test_a_log_file_has_what_went_wrong(desk: Desk) -> None:
    desk.write(more="logging: {file: sync.log}\n")
    desk.grc.faults.add(FaultKind.STATUS, status=401, path="/api/v1/models")
    desk.run("sync", expect=1)
    assert "401" in (desk.directory / "sync.log").read_text(encoding="utf-8")


def test_model_narrows_it(desk: Desk) -> None:
    desk.model("credit")
    desk.model("fraud")
    desk.run("sync", "--model", "fraud")
    assert [row["registry_name"] for row in desk.officer.records("models")] == ["fraud"]


@pytest.fixture
def lease_held(desk: Desk) -> str:
    """Somebody else synchronises the connection."""
    with closing(desk.store()) as store:
        store.acquire_lease("bank", "elsewhere:1", datetime.now(UTC), 300)
    return "elsewhere:1"


def test_a_lease_held_elsewhere_ends_with_1(desk: Desk, lease_held: str) -> None:
    said = desk.run("sync", expect=1)
    assert lease_held in said.err
    assert desk.registry.calls == []


def test_if_free_makes_that_a_success(desk: Desk, lease_held: str) -> None:
    said = desk.run("sync", "--if-free")
    assert lease_held in said.out
    assert "Nothing was done." in said.out


def test_an_interruption_ends_it_after_the_operation_in_hand(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As SIGTERM does: asked to stop in the middle of the first object's write, it finishes and records that one."""
    asked: list[Interruption] = []
    monkeypatch.setattr("connector.cli.commands.sync.Interruption", lambda: asked.append(Interruption()) or asked[-1])
    desk.write(("    mapping: mock\n", "    mapping: mock\n    concurrency: 1\n"))
    desk.model("credit")
    desk.model("fraud")

    def hook(call: Call) -> None:
        if call.is_write:
            asked[-1].request()

    desk.registry.after.append(hook)
    said = desk.run("sync", expect=1)
    assert "Stopped as asked" in said.out
    assert [row["registry_name"] for row in desk.officer.records("models")] == ["credit"]
    with closing(desk.store()) as store:
        assert store.intents("bank") == []
    desk.registry.after.clear()
    desk.run("sync")
    assert desk.record("fraud")["registry_name"] == "fraud"


def test_a_mapping_that_names_a_field_the_grc_has_not_empties_nothing(desk: Desk) -> None:
    desk.model(purpose="Lending")
    desk.run("sync")
    shipped = (Path(mappings.__file__).parent / "mock.yaml").read_text(encoding="utf-8")
    own = desk.directory / "own.yaml"
    own.write_text(shipped.replace("{field: purpose,", "{field: purpoze,"), encoding="utf-8")
    desk.write(("mapping: mock", "mapping: own.yaml"))
    out = desk.run("sync", expect=3).out
    assert "the record has no field purpoze any more" in out
    assert (desk.tags("credit")["purpose"], desk.record("credit")["purpose"]) == ("Lending", "Lending")
