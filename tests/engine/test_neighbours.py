"""Records in the same GRC that are another's: of a second registry of this installation, of another instance."""

from __future__ import annotations

import pytest

from connector.engine.linking import Adoption, linking
from connector.mapping.keys import Keys
from connector.mapping.sources import Scope
from connector.model.state import RunStatus
from tests.engine.world import INSTANCE, REGISTRY_ID, World

KEY = f"mlflow:{REGISTRY_ID}/gone@1"
ANOTHER = "9d9d9d9d-0000-4000-8000-000000000009"


@pytest.mark.parametrize(
    ("instance", "registry", "orphan"),
    [
        (INSTANCE, REGISTRY_ID, True),
        (INSTANCE, ANOTHER, False),
        ("9d9d9d9d-0000-4000-8000-00000000000b", REGISTRY_ID, False),
    ],
)
def test_only_a_record_of_this_registry_can_be_its_orphan(
    world: World, instance: str, registry: str, orphan: bool
) -> None:
    key = f"mlflow:{registry}/gone@1"
    world.officer.create("models", registry_name="gone", external_key=key, connector_instance=instance)
    topics = [remark.topic for remark in world.plan().remarks]
    assert topics == (["orphan record"] if orphan else [])


@pytest.mark.parametrize(
    ("scope", "orphan"),
    [
        (Scope(include=("g*",)), True),
        (Scope(tags={"governed": "true"}), True),
        (Scope(exclude=("g*",)), False),
        (Scope(within=Scope(include=("credit",))), False),
    ],
)
def test_a_record_outside_the_scope_is_another_connections(world: World, scope: Scope, orphan: bool) -> None:
    world.scope = scope
    world.reopen()
    stands = {"registry_name": "gone", "external_key": KEY, "connector_instance": INSTANCE}
    world.officer.create("models", **stands)
    assert [remark.topic for remark in world.plan().remarks] == (["orphan record"] if orphan else [])


@pytest.mark.parametrize(("registry", "orphan"), [(REGISTRY_ID, True), (ANOTHER, False)])
@pytest.mark.parametrize("created", [1, None])
def test_a_hashed_key_tells_with_the_name_and_time_beside_it(
    world: World, registry: str, orphan: bool, created: int | None
) -> None:
    world.keys = Keys(REGISTRY_ID, hashed=True)
    world.reopen()
    key = Keys(registry, hashed=True).model("gone", 1)
    stands = {"registry_name": "gone", "external_key": key, "connector_instance": INSTANCE}
    world.officer.create("models", **stands, **({"registry_created": created} if created else {}))
    topics = [remark.topic for remark in world.plan().remarks]
    assert topics == (["orphan record"] if orphan or created is None else [])


def test_a_record_that_two_registries_models_were_linked_to_is_taken_by_one(world: World) -> None:
    """Each was linked before the other's key stood in the record; the later one finds it taken, and leaves it so."""
    world.author.create_model("credit")
    record = world.officer.create("models", registry_name="old")["id"]
    with linking(world.connection, "ann") as linker:
        linker.adopt(Adoption("credit", record))
    key = f"mlflow:{ANOTHER}/credit@1"
    world.officer.patch(record, external_key=key, connector_instance=INSTANCE)
    for _ in range(2):
        result = world.sync()
        assert (result.run.status, result.applied.operations) == (RunStatus.ATTENTION, [])
    (case,) = world.store.quarantines("test")
    assert "another registry" in case.reason
    assert world.officer.record(record)["external_key"] == key


def test_a_record_adopted_by_hand_has_no_edited_key(world: World) -> None:
    world.author.create_model("credit")
    record = world.officer.create("models", registry_name="old")["id"]
    with linking(world.connection, "ann") as linker:
        linker.adopt(Adoption("credit", record))
    plan = world.plan()
    assert [remark.topic for remark in plan.remarks] == []
    assert {change.rule for change in plan.operations[0].changes if change.field == "identity.key"} == {
        "adopts the record"
    }
    world.sync()
    world.officer.patch(record, external_key=None)
    assert [remark.topic for remark in world.plan().remarks] == ["key edited"]
