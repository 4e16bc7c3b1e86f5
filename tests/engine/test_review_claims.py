"""Records whose identity fields cannot be read: nobody can tell whose they are, so nothing is written to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from connector.engine.linking import linking
from connector.model.fields import Entity
from connector.model.grc import Record
from connector.model.policy import Policy
from tests.engine.review import credit, sent, settled
from tests.engine.test_machine import InProcessWorld

Make = Callable[..., InProcessWorld]
UNREADABLE = {"connector_instance": ["another", "yet another"], "external_key": {"odd": 1}}


def garbled(world: InProcessWorld, field: str, *, in_lists: bool = True) -> None:
    """The GRC answers something that is no text in an identity field of model records; in a listing too, or only when
    one is read by its id.
    """
    records, get, find = world.adapter.records, world.adapter.get, world.adapter.find

    def shown(record: Record) -> Record:
        values = {**record.values, field: UNREADABLE[field]}
        return replace(record, values=values) if record.entity is Entity.MODEL else record

    def listed(entity: Entity, since: str | None = None) -> Iterator[Record]:
        return map(shown, records(entity, since)) if in_lists else records(entity, since)

    def found(record: Record | None) -> Record | None:
        return shown(record) if record else None

    world.adapter.records = listed  # type: ignore[method-assign]
    world.adapter.get = lambda *asked: found(get(*asked))  # type: ignore[method-assign]
    world.adapter.find = lambda *asked: found(find(*asked))  # type: ignore[method-assign]


@pytest.mark.parametrize("field", UNREADABLE)
def test_a_record_is_left_alone_when_nobody_can_tell_whose_it_is(quick: InProcessWorld, field: str) -> None:
    credit(quick, purpose="Ours")
    quick.author.create_model("other")
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Ours again")
    garbled(quick, field)
    before = sent(quick)
    result = quick.sync()
    assert result.exit_code == 3
    assert sent(quick) == before
    assert {(str(case.ref), case.field) for case in result.plan.quarantines} == {("credit", ""), ("other", "")}
    assert all(field in case.reason for case in result.plan.quarantines)


def test_nor_is_it_written_to_when_that_shows_in_the_read_before_the_write(quick: InProcessWorld) -> None:
    credit(quick, purpose="Ours")
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Ours again")
    garbled(quick, "connector_instance", in_lists=False)
    assert quick.sync().exit_code == 3
    assert quick.record("credit")["purpose"] == "Ours"


def test_a_record_of_its_name_whose_key_cannot_be_read_gets_no_double(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.lose_state()
    quick.author.delete_tag("credit", "grc_record_id")
    quick.author.create_model("fraud")
    garbled(quick, "external_key")
    result = quick.sync()
    assert result.exit_code == 3
    assert {record["registry_name"] for record in quick.officer.records("models")} == {"credit", "fraud"}
    assert {str(case.ref) for case in result.plan.quarantines if "external_key" in case.reason} == {"credit"}


@pytest.mark.parametrize("field", UNREADABLE)
def test_a_record_that_nobody_claims_and_nobody_can_read_gets_no_placeholder(make_quick: Make, field: str) -> None:
    world = make_quick(policy=Policy(placeholders=True))
    record = world.officer.create("models", registry_name="Vendor scorecard")
    garbled(world, field)
    result = world.sync()
    assert result.exit_code == 3
    assert world.registry.snapshot().models == ()
    assert [case.ref.key for case in result.plan.quarantines] == [f"grc:{record['id']}"]


def test_a_deleted_model_retires_no_record_of_which_nobody_can_tell_whose_it_is(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    record: Any = quick.record("credit")
    quick.author.delete_model("credit")
    garbled(quick, "connector_instance")
    assert quick.sync().exit_code == 3
    (now,) = quick.officer.records("models")
    assert now["lifecycle_status"] == record["lifecycle_status"]
    assert [str(link.state) for link in quick.store.links("test").values() if link.ref.version is None] == ["live"]


def test_forgetting_a_link_empties_no_record_of_which_nobody_can_tell_whose_it_is(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    key = quick.record("credit")["external_key"]
    garbled(quick, "connector_instance")
    with linking(quick.connection, "ada") as linker:
        linker.forget("credit")
    assert quick.record("credit")["external_key"] == key
