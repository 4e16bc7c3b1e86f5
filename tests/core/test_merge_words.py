"""Every sentence that a merge can give as its reason, with the whole verdict it stands for: ``plan``, the audit trail
and the report repeat it to people.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.merge import Action, Held, Verdict, merge, take
from connector.model.cut import cut
from connector.model.fields import Field, FieldType, Location, LocationKind, Owner, Side, Value
from connector.model.state import Agreement, Base
from tests.core.test_merge import BY_GRC, BY_MLFLOW, TIER, TODAY, G, M, S, held

SINCE = "2026-01-01"
LONG = "x" * 300
COPY = cut(LONG, 100)
SHORT_IN_MLFLOW = replace(S, registry_limit=100)
SHORT_IN_GRC = replace(S, grc_limit=100)
METRIC = replace(G, locations=(Location(LocationKind.RUN_METRIC, "auc"),))
LISTED = replace(M, type=FieldType.LIST, grc_limit=50)
START = LONG[:10]
"""What is left of the long value where not even the mark of a cut copy has room."""


def to_mlflow(value: Value, rule: str, **more: object) -> Verdict:
    return replace(Verdict(Action.WRITE, rule, Side.REGISTRY, value), **more)  # type: ignore[arg-type]


def to_grc(value: Value, rule: str, **more: object) -> Verdict:
    return replace(Verdict(Action.WRITE, rule, Side.GRC, value), **more)  # type: ignore[arg-type]


def agreed(registry: Value, grc: Value, how: Agreement, since: str | None = None, rule: str = "") -> Verdict:
    return Verdict(Action.SETTLE, rule or "both sides agree", base=Base(registry, grc, how, since))


def parked(rule: str) -> Verdict:
    return Verdict(Action.PARK, rule)


SETTLED = [
    (S, held("b", "b", "a"), agreed("b", "b", Agreement.AGREED)),
    (S, held("a", "a"), agreed("a", "a", Agreement.AGREED)),
    (S, held(None, None), Verdict(Action.QUIET)),
    (S, held(None, None, "a"), agreed(None, None, Agreement.AGREED)),
    (S, held("a", "a", "a"), Verdict(Action.QUIET)),
    (TIER, held("high", "high", "high", since=SINCE), Verdict(Action.QUIET)),
    (TIER, held("high", "high", "high", "low", since=SINCE), agreed("high", "high", Agreement.AGREED)),
    (TIER, held("high", "high", "low", "high", since=SINCE), agreed("high", "high", Agreement.AGREED)),
    (
        TIER,  # nobody consented to a raised class by leaving it where a write did not seem to stick
        Held("high", "high", Base("high", "high", Agreement.NOT_STUCK, SINCE)),
        agreed("high", "high", Agreement.AGREED, SINCE),
    ),
    (
        M,
        Held(None, "kept", None, adopted=True),
        agreed(None, "kept", Agreement.UNSPOKEN, rule="MLflow, which owns it, never held a value"),
    ),
]
OWNED = [
    (M, held("b", "a", "a"), to_grc("b", "owned by MLflow")),
    (M, held("a", None), to_grc("a", "owned by MLflow")),
    (M, held("a", "b"), to_grc("a", "owned by MLflow", drift=True)),
    (M, held("b", "c", "a"), to_grc("b", "owned by MLflow; the edit in GRC gave way")),
    (M, held("a", "b", "a"), to_grc("a", "owned by MLflow: edit in GRC put back", drift=True)),
    (M, held(None, "b"), to_grc(None, "owned by MLflow: edit in GRC put back", drift=True)),
    (M, Held("said", "kept", None, adopted=True), to_grc("said", "owned by MLflow", drift=True)),
    (M, Held("said", "kept", Base(None, "kept", Agreement.UNSPOKEN)), to_grc("said", "owned by MLflow")),
    (replace(M, owner=Owner.COMPUTED), held("b", "a", "a"), to_grc("b", "owned by MLflow")),
    (G, held("a", "b", "a"), to_mlflow("b", "owned by GRC")),
    (G, held("b", "c", "a"), to_mlflow("c", "owned by GRC; the edit in MLflow gave way")),
    (G, held("b", "a", "a"), to_mlflow("a", "owned by GRC: edit in MLflow put back", drift=True)),
    (G, held(None, "b"), to_mlflow("b", "owned by GRC")),
    (G, Held(None, "b", None, adopted=True), to_mlflow("b", "owned by GRC")),
    (G, held("a", "b"), to_mlflow("b", "owned by GRC", drift=True)),
    (G, held("a", None), to_mlflow(None, "owned by GRC: edit in MLflow put back", drift=True)),
    (G, Held("a", None, None, adopted=True), to_mlflow(None, "owned by GRC: edit in MLflow put back", drift=True)),
]
SHARED = [
    (S, held("b", "a", "a"), to_grc("b", "shared: changed in MLflow")),
    (S, held("a", "b", "a"), to_mlflow("b", "shared: changed in GRC")),
    (S, held(None, "a", "a"), to_grc(None, "shared: changed in MLflow")),
    (S, held("b", None, "a"), to_grc("b", "shared: the empty side takes the other")),
    (S, held(None, "b"), to_mlflow("b", "shared: the empty side takes the other")),
    (S, held("b", "c", "a"), parked("both sides changed it")),
    (S, held("b", "c"), parked("first contact: both sides hold a value")),
    (BY_MLFLOW, held("b", "c", "a"), to_grc("b", "both changed: MLflow wins by rule")),
    (BY_GRC, held("b", "c", "a"), to_mlflow("c", "both changed: the GRC wins by rule")),
]
RAISED, LOWERED = "raised in MLflow: provisional", "lowered in MLflow: only the GRC may lower it; put back"
RISK = [
    (TIER, held("high", "low"), to_grc("high", "first contact: the more severe wins", provisional_since=TODAY)),
    (TIER, held("low", "high"), to_mlflow("high", "first contact: the more severe wins", provisional_since=TODAY)),
    (TIER, held("low", None), to_grc("low", "the empty side takes the other", provisional_since=TODAY)),
    (TIER, held(None, "low"), to_mlflow("low", "the empty side takes the other")),
    (TIER, held("high", "medium", "medium"), to_grc("high", RAISED, provisional_since=TODAY)),
    (TIER, held("critical", "high", "medium"), to_grc("critical", RAISED, provisional_since=TODAY)),
    (TIER, held("high", "critical", "medium"), to_mlflow("critical", "set in the GRC")),
    (TIER, held("high", "high", "medium", "high"), agreed("high", "high", Agreement.AGREED)),
    (TIER, held("high", "medium", "low", "high"), to_grc("high", RAISED, provisional_since=TODAY)),
    (TIER, held("medium", "low", "high", "high"), to_mlflow("low", "set in the GRC")),
    (TIER, held("medium", "low", "medium"), to_mlflow("low", "set in the GRC")),
    (
        TIER,
        held("low", "medium", "medium", since=SINCE),
        to_mlflow("medium", LOWERED, drift=True, provisional_since=SINCE),
    ),
    (
        TIER,
        held("medium", None, "medium", since=SINCE),
        to_grc("medium", "emptied in the GRC: refilled", drift=True, provisional_since=SINCE),
    ),
    (
        TIER,
        held("low", None, "high", since=SINCE),
        to_grc(
            "high",
            "lowered in MLflow, emptied in the GRC: the class last agreed stands",
            drift=True,
            halfway=True,
            provisional_since=SINCE,
        ),
    ),
    (TIER, held("high", None, "medium"), to_grc("high", RAISED, provisional_since=TODAY)),
    (TIER, held("medium", None, "high", "medium"), to_grc("medium", RAISED, provisional_since=TODAY)),
    # Classes that the mapping does not know are below all of its own, and equal among themselves: the GRC's stands.
    (TIER, held("odd", "queer"), to_mlflow("queer", "first contact: the more severe wins", provisional_since=TODAY)),
    (TIER, held("odd", "queer", "strange"), to_mlflow("queer", "set in the GRC")),
    (TIER, held("odd", "queer", "strange", "queer"), to_mlflow("queer", LOWERED, drift=True)),
]
EDITED = "a cut copy was edited in MLflow; the whole text stands in GRC"
CUT = [
    (SHORT_IN_MLFLOW, held(COPY, LONG), agreed(COPY, LONG, Agreement.CUT)),
    (SHORT_IN_MLFLOW, held(COPY, LONG, "old", LONG), agreed(COPY, LONG, Agreement.CUT)),
    (SHORT_IN_MLFLOW, Held(COPY, LONG, Base(COPY, LONG, Agreement.CUT)), Verdict(Action.QUIET)),
    (
        SHORT_IN_MLFLOW,
        held(None, LONG),
        to_mlflow(COPY, "shared: the empty side takes the other", cut=True),
    ),
    (SHORT_IN_MLFLOW, Held(COPY, "fits", Base(COPY, LONG, Agreement.CUT)), to_mlflow("fits", "changed in GRC")),
    (SHORT_IN_GRC, Held("fits", COPY, Base(LONG, COPY, Agreement.CUT)), to_grc("fits", "changed in MLflow")),
    (SHORT_IN_MLFLOW, Held("edited", LONG, Base(COPY, LONG, Agreement.CUT)), parked(EDITED)),
    (
        SHORT_IN_GRC,
        Held(LONG, "edited", Base(LONG, COPY, Agreement.CUT)),
        parked("a cut copy was edited in GRC; the whole text stands in MLflow"),
    ),
    (
        replace(SHORT_IN_MLFLOW, owner=Owner.GRC),
        Held("edited", LONG, Base(COPY, LONG, Agreement.CUT)),
        to_mlflow(COPY, "owned by GRC: edited copy put back", drift=True, cut=True),
    ),
    (
        replace(SHORT_IN_GRC, owner=Owner.MLFLOW),
        Held(LONG, "edited", Base(LONG, COPY, Agreement.CUT)),
        to_grc(COPY, "owned by MLflow: edited copy put back", drift=True, cut=True),
    ),
    (
        SHORT_IN_GRC,
        held(LONG, COPY, LONG, "old"),
        agreed(LONG, COPY, Agreement.CUT),
    ),
    (replace(M, type=FieldType.LIST, grc_limit=300), held(LONG, None), to_grc(LONG, "owned by MLflow")),
    (
        replace(G, type=FieldType.LIST, registry_limit=100),
        held(None, LONG),
        to_mlflow(COPY, "owned by GRC", cut=True),
    ),
    (replace(G, registry_limit=10), held(START, LONG), agreed(START, LONG, Agreement.CUT, rule="owned by GRC")),
    (replace(M, grc_limit=10), held(LONG, START), agreed(LONG, START, Agreement.CUT, rule="owned by MLflow")),
]
BLOCKED = [
    (
        METRIC,
        held("a", "b", "a"),
        Verdict(Action.BLOCKED, "owned by GRC; the field cannot be written in MLflow", Side.REGISTRY, "b"),
    ),
    (
        replace(M, grc_writable=False),
        held("b", "a", "a"),
        Verdict(Action.BLOCKED, "owned by MLflow; the field cannot be written in GRC", Side.GRC, "b"),
    ),
    (
        LISTED,
        held(LONG, None),
        Verdict(Action.BLOCKED, "owned by MLflow; too long for the GRC (300 of 50)", Side.GRC, LONG),
    ),
    (
        replace(LISTED, type=FieldType.MAP),
        held(LONG, None),
        Verdict(Action.BLOCKED, "owned by MLflow; too long for the GRC (300 of 50)", Side.GRC, LONG),
    ),
]


@pytest.mark.parametrize(("which", "holding", "verdict"), [*SETTLED, *OWNED, *SHARED, *RISK, *CUT, *BLOCKED])
def test_the_whole_verdict(which: Field, holding: Held, verdict: Verdict) -> None:
    assert merge(which, holding, today=TODAY) == verdict


def test_what_fits_only_cut_and_stands_there_already_is_agreed() -> None:
    """The GRC's value changed beyond the cut: the copy in MLflow is right as it is, for the new length too."""
    longer = "y" + "x" * 299
    holding = Held(cut(longer, 100), longer, Base("old", LONG))
    assert merge(SHORT_IN_MLFLOW, holding, today=TODAY) == agreed(cut(longer, 100), longer, Agreement.CUT)


