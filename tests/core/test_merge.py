"""The merge, row by row of its truth table, and the laws that hold for every value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.merge import Action, Held, merge, take
from connector.model.cut import cut
from connector.model.fields import ConflictRule, Entity, Field, FieldType, Location, LocationKind, Owner, Side
from connector.model.state import Agreement, Base

TODAY = "2026-03-02"
TAG = (Location(LocationKind.TAG, "x"),)
TIERS = ("critical", "high", "medium", "low")


def field(owner: Owner, rule: ConflictRule = ConflictRule.MANUAL, **more: object) -> Field:
    made = Field("x", FieldType.TEXT, owner, Entity.MODEL, rule, locations=TAG)
    return replace(made, **more)  # type: ignore[arg-type]


TIER = field(Owner.SHARED, ConflictRule.HIGHEST, type=FieldType.CHOICE, values=TIERS)
M, G, S = field(Owner.MLFLOW), field(Owner.GRC), field(Owner.SHARED)
BY_MLFLOW, BY_GRC = field(Owner.SHARED, ConflictRule.MLFLOW), field(Owner.SHARED, ConflictRule.GRC)


def held(registry: str | None, grc: str | None, *base: str | None, since: str | None = None) -> Held:
    """Values now, then the base pair (one value: both the same; none: no base)."""
    if not base:
        return Held(registry, grc)
    return Held(registry, grc, Base(base[0], base[-1], Agreement.AGREED, since))


# field, what is held -> the side written and the value; None: quiet; "park"
TABLE = [
    # every field
    (M, held("a", "a", "a"), None),
    (S, held("a", "b", "a", "b"), None),
    (TIER, held("high", "low", "high", "low"), None),
    # owned by MLflow
    (M, held("a", None), ("grc", "a")),
    (M, held("a", "b"), ("grc", "a")),
    (M, held(None, "b"), ("grc", None)),
    (M, held("b", "a", "a"), ("grc", "b")),
    (M, held(None, "a", "a"), ("grc", None)),
    (M, held("a", "b", "a"), ("grc", "a")),
    (M, held("b", "c", "a"), ("grc", "b")),
    # owned by the GRC
    (G, held("a", "b"), ("registry", "b")),
    (G, held("a", None), ("registry", None)),
    (G, held("b", "a", "a"), ("registry", "a")),
    (G, held("a", "b", "a"), ("registry", "b")),
    (G, held("b", "c", "a"), ("registry", "c")),
    # shared
    (S, held("a", None), ("grc", "a")),
    (S, held(None, "b"), ("registry", "b")),
    (S, held("a", "b"), "park"),
    (S, held("b", "a", "a"), ("grc", "b")),
    (S, held("a", "b", "a"), ("registry", "b")),
    (S, held(None, "a", "a"), ("grc", None)),
    (S, held("a", None, "a"), ("registry", None)),
    (S, held("b", None, "a"), ("grc", "b")),
    (S, held(None, "b", "a"), ("registry", "b")),
    (S, held("b", "c", "a"), "park"),
    (BY_MLFLOW, held("b", "c", "a"), ("grc", "b")),
    (BY_GRC, held("b", "c", "a"), ("registry", "c")),
    (BY_MLFLOW, held("a", "b", "a"), ("registry", "b")),
    (BY_GRC, held("b", "a", "a"), ("grc", "b")),
    # shared, highest
    (TIER, held("high", "low"), ("grc", "high")),
    (TIER, held("low", "high"), ("registry", "high")),
    (TIER, held(None, "low"), ("registry", "low")),
    (TIER, held("low", None), ("grc", "low")),
    (TIER, held("high", "medium", "medium"), ("grc", "high")),
    (TIER, held("low", "medium", "medium"), ("registry", "medium")),
    (TIER, held(None, "medium", "medium"), ("registry", "medium")),
    (TIER, held("medium", "low", "medium"), ("registry", "low")),
    (TIER, held("medium", "high", "medium"), ("registry", "high")),
    (TIER, held("medium", None, "medium"), ("grc", "medium")),
    (TIER, held("low", None, "high"), ("grc", "high")),
    (TIER, held("critical", "high", "medium"), ("grc", "critical")),
    (TIER, held("high", "critical", "medium"), ("registry", "critical")),
    (TIER, held("medium", "low", "high"), ("registry", "low")),
    (TIER, held("low", "medium", "high"), ("registry", "medium")),
]


@pytest.mark.parametrize(("which", "holding", "expected"), TABLE)
def test_truth_table(which: Field, holding: Held, expected: object) -> None:
    verdict = merge(which, holding, today=TODAY)
    if expected is None:
        assert verdict.action is Action.QUIET
    elif expected == "park":
        assert verdict.action is Action.PARK
    else:
        assert (verdict.action, verdict.side, verdict.value) == (Action.WRITE, Side(expected[0]), expected[1])
        assert verdict.rule


DRIFT = [
    (M, held("a", "b", "a"), True),
    (M, held("b", "a", "a"), False),
    (M, held("a", "b"), True),
    (M, held("a", None), False),
    (G, held("b", "a", "a"), True),
    (G, held("a", "b", "a"), False),
    (G, held("a", None), True),
    (S, held("b", "a", "a"), False),
    (TIER, held("low", "medium", "medium"), True),
    (TIER, held("high", "medium", "medium"), False),
    (TIER, held("medium", "low", "medium"), False),
]


@pytest.mark.parametrize(("which", "holding", "drift"), DRIFT)
def test_what_counts_as_drift(which: Field, holding: Held, drift: bool) -> None:
    assert merge(which, holding, today=TODAY).drift is drift


PROVISIONAL = [
    (held("high", "medium", "medium"), TODAY),  # raised in MLflow
    (held("high", "low"), TODAY),  # first contact
    (held("low", "high"), TODAY),
    (held("high", None), TODAY),  # created from MLflow
    (held(None, "high"), None),  # the GRC's own
    (held("medium", "low", "medium", since="2026-01-01"), None),  # the GRC decided
    (held("low", "high", "high", since="2026-01-01"), "2026-01-01"),  # put back: still unconfirmed
]


@pytest.mark.parametrize(("holding", "since"), PROVISIONAL)
def test_a_risk_class_is_provisional_until_the_grc_speaks(holding: Held, since: str | None) -> None:
    assert merge(TIER, holding, today=TODAY).provisional_since == since


def test_an_adopted_record_keeps_what_mlflow_never_held() -> None:
    """A description written in the GRC years ago is not erased because MLflow has none."""
    verdict = merge(M, Held(None, "kept", None, adopted=True), today=TODAY)
    assert (verdict.action, verdict.base) == (Action.SETTLE, Base(None, "kept", Agreement.UNSPOKEN))
    edited = merge(M, Held(None, "edited", verdict.base), today=TODAY)
    assert (edited.action, edited.base) == (Action.SETTLE, Base(None, "edited", Agreement.UNSPOKEN))
    assert merge(M, Held(None, "kept", verdict.base), today=TODAY).action is Action.QUIET
    spoken = merge(M, Held("said", "kept", verdict.base), today=TODAY)
    assert (spoken.action, spoken.side, spoken.value) == (Action.WRITE, Side.GRC, "said")
    # What the GRC owns is another matter: an approval that only MLflow holds is nobody's decision.
    assert merge(G, Held("approved", None, None, adopted=True), today=TODAY).side is Side.REGISTRY


def test_agreement_ends_what_was_provisional_when_a_side_moved() -> None:
    verdict = merge(TIER, held("medium", "medium", "high", since="2026-01-01"), today=TODAY)
    assert verdict.base == Base("medium", "medium")
    assert merge(TIER, held("high", "high", "high", since="2026-01-01"), today=TODAY).action is Action.QUIET


class TestCutCopies:
    LONG = "x" * 300
    SHORT = replace(S, registry_limit=100)

    def test_a_long_value_is_cut_with_a_mark_and_is_quiet_then(self) -> None:
        verdict = merge(self.SHORT, held(None, self.LONG), today=TODAY)
        copy = verdict.value
        assert verdict.cut
        assert copy is not None
        assert len(copy) <= 100
        assert "300" in copy
        again = Held(copy, self.LONG, Base(copy, self.LONG, Agreement.CUT))
        assert merge(self.SHORT, again, today=TODAY).action is Action.QUIET

    def test_without_state_the_copy_is_recognised(self) -> None:
        verdict = merge(self.SHORT, held(cut(self.LONG, 100), self.LONG), today=TODAY)
        assert verdict.action is Action.SETTLE
        assert verdict.base is not None
        assert verdict.base.agreement is Agreement.CUT

    @pytest.mark.parametrize("owner", [Owner.SHARED, Owner.MLFLOW])
    def test_an_edit_of_the_copy_is_parked(self, owner: Owner) -> None:
        copy = cut(self.LONG, 100)
        holding = Held("edited", self.LONG, Base(copy, self.LONG, Agreement.CUT))
        assert merge(replace(self.SHORT, owner=owner), holding, today=TODAY).action is Action.PARK

    def test_an_edit_of_the_copy_is_put_back_where_the_long_side_owns_the_field(self) -> None:
        copy = cut(self.LONG, 100)
        holding = Held("edited", self.LONG, Base(copy, self.LONG, Agreement.CUT))
        verdict = merge(replace(self.SHORT, owner=Owner.GRC), holding, today=TODAY)
        assert (verdict.action, verdict.side, verdict.value, verdict.drift) == (Action.WRITE, Side.REGISTRY, copy, True)

    def test_a_long_value_that_fits_again_is_written_whole(self) -> None:
        copy = cut(self.LONG, 100)
        holding = Held(copy, "fits", Base(copy, self.LONG, Agreement.CUT))
        verdict = merge(self.SHORT, holding, today=TODAY)
        assert (verdict.side, verdict.value, verdict.cut) == (Side.REGISTRY, "fits", False)

    def test_a_list_too_long_for_the_grc_is_not_cut(self) -> None:
        listed = replace(M, type=FieldType.LIST, grc_limit=50)
        verdict = merge(listed, held('["' + "x" * 60 + '"]', None), today=TODAY)
        assert verdict.action is Action.BLOCKED


def test_what_cannot_be_written_is_said_and_left() -> None:
    read_only = replace(G, locations=(Location(LocationKind.RUN_METRIC, "auc"),))
    assert merge(read_only, held("a", "b", "a"), today=TODAY).action is Action.BLOCKED
    assert merge(replace(M, grc_writable=False), held("b", "a", "a"), today=TODAY).action is Action.BLOCKED


def test_a_resolution_writes_the_side_that_lost() -> None:
    parked = held("b", "c", "a")
    assert [(v.side, v.value) for v in take(S, parked, Side.REGISTRY)] == [(Side.GRC, "b")]
    assert [(v.side, v.value) for v in take(S, parked, Side.GRC)] == [(Side.REGISTRY, "c")]
    assert [(v.side, v.value) for v in take(S, parked, None, "d")] == [(Side.REGISTRY, "d"), (Side.GRC, "d")]


VALUES = st.sampled_from([None, "low", "medium", "high", "critical"])
BASES = st.one_of(st.none(), st.builds(Base, VALUES, VALUES))
FIELDS = st.sampled_from([M, G, S, BY_MLFLOW, BY_GRC, TIER])


@given(FIELDS, VALUES, VALUES, BASES)
def test_a_write_is_followed_by_quiet(which: Field, registry: str | None, grc: str | None, base: Base | None) -> None:
    verdict = merge(which, Held(registry, grc, base), today=TODAY)
    if verdict.action is Action.WRITE:
        after = (verdict.value, grc) if verdict.side is Side.REGISTRY else (registry, verdict.value)
        if verdict.halfway:
            second = merge(which, Held(*after, base), today=TODAY)
            assert (second.action, second.side, second.value) == (Action.WRITE, Side.REGISTRY, verdict.value)
            after = (verdict.value, verdict.value)
        assert after[0] == after[1]
        settled = Held(*after, Base(*after, Agreement.AGREED, verdict.provisional_since))
        assert merge(which, settled, today=TODAY).action is Action.QUIET
    if verdict.action is Action.SETTLE:
        assert verdict.base is not None
        assert merge(which, Held(registry, grc, verdict.base), today=TODAY).action is Action.QUIET


@given(FIELDS, VALUES, VALUES, BASES)
def test_no_value_is_invented_and_none_lost_without_a_rule(
    which: Field, registry: str | None, grc: str | None, base: Base | None
) -> None:
    verdict = merge(which, Held(registry, grc, base), today=TODAY)
    if verdict.action is Action.WRITE:
        assert verdict.value in ((registry, grc) if not verdict.halfway or base is None else (base.grc,))
        overwritten = registry if verdict.side is Side.REGISTRY else grc
        moved = base is None or overwritten != (base.registry if verdict.side is Side.REGISTRY else base.grc)
        if which is S and moved and overwritten is not None:
            raise AssertionError("a shared value that somebody set was overwritten without asking")


@given(VALUES, VALUES, BASES)
def test_mlflow_never_lowers_a_risk_class(registry: str | None, grc: str | None, base: Base | None) -> None:
    verdict = merge(TIER, Held(registry, grc, base), today=TODAY)
    if verdict.action is Action.WRITE and verdict.side is Side.GRC:
        assert TIER.rank(verdict.value) > TIER.rank(grc)
