"""An operation that goes wrong is kept with its reason; what else is kept goes by the error."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from connector.apply.applied import Applied
from connector.apply.attempts import Attempts
from connector.apply.memory import RunMemory
from connector.model.errors import (
    AuthError,
    Conflict,
    Defect,
    LeaseLost,
    OutcomeUnknown,
    Rejected,
    Retriable,
    StateCorrupt,
)
from connector.model.fields import Entity, Side
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.state import QuarantineCase
from connector.model.views import ObjectRef
from connector.plan import Memory

NOW = "2026-03-02T09:00:00Z"
MODEL = ObjectRef(Entity.MODEL, "key", "credit")
TAG = FieldChange("tag:grc_blocked", None, "yes", "rule")
OPERATION = Operation(OperationKind.UPDATE_REGISTRY, Side.REGISTRY, MODEL, (TAG,))


class Book:
    """A ledger that tells what was written into it."""

    def __init__(self) -> None:
        self.dropped: list[str] = []
        self.refused: list[QuarantineCase] = []

    def drop(self, digest: str) -> None:
        self.dropped.append(digest)

    def refuse(self, operation: Operation, case: QuarantineCase) -> None:
        assert operation == OPERATION
        self.refused.append(case)


def attempts(memory: Memory | None = None) -> tuple[Attempts, Book, RunMemory, Applied]:
    book, learned, applied = Book(), RunMemory(memory or Memory()), Applied()
    context: Any = SimpleNamespace(now=NOW)
    return Attempts(context, None, learned, book, applied), book, learned, applied  # type: ignore[arg-type]


def raising(error: Exception) -> Any:
    def apply() -> None:
        raise error

    return apply


def test_what_it_came_to_is_handed_on() -> None:
    tried, book, _, applied = attempts()
    assert tried.attempt(OPERATION, lambda: "done") == "done"
    assert (book.dropped, book.refused, applied) == ([], [], Applied())


def test_a_refusal_is_quarantined_in_the_state_and_for_the_rest_of_the_run() -> None:
    tried, book, learned, applied = attempts()
    assert tried.attempt(OPERATION, raising(Rejected("no"))) is None
    (case,) = book.refused
    assert applied.quarantines == [case]
    assert learned.view().quarantines == {(MODEL.key, case.field): case}
    assert not applied.failures


def test_a_refusal_that_stood_before_keeps_its_date() -> None:
    tried, book, *_ = attempts()
    tried.attempt(OPERATION, raising(Rejected("no")))
    (first,) = book.refused
    since = QuarantineCase(MODEL, first.field, "no", "", first.value_digest, since="2026-01-01T00:00:00Z")
    tried, book, *_ = attempts(Memory(quarantines={(MODEL.key, first.field): since}))
    tried.attempt(OPERATION, raising(Rejected("no")))
    assert [case.since for case in book.refused] == ["2026-01-01T00:00:00Z"]


@pytest.mark.parametrize("error", [Conflict("it moved"), Retriable("later")])
def test_what_was_not_written_leaves_no_intent(error: Exception) -> None:
    tried, book, _, applied = attempts()
    assert tried.attempt(OPERATION, raising(error)) is None
    assert book.dropped == [OPERATION.digest]
    assert applied.failures == [(OPERATION, error)]


def test_what_may_have_arrived_is_looked_up_by_the_next_cycle() -> None:
    tried, book, _, applied = attempts()
    assert tried.attempt(OPERATION, raising(OutcomeUnknown("cut"))) is None
    assert not book.dropped
    assert len(applied.failures) == 1


def test_a_fault_of_ours_stops_this_object_alone() -> None:
    tried, book, _, applied = attempts()
    assert tried.attempt(OPERATION, raising(KeyError("x"))) is None
    ((operation, error),) = applied.failures
    assert operation == OPERATION
    assert isinstance(error, Defect)
    assert not book.dropped


@pytest.mark.parametrize("error", [AuthError("no"), LeaseLost("bank"), StateCorrupt("file")])
def test_what_concerns_every_object_is_raised(error: Exception) -> None:
    tried, _, _, applied = attempts()
    with pytest.raises(type(error)):
        tried.attempt(OPERATION, raising(error))
    assert not applied.failures
