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


def deleted(world: InProcessWorld, gone: int, models: int = 40) -> list[str]:
    names = [f"m{number:02}" for number in range(models)]
    for name in names:
        world.author.create_model(name)
    settled(world)
    for name in names[:gone]:
        world.author.delete_model(name)
    return names


def test_a_registry_that_lost_everything_is_not_retired_bit_by_bit(
    quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few a cycle asks for, what it did not ask for is missing too."""
    monkeypatch.setattr("connector.engine.asking.MAX_POINT_READS", 2)
    deleted(quick, 40)
    for _ in range(3):
        result = quick.sync()
        assert result.plan.fuses[0].startswith(
            "retirement of 2 models (38 more are missing, and were not asked for yet)"
        )
        assert len(result.plan.withheld) == 2
    assert retired(quick) == []


def test_what_an_approval_names_is_asked_for_first(quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.engine.asking.MAX_POINT_READS", 2)
    names = deleted(quick, 20)
    released: list[str] = []
    while len(released) < 4:
        withheld = quick.sync().plan.withheld
        assert quick.sync().plan.withheld == withheld
        quick.store.approve("test", [operation.digest for operation in withheld], "ada", quick.now)
        released = sorted([*released, *(operation.ref.name for operation in withheld)])
        quick.sync()
        assert retired(quick) == released
    assert set(released) < set(names[:20])


def test_few_that_are_missing_are_retired_though_not_all_were_asked_for(
    quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.engine.asking.MAX_POINT_READS", 2)
    names = deleted(quick, 3)
    settled(quick)
    assert retired(quick) == names[:3]


def test_issues_that_all_went_away_are_not_taken_off_bit_by_bit(
    quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.engine.asking.MAX_POINT_READS", 2)
    names = deleted(quick, 0, models=20)
    issues = [quick.officer.raise_issue("Drift", model=quick.record(name)["id"]) for name in names]
    settled(quick)
    for issue in issues:
        quick.officer.delete(issue["id"])
    result = quick.sync()
    assert result.plan.fuses[0].startswith(
        "removal of tags of 2 models (18 more are missing, and were not asked for yet)"
    )
    shown = [name for name in names if any(key.startswith("grc_issue_") for key in quick.tags(name))]
    assert shown == names
