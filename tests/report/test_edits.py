"""Which fields stand edited on the wrong side, by what both sides last agreed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls.facts import Edit
from connector.model.fields import Entity, Field, FieldType, Location, LocationKind, Owner, Side, Value
from connector.model.state import Agreement, Base
from connector.report.edits import differing, standing

GRC = Field("f", FieldType.STRING, Owner.GRC, Entity.MODEL, locations=(Location(LocationKind.TAG, "grc_f"),))
MLFLOW = replace(GRC, owner=Owner.MLFLOW)
SHARED = replace(GRC, owner=Owner.SHARED)


def edits(field: Field, registry: Value, grc: Value, base: Base | None, **tags: str) -> list[Edit]:
    sides = {"f": registry, **{f"tag:{key}": value for key, value in tags.items()}}, {"f": grc}
    bases = {"f": base} if base else {}
    return list(standing(differing([field], *sides, bases), *sides, bases))


BASE = Base("ours", "ours")


def test_the_owner_did_not_move_and_the_other_did() -> None:
    assert edits(GRC, "theirs", "ours", BASE) == [Edit("f", Side.REGISTRY, "theirs", "ours")]
    assert edits(MLFLOW, "ours", "theirs", BASE) == [Edit("f", Side.GRC, "theirs", "ours")]
    assert edits(GRC, None, "ours", BASE) == [Edit("f", Side.REGISTRY, None, "ours")]
    assert edits(GRC, None, "ours", BASE, grc_f="garbage") == [Edit("f", Side.REGISTRY, "garbage", "ours")]


@pytest.mark.parametrize(
    ("field", "registry", "grc", "base"),
    [
        (GRC, "ours", "ours", BASE),
        (GRC, "ours", "newer", BASE),
        (MLFLOW, "newer", "ours", BASE),
        (GRC, "theirs", "newer", BASE),
        (SHARED, "theirs", "ours", BASE),
        (GRC, "theirs", "ours", None),
        (GRC, "OURS", "ours", Base("OURS", "ours", Agreement.REWRITTEN)),
        (GRC, "older", "ours", Base("older", "ours", Agreement.NOT_STUCK)),
        (GRC, "theirs", "ours", Base("ours", "ours", Agreement.ANEW)),
        (replace(GRC, in_grc=False), "theirs", "ours", BASE),
    ],
    ids=["equal", "owner moved", "owner in MLflow moved", "both", "shared", "never agreed", "settled", "not stuck",
         "mapping changed", "not mapped"],
)  # fmt: skip
def test_what_is_no_edit(field: Field, registry: Value, grc: Value, base: Base | None) -> None:
    assert edits(field, registry, grc, base) == []


def test_a_write_that_did_not_stick_still_differs_and_what_was_settled_does_not() -> None:
    def names(base: Base) -> list[str]:
        return [one.name for one in differing([GRC], {"f": "older"}, {"f": "ours"}, {"f": base})]

    assert names(Base("older", "ours", Agreement.NOT_STUCK)) == ["f"]
    assert names(Base("older", "ours", Agreement.CUT)) == []
    assert names(Base("oldest", "ours", Agreement.CUT)) == ["f"]
