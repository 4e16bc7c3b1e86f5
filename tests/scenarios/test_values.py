"""Scenarios 41 to 45, 52, 53 and 68: what a server makes of a value, and what it refuses."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from connector.model.errors import Rejected
from connector.model.state import Agreement, Base
from tests.fakes.registry import Call
from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_existence import topics, two
from tests.scenarios.test_fields import base_of, credit, untouched
from tests.simulators.base import Verb

LONG = "Why this model is used. " * 80
"""Nearly two thousand characters; a tag holds one thousand."""

REWRITES = [
    ({"how": "upper"}, "Scores small loans", "SCORES SMALL LOANS"),
    ({"how": "trim"}, "Scores small loans.\n\n", "Scores small loans."),
    ({"how": "truncate", "length": 12}, "Scores small loans", "Scores small"),
]


@pytest.mark.parametrize(("bend", "sent", "held"), REWRITES, ids=["upper", "trim", "truncate"])
def test_41_the_server_rewrites_a_value(play: Play, bend: dict[str, Any], sent: str, held: str) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("normalise", field="description", **bend)
        scene.author.set_description("credit", sent)

    def check(scene: Scene, _: Any) -> None:
        assert len(scene.changed()) == 1
        assert scene.registry_writes == []
        assert scene.fields("credit", "description") == held
        assert scene.registry.model("credit").description == sent

    def by_hand(scene: Scene) -> None:
        scene.patch(description="Anything")

    def put_back(scene: Scene, _: Any) -> None:
        """What the officer wrote is drift still: the form that the server gave is what both agreed on."""
        assert len(scene.changed()) == 1
        assert scene.fields("credit", "description").startswith("Scores small")

    play(story(Act(edit, check), Act(by_hand, put_back), given=credit))


def test_41_the_server_rewrites_a_shared_value_at_creation(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("normalise", field="purpose", how="upper")
        credit(scene)

    def check(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "purpose") == "LENDING"
        assert scene.tags("credit")["purpose"] == "Lending"
        assert base_of(scene, "purpose") == Base("Lending", "LENDING", Agreement.REWRITTEN)
        assert scene.conflicts() == []

    play(story(Act(edit, check)))


def test_42_the_server_ignores_a_field(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("ignore", field="purpose")
        scene.tag("purpose", "Leasing")
        scene.author.set_description("credit", "Scores leases")

    def check(scene: Scene, run: Any) -> None:
        assert scene.fields("credit", "purpose", "description") == ("Lending", "Scores leases")
        assert scene.tags("credit")["purpose"] == "Leasing"
        assert [(str(each.ref), name) for each, name in run.applied.not_stuck] == [("credit", "purpose")]
        scene.forget_writes()
        later = scene.sync()
        untouched(scene)
        assert ("did not stick", "credit") in topics(later)

    def another(scene: Scene) -> None:
        scene.tag("purpose", "Mortgages")

    def sticks(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "purpose") == "Mortgages"

    play(story(Act(edit, check, exit_code=3, unstuck=True), Act(another, sticks), given=credit))


def test_43_a_choice_in_mlflow_that_no_map_names(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.tag("risk_classification", "tier one")
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert [body for _, body in scene.changed()] == [{"purpose": "Leasing"}]
        assert scene.fields("credit", "tier") == "2 - High"
        assert scene.tags("credit")["risk_classification"] == "tier one"
        assert scene.quarantined() == [("credit", "risk_classification")]
        (case,) = scene.store.quarantines("test")
        assert "tier one" in case.reason

    def corrected(scene: Scene) -> None:
        scene.tag("risk_classification", "critical")

    def flows(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "tier") == "1 - Critical"
        assert scene.quarantined() == []

    play(story(Act(edit, check, exit_code=3), Act(corrected, flows), given=credit))


def test_43_a_choice_in_the_grc_that_no_map_names(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.import_values(scene.record("credit")["id"], tier="0 - Systemic", purpose="Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert scene.tagged() == [("credit", None, "purpose", "Leasing")]
        assert scene.grc_writes == []
        assert scene.quarantined() == [("credit", "risk_classification")]

    play(story(Act(edit, check, exit_code=3), given=credit))


def test_44_nothing_and_order(play: Play) -> None:
    """Empty in every spelling is empty, a list is the same in any order."""

    def given(scene: Scene) -> None:
        scene.model("credit", purpose="Lending", limitations='["thin files", "no self-employed"]')
        scene.model("fraud")

    def edit(scene: Scene) -> None:
        scene.patch(limitations=["thin files", "no self-employed"])
        scene.tag("limitations", '["no self-employed","thin files"]')
        scene.tag("limitations", "[]", "fraud")
        scene.tag("purpose", "", "fraud")
        scene.patch("fraud", limitations=[], purpose="", description="")

    def check(scene: Scene, _: Any) -> None:
        untouched(scene)

    play(story(Act(edit, check), given=given))


def test_45_unicode(play: Play) -> None:
    """One text in two Unicode forms is one text; two names that differ in case alone are two models."""
    purpose = "Crédit à la consommation 🏦"

    def edit(scene: Scene) -> None:
        for name in ("crédit", "Credit", "credit"):
            scene.model(name, purpose=unicodedata.normalize("NFD", purpose))

    def check(scene: Scene, _: Any) -> None:
        records = scene.officer.records("models")
        assert sorted(record["registry_name"] for record in records) == ["Credit", "credit", "crédit"]
        assert len({record["external_key"].casefold() for record in records}) == 3

    def recoded(scene: Scene) -> None:
        for name in ("crédit", "Credit", "credit"):
            scene.patch(name, purpose=unicodedata.normalize("NFC", purpose))
            scene.tag("purpose", unicodedata.normalize("NFD", purpose), name)

    play(story(Act(edit, check), Act(recoded, untouched)))


def test_45_the_grc_finds_keys_in_any_case(play: Play) -> None:
    """A platform that stores keys in lower case: one record, no duplicate, and no write in every cycle."""

    def edit(scene: Scene) -> None:
        scene.grc.faults.add("normalise", path="models*", field="external_key", how="lower")
        scene.model("Credit", purpose="Lending")

    def check(scene: Scene, _: Any) -> None:
        assert len(scene.officer.records("models")) == 1
        assert scene.link_states()["Credit"] == "live"
        assert scene.quarantined() == [("Credit", "identity.key")]

    play(story(Act(edit, check, exit_code=3, settled=False, interrupt=False)))


def test_52_one_write_is_refused(play: Play) -> None:
    def edit(scene: Scene) -> None:
        refuse_credit(scene)
        scene.tag("purpose", "Leasing")
        scene.tag("purpose", "Account fraud", "fraud")

    def refuse_credit(scene: Scene) -> None:
        path = f"models/{scene.record('credit')['id']}"
        scene.grc.faults.add("status", method=Verb.UPDATE, path=path, status=422, count=None)

    def check(scene: Scene, _: Any) -> None:
        assert (scene.fields("credit", "purpose"), scene.fields("fraud", "purpose")) == ("Lending", "Account fraud")
        assert scene.quarantined() == [("credit", "purpose")]
        assert len(scene.lines("refused")) == 1

    def still_refused(scene: Scene) -> None:
        refuse_credit(scene)

    def another_value(scene: Scene) -> None:
        scene.tag("purpose", "Mortgages")

    def flows(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "purpose") == "Mortgages"
        assert scene.quarantined() == []

    acts = (
        Act(edit, check, exit_code=3),
        Act(still_refused, untouched, exit_code=3),
        Act(another_value, flows),
    )
    play(story(*acts, given=two))


def test_52_one_field_is_refused_by_name(play: Play) -> None:
    """The GRC knows no such user: the field is blamed, the others of the same write flow."""

    def edit(scene: Scene) -> None:
        scene.tag("developer", "nobody@bank.example")
        scene.tag("purpose", "Leasing")

    def check(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "purpose", "developer_proposed") == ("Leasing", None)
        assert scene.quarantined() == [("credit", "developer_proposed")]

    def known(scene: Scene) -> None:
        scene.tag("developer", "data.scientist@bank.example")

    def flows(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "developer_proposed") == "data.scientist@bank.example"

    play(story(Act(edit, check, exit_code=3), Act(known, flows), given=credit), mapping={"more": "developer_proposed"})


def test_52_one_of_several_tags_is_refused(play_in_memory: Play) -> None:
    """What landed before the refusal is done and told; what comes after it flows all the same."""

    def refuse(call: Call) -> None:
        if call.key == "grc_model_owner":
            raise Rejected("MLflow refuses this tag", field="grc_model_owner")

    def edit(scene: Scene) -> None:
        scene.patch(allowed_changes="None", model_owner="head.retail@bank.example", purpose="Leasing")
        scene.registry.before.append(refuse)

    def check(scene: Scene, _: Any) -> None:
        tags = scene.tags("credit")
        assert (tags["grc_allowed_changes"], tags["purpose"]) == ("None", "Leasing")
        assert "grc_model_owner" not in tags
        assert scene.quarantined() == [("credit", "model_owner")]
        told = {line.field for line in scene.lines("update_registry") if line.new in ("None", "Leasing")}
        assert told == {"allowed_changes", "purpose"}

    # The hook that refuses does not outlive the process that was killed.
    play_in_memory(story(Act(edit, check, exit_code=3, interrupt=False), given=credit))


@pytest.mark.parametrize("told", [{}, {"retry_after": 7}, {"retry_after": 7, "as_date": True}], ids=["", "s", "date"])
def test_53_too_many_requests(play: Play, told: dict[str, Any]) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("status", method=Verb.CREATE, status=429, **told)
        scene.grc.faults.add("status", method=Verb.LIST, path="versions", status=429, **told)
        credit(scene)

    def check(scene: Scene, _: Any) -> None:
        assert len(scene.officer.records("models")) == 1
        assert len(scene.officer.records("versions")) == 1
        assert len(scene.grc_writes) == 3

    play(story(Act(edit, check)))


def test_53_too_many_requests_for_too_long(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("status", method=Verb.CREATE, status=429, count=None)
        credit(scene)

    def check(scene: Scene, _: Any) -> None:
        assert scene.officer.records("models") == []
        assert scene.store.intents("test") == []

    def over(scene: Scene) -> None:
        """The limit is lifted."""

    def created(scene: Scene, _: Any) -> None:
        assert len(scene.officer.records("models")) == 1

    play(story(Act(edit, check, exit_code=1, again=False), Act(over, created)))


def test_68_the_cut_copy_of_a_long_text_is_edited(play: Play) -> None:
    def long(scene: Scene) -> None:
        scene.patch(purpose=LONG.strip(), tier_override_reason=LONG.strip())

    def cut(scene: Scene, _: Any) -> None:
        tags = scene.tags("credit")
        for key in ("purpose", "grc_tier_override_reason"):
            assert len(tags[key]) <= 1000
            assert tags[key].endswith(f"of {len(LONG.strip())} characters]")
        assert scene.grc_writes == []

    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Short")
        scene.tag("grc_tier_override_reason", "Short")

    def parked(scene: Scene, _: Any) -> None:
        assert scene.grc_writes == []
        assert scene.fields("credit", "purpose", "tier_override_reason") == (LONG.strip(), LONG.strip())
        assert scene.tags("credit")["purpose"] == "Short"
        assert scene.conflicts() == [("credit", "purpose")]
        assert [key for _, _, key, _ in scene.tagged()] == ["grc_tier_override_reason"]

    def shorter(scene: Scene) -> None:
        scene.tag("purpose", "Lending")
        scene.patch(purpose="Lending")

    def agreed(scene: Scene, _: Any) -> None:
        untouched(scene)
        assert scene.conflicts() == []

    play(story(Act(long, cut), Act(edit, parked, exit_code=3), Act(shorter, agreed), given=credit))


def test_68_the_long_text_changes(play: Play) -> None:
    def long(scene: Scene) -> None:
        scene.patch(purpose=LONG.strip())

    def longer(scene: Scene) -> None:
        scene.patch(purpose=f"Anew. {LONG.strip()}")

    def new_copy(scene: Scene, _: Any) -> None:
        assert [key for _, _, key, _ in scene.tagged()] == ["purpose"]
        assert scene.tags("credit")["purpose"].startswith("Anew. ")

    def fits(scene: Scene) -> None:
        scene.patch(purpose="Brief")

    def whole(scene: Scene, _: Any) -> None:
        assert scene.tags("credit")["purpose"] == "Brief"

    def edit(scene: Scene) -> None:
        scene.tag("purpose", "Brief, edited")

    def flows(scene: Scene, _: Any) -> None:
        assert scene.fields("credit", "purpose") == "Brief, edited"

    play(story(Act(long), Act(longer, new_copy), Act(fits, whole), Act(edit, flows), given=credit))


def test_68_a_text_too_long_for_mlflow_when_the_state_is_lost(play: Play) -> None:
    def long(scene: Scene) -> None:
        scene.patch(purpose=LONG.strip())

    def lost(scene: Scene) -> None:
        scene.lose_state()

    play(story(Act(long), Act(lost, untouched), given=credit))
