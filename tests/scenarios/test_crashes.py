"""Scenarios 34 to 40, 54 to 56 and 58: processes that die or meet, answers that get lost, edits in mid-run.

That every story ends the same when it is interrupted anywhere is shown with each; here are the cases with a name.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connector.model.errors import LeaseLost, OutcomeUnknown
from connector.state.errors import LeaseHeld
from tests.engine.world import Interrupted
from tests.fakes.registry import Call
from tests.scenarios.conftest import Play
from tests.scenarios.killer import Killer
from tests.scenarios.picture import picture
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, die, settle, story
from tests.scenarios.test_existence import two
from tests.scenarios.test_fields import base_of, credit, untouched
from tests.simulators.base import Verb


def agreed(scene: Scene, given: Callable[[Scene], None]) -> None:
    given(scene)
    settle(scene)
    scene.forget_writes()


def one_of_each(scene: Scene) -> None:
    assert len(scene.officer.records("models")) == len(scene.officer.records("versions")) == 1
    assert scene.link_states() == {"credit": "live", "credit v1": "live"}
    assert scene.store.intents("test") == []
    scene.verify_audit()


def test_34_crash_after_intent_before_create(scene: Scene) -> None:
    credit(scene)
    die(scene, Killer(name="before create *"))
    assert scene.officer.records("models") == []
    assert len(scene.store.intents("test")) == 1
    scene.sync()
    one_of_each(scene)


def test_35_crash_after_create_before_commit(scene: Scene) -> None:
    credit(scene)
    die(scene, Killer(name="after create *"))
    assert len(scene.officer.records("models")) == 1
    assert scene.link_states() == {}
    run = scene.sync()
    assert [each.landed for each in run.recovered] == [True]
    one_of_each(scene)
    assert {line.field for line in scene.lines("recovered create_record")} >= {"purpose", "identity.key"}


def test_35_what_cannot_be_looked_up_waits_and_stops_nobody(scene: Scene) -> None:
    agreed(scene, two)
    scene.tag("purpose", "Leasing")
    scene.tag("purpose", "Account fraud", "fraud")
    die(scene, Killer(name="after update *"))
    path = f"models/{scene.record('credit')['id']}"
    scene.grc.faults.add("status", method=Verb.GET, path=path, count=None)
    scene.forget_writes()
    run = scene.sync()
    assert run.exit_code == 1
    # A batch had brought both to the record before the process died; else the other one is still to be written.
    assert [body for _, body in scene.changed()] == ([] if batches(scene) else [{"purpose": "Account fraud"}])
    assert scene.fields("fraud", "purpose") == "Account fraud"
    assert len(scene.store.intents("test")) == 1
    scene.grc.faults.clear()
    scene.forget_writes()
    run = scene.sync()
    assert ([each.landed for each in run.recovered], run.exit_code) == ([True], 0)
    untouched(scene)
    assert base_of(scene, "purpose").grc == "Leasing"


def batches(scene: Scene) -> bool:
    """Whether several records are written in one request."""
    return scene.adapter.batch_size > 1


LOST = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 504},
    {"kind": "cut"},
    {"kind": "hang"},
]


@pytest.mark.parametrize("fault", LOST, ids=["500", "504", "cut", "timeout"])
def test_36_create_landed_but_the_answer_was_lost(play: Play, fault: dict[str, Any]) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add(**fault, method=Verb.CREATE, when="after")
        credit(scene)

    def check(scene: Scene, _: Any) -> None:
        one_of_each(scene)
        assert [call.kind for call in scene.grc_writes if call.verb == Verb.CREATE] == ["models", "versions"]

    waits = fault["kind"] == "hang"
    play(story(Act(edit, check, interrupt=not waits)), timeout=1.0 if waits else 5.0)


@pytest.mark.parametrize("fault", LOST[:3], ids=["500", "504", "cut"])
def test_36_update_landed_but_the_answer_was_lost(play: Play, fault: dict[str, Any]) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add(**fault, method=Verb.UPDATE, when="after")
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"purpose": "Leasing"}]
        assert base_of(scene, "purpose").grc == "Leasing"

    play(story(Act(edit, check), given=credit))


def test_36_create_did_not_land_and_the_answer_was_lost(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("cut", method=Verb.CREATE, when="before")
        credit(scene)

    def check(scene: Scene, _: Any) -> None:
        """Looked up and not found: nothing is repeated blindly in the same run."""
        assert scene.officer.records("models") == []

    def later(scene: Scene) -> None:
        """The network is back."""

    def created(scene: Scene, _: Any) -> None:
        one_of_each(scene)

    play(story(Act(edit, check, exit_code=1, again=False), Act(later, created)))


@pytest.mark.parametrize("landed", [True, False], ids=["landed", "lost"])
def test_36_one_of_several_tags_is_not_answered(play_in_memory: Play, landed: bool) -> None:
    """Writes in MLflow are one request for each tag: those before are done, the one in doubt is looked up."""

    def edit(scene: Scene) -> None:
        scene.patch(purpose="Leasing", model_owner="head.retail@bank.example", allowed_changes="None")
        asked: list[Call] = []

        def lose(call: Call) -> None:
            if call.key == "grc_model_owner" and not asked:
                asked.append(call)
                raise OutcomeUnknown("the answer was lost")

        (scene.registry.after if landed else scene.registry.before).append(lose)

    def check(scene: Scene, _: Any) -> None:
        tags = scene.tags("credit")
        assert (tags["purpose"], tags["grc_model_owner"]) == ("Leasing", "head.retail@bank.example")
        assert tags["grc_allowed_changes"] == "None"
        fields = sorted(line.field for line in scene.lines("update_registry") if line.new in tags.values())
        assert {"purpose", "model_owner", "allowed_changes"} <= set(fields)

    play_in_memory(story(Act(edit, check), given=credit))


@pytest.mark.parametrize(
    ("bend", "held"),
    [({"how": "upper"}, "LEASING"), ({"how": "truncate", "length": 4}, "Leas")],
    ids=["upper", "truncate"],
)
def test_37_crash_after_an_update_that_the_server_rewrote(scene: Scene, bend: dict[str, Any], held: str) -> None:
    agreed(scene, credit)
    scene.grc.faults.add("normalise", field="purpose", **bend)
    scene.tag("purpose", "Leasing")
    die(scene, Killer(name="after update *"))
    scene.grc.faults.clear()
    scene.forget_writes()
    scene.sync()
    untouched(scene)
    assert scene.conflicts() == []
    assert (scene.fields("credit", "purpose"), scene.tags("credit")["purpose"]) == (held, "Leasing")


@pytest.mark.parametrize("how", [None, "upper"])
@pytest.mark.parametrize("point", ["before update *", "after update *"], ids=["before", "after"])
def test_38_a_user_edits_before_the_restart(scene: Scene, point: str, how: str | None) -> None:
    agreed(scene, credit)
    if how:
        scene.grc.faults.add("normalise", field="purpose", how=how)
    scene.tag("purpose", "Leasing")
    die(scene, Killer(name=point))
    scene.patch(purpose="Mortgages")
    for _ in range(3):
        scene.sync()
        assert scene.fields("credit", "purpose") == "Mortgages"
        assert (scene.tags("credit")["purpose"], scene.conflicts()) == ("Leasing", [("credit", "purpose")])


@pytest.mark.parametrize("seed", range(6))
def test_39_killed_again_and_again(make_scene: Callable[..., Scene], seed: int) -> None:
    """The connector dies at random, and dies again while it recovers, until it once gets through."""
    chance = random.Random(seed)
    straight = make_scene()
    play_a_day(straight, lambda: settle(straight))
    wanted = picture(straight)
    straight.close()

    hunted = make_scene()

    def killed_often() -> None:
        for _ in range(chance.randint(2, 5)):
            hunted.killable(killer := Killer(at=chance.randint(0, 25)))
            try:
                hunted.sync(killer)
            except Interrupted:
                hunted.revive()
            hunted.reopen()
            hunted.calm()
        settle(hunted)

    play_a_day(hunted, killed_often)
    hunted.verify_audit()
    assert picture(hunted) == wanted


def play_a_day(scene: Scene, sync: Callable[[], None]) -> None:
    two(scene)
    sync()
    scene.author.set_description("credit", "Scores mortgages")
    scene.patch(model_owner="head.retail@bank.example", purpose="Leasing")
    scene.officer.raise_issue("Drift not monitored", model=scene.record("credit")["id"])
    scene.officer.decide(scene.version_record("fraud")["id"], "approved")
    sync()
    scene.author.delete_model("fraud")
    scene.tag("risk_classification", "critical")
    sync()


def test_40_the_record_changes_between_snapshot_and_write(play: Play) -> None:
    def edit(scene: Scene) -> None:
        record = scene.record("credit")["id"]
        scene.tag("purpose", "Leasing")
        scene.author.set_description("credit", "Scores leases")
        scene.once(Verb.GET, f"models/{record}", lambda: scene.officer.patch(record, purpose="Mortgages"))

    def check(scene: Scene, _: Any) -> None:
        assert scene.changed() == [(scene.record("credit")["id"], {"description": "Scores leases"})]
        assert (scene.fields("credit", "purpose"), scene.tags("credit")["purpose"]) == ("Mortgages", "Leasing")
        assert scene.conflicts() == []

    def nothing(scene: Scene) -> None:
        """Time for the next cycle."""

    def parked(scene: Scene, _: Any) -> None:
        assert scene.conflicts() == [("credit", "purpose")]

    acts = (Act(edit, check, settled=False, interrupt=False), Act(nothing, parked, exit_code=3))
    play(story(*acts, given=credit))


def test_40_the_record_changes_right_before_the_write(play: Play) -> None:
    """No read can be later than this; the platform's own precondition catches it."""

    def edit(scene: Scene) -> None:
        record = scene.record("credit")["id"]
        scene.tag("purpose", "Leasing")
        scene.author.set_description("credit", "Scores leases")
        scene.once(Verb.UPDATE, f"models/{record}", lambda: scene.officer.patch(record, purpose="Mortgages"))

    def check(scene: Scene, _: Any) -> None:
        assert (scene.fields("credit", "purpose"), scene.tags("credit")["purpose"]) == ("Mortgages", "Leasing")
        assert scene.fields("credit", "description") == "Scores leases"

    conditional = {"conditional": True}
    play(story(Act(edit, check, settled=False, interrupt=False), given=credit), mapping=conditional)


