"""A GRC that cannot be asked by key: a first load asks it nothing, and what is in doubt is listed anew."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Capability
from connector.apply.listed import ListedKeys
from connector.mock import MockGrc
from connector.model.errors import Conflict, OutcomeUnknown, Retriable
from connector.model.fields import Entity
from connector.model.views import GrcObservation, GrcView, ObjectRef
from tests.engine.mappings import write_mapping
from tests.engine.review import calm, credit, settled
from tests.engine.test_machine import InProcessWorld, UnaskedWorld
from tests.engine.world import Interrupted, World, dying_at
from tests.fakes.adapter import GrcCall
from tests.fakes.registry import InProcessRegistry


@pytest.fixture
def unasked(tmp_path: Path) -> Any:
    """A world without HTTP whose GRC answers a look-up by key with a listing."""
    registry = InProcessRegistry()
    world = UnaskedWorld(tmp_path, MockGrc(), registry, registry.author)
    yield world
    world.close()


def calls(world: InProcessWorld) -> Counter[str]:
    return Counter(call.action for call in world.adapter.calls)


def load(world: World, models: int) -> None:
    for number in range(models):
        world.author.create_model(f"m{number}")
        world.author.create_version(f"m{number}")


def test_a_first_load_asks_for_no_key(unasked: InProcessWorld) -> None:
    load(unasked, 5)
    assert unasked.sync().exit_code == 0
    assert (calls(unasked)["create"], calls(unasked)["find"], calls(unasked)["records"]) == (10, 0, 3)
    settled(unasked)


def test_a_first_load_asks_for_each_key_where_it_can(quick: InProcessWorld) -> None:
    """A query is as cheap as it is fresh: what another one made meanwhile is seen."""
    load(quick, 5)
    quick.sync()
    assert (calls(quick)["create"], calls(quick)["find"]) == (10, 10)


@pytest.mark.parametrize("models", [4, 12])
def test_over_http_a_first_load_lists_once(tmp_path: Path, models: int) -> None:
    file = write_mapping(tmp_path, "records", page_size=100)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "find: " not in line), encoding="utf-8")
    registry = InProcessRegistry()
    with MockGrc() as grc:
        world = World(tmp_path, grc, registry, registry.author, mapping_file=file)
        load(world, models)
        sent = world.adapter.requests_sent
        assert world.sync().exit_code == 0
        # A listing of each kind; each record is read back, and its model again before its version is written.
        assert world.adapter.requests_sent - sent - 3 <= 6 * models
        world.close()


@pytest.mark.parametrize("process", ["a new one", "the same"])
@pytest.mark.parametrize("entity", [Entity.MODEL, Entity.VERSION])
def test_a_creation_in_which_a_process_died_is_listed_anew(
    unasked: InProcessWorld, entity: Entity, process: str
) -> None:
    credit(unasked)

    def die(call: GrcCall) -> None:
        if (call.action, call.entity) == ("create", entity):
            raise Interrupted("after the creation")

    unasked.adapter.after.append(die)
    with pytest.raises(Interrupted):
        unasked.sync()
    calm(unasked)
    if process == "a new one":
        unasked.reopen()
    unasked.adapter.calls.clear()
    settled(unasked)
    assert unasked.tags("credit")["grc_record_id"] == unasked.record("credit")["id"]
    assert unasked.version_record("credit")
    first = [call.action for call in unasked.adapter.calls]
    assert first.index("find") < first.index("records")


@pytest.mark.parametrize("number", range(16))
def test_a_load_that_dies_at_any_step_makes_each_record_once(unasked: InProcessWorld, number: int) -> None:
    load(unasked, 1)
    try:
        with dying_at(number) as step:
            unasked.sync(step)
    except Interrupted:
        unasked.reopen()
    settled(unasked)
    assert unasked.record("m0")
    assert unasked.version_record("m0")


def test_a_creation_that_nobody_could_look_up_is_not_repeated_on_the_strength_of_a_listing(
    unasked: InProcessWorld,
) -> None:
    """The record lands late: no look-up of the first run sees it, nor the listing of the second, which lags."""
    unasked.author.create_model("credit")
    unseen = {"create", "find", "records"}

    def lag(call: GrcCall) -> None:
        if call.action == "create":
            raise OutcomeUnknown("the answer was lost")
        if call.action == "find" and "find" in unseen:
            raise Retriable("503")

    records = unasked.adapter.records
    unasked.adapter.after.append(lag)
    unasked.adapter.records = lambda *asked: [] if "records" in unseen else records(*asked)
    assert unasked.sync().exit_code == 1
    assert len(unasked.officer.records("models")) == 1

    def lists_again(name: str) -> None:
        if name == "plan":
            unseen.discard("find")

    assert unasked.sync(lists_again).exit_code == 1
    assert unasked.tags("credit")["grc_record_id"] == unasked.record("credit")["id"]
    calm(unasked)
    unseen.clear()
    settled(unasked)
    assert len(unasked.officer.records("models")) == 1


def test_a_key_that_a_write_was_sent_with_is_asked_for(unasked: InProcessWorld) -> None:
    """Something between refuses the creation as a repetition of itself, after it landed."""
    unasked.author.create_model("credit")
    answers = [Conflict("it is there already")]

    def refuse(call: GrcCall) -> None:
        if call.action == "create" and answers:
            raise answers.pop()

    unasked.adapter.after.append(refuse)
    assert unasked.sync().exit_code == 0
    assert unasked.tags("credit")["grc_record_id"] == unasked.record("credit")["id"]


class Answers:
    """An adapter that can be asked by key or not."""

    def __init__(self, *capabilities: Capability) -> None:
        self.asks = bool(capabilities)

    def queries(self, entity: Entity) -> bool:
        return self.asks


def ref(key: str, entity: Entity = Entity.MODEL) -> ObjectRef:
    return ObjectRef(entity, key, key)


def test_a_listing_that_did_not_reach_its_end_proves_nothing() -> None:
    model = GrcView(Entity.MODEL, "1", "a")
    whole = GrcObservation(models=(model,), gaps={Entity.VERSION: "broken"})
    listed = ListedKeys(Answers(), whole)  # type: ignore[arg-type]
    assert [listed.lacks(ref("a")), listed.lacks(ref("b")), listed.lacks(ref("b", Entity.VERSION))] == [
        False,
        True,
        False,
    ]
    none = ListedKeys(Answers(), GrcObservation(unlisted={Entity.MODEL: "no listing"}))  # type: ignore[arg-type]
    assert not none.lacks(ref("b"))
