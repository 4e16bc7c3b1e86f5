"""Records in the same GRC that are another's: of a second registry of this installation, of another instance."""

from __future__ import annotations

import pytest

from tests.engine.world import INSTANCE, REGISTRY_ID, World


@pytest.mark.parametrize(
    ("instance", "registry", "orphan"),
    [
        (INSTANCE, REGISTRY_ID, True),
        (INSTANCE, "9d9d9d9d-0000-4000-8000-000000000009", False),
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


def test_a_record_adopted_by_hand_has_no_edited_key(world: World) -> None:
    from connector.engine.linking import Adoption, linking

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
