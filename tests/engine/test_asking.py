"""What a listing lacked is asked for one by one: all of it in the end, whatever some of it turns out to be."""

from __future__ import annotations

import pytest

from connector.model.errors import AccessDenied, Retriable, Unreachable
from tests.engine.review import calm, credit, refusing, settled
from tests.engine.test_machine import InProcessWorld

CYCLES = 30
"""Far more than five objects need, two at a time: a turn that never comes would be one that is never given."""


@pytest.fixture
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.engine.asking.MAX_POINT_READS", 2)


def test_each_missing_record_has_its_turn(quick: InProcessWorld, two_at_a_time: None) -> None:
    names = [f"m{number}" for number in range(5)]
    for name in names:
        quick.author.create_model(name)
    settled(quick)
    for record in quick.officer.records("models"):
        quick.officer.delete(record["id"])
    for _ in range(CYCLES):
        quick.sync()
    states = {link.ref.name: str(link.state) for link in quick.store.links("test").values()}
    assert states == dict.fromkeys(names, "record_gone")


def test_models_that_stay_forbidden_hold_up_no_other(quick: InProcessWorld, two_at_a_time: None) -> None:
    for number in range(4):
        quick.author.create_model(f"m{number}")
    settled(quick)
    quick.registry.forbidden |= {"m0", "m1", "m2"}
    quick.author.delete_model("m3")
    for _ in range(CYCLES):
        quick.sync()
    assert quick.record("m3")["lifecycle_status"] == "Decommissioned"


def test_a_grc_of_which_nothing_can_be_read_fails_the_run(quick: InProcessWorld) -> None:
    credit(quick, purpose="Lending")
    settled(quick)
    refusing(quick, "records", Retriable("GET /models was answered 404", remedy="correct the path."))
    with pytest.raises(Unreachable, match="Nothing could be read from the GRC: GET /models was answered 404"):
        quick.sync()
    calm(quick)
    assert quick.sync().applied.operations == []


def test_what_to_do_about_a_record_of_which_nothing_is_known_is_said(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    record = quick.record("credit")
    quick.officer.delete(record["id"])
    refusing(quick, "get", AccessDenied("It is hidden, or gone.", remedy="vouch for the entitlement."), record["id"])
    (remark,) = [each for each in quick.sync().plan.remarks if each.topic == "record unknown"]
    assert "(It is hidden, or gone. Vouch for the entitlement.)" in remark.text


def test_one_listing_that_can_be_read_is_enough_for_a_run(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Lending")
    records = quick.adapter.records

    def but_issues(entity: object, since: str | None = None) -> object:
        if str(entity) == "issue":
            raise Retriable("503")
        return records(entity, since)  # type: ignore[arg-type]

    quick.adapter.records = but_issues  # type: ignore[method-assign,assignment]
    assert quick.sync().exit_code == 3
    assert quick.record("credit")["purpose"] == "Lending"
