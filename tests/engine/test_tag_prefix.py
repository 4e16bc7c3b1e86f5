"""An admin who changes the prefix of the connector's tags leaves none of the old ones behind as a false truth."""

from __future__ import annotations

from collections.abc import Callable

from connector.model.policy import Policy
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.test_remapping import remapped, told
from tests.engine.world import OFFICER

Make = Callable[..., InProcessWorld]


def approved(world: InProcessWorld) -> None:
    credit(world, purpose="Lending")
    settled(world)
    world.officer.patch(world.record("credit")["id"], model_owner=OFFICER)
    world.officer.patch(world.version_record("credit")["id"], approval_status="Approved", conditions="Retail only")
    world.officer.create("issues", title="Drift", severity="High", model=world.record("credit")["id"])
    settled(world)


def under(prefix: str, tags: dict[str, str]) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in tags.items() if key.startswith(prefix)}


def test_the_tags_move_to_the_new_prefix(quick: InProcessWorld) -> None:
    approved(quick)
    before = quick.tags("credit"), quick.tags("credit", "1")
    remapped(quick, tag_prefix="mrm_")
    assert any("start with mrm_ and no more with grc_" in text for text in told(quick.plan()))
    settled(quick)
    after = quick.tags("credit"), quick.tags("credit", "1")
    assert [under("mrm_", tags) for tags in after] == [under("grc_", tags) for tags in before]
    assert [under("grc_", tags) for tags in after] == [{}, {}]
    assert after[0]["purpose"] == "Lending"
    quick.officer.patch(quick.version_record("credit")["id"], approval_status="Rejected")
    settled(quick)
    assert under("mrm_", quick.tags("credit", "1"))["approval_status"] == "rejected"
    remapped(quick)
    settled(quick)
    assert (under("mrm_", quick.tags("credit")), under("mrm_", quick.tags("credit", "1"))) == ({}, {})
    assert quick.tags("credit", "1")["grc_approval_status"] == "rejected"


def test_what_people_wrote_under_either_prefix_stays(quick: InProcessWorld) -> None:
    approved(quick)
    quick.author.set_tag("credit", "grc_approval_request", "submit", "1")
    quick.author.set_tag("credit", "grc_note", "ours")
    quick.author.set_tag("credit", "mrm_note", "ours")
    settled(quick)
    quick.author.set_tag("credit", "grc_response_X", "Done")
    remapped(quick, tag_prefix="mrm_")
    settled(quick)
    tags = quick.tags("credit")
    assert {key: tags.get(key) for key in ("grc_note", "mrm_note", "grc_response_X")} == {
        "grc_note": "ours",
        "mrm_note": "ours",
        "grc_response_X": "Done",
    }


def test_an_old_tag_that_somebody_changed_is_told_and_not_removed(quick: InProcessWorld) -> None:
    """It may be another connection's by now, which took the prefix over."""
    approved(quick)
    quick.author.set_tag("credit", "grc_approval_status", "rejected", "1")
    remapped(quick, tag_prefix="mrm_")
    for _ in range(3):
        run = quick.sync()
    assert quick.tags("credit", "1")["grc_approval_status"] == "rejected"
    assert quick.tags("credit", "1")["mrm_approval_status"] == "approved"
    assert [remark.text for remark in run.plan.remarks if remark.topic == "former tag"] == [
        "the tag grc_approval_status is the connector's no more, and was changed since: remove it by hand"
    ]


def test_many_removals_wait_for_a_person(quick: InProcessWorld) -> None:
    names = [f"m{number}" for number in range(8)]
    for name in names:
        quick.author.create_model(name)
    settled(quick)
    remapped(quick, tag_prefix="mrm_")
    run = quick.sync()
    assert run.exit_code == 3
    assert all({"grc_record_id", "mrm_record_id"} <= quick.tags(name).keys() for name in names)
    quick.store.approve("test", [each.digest for each in run.plan.withheld], "ada", quick.now)
    settled(quick)
    assert not any(under("grc_", quick.tags(name)) for name in names)


def test_a_model_renamed_before_its_new_tags_are_written_keeps_its_record(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    record = quick.record("credit")["id"]
    remapped(quick, tag_prefix="mrm_")
    quick.author.rename("credit", "scoring")
    settled(quick)
    assert quick.record("scoring")["id"] == record
    assert len(quick.officer.records("models")) == 1


def test_a_placeholder_stays_one(make_quick: Make) -> None:
    world = make_quick(policy=Policy(placeholders=True))
    world.officer.create("models", registry_name="Vendor scorecard")
    settled(world)
    remapped(world, tag_prefix="mrm_")
    settled(world)
    tags = world.tags("Vendor scorecard")
    assert (tags["mrm_placeholder"], under("grc_", tags)) == ("true", {})


def test_a_version_that_is_governed_no_more_keeps_its_decision_under_the_new_prefix(make_quick: Make) -> None:
    world = make_quick(mode="governed")
    credit(world, versions=2)
    settled(world)
    world.author.set_tag("credit", "grc_approval_request", "submit", "1")
    settled(world)
    world.officer.decide(world.record("credit")["id"], "approved")
    settled(world)
    world.author.set_tag("credit", "grc_approval_request", "submit", "2")
    settled(world)
    remapped(world, tag_prefix="mrm_")
    settled(world)
    shown = [under("mrm_", world.tags("credit", version)).get("approval_status") for version in ("1", "2")]
    assert shown == ["approved", "pending"]
    assert under("grc_", world.tags("credit", "1")) == {}
