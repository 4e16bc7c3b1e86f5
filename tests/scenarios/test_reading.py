"""Scenarios 25 to 33, 46, 47 and 69: what a listing proves, what it does not, and when too much would change."""

from __future__ import annotations

import copy
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from connector.model.errors import AuthError
from connector.model.operations import FuseClass
from connector.model.policy import DEFAULT_FUSES, FuseLimit, Policy
from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_existence import topics
from tests.scenarios.test_fields import credit, untouched
from tests.simulators.base import Call, Verb

NAMES = tuple(f"model {number}" for number in range(1, 8))
STRICT = Policy(fuses={**DEFAULT_FUSES, FuseClass.RETIRE: FuseLimit(10, 1), FuseClass.UPDATE: FuseLimit(50, 2)})
"""The limits of a small bank: more than one retirement, more than two updates."""


def many(*names: str) -> Any:
    def given(scene: Scene) -> None:
        for name in names:
            scene.author.create_model(name, tags={"purpose": "As agreed"})

    return given


def retired(scene: Scene) -> list[str]:
    models = scene.officer.records("models", lifecycle_status="Decommissioned")
    return sorted(record["registry_name"] for record in models)


def test_25_mlflow_is_empty(play: Play) -> None:
    """Seven of seven models are gone, as if the connector asked another server."""

    def empty(scene: Scene) -> None:
        for name in NAMES:
            scene.author.delete_model(name)

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert len(run.plan.withheld) == 7
        assert len(run.plan.fuses) == 1
        assert "retirement of 7 models, of 7 linked objects" in run.plan.fuses[0]
        assert set(scene.link_states().values()) == {"live"}

    play(story(Act(empty, check, exit_code=3), given=many(*NAMES)))