def test_40_the_model_changes_between_snapshot_and_write(play_in_memory: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.patch(purpose="Leasing", model_owner="head.retail@bank.example")
        edits: list[Call] = []

        def meddle(call: Call) -> None:
            if call.action == "get_model" and not edits:
                edits.append(call)
                scene.tag("purpose", "Mortgages")

        scene.registry.before.append(meddle)

    def check(scene: Scene, _: Any) -> None:
        assert [key for _, _, key, _ in scene.tagged()] == ["grc_model_owner"]
        assert (scene.fields("credit", "purpose"), scene.tags("credit")["purpose"]) == ("Leasing", "Mortgages")

    play_in_memory(story(Act(edit, check, settled=False, interrupt=False), given=credit))


def test_54_two_daemons(make_scene: Callable[..., Scene]) -> None:
    """The second looks while the first is at work: it stands back before it asks anybody anything."""
    first = make_scene()
    agreed(first, credit)
    first.tag("purpose", "Leasing")
    refused: list[LeaseHeld] = []

    def second(name: str) -> None:
        if name == "write":
            requests, runs = first.grc.requests.count(), len(first.store.runs("test"))
            with pytest.raises(LeaseHeld) as caught:
                other_process(first).sync()
            refused.append(caught.value)
            assert (first.grc.requests.count(), len(first.store.runs("test"))) == (requests, runs)

    first.sync(second)
    assert [error.owner for error in refused] == ["process-1"]
    assert first.changed() == [(first.record("credit")["id"], {"purpose": "Leasing"})]
    later = other_process(first)
    later.sync()
    untouched(later)


def other_process(scene: Scene) -> Scene:
    """Another connector over the same configuration, state file and servers."""
    return Scene(
        scene.directory,
        scene.grc,
        scene.registry,
        scene.author,
        mapped=scene.mapped,
        mapping_for=scene.mapping_for,
        sending=scene.sending,
        now=scene.now,
        owner="another",
    )


def test_55_the_lease_of_a_dead_process(scene: Scene) -> None:
    agreed(scene, credit)
    scene.tag("purpose", "Leasing")
    scene.killable(killer := Killer(name="after update *"))
    with pytest.raises(Interrupted):
        scene.sync(killer)
    heir = other_process(scene)
    with pytest.raises(LeaseHeld):
        heir.sync()
    heir.now += timedelta(minutes=6)
    heir.forget_writes()
    run = heir.sync()
    assert [each.landed for each in run.recovered] == [True]
    untouched(heir)
    assert heir.fields("credit", "purpose") == "Leasing"
    heir.verify_audit()


def test_55_a_process_that_was_only_asleep_writes_nothing_more(scene: Scene) -> None:
    agreed(scene, two)
    scene.tag("purpose", "Leasing")
    scene.tag("purpose", "Account fraud", "fraud")
    heirs: list[Scene] = []

    def asleep(name: str) -> None:
        if name == "record" and not heirs:
            heir = other_process(scene)
            heir.now += timedelta(minutes=6)
            heirs.append(heir)
            heir.sync()
            scene.now = heir.now
            heir.forget_writes()
            scene.forget_writes()

    with pytest.raises(LeaseLost):
        scene.sync(asleep)
    assert scene.grc_writes == []
    assert (scene.fields("credit", "purpose"), scene.fields("fraud", "purpose")) == ("Leasing", "Account fraud")
    heirs[0].forget_writes()
    heirs[0].sync()
    untouched(heirs[0])
    heirs[0].verify_audit()


def test_55_overtaken_right_before_the_write(scene: Scene) -> None:
    """Another process took the lease and has done nothing yet: the first one sends nothing any more."""
    agreed(scene, credit)
    scene.tag("purpose", "Leasing")

    def overtaken(name: str) -> None:
        if name == "read":
            scene.now += timedelta(minutes=6)
            scene.store.acquire_lease("test", "another", scene.now, 300)

    with pytest.raises(LeaseLost):
        scene.sync(overtaken)
    untouched(scene)
    assert len(scene.store.intents("test")) == 1


def test_56_stopped_in_mid_run(scene: Scene) -> None:
    agreed(scene, two)
    scene.tag("purpose", "Leasing")
    scene.patch(model_owner="head.retail@bank.example")
    scene.tag("purpose", "Account fraud", "fraud")

    def stop(name: str) -> None:
        if name == "write":
            scene.connection.stop.set()

    run = scene.sync(stop)
    assert (run.exit_code, run.stopped) == (0, True)
    in_hand = {scene.record("credit")["id"]: {"purpose": "Leasing"}}
    if batches(scene):
        in_hand[scene.record("fraud")["id"]] = {"purpose": "Account fraud"}
    assert dict(scene.changed()) == in_hand
    assert scene.registry_writes == []
    assert base_of(scene, "purpose").grc == "Leasing"
    assert scene.store.intents("test") == []
    scene.reopen()
    scene.sync()
    assert scene.fields("fraud", "purpose") == "Account fraud"
    assert scene.tags("credit")["grc_model_owner"] == "head.retail@bank.example"


def test_58_an_edit_during_the_run(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Leasing")

        def meanwhile() -> None:
            scene.tag("purpose", "Account fraud", "fraud")
            scene.patch("fraud", model_owner="head.fraud@bank.example")

        scene.once(Verb.UPDATE, "models/*", meanwhile)

    def check(scene: Scene, _: Any) -> None:
        assert scene.fields("fraud", "purpose") == "Card fraud"

    def nothing(scene: Scene) -> None:
        """Time for the next cycle."""

    def caught(scene: Scene, _: Any) -> None:
        assert scene.fields("fraud", "purpose") == "Account fraud"
        assert scene.tags("fraud")["grc_model_owner"] == "head.fraud@bank.example"

    play(story(Act(edit, check, again=False), Act(nothing, caught), given=two))
