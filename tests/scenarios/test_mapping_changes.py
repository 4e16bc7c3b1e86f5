"""Scenario 48, of the mapping: columns, and the way of holding versions, change while the connection lives; and a
rename (59) where the GRC holds no records of versions.
"""

from __future__ import annotations

from typing import Any

from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_fields import credit
from tests.simulators.base import Call, Verb

STATUS, REQUEST = "grc_approval_status", "grc_approval_request"


def approved(scene: Scene) -> None:
    """Version 1 of two is approved."""
    credit(scene)
    scene.author.create_version("credit")
    scene.sync()
    if scene.mode == "governed":
        scene.author.set_tag("credit", REQUEST, "submit", "1")
        scene.sync()
        scene.officer.decide(scene.record("credit")["id"], "approved")
    else:
        scene.officer.patch(scene.version_record("credit")["id"], approval_status="Approved")
    scene.sync()
    assert scene.tags("credit", "1")[STATUS] == "approved"


def approved_and_next_submitted(scene: Scene) -> None:
    """The record governs version 2 by now, which is under review."""
    approved(scene)
    scene.author.set_tag("credit", REQUEST, "submit", "2")
    scene.sync()
    scene.sync()


def statuses(scene: Scene, name: str = "credit") -> list[str | None]:
    return [scene.tags(name, version).get(STATUS) for version in ("1", "2")]


def test_59_renamed_where_the_record_governs_one_version(play: Play) -> None:
    def rename(scene: Scene) -> None:
        scene.author.rename("credit", "scoring")

    def check(scene: Scene, _: Any) -> None:
        assert statuses(scene, "scoring") == ["approved", "pending"]
        assert scene.link_states() == {"scoring": "live"}

    play(story(Act(rename, check), given=approved_and_next_submitted), mode="governed")


def switch(mode: str) -> Any:
    def edit(scene: Scene) -> None:
        scene.remap(mode=mode)

    return edit


def test_48_versions_get_records_of_their_own(play: Play) -> None:
    def held(scene: Scene, run: Any) -> None:
        assert statuses(scene) == ["approved", "not_submitted"]
        assert [(str(case.ref), case.field) for case in run.plan.quarantines] == [("credit v1", "approval_status")]
        assert scene.link_states() == {"credit": "live", "credit v1": "live", "credit v2": "live"}

    def decide(scene: Scene) -> None:
        scene.officer.patch(scene.version_record("credit")["id"], approval_status="Rejected")

    def shown(scene: Scene, _: Any) -> None:
        assert statuses(scene) == ["rejected", "not_submitted"]

    acts = (Act(switch("records"), held, exit_code=3), Act(decide, shown))
    play(story(*acts, given=approved), mode="governed")


def test_48_one_version_is_governed_from_now_on(play: Play) -> None:
    def stands(scene: Scene, _: Any) -> None:
        assert statuses(scene) == ["approved", "not_submitted"]
        assert scene.link_states() == {"credit": "live"}
        assert scene.grc_writes == []

    def name_it(scene: Scene) -> None:
        scene.officer.patch(scene.record("credit")["id"], governed_version="1")

    def held(scene: Scene, _: Any) -> None:
        assert statuses(scene) == ["approved", "not_submitted"]

    play(story(Act(switch("governed"), stands), Act(name_it, held, exit_code=3), given=approved))


def test_48_a_column_of_the_grc_moves(play: Play) -> None:
    def move(scene: Scene) -> None:
        column = "tier_override_reason"
        scene.remap(without=frozenset({column}), moved=(("purpose", column),))

    def check(scene: Scene, _: Any) -> None:
        record = scene.record("credit")
        assert scene.grc_writes == [Call(Verb.UPDATE, "models", record["id"], {"tier_override_reason": "Lending"})]
        assert scene.registry_writes == []
        assert (scene.tags("credit")["purpose"], record["purpose"]) == ("Lending", "Lending")

    play(story(Act(move, check), given=credit))
