"""A model that gets another name keeps what was decided of its versions, whatever way the GRC holds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connector.model.errors import Retriable
from tests.engine.mappings import write_mapping
from tests.engine.review import credit, ignoring, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted
from tests.fakes.registry import Call

STATUS, REQUEST = "grc_approval_status", "grc_approval_request"
Make = Callable[..., InProcessWorld]


def one_decided_one_pending(world: InProcessWorld) -> None:
    """Version 1 is approved, and the record governs version 2, which is under review."""
    credit(world, versions=2)
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "1")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved")
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "2")
    settled(world)


def statuses(world: InProcessWorld, name: str) -> list[str | None]:
    return [world.tags(name, version).get(STATUS) for version in ("1", "2")]


def hashed(directory: Path) -> Path:
    """The governed mapping, with keys that cannot be read back."""
    file = write_mapping(directory, "governed")
    text = file.read_text(encoding="utf-8").replace("governed_version}", "governed_version, hash: true}")
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("keys", ["plain", "hashed"])
def test_the_decision_on_a_version_that_is_governed_no_more_outlives_a_rename(
    make_quick: Make, tmp_path: Path, keys: str
) -> None:
    world = make_quick(mode="governed", mapping_file=hashed(tmp_path) if keys == "hashed" else None)
    one_decided_one_pending(world)
    approver = world.tags("credit", "1")["grc_approved_by"]
    world.author.rename("credit", "scoring")
    settled(world)
    assert statuses(world, "scoring") == ["approved", "pending"]
    assert world.tags("scoring", "1")["grc_approved_by"] == approver
    world.author.rename("scoring", "credit")
    settled(world)
    assert statuses(world, "credit") == ["approved", "pending"]


def test_an_edit_of_it_is_put_back_under_the_new_name_too(make_quick: Make) -> None:
    world = make_quick(mode="governed")
    one_decided_one_pending(world)
    world.author.rename("credit", "scoring")
    world.author.set_tag("scoring", STATUS, "rejected", "1")
    settled(world)
    assert statuses(world, "scoring") == ["approved", "pending"]


def test_a_rename_seen_in_part_forgets_no_version(make_quick: Make) -> None:
    """The listing of versions breaks off in the cycle that sees the new name."""
    world = make_quick(mode="governed")
    one_decided_one_pending(world)
    world.author.rename("credit", "scoring")

    def broken(call: Call) -> None:
        if call.action == "list_versions":
            raise Retriable("500 on page 1")

    world.registry.before.append(broken)
    world.sync()
    world.registry.before.clear()
    settled(world)
    assert statuses(world, "scoring") == ["approved", "pending"]


def test_a_saved_plan_of_one_version_moves_what_the_others_rest_on(make_quick: Make) -> None:
    world = make_quick(mode="governed")
    one_decided_one_pending(world)
    world.author.rename("credit", "scoring")
    world.officer.decide(world.record("credit")["id"], "approved")
    world.sync(only=world.plan())
    settled(world)
    assert statuses(world, "scoring") == ["approved", "approved"]
    assert all("scoring" in key for key in world.store.bases("test"))


def test_a_rename_does_not_lift_the_doubt_about_an_approval_that_nobody_gave(make_quick: Make) -> None:
    """Of a submission the GRC took the version and not the status, and the process died before it was taken back."""
    world = make_quick(mode="governed")
    credit(world, versions=2)
    settled(world)
    world.author.set_tag("credit", REQUEST, "submit", "1")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved")
    settled(world)
    ignoring(world, "approval_status")
    world.author.set_tag("credit", REQUEST, "submit", "2")
    recorded: list[str] = []

    def dies_before_it_is_taken_back(step: str) -> None:
        if step == "record":
            recorded.append(step)
        if recorded and step == "write":
            raise Interrupted(step)

    with pytest.raises(Interrupted):
        world.sync(dies_before_it_is_taken_back)
    world.reopen()
    ignoring(world, "approval_status", "governed_version")
    world.sync()
    assert (world.record("credit")["governed_version"], statuses(world, "credit")) == ("2", ["approved", None])
    world.author.rename("credit", "scoring")
    for _ in range(2):
        assert world.sync().exit_code == 3
    assert statuses(world, "scoring") == ["approved", None]
