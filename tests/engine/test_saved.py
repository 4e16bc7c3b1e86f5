"""What became of a large saved plan is told at a cost that grows with the plan, not with its square."""

from __future__ import annotations

from typing import Any

import pytest

from connector.engine.saved import sort
from connector.model.fields import Entity, Side
from connector.model.operations import FieldChange, Operation, OperationKind, Plan
from connector.model.views import GrcView, ObjectRef, RegistryView
from connector.plan import Memory, Pair, Planned

MANY = 100


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each comparison of one operation with another."""
    seen: list[object] = []
    equal = Operation.__eq__

    def counted(one: Operation, other: object) -> Any:
        seen.append(other)
        return equal(one, other)

    monkeypatch.setattr(Operation, "__eq__", counted)
    return seen


def writes() -> list[Operation]:
    change = FieldChange("purpose", None, "Lending", "shared")
    refs = [ObjectRef(Entity.MODEL, f"key {number}", f"m{number}") for number in range(MANY)]
    return [Operation(OperationKind.UPDATE_RECORD, Side.GRC, ref, (change,), f"r {ref.key}") for ref in refs]


@pytest.mark.parametrize("held", ["Lending", "Pricing"])
def test_no_operation_is_compared_with_all_others(compared: list[object], held: str) -> None:
    saved = writes()
    pairs = {
        each.ref.key: Pair(
            each.ref,
            RegistryView(each.ref, 1),
            GrcView(Entity.MODEL, each.record_id or "", None, fields={"purpose": held}),
            None,
        )
        for each in saved
    }
    found = sort(saved, [], Planned(Plan("test"), pairs), Memory())
    assert (len(found.done), len(found.stale)) == ((MANY, 0) if held == "Lending" else (0, MANY))
    assert len(compared) <= MANY
