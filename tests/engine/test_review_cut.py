"""A value that is a cut copy, or looks like one, where it cannot be written: that field alone waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.model.cut import cut
from connector.model.errors import Defect
from connector.model.fields import Side
from connector.model.state import Resolution, RunStatus
from connector.model.tags import TAG_LIMIT
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted, dying_at

COPY = "x [cut: first 1 of 9 characters]"
LONG = "long" * 300


def neighbour(world: InProcessWorld) -> Callable[[], object]:
    """Another model with an edit that has to arrive. Returns a look at what arrived."""
    world.author.set_tag("other", "purpose", "Fraud")
    return lambda: world.record("other")["purpose"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_cut_list_typed_by_hand_is_quarantined_alone(quick: InProcessWorld, at_once: bool) -> None:
    quick.author.create_model("other")
    if at_once:
        credit(quick, limitations=COPY, purpose="Lending")
    else:
        credit(quick)
        settled(quick)
        quick.author.set_tag("credit", "limitations", COPY)
        quick.author.set_tag("credit", "purpose", "Lending")
    arrived = neighbour(quick)
    assert quick.sync().exit_code == 3
    assert arrived() == "Fraud"
    assert (quick.record("credit")["purpose"], quick.record("credit")["limitations"]) == ("Lending", [])
    (case,) = quick.store.quarantines("test")
    assert (case.ref.name, case.field) == ("credit", "limitations")
    assert "the copy of a longer value" in case.reason

    quick.author.set_tag("credit", "limitations", "thin files")
    settled(quick)
    assert quick.record("credit")["limitations"] == ["thin files"]


def test_an_answer_that_takes_an_edited_cut_copy_is_refused_for_that_field(quick: InProcessWorld) -> None:
    quick.author.create_model("other")
    credit(quick)
    settled(quick)
    long = [f"limitation number {number} of the model" for number in range(60)]
    quick.officer.patch(quick.record("credit")["id"], limitations=long)
    settled(quick)
    tag = quick.tags("credit")["limitations"]
    quick.author.set_tag("credit", "limitations", tag.replace("number 1 ", "NUMBER 1 "))
    quick.sync()
    (case,) = quick.store.conflicts("test")
    at = "2026-03-02T09:00:00Z"
    taken = Resolution(case.ref, case.field, Side.REGISTRY, None, case.registry, case.grc, "ada", at)
    quick.store.resolve("test", taken)
    arrived = neighbour(quick)
    assert quick.sync().exit_code == 3
    assert arrived() == "Fraud"
    assert quick.record("credit")["limitations"] == long


@pytest.mark.parametrize(
    ("answer", "edit"),
    [(LONG, "two"), (LONG, cut(LONG, TAG_LIMIT)), (LONG * 4, "two")],
    ids=["too long for MLflow", "its copy there already", "too long for both"],
)
@pytest.mark.parametrize("number", range(14))
def test_a_long_answer_reaches_both_sides_though_the_process_dies_in_between(
    quick: InProcessWorld, number: int, answer: str, edit: str
) -> None:
    credit(quick, purpose="one")
    settled(quick)
    quick.author.set_tag("credit", "purpose", edit)
    quick.officer.patch(quick.record("credit")["id"], purpose="three")
    quick.sync()
    (case,) = quick.store.conflicts("test")
    at = "2026-03-02T09:00:00Z"
    quick.store.resolve("test", Resolution(case.ref, case.field, None, answer, case.registry, case.grc, "ada", at))
    try:
        with dying_at(number) as step:
            quick.sync(step)
    except Interrupted:
        quick.reopen()
    settled(quick)
    assert quick.record("credit")["purpose"] == cut(answer, 4_000)
    assert quick.tags("credit")["purpose"] == cut(answer, TAG_LIMIT)
    assert quick.store.conflicts("test") == []


def test_what_nobody_foresaw_stops_one_object_and_no_other(
    quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.author.create_model("other")
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Lending")
    arrived = neighbour(quick)
    update = quick.adapter.update
    record = quick.record("credit")["id"]
    monkeypatch.setattr(quick.adapter, "update", lambda w: {}["nothing"] if w.id == record else update(w))
    result = quick.sync()
    assert result.exit_code == 1
    ((operation, error),) = result.applied.failures
    assert (operation.ref.name, type(error)) == ("credit", Defect)
    assert "unexpected KeyError" in str(error)
    assert arrived() == "Fraud"

    monkeypatch.undo()
    settled(quick)
    assert quick.record("credit")["purpose"] == "Lending"


def test_a_cycle_that_breaks_in_an_unforeseen_way_is_recorded_as_failed(
    quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    credit(quick)
    monkeypatch.setattr(quick.registry, "snapshot", lambda **_: {}["nothing"])
    with pytest.raises(Defect, match="unexpected KeyError"):
        quick.sync()
    (run,) = quick.store.runs("test")
    assert run.status is RunStatus.FAILED
    assert "this is a defect" in (run.message or "")
