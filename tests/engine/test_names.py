"""Models and records matched by name; nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from connector.engine import names
from connector.engine.linking import linked_model
from connector.engine.names import ALIKE, BY_ID, EXACT, Wanted, match_names
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.state import Link, LinkState
from connector.model.views import GrcView, ObjectRef, RegistryView


def model(name: str, *, in_scope: bool = True) -> RegistryView:
    return RegistryView(ObjectRef(Entity.MODEL, f"key:{name}", name), 1, in_scope=in_scope)


def record(record_id: str, name: str, key: str | None = None, instance: str | None = None) -> GrcView:
    return GrcView(Entity.MODEL, record_id, key, name, instance=instance)


def linked(name: str, record_id: str, state: LinkState = LinkState.LIVE) -> dict[str, Link]:
    ref = model(name).ref
    return {ref.key: Link(ref, record_id, state)}


@pytest.mark.parametrize(
    ("name", "how"),
    [("credit", EXACT), ("CREDIT", ALIKE), ("Cre dit", ALIKE), ("cre-d.i_t", ALIKE), ("\uff23redit", ALIKE)],
)
def test_by_name(name: str, how: str) -> None:
    (match,) = match_names([Wanted("credit")], [model("credit")], [record("R1", name), record("R2", "other")], {})
    assert (match.settled, match.record_ids, match.reason) == (True, ("R1",), how)


def test_the_exact_name_wins_over_those_alike() -> None:
    (match,) = match_names([Wanted("credit")], [model("credit")], [record("R1", "Credit"), record("R2", "credit")], {})
    assert (match.settled, match.record_ids) == (True, ("R2",))


@pytest.mark.parametrize("names", [("credit", "credit"), ("Credit", "CREDIT")])
def test_two_that_fit_are_left_to_a_person(names: tuple[str, str]) -> None:
    records = [record("R1", names[0]), record("R2", names[1])]
    (match,) = match_names([Wanted("credit")], [model("credit")], records, {})
    assert (match.settled, match.record_ids) == (False, ("R1", "R2"))


def test_the_list_may_name_the_record() -> None:
    records = [record("R1", "credit"), record("R2", "Kreditmodell")]
    rows = [Wanted("credit", "kreditmodell"), Wanted("fraud", "R1")]
    by_name, by_id = match_names(rows, [model("credit"), model("fraud")], records, {})
    assert (by_name.record_ids, by_id.record_ids, by_id.reason) == (("R2",), ("R1",), BY_ID)


@pytest.mark.parametrize(
    ("found", "links"),
    [
        (record("R1", "credit", key="mlflow:x/y@1"), {}),
        (record("R1", "credit", instance="another"), {}),
        (record("R1", "credit"), linked("fraud", "R1")),
    ],
)
@pytest.mark.parametrize("row", [Wanted("credit"), Wanted("credit", "R1")])
def test_a_record_that_is_taken_does_not_come_into_question(
    found: GrcView, links: dict[str, Link], row: Wanted
) -> None:
    (match,) = match_names([row], [model("credit")], [found], links)
    assert not match.settled


def test_a_model_that_is_linked_is_left_alone_unless_its_record_is_gone() -> None:
    records = [record("R2", "credit")]
    (match,) = match_names([Wanted("credit")], [model("credit")], records, linked("credit", "R1"))
    assert (match.settled, "R1" in match.reason) == (False, True)
    gone = linked("credit", "R1", LinkState.RECORD_GONE)
    (match,) = match_names([Wanted("credit")], [model("credit")], records, gone)
    assert match.settled


def test_two_rows_for_one_record_get_it_neither() -> None:
    rows = [Wanted("credit", "R1"), Wanted("fraud", "R1")]
    found = match_names(rows, [model("credit"), model("fraud")], [record("R1", "x")], {})
    assert [match.settled for match in found] == [False, False]


def test_one_model_twice_gets_nothing() -> None:
    rows = [Wanted("credit", "R1"), Wanted("credit", "R2")]
    found = match_names(rows, [model("credit")], [record("R1", "x"), record("R2", "y")], {})
    assert [match.settled for match in found] == [False, False]


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ([], "no registered model"),
        ([model("Credit"), model("CREDIT")], "more than one registered model"),
        ([model("credit", in_scope=False)], "scope"),
    ],
)
def test_a_model_that_is_not_clear(models: list[RegistryView], words: str) -> None:
    (match,) = match_names([Wanted("credit")], models, [record("R1", "credit")], {})
    assert (match.settled, words in match.reason) == (False, True)


def test_punctuation_alone_fits_nothing() -> None:
    (match,) = match_names([Wanted("!!!")], [model("!!!")], [record("R1", "???")], {})
    assert not match.settled


def test_a_name_of_one_workspace_needs_not_tell_it() -> None:
    models = [model("risk/credit"), model("retail/limit"), model("risk/limit")]
    records = [record("R1", "Credit"), record("R2", "limit"), record("R3", "risk/limit")]
    rows = [Wanted("credit"), Wanted("limit"), Wanted("risk/limit"), Wanted("retail/limit")]
    one, both, full, bare = match_names(rows, models, records, {})
    assert (one.model, one.record_ids, one.reason) == ("risk/credit", ("R1",), ALIKE)
    assert not both.settled
    assert "retail/limit, risk/limit" in both.reason
    assert (full.model, full.record_ids) == ("risk/limit", ("R3",))
    assert (bare.model, bare.record_ids) == ("retail/limit", ("R2",))


def test_two_workspaces_models_never_share_a_record() -> None:
    rows = [Wanted("risk/limit"), Wanted("retail/limit")]
    found = match_names(rows, [model("risk/limit"), model("retail/limit")], [record("R1", "limit")], {})
    assert [match.settled for match in found] == [False, False]


def test_the_link_meant_by_a_name() -> None:
    links = {**linked("risk/credit", "R1"), **linked("credit", "R2"), **linked("retail/pd", "R3")}
    assert linked_model("credit", links).record_id == "R2"
    assert linked_model("risk/credit", links).record_id == "R1"
    assert linked_model("pd", links).record_id == "R3"
    with pytest.raises(Rejected, match="no link"):
        linked_model("never", links)
    with pytest.raises(Rejected, match="More than one"):
        linked_model("pd", {**links, **linked("risk/pd", "R4")})


def test_a_long_list_is_not_matched_with_everything_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing alike stands in the way: each name is made plain once, and no record is compared with all others."""
    many, seen = 100, list[object]()
    plain, equal = names._plain, GrcView.__eq__

    def made_plain(name: str) -> str:
        seen.append(name)
        return plain(name)

    def compared(one: GrcView, other: object) -> Any:
        seen.append(other)
        return equal(one, other)

    monkeypatch.setattr(names, "_plain", made_plain)
    monkeypatch.setattr(GrcView, "__eq__", compared)
    models = [model(f"m-{each}") for each in range(many)]
    records = [record(f"R{each}", f"M {each}") for each in range(many)]
    rows = [Wanted(f"m-{each}", f"R{each}" if each % 2 else "") for each in range(many)]
    assert all(match.settled for match in match_names(rows, models, records, {}))
    assert len(seen) <= 4 * many
