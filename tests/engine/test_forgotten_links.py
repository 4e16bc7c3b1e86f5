"""A link that is undone, and tied to the right record, brings nothing along of what was decided in the wrong one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.engine.linking import Adoption, linking
from connector.model.errors import IncompleteSnapshot, Retriable
from tests.engine.review import calm, credit, settled
from tests.engine.test_machine import InProcessWorld
from tests.fakes.registry import Call

STATUS, REQUEST = "grc_approval_status", "grc_approval_request"
Make = Callable[..., InProcessWorld]


def forget(world: InProcessWorld) -> None:
    with linking(world.connection, "ada") as linker:
        linker.forget("credit")


def tie(world: InProcessWorld, record_id: str) -> None:
    with linking(world.connection, "ada") as linker:
        linker.adopt(Adoption("credit", record_id))


def approved_in_records(world: InProcessWorld) -> str:
    credit(world)
    settled(world)
    world.officer.patch(world.version_record("credit")["id"], approval_status="Approved", validation_status="Passed")
    settled(world)
    assert world.tags("credit", "1")[STATUS] == "approved"
    return str(world.record("credit")["id"])


def approved_governed(make: Make) -> InProcessWorld:
    world = make(mode="governed")
    credit(world)
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "1")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved")
    settled(world)
    assert world.tags("credit", "1")[STATUS] == "approved"
    return world


def test_the_approval_of_the_wrong_record_goes_with_the_link(make_quick: Make) -> None:
    world = approved_governed(make_quick)
    forget(world)
    assert not [key for key in world.tags("credit", "1") if key.startswith("grc_")]
    right = world.officer.create("models", registry_name="the right one")["id"]
    tie(world, right)
    settled(world)
    assert STATUS not in world.tags("credit", "1")
    assert world.store.quarantines("test") == []


def test_a_version_record_stays_with_its_model_record(quick: InProcessWorld) -> None:
    wrong = approved_in_records(quick)
    forget(quick)
    (old,) = quick.officer.records("versions")
    assert (old["model"], old["external_key"], old["connector_instance"]) == (wrong, None, None)
    right = quick.officer.create("models", registry_name="the right one")["id"]
    tie(quick, right)
    settled(quick)
    records = {row["model"]: row["approval_status"] for row in quick.officer.records("versions")}
    assert records == {wrong: "Approved", right: "Not Submitted"}
    assert quick.tags("credit", "1")[STATUS] == "not_submitted"
    assert right in {row["id"] for row in quick.officer.records("models") if row["registry_name"] == "credit"}


def test_only_what_the_connector_wrote_goes(quick: InProcessWorld) -> None:
    approved_in_records(quick)
    quick.author.set_tag("credit", "grc_note", "ours", "1")
    quick.author.set_tag("credit", "purpose", "Lending")
    settled(quick)
    forget(quick)
    assert quick.tags("credit", "1") == {"grc_note": "ours"}
    assert quick.tags("credit") == {"purpose": "Lending"}


@pytest.mark.parametrize("mode", ["records", "governed"])
def test_with_edit_alone_the_tags_that_stay_are_not_believed(make_quick: Make, mode: str) -> None:
    """The account may set tags of a version and not remove them."""
    world = approved_governed(make_quick) if mode == "governed" else make_quick()
    if mode == "records":
        approved_in_records(world)
    world.registry.edit_only.add("credit")
    forget(world)
    assert world.tags("credit", "1")[STATUS] == "approved"
    assert any("may not remove stay" in entry.rule for entry in world.audit() if entry.action == "unlink")
    world.registry.edit_only.clear()
    right = world.officer.create("models", registry_name="the right one")["id"]
    tie(world, right)
    settled(world)
    assert world.tags("credit", "1").get(STATUS) in (None, "not_submitted")


def test_tags_that_name_another_record_are_no_decision_when_the_state_is_lost(make_quick: Make) -> None:
    world = approved_governed(make_quick)
    old = world.record("credit")
    right = world.officer.create("models", registry_name="the right one")["id"]
    world.officer.patch(right, external_key=old["external_key"])
    world.officer.patch(old["id"], external_key=None, connector_instance=None)
    world.author.set_tag("credit", "grc_record_id", right)
    world.lose_state()
    settled(world)
    assert STATUS not in world.tags("credit", "1")


def test_a_record_that_was_lost_takes_its_decisions_along_when_another_is_tied(make_quick: Make) -> None:
    world = approved_governed(make_quick)
    world.officer.delete(world.record("credit")["id"])
    world.sync()
    right = world.officer.create("models", registry_name="the right one")["id"]
    tie(world, right)
    settled(world)
    assert STATUS not in world.tags("credit", "1")


def test_nothing_is_undone_by_half_where_the_versions_cannot_be_read(quick: InProcessWorld) -> None:
    approved_in_records(quick)
    runs = len(quick.store.runs("test"))

    def broken(call: Call) -> None:
        if call.action == "list_versions":
            raise Retriable("500 on page 1")

    quick.registry.before.append(broken)
    with pytest.raises(IncompleteSnapshot, match="versions of credit could not be read"):
        forget(quick)
    calm(quick)
    assert len(quick.store.runs("test")) == runs
    assert quick.sync().applied.operations == []


def test_the_link_of_a_model_that_is_gone_from_mlflow_is_forgotten_too(quick: InProcessWorld) -> None:
    approved_in_records(quick)
    quick.author.delete_model("credit")
    forget(quick)
    rows = [*quick.officer.records("models"), *quick.officer.records("versions")]
    assert [row["external_key"] for row in rows] == [None, None]
    assert quick.sync().applied.operations == []
    assert (quick.store.links("test"), quick.store.bases("test")) == ({}, {})
