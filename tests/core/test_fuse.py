"""The fuse: what it counts, where it trips, what an approval lets through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.fuse import fuse
from connector.model.fields import Entity, Side
from connector.model.operations import FieldChange, FuseClass, Operation, OperationKind
from connector.model.policy import DEFAULT_FUSES, FuseLimit
from connector.model.views import ObjectRef


def operation(number: int, kind: FuseClass | None, *changes: FieldChange) -> Operation:
    ref = ObjectRef(Entity.MODEL, f"key{number}", f"model{number}")
    retire = kind is FuseClass.RETIRE
    what = OperationKind.RETIRE_RECORD if retire else OperationKind.UPDATE_REGISTRY
    side = Side.GRC if retire else Side.REGISTRY
    return Operation(what, side, ref, changes or (FieldChange("x", "a", "b", "why"),), "R", kind)


def removal(number: int, *, expected: bool = False, **more: object) -> Operation:
    change = FieldChange("grc_x", "a", None, "why", is_tag=True, expected_removal=expected)
    made = operation(number, FuseClass.UPDATE, change)
    return replace(made, **more)  # type: ignore[arg-type]


def emptying(number: int, *more: FieldChange) -> Operation:
    ref = ObjectRef(Entity.MODEL, f"key{number}", f"model{number}")
    change = FieldChange("purpose", "a", None, "changed in MLflow")
    return Operation(OperationKind.UPDATE_RECORD, Side.GRC, ref, (change, *more), "R", FuseClass.UPDATE)


@pytest.mark.parametrize(("count", "linked", "trips"), [(5, 10, False), (6, 59, True), (6, 60, False)])
def test_fields_of_the_grc_set_to_empty_are_a_class_of_their_own(count: int, linked: int, trips: bool) -> None:
    other = FieldChange("model_owner", None, "b", "why")
    result = fuse([emptying(number, other) for number in range(count)], linked, DEFAULT_FUSES)
    assert [each.changes for each in result.withheld] == [emptying(0).changes] * (count if trips else 0)
    assert len(result.operations) == count
    assert {each.fuse for each in result.withheld} <= {FuseClass.EMPTYING}
    assert all(len(each.changes) == (1 if trips else 2) for each in result.operations)


def test_what_a_submission_or_a_person_empties_is_expected() -> None:
    empty = FieldChange("purpose", "a", None, "resolved", expected_removal=True)
    operations = [replace(emptying(number), changes=(empty,)) for number in range(10)]
    assert fuse(operations, 10, DEFAULT_FUSES).withheld == ()


@pytest.mark.parametrize(
    ("kind", "count", "linked", "trips"),
    [
        (FuseClass.RETIRE, 5, 10, False),  # the floor
        (FuseClass.RETIRE, 6, 10, True),
        (FuseClass.RETIRE, 6, 59, True),
        (FuseClass.RETIRE, 6, 60, False),  # ten percent is not more than ten percent
        (FuseClass.RETIRE, 1, 2, False),  # a small set
        (FuseClass.UPDATE, 20, 20, False),
        (FuseClass.UPDATE, 21, 21, True),
        (FuseClass.UPDATE, 21, 42, False),
        (FuseClass.UPDATE, 22, 42, True),
    ],
)
def test_where_it_trips(kind: FuseClass, count: int, linked: int, trips: bool) -> None:
    operations = [operation(number, kind) for number in range(count)]
    result = fuse(operations, linked, DEFAULT_FUSES)
    assert bool(result.tripped) is trips
    assert len(result.withheld) == (count if trips else 0)
    assert len(result.operations) + len(result.withheld) == count


def test_creations_and_first_contact_are_not_counted() -> None:
    assert fuse([operation(number, None) for number in range(500)], 1, DEFAULT_FUSES).withheld == ()


def test_what_does_not_trip_is_applied_beside_what_does() -> None:
    retired = [operation(number, FuseClass.RETIRE) for number in range(6)]
    updated = [operation(number, FuseClass.UPDATE) for number in range(10, 13)]
    result = fuse([*retired, *updated], 20, DEFAULT_FUSES)
    assert result.operations == tuple(updated)
    assert result.withheld == tuple(retired)


def test_removals_are_a_class_of_their_own_and_the_rest_of_the_write_goes_on() -> None:
    kept = FieldChange("grc_y", "a", "b", "why", is_tag=True)
    writes = [removal(number) for number in range(6)]
    writes = [replace(each, changes=(kept, *each.changes)) for each in writes]
    result = fuse(writes, 20, DEFAULT_FUSES)
    assert [each.changes for each in result.operations] == [(kept,)] * 6
    assert all(change.new is None for each in result.withheld for change in each.changes)
    assert {each.fuse for each in result.withheld} == {FuseClass.TAG_REMOVAL}


def test_a_write_with_removals_below_the_limit_stays_one_write() -> None:
    kept = FieldChange("grc_y", "a", "b", "why", is_tag=True)
    write = removal(1)
    write = replace(write, changes=(kept, *write.changes))
    assert len(fuse([write], 20, DEFAULT_FUSES).operations) == 1


def test_closing_issues_do_not_count() -> None:
    assert fuse([removal(number, expected=True) for number in range(15)], 20, DEFAULT_FUSES).withheld == ()


def test_an_approval_lets_through_what_it_names_and_any_subset_of_it() -> None:
    operations = [operation(number, FuseClass.RETIRE) for number in range(8)]
    approved = frozenset(each.digest for each in operations)
    assert fuse(operations, 10, DEFAULT_FUSES, approved).withheld == ()
    assert fuse(operations[:3], 10, DEFAULT_FUSES, approved).withheld == ()


def test_what_an_approval_released_is_told_apart_from_what_needed_none() -> None:
    operations = [operation(number, FuseClass.RETIRE) for number in range(8)]
    creation = operation(9, None)
    result = fuse([*operations, creation], 10, DEFAULT_FUSES, frozenset(each.digest for each in operations[:2]))
    assert result.released == tuple(operations[:2])
    assert result.operations == (*operations[:2], creation)


def test_the_sentence_says_what_was_counted_against_what() -> None:
    limits = {FuseClass.RETIRE: FuseLimit(10, 0)}
    version = ObjectRef(Entity.VERSION, "key9", "model9")
    models = [operation(number, FuseClass.RETIRE) for number in range(2)]
    one = fuse([*models, replace(models[0], ref=version)], 20, limits)
    assert one.tripped == {
        FuseClass.RETIRE: "retirement of 2 models and 1 version, of 20 linked objects (limit 10 %, at least 0)"
    }
    two = fuse([replace(models[0], ref=replace(version, key=f"v{number}")) for number in range(3)], 20, limits)
    assert "retirement of 3 versions, of 20" in two.tripped[FuseClass.RETIRE]


def test_an_approval_holds_for_those_values_only() -> None:
    operations = [operation(number, FuseClass.RETIRE) for number in range(8)]
    approved = frozenset(each.digest for each in operations)
    changed = [replace(each, changes=(FieldChange("x", "a", "other", "why"),)) for each in operations]
    assert len(fuse(changed, 10, DEFAULT_FUSES, approved).withheld) == 8


def test_limits_are_configuration() -> None:
    operations = [operation(number, FuseClass.RETIRE) for number in range(2)]
    assert len(fuse(operations, 10, {FuseClass.RETIRE: FuseLimit(0, 0)}).withheld) == 2


def test_what_an_approval_left_out_stays_withheld_though_it_is_few() -> None:
    operations = [operation(number, FuseClass.RETIRE) for number in range(8)]
    before = frozenset(each.digest for each in operations)
    approved = frozenset(each.digest for each in operations[:5])
    result = fuse(operations, 20, DEFAULT_FUSES, approved, before)
    assert result.operations == tuple(operations[:5])
    assert result.withheld == tuple(operations[5:])
    assert result.tripped == {FuseClass.RETIRE: "retirement of 3 models, of 20 linked objects (withheld before)"}


def test_what_was_withheld_is_forgotten_once_it_is_not_planned() -> None:
    before = frozenset(operation(number, FuseClass.RETIRE).digest for number in range(8))
    fresh = [operation(number, FuseClass.RETIRE) for number in range(8, 11)]
    assert fuse(fresh, 20, DEFAULT_FUSES, frozenset(), before).withheld == ()


@pytest.mark.parametrize(("unasked", "trips"), [(4, False), (5, True)])
def test_what_was_not_asked_for_counts_with_what_was(unasked: int, trips: bool) -> None:
    operations = [operation(number, FuseClass.RETIRE) for number in range(2)]
    result = fuse(operations, 60, DEFAULT_FUSES, unasked={FuseClass.RETIRE: unasked})
    assert len(result.withheld) == (2 if trips else 0)


def test_what_was_not_asked_for_withholds_nothing_by_itself() -> None:
    result = fuse([removal(1)], 60, DEFAULT_FUSES, unasked={FuseClass.RETIRE: 60})
    assert (result.withheld, result.tripped) == ((), {})
