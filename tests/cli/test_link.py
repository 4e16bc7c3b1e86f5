"""``link``: one record, a name list with preview, and undoing."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.cli.desk import Desk

OTHER = "9d9d9d9d-0000-4000-8000-000000000009"


def test_a_model_is_tied_to_an_existing_record(desk: Desk) -> None:
    desk.model(purpose="Scores applicants.")
    record = desk.officer.create("models", registry_name="Credit scoring (2019)", products=["loans"])["id"]
    said = desk.run("link", "credit", record, "--by", "Ann")
    assert f"credit is linked to record {record}" in said.out
    assert desk.officer.record(record)["external_key"] is None
    desk.run("sync")
    found = desk.record("credit")
    assert (found["id"], found["purpose"], found["products"]) == (record, "Scores applicants.", ["loans"])
    assert found["external_key"].startswith("mlflow:")
    assert desk.tags("credit")["grc_record_id"] == record
    entries = desk.run("audit", "list", "--action", "link", "--json").json["entries"]
    assert (entries[0]["actor"], entries[0]["record_id"]) == ("Ann", record)
    desk.run("audit", "verify")


def test_a_fresh_link_is_no_edited_key(desk: Desk) -> None:
    desk.model()
    record = desk.officer.create("models", registry_name="old")["id"]
    desk.run("link", "credit", record)
    assert "key edited" not in desk.run("plan").out


def refused(desk: Desk, *arguments: str) -> str:
    with closing(desk.store()) as store:
        before = (store.audit_head(), len(store.runs()))
    said = desk.run("link", *arguments, expect=1)
    with closing(desk.store()) as store:
        assert (store.audit_head(), len(store.runs())) == before
    assert any(line.startswith("Remedy: ") for line in said.errors)
    return said.errors[0]


def test_what_may_not_be_linked_is_refused_with_the_reason(desk: Desk) -> None:
    desk.model("credit")
    desk.run("sync")
    desk.model("fraud")
    own = desk.record("credit")["id"]
    foreign = desk.officer.create("models", connector_instance=OTHER, external_key="mlflow:x/y@1")["id"]
    assert "no registered model 'nobody'" in refused(desk, "nobody", own)
    assert "no model record MDL999" in refused(desk, "fraud", "MDL999")
    assert f"credit is linked to record {own} already" in refused(desk, "credit", foreign)
    assert f"Record {own} is linked to the model credit already" in refused(desk, "fraud", own)
    assert f"belongs to another connector instance ({OTHER})" in refused(desk, "fraud", foreign)


def test_a_record_of_another_instance_is_taken_over_on_request(desk: Desk) -> None:
    desk.model()
    record = desk.officer.create("models", connector_instance=OTHER, external_key="mlflow:x/y@1")["id"]
    desk.run("link", "credit", record, "--take-over", "--by", "Ann")
    assert desk.officer.record(record)["connector_instance"] == "1a2b3c4d-0000-4000-8000-00000000000a"
    desk.run("sync")
    assert desk.record("credit")["id"] == record
    (entry,) = desk.run("audit", "list", "--action", "take_over", "--json").json["entries"]
    assert OTHER in entry["rule"]


def test_a_link_is_undone_on_both_sides(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    wrong = desk.record("credit")["id"]
    right = desk.officer.create("models", registry_name="the right one")["id"]
    desk.run("link", "--forget", "credit")
    assert "grc_record_id" not in desk.tags("credit")
    assert desk.officer.record(wrong)["external_key"] is None
    desk.run("link", "credit", right)
    desk.run("sync")
    assert desk.tags("credit")["grc_record_id"] == right
    assert desk.officer.record(right)["registry_name"] == "credit"
    assert "no link" in refused(desk, "--forget", "nobody")


def test_a_lost_record_is_replaced(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    lost = desk.record("credit")["id"]
    for kind in ("versions", "models"):
        desk.grc.store.delete(desk.record("credit", kind)["id"], "admin@bank.example")
    desk.run("sync", expect=3)
    assert "grc_blocked" in desk.tags("credit")
    new = desk.officer.create("models", registry_name="the new one")["id"]
    desk.run("link", "credit", new)
    desk.run("sync")
    tags = desk.tags("credit")
    assert (tags["grc_record_id"], "grc_blocked" in tags, new != lost) == (new, False, True)
    assert desk.record("credit", "versions")["model"] == new
    assert "nothing to write" in desk.run("sync").out


def test_it_waits_for_its_turn(desk: Desk) -> None:
    desk.model()
    record = desk.officer.create("models", registry_name="old")["id"]
    with closing(desk.store()) as store:
        store.acquire_lease("bank", "elsewhere:1", datetime.now(UTC), 300)
    said = desk.run("link", "credit", record, expect=1)
    assert "elsewhere:1" in said.err


@pytest.fixture
def names(desk: Desk) -> str:
    for name in ("Retail Churn", "ops-risk.2", "dup model", "lonely", "exact"):
        desk.model(name, versions=0)
    for name in ("retail churn", "Ops Risk 2", "dup-model", "Dup Model", "exact", "EXACT", "unrelated"):
        desk.officer.create("models", registry_name=name)
    path = desk.directory / "names.csv"
    path.write_text("model\nRetail Churn\nops-risk.2\ndup model\nlonely\nnobody\nexact\n", encoding="utf-8-sig")
    return str(path)


def test_a_name_list_is_only_previewed(desk: Desk, names: str) -> None:
    out = desk.run("link", "--file", names, expect=3).out
    assert "Would be linked" in out
    assert "3 models would be linked, 3 left to you." in out
    assert not (desk.directory / "state.db").exists()
    assert desk.registry.writes == []


def test_a_name_list_is_applied_and_nothing_is_guessed(desk: Desk, names: str) -> None:
    out = desk.run("link", "--file", names, "--apply", expect=3).out
    assert "3 models linked, 3 left to you." in out
    desk.run("sync", "--model", "exact")
    with closing(desk.store()) as store:
        linked = {link.ref.name: desk.officer.record(link.record_id) for link in store.links("bank").values()}
    assert set(linked) == {"Retail Churn", "ops-risk.2", "exact"}
    (run,) = desk.run("audit", "list", "--action", "link", "--json").json["entries"][:1]
    assert run["run_id"]
    again = desk.run("link", "--file", names, "--apply", expect=3).out
    assert "0 models linked, 6 left to you." in again


def test_a_list_that_is_settled_ends_with_0(desk: Desk) -> None:
    desk.model("credit", versions=0)
    record = desk.officer.create("models", registry_name="Kreditmodell")["id"]
    (desk.directory / "names.csv").write_text("model;record\ncredit;Kreditmodell\n", encoding="utf-8")
    (match,) = desk.run("link", "--file", "names.csv", "--json").json["matches"]
    assert (match["settled"], match["record_ids"]) == (True, [record])


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "columns"), ("name,id\n", "columns"), ("model\n,x\n", "names.csv:2"), ("model\ncredit,x\n", "names.csv:2")],
)
def test_a_list_that_cannot_be_read(desk: Desk, content: str, words: str) -> None:
    (desk.directory / "names.csv").write_text(content, encoding="utf-8")
    said = desk.run("link", "--file", "names.csv", expect=2)
    assert words in said.err