def test_25_mlflow_is_empty_and_comes_back(play_in_memory: Any) -> None:
    """Versions need no write to be given up; they wait for the person all the same."""

    def given(scene: Scene) -> None:
        for name in NAMES:
            scene.model(name, purpose="As agreed")

    def empty(scene: Scene) -> None:
        scene.registry._store.models, scene.elsewhere = {}, scene.registry._store.models

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert len(run.plan.withheld) == 7
        assert set(scene.link_states().values()) == {"live"}

    def back(scene: Scene) -> None:
        scene.registry._store.models = copy.deepcopy(scene.elsewhere)

    def as_before(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert set(scene.link_states().values()) == {"live"}

    play_in_memory(story(Act(empty, check, exit_code=3), Act(back, as_before), given=given))


def test_26_more_removals_than_the_limit(play: Play) -> None:
    def delete_two(scene: Scene) -> None:
        scene.author.delete_model("model 1")
        scene.author.delete_model("model 2")
        scene.tag("purpose", "Anew", "model 3")

    def withheld(scene: Scene, run: Any) -> None:
        assert retired(scene) == []
        assert [body for _, body in scene.changed()] == [{"purpose": "Anew"}]
        assert sorted(each.ref.name for each in run.plan.withheld) == ["model 1", "model 2"]

    def approve(scene: Scene) -> None:
        digests = [one.digest for one in scene.store.withheld("test")]
        scene.store.approve("test", digests, "risk.officer@bank.example", scene.now)

    def done(scene: Scene, _: Any) -> None:
        assert retired(scene) == ["model 1", "model 2"]

    def delete_more(scene: Scene) -> None:
        scene.author.delete_model("model 3")
        scene.author.delete_model("model 4")

    def not_covered(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert retired(scene) == ["model 1", "model 2"]

    acts = (
        Act(delete_two, withheld, exit_code=3),
        Act(approve, done),
        Act(delete_more, not_covered, exit_code=3),
    )
    play(story(*acts, given=many(*NAMES)), policy=STRICT)


def test_26_an_approval_lapses_after_a_day(play: Play) -> None:
    def delete_two(scene: Scene) -> None:
        scene.author.delete_model("model 1")
        scene.author.delete_model("model 2")

    def approve_and_wait(scene: Scene) -> None:
        digests = [one.digest for one in scene.store.withheld("test")]
        scene.store.approve("test", digests, "risk.officer@bank.example", scene.now)
        scene.now += timedelta(hours=24)

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)

    acts = (Act(delete_two, exit_code=3), Act(approve_and_wait, check, exit_code=3, interrupt=False))
    play(story(*acts, given=many(*NAMES)), policy=STRICT)


def test_27_nearly_all_records_changed(play: Play) -> None:
    def edit(scene: Scene) -> None:
        for name in NAMES[:4]:
            scene.tag("purpose", "Anew", name)

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert [each.fuse for each in run.plan.withheld] == [FuseClass.UPDATE] * 4
        assert "update of 4 models, of 7 linked objects" in run.plan.fuses[0]

    def approve(scene: Scene, *, but: int) -> None:
        digests = [one.digest for one in scene.store.withheld("test")][but:]
        scene.store.approve("test", digests, "risk.officer@bank.example", scene.now)

    def the_rest_waits(scene: Scene, run: Any) -> None:
        """Three were approved; the one that was not is no mass change any more, and still nobody's decision."""
        assert len(scene.changed()) == 3
        assert "update of 1 model, of 7 linked objects (withheld before)" in run.plan.fuses

    def it_follows(scene: Scene, _: Any) -> None:
        assert len(scene.changed()) == 1

    play(
        story(
            Act(edit, check, exit_code=3),
            Act(partial(approve, but=1), the_rest_waits, exit_code=3),
            Act(partial(approve, but=0), it_follows),
            given=many(*NAMES),
        ),
        policy=STRICT,
    )


def test_28_one_of_two_is_removed(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.author.delete_model("model 1")

    def check(scene: Scene, _: Any) -> None:
        assert retired(scene) == ["model 1"]

    play(story(Act(edit, check), given=many("model 1", "model 2")))


def test_28_no_more_than_the_floor(play: Play) -> None:
    """One of three is far more than ten percent, two of three far more than half: few is few all the same."""

    def delete(scene: Scene) -> None:
        scene.author.delete_model("model 1")

    def proceeds(scene: Scene, _: Any) -> None:
        assert retired(scene) == ["model 1"]

    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Anew", "model 2")
        scene.tag("purpose", "Anew", "model 3")

    def flows(scene: Scene, _: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"purpose": "Anew"}] * 2

    play(story(Act(delete, proceeds), Act(edit, flows), given=many(*NAMES[:3])), policy=STRICT)


def third_page_fails(scene: Scene) -> None:
    """In every cycle: models are listed first, then versions."""

    def arm() -> None:
        scene.grc.faults.clear()
        scene.grc.faults.add("status", method=Verb.LIST, path="models", skip=2, count=None)

    arm()
    scene.grc.hooks.append(lambda call: arm() if (call.verb, call.kind) == (Verb.LIST, "versions") else None)


def test_29_a_page_cannot_be_read(play: Play) -> None:
    """Page 3 of 5: a record behind it is neither taken for gone, nor created a second time."""

    def edit(scene: Scene) -> None:
        scene.lose_state()
        first, second, *_ = scene.listed()
        scene.author.delete_model(second)
        scene.tag("purpose", "Anew", first)
        third_page_fails(scene)

    def check(scene: Scene, run: Any) -> None:
        first, *_, last = scene.listed()
        assert [body for _, body in scene.changed()] == []
        assert scene.conflicts() == [(first, "purpose")]
        assert len(scene.officer.records("models")) == 5
        assert retired(scene) == []
        assert len(run.plan.gaps) == 1
        assert ("record unknown", last) in topics(run)

    def new(scene: Scene) -> None:
        scene.author.create_model("model 6")
        third_page_fails(scene)

    def not_created(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert ("withheld", "model 6") in topics(run)

    acts = (Act(edit, check, exit_code=3), Act(new, not_created, exit_code=3))
    play(story(*acts, given=many(*NAMES[:5])), mapping={"page_size": 1})


def test_30_pages_overlap(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("overlap", method=Verb.LIST, path="models", count=None)
        scene.tag("purpose", "Anew", "model 3")

    def check(scene: Scene, run: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"purpose": "Anew"}]
        assert run.run.counts["records"] == 3
        assert scene.quarantined() == []

    play(story(Act(edit, check), given=many(*NAMES[:3])), mapping={"page_size": 2})


def test_31_a_record_changes_page_during_the_read(play: Play) -> None:
    """A record on the first page goes while the second is asked for, and every other one moves up."""

    def edit(scene: Scene) -> None:
        seen: list[Call] = []
        other = scene.officer.records("models")[0]["id"]

        def hook(call: Call) -> None:
            if (call.verb, call.kind) == (Verb.LIST, "models"):
                seen.append(call)
                if len(seen) == 2:
                    scene.officer.delete(other)

        scene.grc.hooks.append(hook)

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert run.plan.gaps
        assert set(scene.link_states().values()) == {"live"}

    def given(scene: Scene) -> None:
        scene.officer.create("models", registry_name="spreadsheet")
        many(*NAMES[:4])(scene)

    moves = Act(edit, check, exit_code=3, settled=False)
    play(story(moves, given=given), mapping={"page_size": 2})


def test_31_a_model_changes_page_during_the_scan(play_in_memory: Any) -> None:
    def edit(scene: Scene) -> None:
        scene.registry.unlisted.add("model 2")

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert scene.link_states()["model 2"] == "live"
        assert ("model unknown", "model 2") in topics(run)

    play_in_memory(story(Act(edit, check, exit_code=3), given=many(*NAMES[:3])))


def test_32_a_record_just_created_is_not_listed_yet(play: Play) -> None:
    def create(scene: Scene) -> None:
        scene.grc.faults.add("lag", path="models*", amount=1)
        credit(scene)

    def check(scene: Scene, _: Any) -> None:
        scene.forget_writes()
        scene.sync()
        untouched(scene)
        assert len(scene.officer.records("models")) == 1
        assert scene.link_states() == {"credit": "live", "credit v1": "live"}

    play(story(Act(create, check)))


@pytest.mark.parametrize("status", [401, 403])
def test_33_credentials_refused_during_the_read(play: Play, status: int) -> None:
    def refuse(scene: Scene) -> None:
        scene.grc.faults.add("status", path="versions", status=status, count=None)
        scene.tag("purpose", "Anew")

    def check(scene: Scene, error: Any) -> None:
        untouched(scene)
        assert isinstance(error, AuthError)
        assert scene.store.runs("test")[0].status == "failed"
        assert set(scene.link_states().values()) == {"live"}

    def nothing(scene: Scene) -> None:
        """The fault is over."""

    def unaided(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "purpose") == "Anew"

    play(story(Act(refuse, check, raises=AuthError), Act(nothing, unaided), given=credit))


def test_46_clocks_a_day_apart(play: Play) -> None:
    """The GRC runs a day ahead, the connector's clock falls back an hour, as in autumn: only values count."""

    def edit(scene: Scene) -> None:
        scene.grc_clock.now += timedelta(days=1)
        scene.now -= timedelta(hours=1)
        scene.tag("purpose", "Leasing")
        scene.patch(model_owner="head.fraud@bank.example")

    def check(scene: Scene, _: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"purpose": "Leasing"}]
        assert scene.tagged() == [("credit", None, "grc_model_owner", "head.fraud@bank.example")]

    def earlier(scene: Scene) -> None:
        scene.grc_clock.now -= timedelta(days=3)
        scene.patch(purpose="Lending")

    def again(scene: Scene, _: Any) -> None:
        assert scene.tagged() == [("credit", None, "purpose", "Lending")]

    play(story(Act(edit, check), Act(earlier, again), given=credit))


def test_47_a_record_with_an_older_time_stamp(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc_clock.now -= timedelta(days=400)
        scene.patch(purpose="Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert scene.record("credit")["updated_at"].startswith("2025-")
        assert scene.tagged() == [("credit", None, "purpose", "Leasing")]

    play(story(Act(edit, check), given=credit))


def test_69_a_point_read_of_a_record_is_forbidden(play: Play) -> None:
    """A record is missing from the listing, and asking for it by id answers 403."""

    def hide(scene: Scene) -> None:
        record = scene.record("credit")["id"]
        scene.grc.hide(record)
        scene.grc.faults.add("status", path=f"models/{record}", status=403, count=None)
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert ("record unknown", "credit") in topics(run)
        assert scene.link_states() == {"credit": "live", "credit v1": "live"}

    play(story(Act(hide, check, exit_code=3), given=credit))


def test_69_a_point_read_of_a_model_is_forbidden(play_in_memory: Any) -> None:
    def edit(scene: Scene) -> None:
        scene.registry.forbidden.add("model 2")

    def check(scene: Scene, run: Any) -> None:
        untouched(scene)
        assert scene.link_states()["model 2"] == "live"
        assert ("model unknown", "model 2") in topics(run)

    play_in_memory(story(Act(edit, check, exit_code=3), given=many(*NAMES[:3])))
