"""What a person's approval of a part releases: that part, in this run and in every later one."""

from __future__ import annotations

import pytest

from tests.engine.review import settled
from tests.engine.test_machine import InProcessWorld


def retired(world: InProcessWorld) -> list[str]:
    records = world.officer.records("models")
    return sorted(each["registry_name"] for each in records if each["lifecycle_status"] == "Decommissioned")


@pytest.mark.parametrize("approved", [1, 8])
def test_an_approval_of_a_part_releases_that_part_alone(quick: InProcessWorld, approved: int) -> None:
    names = [f"m{number:02}" for number in range(20)]
    for name in names:
        quick.author.create_model(name)
    settled(quick)
    for name in names[:12]:
        quick.author.delete_model(name)
    withheld = {operation.ref.name: operation.digest for operation in quick.sync().plan.withheld}
    assert sorted(withheld) == names[:12]

    quick.store.approve("test", [withheld[name] for name in names[:approved]], "ada", quick.now)
    for _ in range(3):
        assert quick.sync().exit_code == 3
        assert retired(quick) == names[:approved]

    quick.store.approve("test", [withheld[name] for name in names[approved:12]], "ada", quick.now)
    assert quick.sync().exit_code == 0
    assert retired(quick) == names[:12]
