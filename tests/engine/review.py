"""What the review's tests share: a world without HTTP whose GRC can be made to misbehave, and shorter words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector.model.grc import Record, Write
from tests.engine.test_machine import InProcessWorld
from tests.fakes.adapter import GrcCall


def credit(world: InProcessWorld, versions: int = 1, **tags: str) -> None:
    """A registered model with versions."""
    world.author.create_model("credit", tags=tags)
    for _ in range(versions):
        world.author.create_version("credit")


def settled(world: InProcessWorld) -> None:
    """Run cycles until both sides agree, none of which fails."""
    for _ in range(4):
        applied = world.sync().applied
        assert applied.failures == []
        if not applied.operations:
            return
    raise AssertionError("still writing after four cycles")


def ignoring(world: InProcessWorld, *fields: str) -> None:
    """The GRC accepts an update and silently drops these of its fields, as an ACL on a field does."""
    _send(world, lambda write: {key: value for key, value in write.values.items() if key not in fields})


def _send(world: InProcessWorld, values: Callable[[Write], Mapping[str, Any]]) -> None:
    update = world.adapter.update

    def changed(write: Write) -> Record:
        return update(Write(write.entity, write.id, values(write), write.key, write.revision))

    world.adapter.update = changed


def refusing(world: InProcessWorld, action: str, error: Exception, record_id: str = "") -> None:
    """Let the adapter's calls of one kind fail, before they take effect."""

    def fail(call: GrcCall) -> None:
        if call.action == action and record_id in ("", call.record_id):
            raise error

    world.adapter.before.append(fail)


def calm(world: InProcessWorld) -> None:
    """End all faults."""
    world.adapter.before.clear()
    world.adapter.after.clear()
    world.registry.before.clear()
    world.registry.after.clear()


def sent(world: InProcessWorld) -> int:
    """How many writes the connector tried on either side so far."""
    return world.grc_writes() + sum(call.is_write for call in world.registry.calls)