@pytest.mark.parametrize(
    ("side", "value", "answers"),
    [
        (Side.REGISTRY, None, (to_grc("b", "resolved: MLflow taken"),)),
        (Side.GRC, None, (to_mlflow("c", "resolved: GRC taken"),)),
        (
            None,
            "d",
            (
                to_mlflow("d", "resolved: a new value", halfway=True),
                to_grc("d", "resolved: a new value", halfway=True),
            ),
        ),
        (None, "b", (to_grc("b", "resolved: a new value"),)),
        (None, "c", (to_mlflow("c", "resolved: a new value"),)),
    ],
)
def test_what_an_answer_writes(side: Side | None, value: Value, answers: tuple[Verdict, ...]) -> None:
    assert take(S, held("b", "c", "a"), side, value) == answers


def test_an_answer_whose_copy_stands_already_is_written_where_it_does_not() -> None:
    """Else the base would tell of a value that the GRC never held, and the next cycle would take it for edited."""
    (answer,) = take(SHORT_IN_MLFLOW, held(COPY, "c"), None, LONG)
    assert answer == to_grc(LONG, "resolved: a new value")


def stands(registry: Value, standing: str, how: Agreement, field: Field = G) -> Verdict:
    """The GRC, which owns the field, holds nothing of it since its mapping changed."""
    return merge(field, Held(registry, None, Base("a", standing, how), standing=standing), today=TODAY)


def test_what_stands_while_the_grc_holds_nothing() -> None:
    met = agreed("a", "a", Agreement.UNSPOKEN, rule="the GRC, which owns it, holds no value yet")
    assert stands("a", "a", Agreement.MOVED) == met
    assert stands("a", "a", Agreement.UNSPOKEN) == Verdict(Action.QUIET)
    missing = to_mlflow("a", "what the GRC decided last stands", halfway=True)
    assert stands(None, "a", Agreement.MOVED) == missing
    edited = "edit in MLflow put back: what the GRC decided last stands"
    assert stands("b", "a", Agreement.UNSPOKEN) == to_mlflow("a", edited, drift=True, halfway=True)
    short = replace(G, registry_limit=100)
    assert stands(COPY, LONG, Agreement.MOVED, short).base == Base(COPY, LONG, Agreement.UNSPOKEN)
    assert stands("b", LONG, Agreement.MOVED, short).value == COPY
